"""Writes what was parsed into the records, and erases what was removed; one transaction a source.

In: a session and parsed files. Out: rows of documents, versions, FAQ entries and ingests. Ids follow from addresses and
numbers, so that an interrupted run that is run again writes the same records. Knows nothing about files or folders.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from autogpt.prepare.deduplicate import Sketch, SketchIndex, facts, repeats
from autogpt.prepare.sources import ParsedDocument, ParsedFaq
from autogpt.store import faq
from autogpt.store.documents import outline_to_json
from autogpt.store.tables import DocumentRow, DocumentVersionRow, ErasureRow, FaqRow, IngestRow, SettingRow, now

DONE, DUPLICATE, FAILED, EMPTY, REMOVED = "done", "duplicate", "failed", "empty", "removed"

#: What is still to be done after the records were changed: bring the index in line, delete originals.
_PENDING = "ingest"
#: Values in one query; databases take about three times as many.
_MOST_PARAMETERS = 10_000


def stable_id(*parts: str) -> str:
    """An identifier of 32 hexadecimal characters that follows from `parts`."""
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


def text_checksum(text: str) -> str:
    """SHA-256 of a text."""
    return sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document comes from: its address, its name, the folder it was found through, its bytes' SHA-256."""

    uri: str
    name: str
    root: str
    raw_checksum: str


class Shelf:
    """The documents that can be cited, searched for one that says the same.

    Duplicates are looked for only among documents of the same access labels: merging others would show or hide text.
    """

    def __init__(self, session: Session, similarity: float) -> None:
        self._similarity = similarity
        self._index: SketchIndex[str] = SketchIndex()
        self._by_text: dict[tuple[str, str], list[str]] = {}
        self._places: dict[str, tuple[str, str]] = {}
        self._facts: dict[str, int] = {}
        version = DocumentVersionRow
        query = (
            select(DocumentRow.id, DocumentRow.labels, version.text_checksum, version.sketch)
            .join(version, version.id == DocumentRow.current_version_id)
            .where(DocumentRow.removed_at.is_(None), DocumentRow.duplicate_of.is_(None))
            .order_by(DocumentRow.created_at, DocumentRow.id)
        )
        for id, labels, checksum, known in session.execute(query):
            self.put(id, labels, checksum, Sketch.from_bytes(known or b""))

    def put(self, document_id: str, labels: Iterable[str], checksum: str, value: Sketch) -> None:
        """Add a document, or what became of it."""
        self.drop(document_id)
        key = _label_key(labels)
        self._places[document_id] = (key, checksum)
        self._by_text.setdefault((key, checksum), []).append(document_id)
        if len(value.hashes):
            self._index.add(document_id, value)

    def drop(self, document_id: str) -> None:
        """Take a document out."""
        place = self._places.pop(document_id, None)
        if place is not None:
            self._by_text[place].remove(document_id)
        self._facts.pop(document_id, None)
        self._index.discard(document_id)

    def repeated_by(
        self, session: Session, document_id: str, text: str, labels: Iterable[str], checksum: str, value: Sketch
    ) -> str | None:
        """The other document that `text` repeats, or None."""
        key = _label_key(labels)
        for same in self._by_text.get((key, checksum), ()):
            if same != document_id:
                return same
        if not len(value.hashes):
            return None
        own = facts(text)

        def eligible(other: str) -> bool:
            return other != document_id and self._places[other][0] == key and self._facts_of(session, other) == own

        for similar in self._index.similar(value, self._similarity, eligible):
            kept = current_text(session, similar)
            if kept is not None and repeats(text, kept):
                return similar
        return None

    def _facts_of(self, session: Session, document_id: str) -> int:
        """`facts` of a document's text: read once, however many others of its template are compared with it."""
        if document_id not in self._facts:
            self._facts[document_id] = facts(current_text(session, document_id) or "")
        return self._facts[document_id]


def current_text(session: Session, document_id: str) -> str | None:
    """Text of a document's current version."""
    query = (
        select(DocumentVersionRow.text)
        .join(DocumentRow, DocumentRow.current_version_id == DocumentVersionRow.id)
        .where(DocumentRow.id == document_id)
    )
    return session.scalar(query)


