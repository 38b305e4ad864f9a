"""Takes back a change of many examples at once: an import, or a division into parts.

In: the event of the change. Out: the examples as they were, and an event of its own. What somebody changed since stays.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from autogpt.annotate.anchor import context_of
from autogpt.errors import ConflictError, DataError, NotFoundError
from autogpt.progress import Sink, silent
from autogpt.services.events import note
from autogpt.services.examples.anchoring import reanchor
from autogpt.services.examples.contexts import CONTEXT_URI
from autogpt.services.examples.editing import SUBJECT as EXAMPLE
from autogpt.services.examples.replaced import forget, remembered, undoable
from autogpt.services.examples.sealing import SUBJECT
from autogpt.services.examples.splitting import SETTING, SPLIT, split_examples
from autogpt.store import Store
from autogpt.store.examples import example_of
from autogpt.store.locks import exclusive
from autogpt.store.tables import (
    DocumentRow,
    DocumentVersionRow,
    EventRow,
    ExampleRow,
    ReplacedExampleRow,
    SettingRow,
    now,
)

#: What the event is called.
UNDO = "undo"
#: Values in one query.
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Undone:
    """Numbers of examples: `removed`, `restored` to what they were, and `kept`, since they were changed since; and of
    `documents` that were removed with the last example about them.
    """

    removed: int = 0
    restored: int = 0
    kept: int = 0
    documents: int = 0

    @property
    def summary(self) -> str:
        listed = f"{self.removed:,} examples removed, {self.restored:,} restored"
        kept = f", {self.kept:,} kept, which were changed since" if self.kept else ""
        documents = f"; {self.documents:,} documents removed that nothing is asked about any more"
        return f"{listed}{kept}{documents if self.documents else ''}"


def can_be_undone(store: Store) -> set[int]:
    """Events of imports, and of the newest division, that can be undone."""
    with store.session() as session:
        known = undoable(session)
        last = _last_split(session)
        splits = select(EventRow.id).where(EventRow.subject == SUBJECT, EventRow.action == SPLIT)
        return known - (set(session.scalars(splits)) - {last})


def undo_change(store: Store, event_id: int, by: str, sink: Sink = silent) -> Undone:
    """Take back an import or the newest division.

    An import: what it added is removed, what it changed is as it was; but what a person, or a later import, changed
    since stays. Documents that were made of its contexts go with the last example about them. A division: every example
    has the part that it had, and those that came since get theirs by their documents; after the first one none has any.

    Raises:
        NotFoundError: there is no such change, or what it replaced is no longer known.
        ConflictError: the examples were divided again since.
        BusyError: documents are being ingested.
    """
    documents: list[str] = []
    with exclusive(store.folder / "ingest.lock", "ingesting documents"), store.session() as session:
        event = session.get(EventRow, event_id)
        before = remembered(session, event_id)
        if event is None or event.subject != SUBJECT or not before:
            raise NotFoundError("There is no such change that could be undone.", "It was undone, or is too long ago.")
        divided = event.action == SPLIT
        in_parts = False
        if divided:
            undone = _undo_split(session, event, before)
            in_parts = session.scalar(select(ExampleRow.id).where(ExampleRow.split.is_not(None)).limit(1)) is not None
        else:
            undone, documents = _undo_import(session, event_id, before)
        forget(session, event_id)
        note(session, by, UNDO, (SUBJECT, event.subject_id), dict(event.after), {"event": event_id, **asdict(undone)})
    if in_parts:
        with suppress(DataError):  # where nothing is left to be given a part
            split_examples(store, sink=sink)
    if divided:
        return undone
    reanchor(store, sink=sink)
    if documents:
        from autogpt.services.ingesting import remove

        remove(store, documents, sink)
    return undone


def _undo_split(session: Session, event: EventRow, before: Mapping[str, Mapping[str, Any]]) -> Undone:
    if event.id != _last_split(session):
        raise ConflictError("The examples were divided again since.", "Undo the later division first.")
    session.execute(update(ExampleRow).where(ExampleRow.created_at > event.at).values(split=None))
    there = set(_there(session, before))
    rows = [{"id": id, "split": was["split"]} for id, was in before.items() if id in there]
    session.execute(update(ExampleRow), rows)
    session.merge(SettingRow(key=SETTING, value=event.before.get("settings", {})))
    return Undone(restored=len(rows))


def _undo_import(session: Session, event_id: int, before: Mapping[str, Mapping[str, Any]]) -> tuple[Undone, list[str]]:
    """What was done, and documents that nothing is asked about any more."""
    there, changed = set(_there(session, before)), _changed_since(session, event_id, before)
    free = there - changed
    fresh = [id for id in before if id in free and not before[id]]
    about: set[str] = set()
    for some in _slices(fresh):
        added = ExampleRow.id.in_(some)
        about |= set(session.scalars(select(ExampleRow.document_id).where(added, ExampleRow.document_id.is_not(None))))
        session.execute(delete(ExampleRow).where(added))
    rows = [{"id": id, **before[id], "updated_at": now()} for id in before if id in free and before[id]]
    if rows:
        session.execute(update(ExampleRow), rows)
        session.flush()
        for some in _slices([row["id"] for row in rows]):
            _quote_again(session, some)
    documents = _lonely(session, about)
    return Undone(len(fresh), len(rows), len(there & changed), len(documents)), documents


def _quote_again(session: Session, ids: Iterable[str]) -> None:
    """Give restored examples the words around their answers, which are not kept."""
    for row in session.scalars(select(ExampleRow).where(ExampleRow.id.in_(ids))):
        spans = example_of(row).spans
        version = session.get(DocumentVersionRow, row.version_id) if row.version_id and spans else None
        row.quote_context = context_of(version.text, spans[0]) if version is not None and version.text else ""


def _changed_since(session: Session, event_id: int, ids: Iterable[str]) -> set[str]:
    """Examples that a person changed after the event, or a later import."""
    changed: set[str] = set()
    for some in _slices(list(ids)):
        by_hand = select(EventRow.subject_id).where(EventRow.subject == EXAMPLE, EventRow.id > event_id)
        changed |= set(session.scalars(by_hand.where(EventRow.subject_id.in_(some))))
        imported = (
            select(ReplacedExampleRow.example_id)
            .join(EventRow, EventRow.id == ReplacedExampleRow.event_id)
            .where(EventRow.action != SPLIT, EventRow.id > event_id, ReplacedExampleRow.example_id.in_(some))
        )
        changed |= set(session.scalars(imported))
    return changed


def _lonely(session: Session, documents: Iterable[str]) -> list[str]:
    """Those of the documents that were made of contexts, and about which there is no example left."""
    asked = select(ExampleRow.id).where(ExampleRow.document_id == DocumentRow.id).exists()
    made = select(DocumentRow.id).where(DocumentRow.uri.startswith(CONTEXT_URI), DocumentRow.removed_at.is_(None))
    found: list[str] = []
    for some in _slices(sorted(documents)):
        found += session.scalars(made.where(DocumentRow.id.in_(some), ~asked))
    return found


def _there(session: Session, ids: Iterable[str]) -> list[str]:
    """Those of the examples that are there."""
    found: list[str] = []
    for some in _slices(list(ids)):
        found += session.scalars(select(ExampleRow.id).where(ExampleRow.id.in_(some)))
    return found


def _last_split(session: Session) -> int | None:
    asked = select(func.max(EventRow.id)).where(EventRow.subject == SUBJECT, EventRow.action == SPLIT)
    undone = select(EventRow.after).where(EventRow.subject == SUBJECT, EventRow.action == UNDO)
    gone = {int(after.get("event", 0)) for after in session.scalars(undone)}
    return session.scalar(asked.where(EventRow.id.not_in(gone)))


def _slices(ids: list[str]) -> Iterable[list[str]]:
    return (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))
