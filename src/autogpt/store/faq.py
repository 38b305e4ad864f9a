"""FAQ entries between the database and the records."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.records import FaqEntry
from autogpt.store.tables import FaqRow


def load_faq(session: Session) -> list[FaqEntry]:
    """All entries that were not removed, in a fixed order."""
    rows = session.scalars(select(FaqRow).where(FaqRow.removed_at.is_(None)).order_by(FaqRow.id))
    return [
        FaqEntry(row.id, tuple(row.questions), row.answer, row.language, frozenset(row.labels), row.source)
        for row in rows
    ]