def record_document(
    session: Session, shelf: Shelf, origin: Origin, parsed: ParsedDocument, labels: list[str] | None
) -> str:
    """Write a document's new version. Returns the state of its source: done or duplicate.

    A document that repeats another gets its version, but is not current until the other is gone or changed.
    """
    document = session.scalar(select(DocumentRow).where(DocumentRow.uri == origin.uri))
    if document is None:
        document = DocumentRow(id=stable_id(origin.uri), uri=origin.uri, name=origin.name, labels=labels or [])
        session.add(document)
        session.flush()
    document.name, document.removed_at = origin.name, None
    if labels is not None:
        document.labels = labels
    version = _version(session, document, origin, parsed)
    made = Sketch.from_bytes(version.sketch or b"")
    shelf.drop(document.id)
    kept = shelf.repeated_by(session, document.id, parsed.text, document.labels, version.text_checksum, made)
    document.duplicate_of = kept
    document.current_version_id = None if kept else version.id
    if not kept:
        shelf.put(document.id, document.labels, version.text_checksum, made)
    settle_duplicates(session, shelf, document.id)
    _remove_faq(session, origin.uri)
    return DUPLICATE if kept else DONE


def _version(session: Session, document: DocumentRow, origin: Origin, parsed: ParsedDocument) -> DocumentVersionRow:
    """The version row of these bytes: the latest where nothing differs, else a new one."""
    latest = latest_version(session, document.id)
    checksum = text_checksum(parsed.text)
    outline = outline_to_json(parsed.outline)
    same = (
        latest is not None
        and latest.text == parsed.text
        and latest.raw_checksum == origin.raw_checksum
        and latest.outline == outline
        and latest.parser == parsed.parser
    )
    if latest is not None and same:
        return latest
    number = (latest.number if latest else 0) + 1
    details: dict[str, Any] = dict(parsed.metadata)
    if parsed.warnings:
        details["warnings"] = list(parsed.warnings)
    version = DocumentVersionRow(
        id=stable_id(document.id, str(number), origin.raw_checksum),
        document_id=document.id,
        number=number,
        title=parsed.title,
        text=parsed.text,
        text_checksum=checksum,
        raw_checksum=origin.raw_checksum,
        media_type=parsed.media_type,
        language=parsed.language,
        parser=parsed.parser,
        outline=outline,
        source_map=parsed.source_map,
        sketch=parsed.sketch,
        details=details,
    )
    session.add(version)
    session.flush()
    return version


def latest_version(session: Session, document_id: str) -> DocumentVersionRow | None:
    """The version of a document with the highest number, erased or not."""
    query = select(DocumentVersionRow).where(DocumentVersionRow.document_id == document_id)
    return session.scalars(query.order_by(DocumentVersionRow.number.desc()).limit(1)).first()


def record_faq(session: Session, shelf: Shelf, origin: Origin, parsed: ParsedFaq, labels: list[str] | None) -> int:
    """Write the entries of a file, erase those it no longer has, and return how many are new or changed."""
    document = session.scalar(select(DocumentRow).where(DocumentRow.uri == origin.uri))
    if document is not None and document.removed_at is None:
        erase_document(session, shelf, document)
    rows = {row.id: row for row in session.scalars(select(FaqRow).where(FaqRow.source == origin.uri))}
    changed = 0
    for pair in parsed.pairs:
        own = sorted(pair.labels) or labels or []
        id = stable_id(origin.uri, pair.answer, *own)
        row = rows.pop(id, None)
        if row is None:
            row = FaqRow(id=id, answer="", source=origin.uri, language=pair.language)
            session.add(row)
        questions = list(pair.questions)
        if row.removed_at is not None or row.questions != questions or row.answer != pair.answer:
            changed += 1
        row.questions, row.answer, row.labels = questions, pair.answer, own
        row.language, row.removed_at = pair.language, None
    for row in rows.values():
        _erase_entry(row)
    faq.mark_changed(session)
    return changed


