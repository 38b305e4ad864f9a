"""Who changed what, when, from what to what.

In: a change, in the transaction that makes it. Out: rows of `events`. Knows nothing about what is changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from autogpt.errors import ConflictError, NotFoundError
from autogpt.store import Store
from autogpt.store.tables import EventRow


@dataclass(frozen=True, slots=True)
class Event:
    """One change.

    Attributes:
        person: name of who made it, as it was then.
        before, after: what changed; empty where the subject was not there.
    """

    id: int
    person: str
    action: str
    subject: str
    subject_id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    at: datetime


def note(
    session: Session,
    person: str,
    action: str,
    subject: tuple[str, str],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> int:
    """Keep a change of `subject`, its kind and its id, in the transaction that makes it; returns the event's id."""
    kind, id = subject
    row = EventRow(
        person=person, action=action, subject=kind, subject_id=id, before=dict(before or {}), after=dict(after or {})
    )
    session.add(row)
    session.flush()
    return row.id


def history(store: Store, subject: str, subject_id: str = "", limit: int = 100) -> list[Event]:
    """The newest changes of one subject, or of all of a kind, newest first."""
    asked = select(EventRow).where(EventRow.subject == subject).order_by(EventRow.id.desc()).limit(limit)
    if subject_id:
        asked = asked.where(EventRow.subject_id == subject_id)
    with store.session() as session:
        return [_event(row) for row in session.scalars(asked)]


def listed(
    store: Store, *, person: str = "", subject: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[Event], int]:
    """Changes by a person, or of a kind of subject, or all, newest first; and how many there are."""
    given = {EventRow.person: person, EventRow.subject: subject}
    asked: list[ColumnElement[bool]] = [column == value for column, value in given.items() if value]
    found = select(EventRow).where(*asked).order_by(EventRow.id.desc()).offset(offset).limit(limit)
    with store.session() as session:
        count = session.scalar(select(func.count()).select_from(EventRow).where(*asked)) or 0
        return [_event(row) for row in session.scalars(found)], count


def told_of(store: Store) -> tuple[list[str], list[str]]:
    """The people who changed something, and the kinds of subjects that were changed, by name."""
    with store.session() as session:
        people = session.scalars(select(EventRow.person).distinct().order_by(EventRow.person)).all()
        subjects = session.scalars(select(EventRow.subject).distinct().order_by(EventRow.subject)).all()
    return list(people), list(subjects)


def since(store: Store, event: Event) -> list[Event]:
    """Later changes of the subject of a change."""
    same = (EventRow.subject == event.subject, EventRow.subject_id == event.subject_id, EventRow.id > event.id)
    with store.session() as session:
        return [_event(row) for row in session.scalars(select(EventRow).where(*same))]


def find(store: Store, id: int) -> Event:
    """Raises NotFoundError when there is no such change."""
    with store.session() as session:
        row = session.get(EventRow, id)
    if row is None:
        raise NotFoundError("There is no such change.")
    return _event(row)


def changed_again() -> ConflictError:
    """What is raised where a change cannot be taken back, since another one followed."""
    return ConflictError("It was changed again since.", "Undo the later change first, or change it by hand.")


def _event(row: EventRow) -> Event:
    return Event(row.id, row.person, row.action, row.subject, row.subject_id, row.before, row.after, row.at)
