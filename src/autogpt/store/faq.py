"""FAQ entries between the database and the records, and a word that tells one state of them from the next."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.records import FaqEntry
from autogpt.store.store import new_id
from autogpt.store.tables import FaqRow, SettingRow

#: Key of the setting that holds the revision.
_KEY = "faq_revision"


def load_faq(session: Session) -> list[FaqEntry]:
    """All entries that were not removed, in a fixed order."""
    rows = session.scalars(select(FaqRow).where(FaqRow.removed_at.is_(None)).order_by(FaqRow.id))
    return [_entry_of(row) for row in rows]


def mark_changed(session: Session) -> None:
    """Give the entries another revision; whoever writes entries calls it in the same transaction."""
    session.merge(SettingRow(key=_KEY, value={"revision": new_id()}))


def read_revision(session: Session) -> str:
    """The entries' revision; empty before the first change that was marked."""
    row = session.get(SettingRow, _KEY)
    return str(row.value["revision"]) if row is not None else ""


def _entry_of(row: FaqRow) -> FaqEntry:
    questions = tuple(dict.fromkeys([*row.questions, *row.added]))
    return FaqEntry(row.id, questions, row.answer, row.language, frozenset(row.labels), row.source)