def erase_document(session: Session, shelf: Shelf, document: DocumentRow) -> None:
    """Erase the text of all versions of a document. Their rows stay, with checksums and offsets for the audit."""
    shelf.drop(document.id)
    checksums = []
    for version in session.scalars(select(DocumentVersionRow).where(DocumentVersionRow.document_id == document.id)):
        checksums.append(version.raw_checksum)
        version.text, version.title, version.outline, version.details = "", "", {}, {"erased": True}
        version.source_map = version.sketch = None
    document.current_version_id = document.duplicate_of = None
    document.removed_at = document.removed_at or now()
    session.flush()
    settle_duplicates(session, shelf, document.id)
    mark_pending(session, checksums)


def erase_source(session: Session, shelf: Shelf, row: IngestRow, reason: str) -> None:
    """Erase whatever a source brought in."""
    document = session.get(DocumentRow, row.document_id) if row.document_id else None
    if document is not None and document.removed_at is None:
        erase_document(session, shelf, document)
    _remove_faq(session, row.uri)
    row.state, row.reason, row.updated_at = REMOVED, reason, now()
    mark_pending(session)


def _remove_faq(session: Session, uri: str) -> None:
    rows = session.scalars(select(FaqRow).where(FaqRow.source == uri, FaqRow.removed_at.is_(None))).all()
    for row in rows:
        _erase_entry(row)
    if rows:
        faq.mark_changed(session)


def _erase_entry(row: FaqRow) -> None:
    row.questions, row.added, row.answer = [], [], ""
    row.removed_at = row.removed_at or now()


def settle_duplicates(session: Session, shelf: Shelf, document_id: str) -> bool:
    """Put the duplicates of a changed or removed document right: those that repeat nothing now take its place. Returns
    whether there are such.
    """
    forward = False
    query = select(DocumentRow).where(DocumentRow.duplicate_of == document_id, DocumentRow.removed_at.is_(None))
    for row in session.scalars(query.order_by(DocumentRow.created_at, DocumentRow.id)).all():
        version = latest_version(session, row.id)
        assert version is not None
        made = Sketch.from_bytes(version.sketch or b"")
        kept = shelf.repeated_by(session, row.id, version.text, row.labels, version.text_checksum, made)
        row.duplicate_of, row.current_version_id = kept, None if kept else version.id
        session.flush()
        if kept is None:
            forward = True
            shelf.put(row.id, row.labels, version.text_checksum, made)
            ingested = session.get(IngestRow, row.uri)
            if ingested is not None:
                ingested.state = DONE
    return forward


def mark_pending(session: Session, checksums: Iterable[str] = ()) -> None:
    """Note that the index must be brought in line, and that these originals may have to be deleted."""
    if session.get(SettingRow, _PENDING) is None:
        session.add(SettingRow(key=_PENDING, value={}))
    for checksum in set(checksums):
        session.merge(ErasureRow(raw_checksum=checksum))
    session.flush()


def is_pending(session: Session) -> bool:
    """Whether something is still to be done."""
    return session.get(SettingRow, _PENDING) is not None


def to_erase(session: Session) -> list[str]:
    """Checksums of the originals that may still have to be deleted."""
    return list(session.scalars(select(ErasureRow.raw_checksum).order_by(ErasureRow.raw_checksum)))


def clear_pending(session: Session) -> None:
    """Note that everything is done."""
    session.execute(delete(SettingRow).where(SettingRow.key == _PENDING))
    session.execute(delete(ErasureRow))


def unused(session: Session, checksums: Iterable[str]) -> list[str]:
    """Those of these originals that no version with text refers to."""
    wanted = list(checksums)
    live = (
        select(DocumentVersionRow.raw_checksum)
        .join(DocumentRow, DocumentRow.id == DocumentVersionRow.document_id)
        .where(DocumentRow.removed_at.is_(None), func.length(DocumentVersionRow.text) > 0)
    )
    used: set[str] = set()
    for first in range(0, len(wanted), _MOST_PARAMETERS):
        some = wanted[first : first + _MOST_PARAMETERS]
        used |= set(session.scalars(live.where(DocumentVersionRow.raw_checksum.in_(some))))
    return [checksum for checksum in wanted if checksum not in used]


def _label_key(labels: Iterable[str]) -> str:
    return "\0".join(sorted(labels))
