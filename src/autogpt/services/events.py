"""Who changed what, when, from what to what.

In: a change, in the transaction that makes it. Out: rows of `events`. Knows nothing about what is changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.errors import NotFoundError
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


def find(store: Store, id: int) -> Event:
    """Raises NotFoundError when there is no such change."""
    with store.session() as session:
        row = session.get(EventRow, id)
    if row is None:
        raise NotFoundError("There is no such change.")
    return _event(row)


def _event(row: EventRow) -> Event:
    return Event(row.id, row.person, row.action, row.subject, row.subject_id, row.before, row.after, row.at)
