"""Keeps examples at their place when documents change.

In: a store whose documents have new versions, or were removed. Out: examples anchored in the current versions; those
whose text is gone are stale, and come back with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from autogpt.annotate.anchor import Text, context_of, relocate
from autogpt.progress import Sink, silent, track
from autogpt.records import AnswerSpan, Example, Status
from autogpt.store import Store
from autogpt.store.documents import outline_from_json
from autogpt.store.examples import example_of, values_of
from autogpt.store.tables import DocumentRow, DocumentVersionRow, ExampleRow, now

_SUGGESTED = "suggested"


@dataclass(frozen=True, slots=True)
class ReanchorReport:
    """Ids of examples: `moved` to the current version, turned `stale`, and `returned` from being stale."""

    moved: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()


def reanchor(store: Store, document_ids: Iterable[str] | None = None, sink: Sink = silent) -> ReanchorReport:
    """Anchor every example in the current version of its document. One transaction; the same call again does nothing.

    Args:
        document_ids: only examples of these documents; None means all.
    """
    moved: list[str] = []
    stale: list[str] = []
    returned: list[str] = []
    with store.session() as session:
        by_document = _behind(session, None if document_ids is None else list(document_ids))
        for document, rows in track(by_document, "re-anchor", sink):
            version = _current(session, document)
            new = None if version is None else Text(version.text, outline_from_json(version.outline))
            for row in rows:
                before = example_of(row)
                if version is None or new is None:
                    after = _gone(before, erased=document.removed_at is not None)
                else:
                    after = _moved(session, before, new, version)
                if after == before:
                    continue
                for key, value in values_of(after).items():
                    setattr(row, key, value)
                row.updated_at = now()
                if after.status == Status.STALE:
                    stale.append(row.id)
                elif before.status == Status.STALE:
                    returned.append(row.id)
                else:
                    moved.append(row.id)
    return ReanchorReport(tuple(moved), tuple(stale), tuple(returned))


def _behind(session: Session, document_ids: Sequence[str] | None) -> list[tuple[DocumentRow, list[ExampleRow]]]:
    """Documents with examples that are not anchored in what is current."""
    gone = or_(DocumentRow.current_version_id.is_(None), DocumentRow.removed_at.is_not(None))
    query = (
        select(DocumentRow, ExampleRow)
        .join(DocumentRow, DocumentRow.id == ExampleRow.document_id)
        .where(
            or_(
                and_(gone, ExampleRow.status.in_((Status.ACCEPTED.value, Status.STALE.value))),
                and_(DocumentRow.removed_at.is_not(None), ExampleRow.quote_context != ""),
                and_(~gone, ExampleRow.status == Status.STALE.value),
                and_(~gone, ExampleRow.version_id.is_distinct_from(DocumentRow.current_version_id)),
            )
        )
        .order_by(DocumentRow.id, ExampleRow.id)
    )
    found: dict[str, tuple[DocumentRow, list[ExampleRow]]] = {}
    for document, row in session.execute(query):
        if document_ids is None or document.id in document_ids:
            found.setdefault(document.id, (document, []))[1].append(row)
    return list(found.values())


def _current(session: Session, document: DocumentRow) -> DocumentVersionRow | None:
    """A document's current version; else that of the document which it repeats, or which has the same text now."""
    if document.removed_at is None and document.current_version_id is not None:
        return session.get_one(DocumentVersionRow, document.current_version_id)
    kept = session.get(DocumentRow, document.duplicate_of) if document.duplicate_of else None
    if kept is not None and kept.current_version_id is not None:
        return session.get_one(DocumentVersionRow, kept.current_version_id)
    last = aliased(DocumentVersionRow)
    query = (
        select(DocumentVersionRow)
        .join(DocumentRow, DocumentRow.current_version_id == DocumentVersionRow.id)
        .join(last, last.text_checksum == DocumentVersionRow.text_checksum)
        .where(last.document_id == document.id, DocumentRow.removed_at.is_(None))
        .order_by(last.number.desc(), DocumentRow.uri)
    )
    return session.scalars(query).first()


def _gone(example: Example, erased: bool) -> Example:
    """The example whose text is nowhere; of an erased document it keeps its own answer and nothing around it.

    A suggestion nobody accepted, or a rejected example, keeps its status.
    """
    status = Status.STALE if example.status == Status.ACCEPTED else example.status
    return replace(example, status=status, quote_context="" if erased else example.quote_context)


def _moved(session: Session, example: Example, new: Text, version: DocumentVersionRow) -> Example:
    """The example as it is in `version`, whose text is `new`."""
    spans = _spans(session, example, new, version.text_checksum)
    if example.answerable and not spans:
        return _gone(example, erased=False)
    status = example.status
    if status == Status.STALE:
        status = Status.SUGGESTED if example.provenance.startswith(_SUGGESTED) else Status.ACCEPTED
    return replace(
        example,
        status=status,
        document_id=version.document_id,
        version_id=version.id,
        spans=tuple(spans),
        answer_text=spans[0].text if spans else example.answer_text,
        quote_context=context_of(new.text, spans[0]) if spans else "",
    )


def _spans(session: Session, example: Example, new: Text, checksum: str) -> list[AnswerSpan]:
    """The answers that still stand, at their new place.

    The earlier version tells their context while it is kept, and by its checksum that it was the same text; then the
    kept context of the first; and without any, an answer that stands in one place only.
    """
    version = session.get(DocumentVersionRow, example.version_id) if example.version_id else None
    if version is not None and version.text_checksum == checksum and _exact(new.text, example.spans):
        return list(example.spans)
    old = version.text if version is not None else ""
    found: list[AnswerSpan] = []
    for number, span in enumerate(example.spans):
        if _exact(old, [span]):
            place = relocate(new, span, context_of(old, span))
        elif number == 0 and example.quote_context:
            place = relocate(new, span, example.quote_context)
        else:
            only = new.find(span.text)
            place = AnswerSpan(only[0].of(new.text), only[0].start) if len(only) == 1 else None
        if place is not None:
            found.append(place)
    return list(dict.fromkeys(found))


def _exact(text: str, spans: Iterable[AnswerSpan]) -> bool:
    return all(text[span.start : span.end] == span.text for span in spans)
