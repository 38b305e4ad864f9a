"""Keeps a record of every answer: masked, hash-chained, without the text of any document.

In: a store and answers. Out: audit entries, and questions for the review queue. Knows nothing about how an answer was
found. Whoever answers calls `Recorder.answer` once for each answer.
"""

import platform
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from autogpt.errors import BusyError
from autogpt.guard.audit import ANCHOR, Sealed, fingerprint, seal, verify
from autogpt.guard.mask import mask
from autogpt.metrics.answers import holds
from autogpt.records import Answer, AnswerKind
from autogpt.store import Store
from autogpt.store.store import new_id
from autogpt.store.tables import AuditRow, ReviewRow, now

#: An answer this little above its threshold is worth a person's look, and so is any below one half.
NARROW_MARGIN = 0.1
#: Two readings are near when their probabilities are.
NEAR = 0.1
#: Reasons that a person gave.
COMPLAINTS = frozenset({"thumbed_down", "requested"})
#: A chain names the heads of the others at its beginning and after so many entries.
ANCHOR_EVERY = 100
#: Two processes of one machine share a chain; the slower of two simultaneous writers tries again.
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of checking the audit trail; `problems` is empty when it is whole."""

    entries: int
    writers: int
    problems: tuple[str, ...]


class Recorder:
    """Writes this machine's chain of the audit trail. Safe to use from several threads and processes.

    Args:
        writer: name of the chain, at most 32 characters; empty derives it from the machine's name.
    """

    def __init__(self, store: Store, writer: str = "") -> None:
        self._store = store
        self._lock = threading.Lock()
        self._writer = writer or fingerprint(platform.node())[:16]

    def answer(self, answer: Answer, labels: frozenset[str] = frozenset(), audit_id: str = "") -> str:
        """Record `answer` and queue its question for review where it is uncertain.

        Args:
            answer: what was answered; `question` must be set. `explanation["threshold"]` is recorded when present.
            labels: access labels of the asker.
            audit_id: identifier to use; empty makes a new one.

        Returns: the audit id, by which feedback refers to the answer.
        """
        audit_id = audit_id or new_id()
        question = mask(answer.question).text
        entry = _entry(answer, question, labels)
        reason = review_reason(answer)

        def write(session: Session) -> None:
            self._append(session, audit_id, "answer", entry)
            if reason:
                told: dict[str, Any] = {"confidence": answer.confidence, "labels": labels, "release": answer.release}
                queue_for_review(session, question, reason, audit_id=audit_id, **told)

        self._write(write)
        return audit_id

    def event(self, kind: str, entry: dict[str, Any]) -> str:
        """Record something else worth keeping (a forced promotion, a removed document). `entry` must be masked."""
        audit_id = new_id()
        self._write(lambda session: self._append(session, audit_id, kind, entry))
        return audit_id

    def _write(self, write: Callable[[Session], None]) -> None:
        for _ in range(_ATTEMPTS):
            try:
                with self._lock, self._store.session() as session:
                    write(session)
            except (IntegrityError, OperationalError):
                continue
            return
        raise BusyError("The audit trail could not be written: the database is busy.", "Try again in a moment.")

    def _append(self, session: Session, audit_id: str, kind: str, entry: dict[str, Any]) -> None:
        head = session.execute(
            select(AuditRow.number, AuditRow.hash)
            .where(AuditRow.writer == self._writer)
            .order_by(AuditRow.number.desc())
            .limit(1)
        ).first()
        number, previous = (head.number, head.hash) if head else (0, "")
        if number % ANCHOR_EVERY == 0 and (heads := _heads(session, self._writer)):
            number += 1
            anchor = seal(self._writer, number, ANCHOR, {"heads": heads}, at=now(), previous_hash=previous)
            session.add(_row(new_id(), anchor))
            previous = anchor.hash
        session.add(_row(audit_id, seal(self._writer, number + 1, kind, entry, at=now(), previous_hash=previous)))


def review_reason(answer: Answer) -> str:
    """Why a person should look at this answer's question; empty when nobody needs to."""
    if answer.kind in {AnswerKind.ABSTAIN, AnswerKind.HANDOVER}:
        return "abstained"
    threshold = float(answer.explanation.get("threshold", 0.0))
    if answer.confidence < max(0.5, min(threshold + NARROW_MARGIN, 0.9)):
        return "low_confidence"
    return "disagreeing" if disagrees(answer) else ""


def disagrees(answer: Answer) -> bool:
    """Whether another place says something else with nearly the same confidence, or a vetted answer does that was
    nearly given.
    """
    if answer.kind is not AnswerKind.SPAN or not answer.evidence:
        return False
    vetted = answer.explanation.get("near_faq")
    if vetted is not None and not vetted["agrees"]:
        return True
    best, *others = answer.evidence
    near = (one for one in others if one.score >= answer.confidence - NEAR)
    return any(not holds(best.quote, [one.quote]) and not holds(one.quote, [best.quote]) for one in near)


