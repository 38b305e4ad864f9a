"""What examples were before a change of many of them, kept beside its event.

In: an event, what it replaced. Out: the same, until it was undone. The newest changes alone are kept. Knows nothing
about what the changes are.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from autogpt.store.tables import ReplacedExampleRow

#: Changes that can be undone.
KEPT = 20
#: Columns that are not kept: they quote the document, which may be erased, and can be made again.
_QUOTES = {"id", "quote_context"}


def remember(session: Session, event: int, before: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep, by example, what a change replaced; nothing where the example is new. May be called again for its event."""
    known = session.scalars(
        select(ReplacedExampleRow.event_id).distinct().order_by(ReplacedExampleRow.event_id.desc()).limit(KEPT)
    ).all()
    if event not in known and len(known) == KEPT:
        session.execute(delete(ReplacedExampleRow).where(ReplacedExampleRow.event_id <= known[-1]))
    rows = [
        {"event_id": event, "example_id": id, "before": {key: one for key, one in was.items() if key not in _QUOTES}}
        for id, was in before.items()
    ]
    if rows:
        session.execute(insert(ReplacedExampleRow), rows)


def remembered(session: Session, event: int) -> dict[str, dict[str, Any]]:
    """What a change replaced, by example; empty when it was undone, or is too long ago."""
    asked = select(ReplacedExampleRow.example_id, ReplacedExampleRow.before)
    found = session.execute(asked.where(ReplacedExampleRow.event_id == event))
    return {row.example_id: row.before for row in found}


def forget(session: Session, event: int) -> None:
    """Drop what a change replaced, once it was undone."""
    session.execute(delete(ReplacedExampleRow).where(ReplacedExampleRow.event_id == event))


def undoable(session: Session) -> set[int]:
    """Events of which it is known what they replaced."""
    return set(session.scalars(select(ReplacedExampleRow.event_id).distinct()))
