"""Brings documents and FAQ entries into a workspace, and takes them out.

In: a store, and paths or URLs. Out: records, an index in line with them, and an `IngestReport`. May be stopped at any
point and run again: every source is one transaction, in a fixed order, and what follows from the records is made good
at the end of the next run. Knows nothing about formats.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from autogpt.config import FILE_NAME
from autogpt.errors import AutoGPTError, DataError
from autogpt.models.packs import find_pack
from autogpt.prepare.sources import EmptyError, ParsedDocument
from autogpt.prepare.sources.parsed import Parsed
from autogpt.progress import Progress, Sink, silent
from autogpt.services import recording
from autogpt.services.evaluations import forget_erased
from autogpt.services.events import note
from autogpt.services.glossary import read_glossary, size
from autogpt.services.index_recipe import behind, remembered_glossary
from autogpt.services.ingest_report import Failure, IngestReport, Notice
from autogpt.services.intake import BY_HAND, Intake, Item, ReadItem
from autogpt.services.recording import DONE, DUPLICATE, EMPTY, FAILED, REMOVED, Origin, Shelf
from autogpt.services.sources import addresses
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.store import PATIENCE
from autogpt.store.tables import DocumentRow, IngestRow, now
from autogpt.text.language import LANGUAGES

__all__ = ["IngestReport", "ingest", "remove"]

#: An original that no record refers to is deleted when it is older: another process may be about to write its record.
_ORPHAN_SECONDS = 3_600
#: Seconds that those who still read erased text are waited for; the next run tries again.
_READERS_WAITED_FOR = 5.0

#: Said when another process reads the database so long that its log cannot be emptied.
_STILL_READ = (
    "what was removed can no longer be cited, but the log of the database still holds its text, because another "
    "process is reading; the next autogpt ingest empties it"
)

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


def ingest(
    store: Store,
    sources: Sequence[str | Path],
    sink: Sink = silent,
    *,
    labels: Iterable[str] | None = None,
    retry: bool = False,
    sync: Sync | None = None,
    by: str = "",
) -> IngestReport:
    """Bring in files, folders and URLs.

    Unchanged sources are left alone. Of a folder, files that came from it and are gone are removed: their text is
    erased and can be cited by no release.

    Args:
        sources: paths and http(s) URLs.
        labels: access labels of what is new or changed; None leaves those of known documents as they are.
        retry: try again what failed before, though it has not changed.
        sync: brings the index in line; by default the workspace's own.
        by: name of who asked for it, for the events; without one none is written.

    Raises:
        UsageError: a path does not exist, a URL cannot be fetched, or the glossary cannot be read; nothing was changed.
        BusyError: another process is ingesting.
        CancelledError: `sink` asked for it; what was finished is kept.
    """
    with exclusive(store.folder / "ingest.lock", "ingesting documents"):
        return _Run(store, sink, None if labels is None else sorted(set(labels)), retry, sync, by).ingest(sources)


def remove(
    store: Store, targets: Sequence[str], sink: Sink = silent, *, sync: Sync | None = None, by: str = ""
) -> IngestReport:
    """Take documents and FAQ files out: their text is erased and can be cited by no release.

    A file that stays in its folder is passed over from now on, until it changes or is ingested by its own path.

    Args:
        targets: names, paths, folders, URLs or document ids.
        by: name of who asked for it, for the events; without one none is written.

    Raises:
        NotFoundError: a target is not known; nothing was removed.
        BusyError: another process is ingesting.
    """
    with exclusive(store.folder / "ingest.lock", "ingesting documents"):
        return _Run(store, sink, None, False, sync, by).remove(targets)


class _Run:
    def __init__(
        self, store: Store, sink: Sink, labels: list[str] | None, retry: bool, sync: Sync | None, by: str
    ) -> None:
        self._by = by
        self._store, self._sink, self._labels, self._retry = store, sink, labels, retry
        self._sync = sync or _sync_index
        self._limits = store.config.ingest
        self._tally = _Tally()
        with store.session() as session:
            self._known = {row.uri: row for row in session.scalars(select(IngestRow))}
        self._intake = Intake(store, self._known, labels, retry)
        self._shelf: Shelf | None = None
        self._languages: Counter[str] = Counter()

    def ingest(self, sources: Sequence[str | Path]) -> IngestReport:
        glossary, used = read_glossary(self._store), remembered_glossary(self._store)
        items, gone = self._intake.listed(sources)
        # The last first: a text that many repeat would otherwise be handed from each to the next.
        for uri in reversed(gone):
            self._erase(uri, "no longer in its folder")
        total = len(items)
        self._sink(Progress("ingest", 0, total))
        with closing(self._intake.read_all(items)) as reading:
            for done, read_item in enumerate(reading, 1):
                self._record(read_item)
                self._sink(Progress("ingest", done, total, message=read_item.item.name))
        self._settle()
        self._tally.notices += [*self._intake.notices, *self._unread_languages()]
        if remembered_glossary(self._store) != used:
            lines = (f"taken up: {size(glossary)}", *glossary.notices)
            self._tally.notices += (Notice(self._store.glossary.name, line) for line in lines)
        return self._tally.report()

    def remove(self, targets: Sequence[str]) -> IngestReport:
        found = [addresses(self._store, target) for target in targets]
        for uri in dict.fromkeys(uri for uris in found for uri in uris):
            self._erase(uri, BY_HAND)
        self._settle()
        return self._tally.report()

    def _record(self, done: ReadItem) -> None:
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
                if self._by:
                    told = {"name": item.name, "labels": document.labels, "checksum": done.checksum}
                    note(session, self._by, "change" if known else "add", ("document", document.id), after=told)
            else:
                changed = recording.record_faq(session, shelf, origin, done.parsed, self._source_labels(row))
                self._tally.count("faq_entries", changed)
                state, document_id, repeated = DONE, None, None
            self._known[item.uri] = session.merge(self._row(done, state, document_id, ""))
        self._languages.update(_languages(done.parsed))
        self._tally.notices += (Notice(item.name, warning) for warning in done.parsed.warnings)
        if repeated is not None:
            self._tally.count("duplicates")
            self._tally.notices.append(Notice(item.name, f"repeats {repeated.name}"))
        else:
            self._tally.count("changed" if known else "new")

    def _unread_languages(self) -> Iterator[Notice]:
        """What was brought in though the workspace's models were not made for its language."""
        pack = self._store.config.workspace.pack
        try:
            read = find_pack(pack).languages
        except AutoGPTError:
            return
        for code, count in self._languages.items():
            if code in LANGUAGES and code not in read:
                what = "1 source is" if count == 1 else f"{count:,} sources are"
                yield Notice(
                    self._store.folder.name,
                    f"{what} in {LANGUAGES[code]}, which the models of the pack '{pack}' do not read; write "
                    f'language = "auto" under [workspace] in {FILE_NAME}',
                )

    def _record_failure(self, done: ReadItem, failure: DataError) -> None:
        item, row = done.item, self._known.get(done.item.uri)
        reason = failure.message
        had_text = _has_text(row)
        state = EMPTY if isinstance(failure, EmptyError) else FAILED
        hint = failure.hint
        if had_text and state == FAILED:
            hint = f"{hint} Its last good version stays."
        stored_reason = json.dumps([reason, hint], ensure_ascii=False)
        told_before = (state, stored_reason, done.checksum, self._source_labels(row))
        if row is not None and (row.state, row.reason, row.raw_checksum, row.labels) == told_before:
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

    def _count_unchanged(self, item: Item, row: IngestRow) -> None:
        if row.state in {FAILED, EMPTY}:
            reason, hint = json.loads(row.reason)
            self._tally.fail(item.name, reason, hint)
            return
        self._tally.count("unchanged")

    def _row(self, done: ReadItem, state: str, document_id: str | None, reason: str) -> IngestRow:
        item, row = done.item, self._known.get(done.item.uri)
        root = item.root
        if row is not None and row.root and (not root or Path(root).is_relative_to(row.root)):
            root = row.root
        return IngestRow(
            uri=item.uri,
            raw_checksum=done.checksum,
            settings_hash=self._intake.settings_hash(state in {FAILED, EMPTY}),
            state=state,
            reason=reason,
            root=root,
            document_id=document_id,
            labels=self._source_labels(row),
            updated_at=now(),
        )

    def _source_labels(self, row: IngestRow | None) -> list[str]:
        """Labels given now, else those that the source had."""
        if self._labels is not None:
            return self._labels
        return list(row.labels) if row is not None else []

    def _open_shelf(self) -> Shelf:
        if self._shelf is None:
            with self._store.session() as session:
                self._shelf = Shelf(session, self._limits.near_duplicate_similarity)
        return self._shelf

    def _erase(self, uri: str, reason: str) -> None:
        """Erase what a source brought in; documents without a source are known by their id."""
        with self._store.session() as session:
            row = session.get(IngestRow, uri)
            if self._by:
                self._note_removal(session, uri)
            if row is not None:
                recording.erase_source(session, self._open_shelf(), row, reason)
                self._known[uri] = row
            else:
                document = session.scalars(select(DocumentRow).where(DocumentRow.uri == uri)).one()
                recording.erase_document(session, self._open_shelf(), document)
        self._tally.count("removed")

    def _note_removal(self, session: Session, uri: str) -> None:
        """An event that says what is removed, without a word of its text, which is erased."""
        document = session.scalar(select(DocumentRow).where(DocumentRow.uri == uri, DocumentRow.removed_at.is_(None)))
        if document is not None:
            told = {"name": document.name, "labels": document.labels}
            note(session, self._by, "remove", ("document", document.id), before=told)

    def _settle(self) -> None:
        """Make good what follows from the records: the index, the examples, the originals nobody needs."""
        with self._store.session() as session:
            pending, erased = recording.is_pending(session), recording.to_erase(session)
        if not pending:
            if behind(self._store):
                self._tally.count("passages", self._sync(self._store, self._sink))
            return
        from autogpt.services.examples import reanchor

        reanchor(self._store, sink=self._sink)
        self._tally.count("passages", self._sync(self._store, self._sink))
        self._delete_originals(erased)
        if erased:
            forget_erased(self._store)
        if erased and not self._forget_pages():
            self._tally.notices.append(Notice(self._store.folder.name, _STILL_READ))
            return
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

    def _forget_pages(self) -> bool:
        """Have SQLite empty its log, which may still hold the text that was erased; False while others read it."""
        if self._store.engine.dialect.name != "sqlite":
            return True
        with self._store.engine.connect() as connection:
            connection.execute(text(f"PRAGMA busy_timeout = {int(1000 * _READERS_WAITED_FOR)}"))
            try:
                return not connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0]
            finally:
                connection.execute(text(f"PRAGMA busy_timeout = {int(1000 * PATIENCE)}"))


def _languages(parsed: Parsed) -> set[str]:
    """Languages that a source is in."""
    return {parsed.language} if isinstance(parsed, ParsedDocument) else {pair.language for pair in parsed.pairs}


def _has_text(row: IngestRow | None) -> bool:
    """Whether a source is in the workspace already, be it with its last good version."""
    return row is not None and row.state != REMOVED and (row.state in {DONE, DUPLICATE} or row.document_id is not None)


def _sync_index(store: Store, sink: Sink) -> int:
    from autogpt.services.indexing import sync

    return sync(store, sink).passages
