"""Shows the pages of a workspace's PDFs as pictures, with a place on them boxed.

In: a document, a page, a place by offsets. Out: the bytes of a PNG, drawn by a process with limits from the stored
original, and kept for a while. Who may not see a document sees none of its pages. Knows nothing about HTTP.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256

from autogpt.errors import DataError, NotFoundError, OverloadedError
from autogpt.prepare.page_images import VERSION, Edges
from autogpt.prepare.sandbox import Sandbox
from autogpt.records import Span
from autogpt.services.documents import is_drawn, visible_document
from autogpt.store import Store
from autogpt.store.tables import DocumentVersionRow
from autogpt.text.boxes import BoxMap

#: Bytes of pictures that are kept.
KEPT = 32_000_000
#: Pages that may wait to be drawn, and seconds of processor time for one.
_WAITING, _SECONDS = 16, 10
_TEXT_STAYS = "Its text can still be read."


@dataclass(frozen=True, slots=True)
class PageToDraw:
    """A page that may be seen: from which original, and what is boxed on it.

    Attributes:
        size: width and height of the page, points, as `boxes` are.
        tag: says the same of two pictures that are the same.
    """

    raw_checksum: str
    number: int
    boxes: tuple[Edges, ...]
    size: tuple[float, float]
    width: int
    tag: str

    @property
    def shares(self) -> list[Edges]:
        """The boxes by shares of the page's width and height."""
        width, height = (max(one, 1.0) for one in self.size)
        return [(left / width, top / height, right / width, bottom / height) for left, top, right, bottom in self.boxes]


class DrawnPages:
    """The pictures of one workspace's pages. The process that draws is begun with the first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        limits = store.config.ingest
        seconds = min(limits.timeout_seconds, _SECONDS)
        self._sandbox = Sandbox(limits.model_copy(update={"timeout_seconds": seconds}))
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def find(
        self,
        document_id: str,
        number: int,
        span: Span | None,
        *,
        version_id: str = "",
        width: int = 1_200,
        labels: frozenset[str] = frozenset(),
    ) -> PageToDraw:
        """The page `number` (from 1), with what stands on it of `span` to be boxed.

        Raises NotFoundError when there is no such document for this asker, it has changed since, or has no such page.
        """
        document = visible_document(self._store, document_id, labels, version_id)
        with self._store.session() as session:
            version = session.get(DocumentVersionRow, document.current_version_id)
        assert version is not None
        if not is_drawn(self._store, version) or version.source_map is None:
            raise NotFoundError("No pages of this document can be shown.", _TEXT_STAYS)
        found = BoxMap.from_bytes(version.source_map, span or Span(0, 0))
        if not 1 <= number <= len(found.sizes):
            raise NotFoundError(f"The document has {len(found.sizes):,} pages; page {number:,} was asked for.")
        boxes = [one for one in found.boxes(span) if one.page == number] if span else []
        edges = tuple((one.left, one.top, one.right, one.bottom) for one in boxes)
        told = repr((VERSION, version.raw_checksum, number, edges, width))
        tag = sha256(told.encode()).hexdigest()[:32]
        return PageToDraw(version.raw_checksum, number, edges, found.sizes[number - 1], width, tag)

    def draw(self, page: PageToDraw) -> bytes:
        """The PNG of a page.

        Raises:
            DataError: it cannot be drawn, or not within the limits.
            NotFoundError: the original is gone.
            OverloadedError: too many pages wait.
        """
        with self._lock:
            if page.tag in self._kept:
                self._kept.move_to_end(page.tag)
                return self._kept[page.tag]
        if not self._waiting.acquire(blocking=False):
            raise OverloadedError("Too many pages are being drawn.", 2)
        try:
            data = self._store.file_path(page.raw_checksum).read_bytes()
            drawn = self._sandbox.draw(data, page.number, page.boxes, page.width)
        except FileNotFoundError:
            raise NotFoundError("The original is no longer kept.", _TEXT_STAYS) from None
        except DataError as error:
            raise DataError("This page cannot be drawn.", _TEXT_STAYS) from error
        finally:
            self._waiting.release()
        with self._lock:
            self._kept[page.tag] = drawn
            while sum(map(len, self._kept.values())) > KEPT:
                self._kept.popitem(last=False)
        return drawn

    def forget(self) -> None:
        """Keep no picture any longer: something was erased."""
        with self._lock:
            self._kept.clear()

    def close(self) -> None:
        """End the process that draws."""
        self._sandbox.close()
