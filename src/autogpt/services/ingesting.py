"""Brings documents and FAQ entries into a workspace, and takes them out.

In: a store, and paths or URLs. Out: records, an index in line with them, and an `IngestReport`. May be stopped at any
point and run again: every source is one transaction, in a fixed order, and what follows from the records is made good
at the end of the next run. Knows nothing about formats.
"""

import json
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path, PurePosixPath
from queue import LifoQueue
from typing import Any

from sqlalchemy import select, text

from autogpt.config import FILE_NAME
from autogpt.errors import DataError, UsageError
from autogpt.prepare.fetch import Fetched, fetch, is_url, normalised
from autogpt.prepare.folders import Found, read, walk
from autogpt.prepare.sandbox import Sandbox
from autogpt.prepare.sources import PARSERS_VERSION, EmptyError, Parsed, ParsedDocument
from autogpt.progress import Progress, Sink, silent
from autogpt.services import recording
from autogpt.services.index_recipe import behind
from autogpt.services.ingest_report import Failure, IngestReport, Notice
from autogpt.services.recording import DONE, DUPLICATE, EMPTY, FAILED, REMOVED, Origin, Shelf
from autogpt.services.sources import addresses
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.tables import DocumentRow, IngestRow, now

__all__ = ["IngestReport", "ingest", "remove"]

BY_HAND = "removed by hand"
#: Files read and parsed ahead of the one that is being recorded, for each parsing process.
_AHEAD = 2
_MOST_PROCESSES = 4
#: An original that no record refers to is deleted when it is older: another process may be about to write its record.
_ORPHAN_SECONDS = 3_600

#: Brings the index in line with the records; returns how many passages were made.
Sync = Callable[[Store, Sink], int]


@dataclass(slots=True)
class _Tally:
    """The report while it is counted."""

    counts: dict[str, int] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + by

    def fail(self, name: str, reason: str, hint: str) -> None:
        self.count("failed")
        self.failures.append(Failure(name, reason, hint))

    def report(self) -> IngestReport:
        seconds = time.perf_counter() - self.began
        return IngestReport(**self.counts, seconds=seconds, failures=tuple(self.failures), notices=tuple(self.notices))


@dataclass(frozen=True, slots=True)
class _Item:
    """A source to look at: a file below `root` (a folder that was named), a file named itself, or a URL."""

    uri: str
    name: str
    root: str = ""
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    """What reading and parsing an item gave; `parsed` is None where nothing changed, or it failed."""

    item: _Item
    checksum: str = ""
    data: bytes = b""
    parsed: Parsed | None = None
    failure: DataError | None = None


def ingest(
    store: Store,
    sources: Sequence[str | Path],
    sink: Sink = silent,
    *,
    labels: Iterable[str] | None = None,
    retry: bool = False,
    sync: Sync | None = None,
) -> IngestReport:
    """Bring in files, folders and URLs.

    Unchanged sources are left alone. Of a folder, files that came from it and are gone are removed: their text is
    erased and can be cited by no release.

    Args:
        sources: paths and http(s) URLs.
        labels: access labels of what is new or changed; None leaves those of known documents as they are.
        retry: try again what failed before, though it has not changed.
        sync: brings the index in line; by default the workspace's own.

    Raises:
        UsageError: a path does not exist, or a URL cannot be fetched; nothing was changed.
        BusyError: another process is ingesting.
        CancelledError: `sink` asked for it; what was finished is kept.
    """
    with exclusive(store.folder / "ingest.lock", "ingesting documents"):
        return _Run(store, sink, None if labels is None else sorted(set(labels)), retry, sync).ingest(sources)


