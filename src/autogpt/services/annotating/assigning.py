"""Who is to annotate which document.

In: documents, names of people. Out: rows of `assignments`, with their events. Where two or more people have a document,
what they write waits until somebody decides which counts (`adjudicating`). Knows nothing about what they write.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.errors import NotFoundError, UsageError
from autogpt.services.events import note
from autogpt.services.examples.written import current_version
from autogpt.services.people import Person, Role, list_people
from autogpt.store import Store
from autogpt.store.tables import AssignmentRow, now

#: Subject of the events: the document's id is the subject's.
SUBJECT = "assignment"
OPEN, DONE, SETTLED = "open", "done", "settled"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A document that somebody is to annotate: `open`, `done`, or `settled` once it was decided what counts."""

    document_id: str
    person: str
    state: str
    updated_at: datetime


def annotators(store: Store) -> list[Person]:
    """Everybody who may annotate."""
    return [one for one in list_people(store) if not one.disabled and one.role.may(Role.ANNOTATOR)]


def assignments(store: Store, document_id: str = "") -> list[Assignment]:
    """All assignments, or those of a document, by person."""
    query = select(AssignmentRow).order_by(AssignmentRow.document_id, AssignmentRow.person)
    if document_id:
        query = query.where(AssignmentRow.document_id == document_id)
    with store.session() as session:
        return [Assignment(row.document_id, row.person, row.state, row.updated_at) for row in session.scalars(query)]


def assign(store: Store, document_id: str, people: Collection[str], by: str) -> None:
    """Make these, and nobody else, the annotators of a document. Who stays keeps what they have done.

    Raises NotFoundError for an unknown document, UsageError for a person who may not annotate.
    """
    names = _known(store, people)
    with store.session() as session:
        current_version(session, document_id, labels=None)
        _assign(session, document_id, names, by)


def assign_evenly(store: Store, document_ids: Sequence[str], people: Collection[str], overlap: int, by: str) -> None:
    """Give each document to `overlap` of these people, those first who have least to do. Assigned documents gain what
    they lack and lose nobody.

    Raises UsageError for a person who may not annotate, or where there are fewer people than the overlap.
    """
    names = _known(store, people)
    if not 1 <= overlap <= len(names):
        raise UsageError(
            f"{overlap} annotators a document cannot be had from {len(names)} people.", "Choose more people, or fewer."
        )
    with store.session() as session:
        rows = list(session.scalars(select(AssignmentRow)))
        load = Counter(row.person for row in rows if row.state == OPEN)
        for document_id in document_ids:
            current_version(session, document_id, labels=None)
            held = [row.person for row in rows if row.document_id == document_id]
            free = sorted(
                (name for name in names if name not in held), key=lambda name: (load[name], names.index(name))
            )
            fresh = free[: max(0, overlap - len(held))]
            load.update(fresh)
            if fresh:
                _assign(session, document_id, [*held, *fresh], by)


def set_done(store: Store, document_id: str, person: str, done: bool) -> None:
    """A person says that they are through with a document, or not yet.

    Raises NotFoundError when it is not assigned to them, UsageError when it was decided already what counts.
    """
    with store.session() as session:
        row = session.get(AssignmentRow, (document_id, person))
        if row is None:
            raise NotFoundError("This document is not assigned to you.")
        if row.state == SETTLED:
            raise UsageError("It was decided already what counts in this document.")
        before, row.state = row.state, DONE if done else OPEN
        row.updated_at = now()
        if before != row.state:
            states = {"person": person, "state": before}, {"person": person, "state": row.state}
            note(session, person, "finish" if done else "reopen", (SUBJECT, document_id), *states)


def overlapping(session: Session, document_id: str) -> list[AssignmentRow]:
    """The assignments of a document that several people annotate and of which is not yet decided what counts."""
    rows = list(session.scalars(select(AssignmentRow).where(AssignmentRow.document_id == document_id)))
    unsettled = [row for row in rows if row.state != SETTLED]
    return rows if len(rows) > 1 and unsettled else []


def _assign(session: Session, document_id: str, names: Sequence[str], by: str) -> None:
    rows = {
        row.person: row
        for row in session.scalars(select(AssignmentRow).where(AssignmentRow.document_id == document_id))
    }
    for name, row in rows.items():
        if name not in names:
            session.delete(row)
    for name in names:
        if name not in rows:
            session.add(AssignmentRow(document_id=document_id, person=name, state=OPEN, updated_at=now()))
    if set(rows) != set(names):
        before, after = {"people": sorted(rows)}, {"people": sorted(names)}
        note(session, by, "assign", (SUBJECT, document_id), before, after)


def _known(store: Store, people: Collection[str]) -> list[str]:
    may = {one.name for one in annotators(store)}
    unknown = [name for name in people if name not in may]
    if unknown:
        raise UsageError(f"'{unknown[0]}' may not annotate.", "Give them the role annotator on the page People.")
    return list(dict.fromkeys(people))