def queue_for_review(
    session: Session,
    question: str,
    reason: str,
    *,
    audit_id: str,
    confidence: float,
    labels: frozenset[str],
    release: str = "",
) -> None:
    """Put a masked question into the review queue, once as long as it is open there with the same labels: asked again,
    it counts once more.

    What a person has dismissed stays so, and what was decided otherwise comes back only with another release, which may
    have learnt from it; a complaint brings back both.
    """
    same = select(ReviewRow).where(
        ReviewRow.reason == reason, ReviewRow.question == question, ReviewRow.state.in_(("open", "decided"))
    )
    known = [row for row in session.scalars(same) if sorted(row.labels) == sorted(labels)]
    waiting = [row for row in known if row.state == "open"]
    if not waiting and reason not in COMPLAINTS:
        waiting = [row for row in known if _settled(session, row, release)]
    if waiting:
        # Counted by the database: others may count at this moment.
        counted = update(ReviewRow).where(ReviewRow.id == waiting[0].id, ReviewRow.audit_id != audit_id)
        session.execute(counted.values(times=ReviewRow.times + 1))
        return
    session.add(
        ReviewRow(
            id=new_id(),
            question=question,
            reason=reason,
            audit_id=audit_id,
            confidence=float(confidence),
            labels=sorted(labels),
        )
    )


def _settled(session: Session, row: ReviewRow, release: str) -> bool:
    """Whether a decided question need not wait again, answered by this release."""
    if row.resolution.get("action") == "dismissed":
        return True
    audit = session.get(AuditRow, row.audit_id)
    return bool(release) and audit is not None and audit.entry.get("release") == release


def verify_trail(store: Store) -> Verification:
    """Check the whole audit trail of a workspace."""
    with store.session() as session:
        trail = [_sealed(row) for row in session.scalars(select(AuditRow)).yield_per(1000)]
    return Verification(len(trail), len({one.writer for one in trail}), tuple(verify(trail)))


def _entry(answer: Answer, question: str, labels: frozenset[str]) -> dict[str, Any]:
    """What is kept of an answer: no text of documents, only where it stands and its fingerprint."""
    threshold = answer.explanation.get("threshold")
    classified = answer.explanation.get("classify")
    composed = answer.explanation.get("composed")
    vetted = answer.explanation.get("faq")
    near = answer.explanation.get("near_faq")
    return {
        "question": question,
        "labels": sorted(labels),
        "kind": str(answer.kind),
        "confidence": float(answer.confidence),
        "threshold": None if threshold is None else float(threshold),
        "release": answer.release,
        **({"classify": dict(classified)} if classified else {}),
        **({"faq": {"id": vetted["id"], "threshold": float(vetted["threshold"])}} if vetted else {}),
        **({"near_faq": dict(near)} if near else {}),
        "answer_hash": fingerprint(answer.text),
        "evidence": [
            {
                "document_id": one.document_id,
                "version_id": one.version_id,
                "start": one.start,
                "end": one.end,
                "quote_hash": fingerprint(one.quote),
                "score": float(one.score),
            }
            for one in answer.evidence
        ],
        "timings": {stage: float(spent) for stage, spent in answer.timings.items()},
        "notices": [mask(notice).text for notice in answer.notices],
        **({"composed": {"by": composed["by"], "used": composed["used"]}} if composed else {}),
    }


def _heads(session: Session, own: str) -> dict[str, dict[str, Any]]:
    """The newest entry of every other chain."""
    newest = (
        select(AuditRow.writer, func.max(AuditRow.number).label("number"))
        .where(AuditRow.writer != own)
        .group_by(AuditRow.writer)
        .subquery()
    )
    rows = session.execute(
        select(AuditRow.writer, AuditRow.number, AuditRow.hash).join(
            newest, (AuditRow.writer == newest.c.writer) & (AuditRow.number == newest.c.number)
        )
    )
    return {row.writer: {"number": row.number, "hash": row.hash} for row in rows}


def _row(identifier: str, sealed: Sealed) -> AuditRow:
    return AuditRow(
        id=identifier,
        writer=sealed.writer,
        number=sealed.number,
        kind=sealed.kind,
        entry=dict(sealed.entry),
        previous_hash=sealed.previous_hash,
        hash=sealed.hash,
        at=sealed.at,
    )


def _sealed(row: AuditRow) -> Sealed:
    return Sealed(row.writer, row.number, row.kind, row.entry, row.at, row.previous_hash, row.hash)
