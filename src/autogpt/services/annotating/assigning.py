"""Who is to annotate which document.

In: documents, names of people. Out: rows of `assignments`, with their events. Where two or more people have a document,
what they write waits until somebody decides which counts (`adjudicating`). Knows nothing about what they write.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.services.events import Event, changed_again, note
from autogpt.services.examples.written import current_version
from autogpt.services.people import Person, Role, list_people
from autogpt.store import Store
from autogpt.store.tables import AssignmentRow, now

#: Subject of the events: the document's id is the subject's; before and after hold `states` by person.
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


def assign(
    store: Store, document_id: str, people: Collection[str], by: str, *, seen: Collection[str] | None = None
) -> None:
    """Make these, and nobody else, the annotators of a document. Who stays keeps what they have done.

    Args:
        seen: those who annotated it when this was chosen; None changes whoever does now.

    Raises NotFoundError for an unknown document, UsageError for a person who may not annotate, ConflictError when
    somebody changed since who annotates it.
    """
    names = _known(store, people)
    with store.session() as session:
        states = _states(session, document_id)
        current_version(session, document_id, labels=None)
        if seen is not None and set(seen) != set(states):
            others = ", ".join(sorted(states)) or "–"
            raise ConflictError(
                f"Who annotates this document was changed meanwhile: it is now {others}.", "Look at it, then choose."
            )
        _put(session, document_id, {name: states.get(name, OPEN) for name in names}, by, "assign")


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
            _put(session, document_id, {**_states(session, document_id), **dict.fromkeys(fresh, OPEN)}, by, "assign")


def set_done(store: Store, document_id: str, person: str, done: bool) -> None:
    """A person says that they are through with a document, or not yet.

    Raises NotFoundError when it is not assigned to them, UsageError when it was decided already what counts.
    """
    with store.session() as session:
        states = _states(session, document_id)
        if person not in states:
            raise NotFoundError("This document is not assigned to you.")
        if states[person] == SETTLED:
            raise UsageError("It was decided already what counts in this document.")
        made = {**states, person: DONE if done else OPEN}
        _put(session, document_id, made, person, "finish" if done else "reopen")


def settle_all(session: Session, document_id: str, by: str) -> None:
    """Say of all who annotate a document that it was decided what counts."""
    _put(session, document_id, dict.fromkeys(_states(session, document_id), SETTLED), by, "settle")


def undo_change(store: Store, event: Event, by: str) -> None:
    """Take a change of who annotates a document, or of how far they are, back.

    Raises ConflictError when what it changed was changed again since, NotFoundError when the document is gone.
    """
    before, after = event.before["states"], event.after["states"]
    with store.session() as session:
        current_version(session, event.subject_id, labels=None)
        states = _states(session, event.subject_id)
        for name in [one for one in {*before, *after} if before.get(one) != after.get(one)]:
            if states.pop(name, None) != after.get(name):
                raise changed_again()
            if name in before:
                states[name] = before[name]
        _put(session, event.subject_id, states, by, "undo")


def overlapping(session: Session, document_id: str) -> list[AssignmentRow]:
    """The assignments of a document that several people annotate and of which is not yet decided what counts."""
    rows = list(session.scalars(select(AssignmentRow).where(AssignmentRow.document_id == document_id)))
    unsettled = [row for row in rows if row.state != SETTLED]
    return rows if len(rows) > 1 and unsettled else []


def _states(session: Session, document_id: str) -> dict[str, str]:
    """Who annotates a document, and how far they are: this transaction's until it ends."""
    mine = AssignmentRow.document_id == document_id
    # A write that changes nothing comes first: from here on nobody else writes.
    session.execute(update(AssignmentRow).where(mine).values(state=AssignmentRow.state))
    return {row.person: row.state for row in session.scalars(select(AssignmentRow).where(mine))}


def _put(session: Session, document_id: str, states: Mapping[str, str], by: str, action: str) -> None:
    """Make these the annotators of a document, as far as they are, with an event where that is something else."""
    rows = session.scalars(select(AssignmentRow).where(AssignmentRow.document_id == document_id))
    known = {row.person: row for row in rows}
    before = {name: row.state for name, row in known.items()}
    if before == states:
        return
    for name, row in known.items():
        if name not in states:
            session.delete(row)
        elif row.state != states[name]:
            row.state, row.updated_at = states[name], now()
    for name in states.keys() - known.keys():
        session.add(AssignmentRow(document_id=document_id, person=name, state=states[name], updated_at=now()))
    note(session, by, action, (SUBJECT, document_id), {"states": before}, {"states": dict(states)})


def _known(store: Store, people: Collection[str]) -> list[str]:
    may = {one.name for one in annotators(store)}
    unknown = [name for name in people if name not in may]
    if unknown:
        raise UsageError(f"'{unknown[0]}' may not annotate.", "Give them the role annotator on the page People.")
    return list(dict.fromkeys(people))
