"""Looks through the sources that are to be ingested: lists them, reads them, and has those parsed that changed.

In: paths and URLs, and what is known of earlier runs. Out: items in a fixed order, each with what parsing gave or why
it failed; and the addresses of what is gone from its folder. Writes no records.
"""

import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path, PurePosixPath
from queue import LifoQueue
from typing import Any
from urllib.parse import unquote, urlsplit

from autogpt.config import FILE_NAME
from autogpt.errors import DataError, UsageError
from autogpt.machine import cores
from autogpt.prepare.fetch import Fetched, fetch, is_url, normalised
from autogpt.prepare.folders import Found, read, walk
from autogpt.prepare.sandbox import Sandbox
from autogpt.prepare.sources import PARSERS_VERSION, Parsed
from autogpt.services.ingest_report import Notice
from autogpt.services.recording import EMPTY, FAILED, REMOVED
from autogpt.store import Store
from autogpt.store.tables import IngestRow

BY_HAND = "removed by hand"
#: Files read and parsed ahead of the one that is being recorded, for each parsing process.
_AHEAD = 2
_MOST_PROCESSES = 4


@dataclass(frozen=True, slots=True)
class Item:
    """A source to look at: a file below `root` (a folder that was named), a file named itself, or a URL."""

    uri: str
    name: str
    root: str = ""
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ReadItem:
    """What reading and parsing an item gave; `parsed` is None where nothing changed, or it failed."""

    item: Item
    checksum: str = ""
    data: bytes = b""
    parsed: Parsed | None = None
    failure: DataError | None = None


