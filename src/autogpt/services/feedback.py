"""Keeps the thumbs given to answers; a thumb down sends the question to the review queue.

In: an audit id, a thumb, who gives it. Out: what is stored, and an event, which holds no words.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.errors import NotFoundError, UsageError
from autogpt.guard.mask import mask
from autogpt.services.auditing import queue_for_review
from autogpt.services.events import note
from autogpt.store import Store
from autogpt.store.tables import AuditRow, FeedbackRow, ReviewRow, now

Thumb = Literal["up", "down"]
MAX_COMMENT = 2_000
#: Subject of the events: the audit id is the subject's.
SUBJECT = "answer"


@dataclass(frozen=True, slots=True)
class Feedback:
    """A thumb on an answer; the comment is masked."""

    audit_id: str
    thumb: str
    comment: str
    at: datetime


def give(store: Store, audit_id: str, thumb: Thumb, comment: str = "", *, by: str) -> Feedback:
    """Store a thumb, in place of an earlier one on the same answer.

    Args:
        by: name of who gives it.

    Raises:
        NotFoundError: there is no answer with this audit id.
        UsageError: the thumb is neither `up` nor `down`, or the comment is too long.
    """
    if thumb not in {"up", "down"}:
        raise UsageError(f"Unknown thumb '{thumb}'.", "Available: down, up.")
    if len(comment) > MAX_COMMENT:
        raise UsageError(f"The comment has {len(comment)} characters.", f"At most {MAX_COMMENT} are kept.")
    with store.session() as session:
        audit = _answer(session, audit_id)
        earlier = session.get(FeedbackRow, audit_id)
        before = {"thumb": earlier.thumb} if earlier is not None else {}
        row = session.merge(
            FeedbackRow(id=audit_id, audit_id=audit_id, thumb=thumb, comment=mask(comment).text, at=now())
        )
        if before.get("thumb") != thumb:
            note(session, by, "thumb", (SUBJECT, audit_id), before, {"thumb": thumb})
        _update_review(session, audit, thumb)
        return Feedback(row.audit_id, row.thumb, row.comment, row.at)


def send_to_review(store: Store, audit_id: str, *, by: str) -> None:
    """Have a person look at an answer's question because whoever asked it wants them to.

    Args:
        by: name of who wants it.

    Raises NotFoundError: there is no answer with this audit id.
    """
    with store.session() as session:
        _queue(session, _answer(session, audit_id), "requested")
        note(session, by, "send to review", (SUBJECT, audit_id))


def find(store: Store, audit_id: str) -> Feedback | None:
    """The thumb on this answer, or None."""
    with store.session() as session:
        row = session.get(FeedbackRow, audit_id)
        return Feedback(row.audit_id, row.thumb, row.comment, row.at) if row else None


def _update_review(session: Session, audit: AuditRow, thumb: Thumb) -> None:
    if thumb == "down":
        _queue(session, audit, "thumbed_down")
        return
    taken_back = select(ReviewRow).where(
        ReviewRow.audit_id == audit.id, ReviewRow.reason == "thumbed_down", ReviewRow.state == "open"
    )
    for row in session.scalars(taken_back):
        row.state = "withdrawn"


def _answer(session: Session, audit_id: str) -> AuditRow:
    audit = session.get(AuditRow, audit_id)
    if audit is None or audit.kind != "answer":
        raise NotFoundError(f"There is no answer '{audit_id}'.", "Use the audit_id that came with the answer.")
    return audit


def _queue(session: Session, audit: AuditRow, reason: str) -> None:
    entry = audit.entry
    queue_for_review(
        session,
        entry["question"],
        reason,
        audit_id=audit.id,
        confidence=entry["confidence"],
        labels=frozenset(entry["labels"]),
        release=entry["release"],
    )