def remove(store: Store, targets: Sequence[str], sink: Sink = silent, *, sync: Sync | None = None) -> IngestReport:
    """Take documents and FAQ files out: their text is erased and can be cited by no release.

    A file that stays in its folder is passed over from now on, until it changes or is ingested by its own path.

    Args:
        targets: names, paths, folders, URLs or document ids.

    Raises:
        NotFoundError: a target is not known; nothing was removed.
        BusyError: another process is ingesting.
    """
    with exclusive(store.folder / "ingest.lock", "ingesting documents"):
        return _Run(store, sink, None, False, sync).remove(targets)


class _Run:
    def __init__(self, store: Store, sink: Sink, labels: list[str] | None, retry: bool, sync: Sync | None) -> None:
        self._store, self._sink, self._labels, self._retry = store, sink, labels, retry
        self._sync = sync or _sync_index
        self._limits = store.config.ingest
        self._tally = _Tally()
        with store.session() as session:
            self._known = {row.uri: row for row in session.scalars(select(IngestRow))}
        self._shelf: Shelf | None = None

    def ingest(self, sources: Sequence[str | Path]) -> IngestReport:
        items, gone = self._listed(sources)
        # The last first: a text that many repeat would otherwise be handed from each to the next.
        for uri in reversed(gone):
            self._erase(uri, "no longer in its folder")
        total = len(items)
        self._sink(Progress("ingest", 0, total))
        with closing(self._read_all(items)) as reading:
            for done, read_item in enumerate(reading, 1):
                self._record(read_item)
                self._sink(Progress("ingest", done, total, message=read_item.item.name))
        self._settle()
        return self._tally.report()

    def remove(self, targets: Sequence[str]) -> IngestReport:
        found = [addresses(self._store, target) for target in targets]
        for uri in dict.fromkeys(uri for uris in found for uri in uris):
            self._erase(uri, BY_HAND)
        self._settle()
        return self._tally.report()

    def _listed(self, sources: Sequence[str | Path]) -> tuple[list[_Item], list[str]]:
        """Everything to look at, each once, and the addresses of what is gone from the named folders."""
        items: dict[str, _Item] = {}
        gone: dict[str, None] = {}
        left_out = self._own_places()
        for source in sources:
            if isinstance(source, str) and is_url(source):
                url = normalised(source)
                items[url] = _Item(url, url)
                continue
            path = Path(source).expanduser()
            if not path.exists():
                raise UsageError(f"There is no file or folder '{source}'.", "Check the path.")
            path = path.resolve()
            if str(path) != _address(path):
                raise UsageError("A path is not valid UTF-8.", "Rename the file or folder.")
            if not path.is_dir():
                items.setdefault(str(path), _Item(str(path), path.name))
                continue
            found = list(walk(path, left_out))
            for one in found:
                if self._is_left_alone(one):
                    continue
                items[_address(one.path)] = _Item(_address(one.path), one.name, str(path), one.problem, one.hint)
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
        row = self._known.get(str(found.path))
        if row is None or row.state != REMOVED or row.reason != BY_HAND or found.problem:
            return False
        try:
            checksum = sha256(read(found.path, self._limits.max_file_mb * 2**20)).hexdigest()
        except DataError:
            return False
        if checksum == row.raw_checksum:
            self._tally.notices.append(
                Notice(found.name, "was removed by hand and is passed over; ingest it by its path to bring it back")
            )
            return True
        return False

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

    def _read_all(self, items: Sequence[_Item]) -> Generator[_Read]:
        """Items read and parsed, in order, by a few processes at a time."""
        workers = min(max(len(os.sched_getaffinity(0)), 1), _MOST_PROCESSES, max(len(items), 1))
        sandboxes: LifoQueue[Sandbox] = LifoQueue()
        with ExitStack() as stack:
            every = [stack.enter_context(Sandbox(self._limits)) for _ in range(workers)]
            for sandbox in every:
                sandboxes.put(sandbox)
            pool = stack.enter_context(ThreadPoolExecutor(workers, thread_name_prefix="ingest"))
            waiting: list[Future[_Read]] = []
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

    def _read(self, item: _Item, sandboxes: "LifoQueue[Sandbox]") -> _Read:
        """Read an item, and parse it where it changed."""
        checksum = ""
        try:
            if item.problem:
                raise DataError(item.problem, item.hint)
            fetched = self._fetched(item)
            checksum = sha256(fetched.data).hexdigest()
            if self._is_unchanged(item, checksum):
                return _Read(item, checksum)
            sandbox = sandboxes.get()
            try:
                parsed = sandbox.parse(fetched.data, _file_name(item, fetched), fetched.media_type or None)
            finally:
                sandboxes.put(sandbox)
        except DataError as error:
            return _Read(item, checksum, failure=error)
        return _Read(item, checksum, fetched.data, parsed)

    def _fetched(self, item: _Item) -> Fetched:
        if is_url(item.uri):
            return fetch(item.uri, self._limits)
        return Fetched(read(Path(item.uri), self._limits.max_file_mb * 2**20), "", item.uri)

    def _is_unchanged(self, item: _Item, checksum: str) -> bool:
        row = self._known.get(item.uri)
        if row is None or row.raw_checksum != checksum or row.state == REMOVED:
            return False
        failed = row.state in {FAILED, EMPTY}
        return row.settings_hash == self._settings_hash(failed) and not (failed and self._retry)

    def _settings_hash(self, failed: bool) -> str:
        """Hash of what a result depends on besides the file: for a failure the limits, too."""
        parts: list[Any] = [PARSERS_VERSION, self._labels]
        if failed:
            parts.append(self._limits.model_dump())
        else:
            parts.append(self._limits.near_duplicate_similarity)
        return sha256(json.dumps(parts).encode()).hexdigest()

    def _record(self, done: _Read) -> None:
        """Write one item into the records and the report."""
        item, row = done.item, self._known.get(done.item.uri)
        if done.failure is not None:
            self._record_failure(done, done.failure)
            return
        if done.parsed is None:
            assert row is not None
            self._count_unchanged(item, row)
            return
        if isinstance(done.parsed, ParsedDocument):
            self._store.put_file(done.data)
        origin = Origin(item.uri, item.name, item.root, done.checksum)
        known = _has_text(row)
        with self._store.session() as session:
            recording.mark_pending(session)
            shelf = self._open_shelf()
            if isinstance(done.parsed, ParsedDocument):
                state = recording.record_document(session, shelf, origin, done.parsed, self._labels)
                document = session.scalars(select(DocumentRow).where(DocumentRow.uri == item.uri)).one()
                document_id: str | None = document.id
                repeated = session.get(DocumentRow, document.duplicate_of) if document.duplicate_of else None
            else:
                changed = recording.record_faq(session, shelf, origin, done.parsed, self._labels)
                self._tally.count("faq_entries", changed)
                state, document_id, repeated = DONE, None, None
            self._known[item.uri] = session.merge(self._row(done, state, document_id, ""))
        self._tally.notices += (Notice(item.name, warning) for warning in done.parsed.warnings)
        if repeated is not None:
            self._tally.count("duplicates")
            self._tally.notices.append(Notice(item.name, f"repeats {repeated.name}"))
        else:
            self._tally.count("changed" if known else "new")

    def _record_failure(self, done: _Read, failure: DataError) -> None:
        item, row = done.item, self._known.get(done.item.uri)
        reason = failure.message
        had_text = _has_text(row)
        state = EMPTY if isinstance(failure, EmptyError) else FAILED
        hint = failure.hint
        if had_text and state == FAILED:
            hint = f"{hint} Its last good version stays."
        stored_reason = json.dumps([reason, hint], ensure_ascii=False)
        if row is not None and (row.state, row.reason, row.raw_checksum) == (state, stored_reason, done.checksum):
            self._tally.fail(item.name, reason, hint)
            return
        with self._store.session() as session:
            kept = row.document_id if row is not None else None
            if state == EMPTY and row is not None and row.state != REMOVED:
                recording.erase_source(session, self._open_shelf(), session.merge(row), reason)
                kept = None
            stored = self._row(done, state, kept, stored_reason)
            self._known[item.uri] = session.merge(stored)
        self._tally.fail(item.name, reason, hint)

    def _count_unchanged(self, item: _Item, row: IngestRow) -> None:
        if row.state in {FAILED, EMPTY}:
            reason, hint = json.loads(row.reason)
            self._tally.fail(item.name, reason, hint)
            return
        self._tally.count("unchanged")

    def _row(self, done: _Read, state: str, document_id: str | None, reason: str) -> IngestRow:
        item, row = done.item, self._known.get(done.item.uri)
        root = item.root
        if row is not None and row.root and (not root or Path(root).is_relative_to(row.root)):
            root = row.root
        return IngestRow(
            uri=item.uri,
            raw_checksum=done.checksum,
            settings_hash=self._settings_hash(state in {FAILED, EMPTY}),
            state=state,
            reason=reason,
            root=root,
            document_id=document_id,
            updated_at=now(),
        )

    def _open_shelf(self) -> Shelf:
        if self._shelf is None:
            with self._store.session() as session:
                self._shelf = Shelf(session, self._limits.near_duplicate_similarity)
        return self._shelf

    def _erase(self, uri: str, reason: str) -> None:
        """Erase what a source brought in; documents without a source are known by their id."""
        with self._store.session() as session:
            row = session.get(IngestRow, uri)
            if row is not None:
                recording.erase_source(session, self._open_shelf(), row, reason)
                self._known[uri] = row
            else:
                document = session.scalars(select(DocumentRow).where(DocumentRow.uri == uri)).one()
                recording.erase_document(session, self._open_shelf(), document)
        self._tally.count("removed")

    def _settle(self) -> None:
        """Make good what follows from the records: the index, the examples, the originals nobody needs."""
        with self._store.session() as session:
            todo = recording.pending(session)
        if not todo:
            if behind(self._store):
                self._tally.count("passages", self._sync(self._store, self._sink))
            return
        from autogpt.services.examples import reanchor

        reanchor(self._store, sink=self._sink)
        self._tally.count("passages", self._sync(self._store, self._sink))
        self._delete_originals(todo.get("erase", ()))
        if todo.get("erase"):
            self._forget_pages()
        with self._store.session() as session:
            recording.clear_pending(session)

    def _delete_originals(self, checksums: Iterable[str]) -> None:
        """Delete the originals of what was erased, and old ones that an interrupted run left without a record."""
        candidates = set(checksums)
        before = time.time() - _ORPHAN_SECONDS
        for path in self._store.files.glob("??/*"):
            if path.stat().st_mtime < before:
                candidates.add(path.name.partition(".")[0])
        with self._store.session() as session:
            unused = recording.unused(session, sorted(candidates))
        for checksum in unused:
            for path in self._store.file_path(checksum).parent.glob(f"{checksum}*"):
                path.unlink(missing_ok=True)

    def _forget_pages(self) -> None:
        """Have SQLite overwrite its log, which may still hold the text that was erased."""
        if self._store.engine.dialect.name == "sqlite":
            with self._store.engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def _address(path: Path) -> str:
    """Path as text that any database can hold."""
    return os.fsencode(path).decode("utf-8", errors="replace")


def _has_text(row: IngestRow | None) -> bool:
    """Whether a source is in the workspace already, be it with its last good version."""
    return row is not None and row.state != REMOVED and (row.state in {DONE, DUPLICATE} or row.document_id is not None)


def _file_name(item: _Item, fetched: Fetched) -> str:
    """Name whose extension tells the format, where content and media type do not."""
    from urllib.parse import unquote, urlsplit

    return unquote(PurePosixPath(urlsplit(fetched.final_url).path).name) if is_url(item.uri) else item.name


def _sync_index(store: Store, sink: Sink) -> int:
    from autogpt.services.indexing import sync

    return sync(store, sink).passages
