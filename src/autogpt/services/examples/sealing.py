"""The test part is sealed: its texts are not shown, so that nobody writes examples or settings by them.

In: a store and a name. Out: whether this person has opened the test part; opening it is an event. Knows no page.
"""

from datetime import timedelta

from sqlalchemy import select

from autogpt.errors import ForbiddenError
from autogpt.records import Example, Split
from autogpt.services.events import note
from autogpt.store import Store
from autogpt.store.tables import EventRow, now

#: Subject of the events about examples as a whole: an import, a split, the opened test part.
SUBJECT = "data set"
#: How long the test part stays open for who opened it.
OPEN = timedelta(hours=1)
_TEST, _OPEN, _SEAL = "test part", "open", "seal"


def open_test_part(store: Store, by: str) -> None:
    """Show the texts of the test part to `by` for a while."""
    _note(store, _OPEN, by)


def seal_test_part(store: Store, by: str) -> None:
    """Hide them again before the time is over."""
    _note(store, _SEAL, by)


def is_open(store: Store, by: str) -> bool:
    """Whether `by` opened the test part within the last hour, and did not seal it again."""
    mine = (EventRow.subject == SUBJECT, EventRow.subject_id == _TEST, EventRow.person == by)
    last = select(EventRow.action, EventRow.at).where(*mine).order_by(EventRow.id.desc()).limit(1)
    with store.session() as session:
        found = session.execute(last).first()
    return found is not None and found.action == _OPEN and found.at > now() - OPEN


def require_open(store: Store, by: str) -> None:
    """Raises ForbiddenError where the test part is sealed for `by`."""
    if not is_open(store, by):
        raise ForbiddenError("This example is in the sealed test part.", "An admin can open that part; it is noted.")


def require_seen(store: Store, example: Example, by: str) -> None:
    """Raises ForbiddenError for an example of the sealed test part that somebody else wrote."""
    if example.split == Split.TEST and example.annotator != by:
        require_open(store, by)


def _note(store: Store, action: str, by: str) -> None:
    with store.session() as session:
        note(session, by, action, (SUBJECT, _TEST))