class Intake:
    """One look through sources.

    Args:
        known: what is recorded of each address; read again at every use, so that it may change on the way.
        labels: access labels that were asked for; others make an unchanged source a changed one.
        retry: parse again what failed before, though it has not changed.

    Attributes:
        notices: what was passed over, and why.
    """

    def __init__(self, store: Store, known: Mapping[str, IngestRow], labels: Sequence[str] | None, retry: bool) -> None:
        self._store, self._known, self._labels, self._retry = store, known, labels, retry
        self._limits = store.config.ingest
        self.notices: list[Notice] = []

    def listed(self, sources: Sequence[str | Path]) -> tuple[list[Item], list[str]]:
        """Everything to look at, each once, and the addresses of what is gone from the named folders."""
        items: dict[str, Item] = {}
        gone: dict[str, None] = {}
        left_out = self._own_places()
        for source in sources:
            if isinstance(source, str) and is_url(source):
                url = normalised(source)
                items[url] = Item(url, url)
                continue
            path = Path(source).expanduser()
            if not path.exists():
                raise UsageError(f"There is no file or folder '{source}'.", "Check the path.")
            path = path.resolve()
            if str(path) != _address(path):
                raise UsageError("A path is not valid UTF-8.", "Rename the file or folder.")
            if not path.is_dir():
                items.setdefault(str(path), Item(str(path), path.name))
                continue
            found = list(walk(path, left_out))
            for one in found:
                if self._is_left_alone(one):
                    continue
                items[_address(one.path)] = Item(_address(one.path), one.name, str(path), one.problem, one.hint)
            gone |= dict.fromkeys(self._gone(path, found))
        return list(items.values()), [uri for uri in gone if uri not in items]

    def _own_places(self) -> set[Path]:
        """Where the workspace keeps its own things; never ingested."""
        store = self._store
        places = {store.files, store.runs, store.releases, store.folder / FILE_NAME, store.folder / "cache"}
        places |= {store.folder / name for name in ("ingest.lock", "index.lock")}
        places |= {store.folder / f"autogpt.db{suffix}" for suffix in ("", "-wal", "-shm")}
        if "://" not in store.index_uri:
            places.add(Path(store.index_uri))
        return {place.resolve() for place in places}

    def _is_left_alone(self, found: Found) -> bool:
        """Whether a file was removed by hand and has not changed since."""
        row = self._known.get(_address(found.path))
        if row is None or row.state != REMOVED or row.reason != BY_HAND:
            return False
        if self._checksum(found) == row.raw_checksum:
            self.notices.append(
                Notice(found.name, "was removed by hand and is passed over; ingest it by its path to bring it back")
            )
            return True
        return False

    def _checksum(self, found: Found) -> str:
        """SHA-256 of a file; empty where it cannot be read."""
        try:
            return "" if found.problem else sha256(read(found.path, self._limits.max_file_mb * 2**20)).hexdigest()
        except DataError:
            return ""

    def _gone(self, folder: Path, found: Sequence[Found]) -> Iterator[str]:
        """Addresses of sources that came from `folder` and are not in it any more."""
        present = {_address(one.path) for one in found if not one.is_folder}
        unknown = [f"{_address(one.path)}{os.sep}" for one in found if one.is_folder]
        below = "" if str(folder) == os.sep else str(folder)
        for uri, row in self._known.items():
            if not row.root or row.state == REMOVED or uri in present:
                continue
            if uri.startswith(f"{below}{os.sep}") and not any(uri.startswith(prefix) for prefix in unknown):
                yield uri

    def read_all(self, items: Sequence[Item]) -> Generator[ReadItem]:
        """Items read and parsed, in order, by a few processes at a time."""
        workers = min(cores(), _MOST_PROCESSES, max(len(items), 1))
        sandboxes: LifoQueue[Sandbox] = LifoQueue()
        with ExitStack() as stack:
            every = [stack.enter_context(Sandbox(self._limits)) for _ in range(workers)]
            for sandbox in every:
                sandboxes.put(sandbox)
            pool = stack.enter_context(ThreadPoolExecutor(workers, thread_name_prefix="ingest"))
            waiting: list[Future[ReadItem]] = []
            upcoming = iter(items)
            try:
                for item in islice(upcoming, workers * _AHEAD):
                    waiting.append(pool.submit(self._read, item, sandboxes))
                while waiting:
                    read_item = waiting.pop(0).result()
                    for item in islice(upcoming, 1):
                        waiting.append(pool.submit(self._read, item, sandboxes))
                    yield read_item
            finally:
                for future in waiting:
                    future.cancel()
                for sandbox in every:
                    sandbox.kill()

    def _read(self, item: Item, sandboxes: "LifoQueue[Sandbox]") -> ReadItem:
        """Read an item, and parse it where it changed."""
        checksum = ""
        try:
            if item.problem:
                raise DataError(item.problem, item.hint)
            fetched = self._fetched(item)
            checksum = sha256(fetched.data).hexdigest()
            if self._is_unchanged(item, checksum):
                return ReadItem(item, checksum)
            sandbox = sandboxes.get()
            try:
                parsed = sandbox.parse(fetched.data, _file_name(item, fetched), fetched.media_type or None)
            finally:
                sandboxes.put(sandbox)
        except DataError as error:
            return ReadItem(item, checksum, failure=error)
        return ReadItem(item, checksum, fetched.data, parsed)

    def _fetched(self, item: Item) -> Fetched:
        if is_url(item.uri):
            return fetch(item.uri, self._limits)
        return Fetched(read(Path(item.uri), self._limits.max_file_mb * 2**20), "", item.uri)

    def _is_unchanged(self, item: Item, checksum: str) -> bool:
        row = self._known.get(item.uri)
        if row is None or row.raw_checksum != checksum or row.state == REMOVED:
            return False
        failed = row.state in {FAILED, EMPTY}
        return row.settings_hash == self.settings_hash(failed) and not (failed and self._retry)

    def settings_hash(self, failed: bool) -> str:
        """Hash of what a result depends on besides the file: for a failure the limits, too."""
        parts: list[Any] = [PARSERS_VERSION, self._labels]
        if failed:
            parts.append(self._limits.model_dump())
        else:
            parts.append(self._limits.near_duplicate_similarity)
        return sha256(json.dumps(parts).encode()).hexdigest()


def _address(path: Path) -> str:
    """Path as text that any database can hold."""
    return os.fsencode(path).decode("utf-8", errors="replace")


def _file_name(item: Item, fetched: Fetched) -> str:
    """Name whose extension tells the format, where content and media type do not."""
    return unquote(PurePosixPath(urlsplit(fetched.final_url).path).name) if is_url(item.uri) else item.name
