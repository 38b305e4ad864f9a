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
                after = _gone(before) if version is None or new is None else _moved(session, before, new, version)
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
    """A document's current version; of a removed one, that of another document with the same text (it was renamed)."""
    if document.removed_at is None and document.current_version_id is not None:
        return session.get_one(DocumentVersionRow, document.current_version_id)
    last = aliased(DocumentVersionRow)
    query = (
        select(DocumentVersionRow)
        .join(DocumentRow, DocumentRow.current_version_id == DocumentVersionRow.id)
        .join(last, last.text_checksum == DocumentVersionRow.text_checksum)
        .where(last.document_id == document.id, DocumentRow.removed_at.is_(None))
        .order_by(last.number.desc(), DocumentRow.uri)
    )
    return session.scalars(query).first()


def _gone(example: Example) -> Example:
    """The example whose text is nowhere. A suggestion nobody accepted, or a rejected one, waits where it is."""
    return replace(example, status=Status.STALE) if example.status == Status.ACCEPTED else example


def _moved(session: Session, example: Example, new: Text, version: DocumentVersionRow) -> Example:
    """The example as it is in `version`, whose text is `new`."""
    spans = _spans(session, example, new)
    if example.answerable and not spans:
        return _gone(example)
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


def _spans(session: Session, example: Example, new: Text) -> list[AnswerSpan]:
    """The answers that still stand, at their new place. The earlier version tells their context while it is kept."""
    version = session.get(DocumentVersionRow, example.version_id) if example.version_id else None
    old = version.text if version is not None else ""
    found: list[AnswerSpan] = []
    for number, span in enumerate(example.spans):
        if old[span.start : span.end] == span.text:
            context = context_of(old, span)
        elif number == 0 and example.quote_context:
            context = example.quote_context
        else:
            continue
        place = relocate(new, span, context)
        if place is not None:
            found.append(place)
    return list(dict.fromkeys(found))
