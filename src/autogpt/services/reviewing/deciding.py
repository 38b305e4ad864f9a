"""Decides what becomes of questions that wait for review, and takes decisions back.

In: rows with the versions they were seen in, what is decided, who decides. Out: what became of them. Each decision is
one transaction with its event; whoever comes second is told what the first one did. Knows nothing about pages.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.records import AnswerSpan, Span
from autogpt.retrieve.access import may_see
from autogpt.services import vetted
from autogpt.services.events import note
from autogpt.services.examples.editing import SUBJECT as EXAMPLE
from autogpt.services.examples.editing import create_in, undo_in
from autogpt.services.examples.written import MOST_PHRASINGS, Written
from autogpt.services.people import list_people
from autogpt.store import Store
from autogpt.store.tables import AuditRow, DocumentVersionRow, EventRow, ReviewRow, now

#: Subject of the events, and provenance of the examples.
SUBJECT, PROVENANCE = "review", "review"
#: What can become of a question: accepted as right; corrected by its span; given a vetted answer; added to one as a
#: phrasing; known to have no answer; put aside.
ACTIONS = ("accepted", "corrected", "answered", "phrased", "unanswerable", "dismissed")

#: Rows by id, with the version they were seen in.
Seen = Mapping[str, int]
Labels = frozenset[str] | None


def accept(store: Store, seen: Seen, by: str, labels: Labels = frozenset()) -> dict[str, Any]:
    """The answer that was given (where none was: the best candidate) is right: it becomes an accepted example with that
    span, the questions its phrasings. A vetted answer that was given gets them as phrasings.

    Args:
        seen: the rows that are decided; the first names the question, and the answer that is accepted.
        by: name of who decides.
        labels: of who decides.

    Returns: what became of them (`ReviewRow.resolution`).

    Raises:
        NotFoundError: there is no such row, or its document or vetted answer is gone.
        ConflictError: somebody decided before, or the document was brought in anew.
        UsageError: no answer was given that could be accepted.
    """
    with store.session() as session:
        rows = _take(session, seen, labels)
        entry = _entry(session, rows[0])
        if faq := entry.get("faq"):
            return _phrased(session, rows, str(faq["id"]), [row.question for row in rows], "accepted", by, labels)
        evidence = entry.get("evidence") or []
        if not evidence:
            raise UsageError("There is no answer to accept.", "Mark it in a document, or write a vetted answer.")
        place = evidence[0]
        version = session.get(DocumentVersionRow, place["version_id"])
        text = Span(place["start"], place["end"]).of(version.text) if version is not None else ""
        if not text:
            raise NotFoundError("The document that answered is gone.", "Mark the answer in another document.")
        spans = (AnswerSpan(text, place["start"]),)
        return _exemplified(session, rows, place["document_id"], spans, place["version_id"], "accepted", by, labels)


def mark_unanswerable(
    store: Store, seen: Seen, document_id: str, by: str, labels: Labels = frozenset()
) -> dict[str, Any]:
    """The document does not answer: it becomes an accepted example without an answer. Arguments and errors as `accept`.

    Args:
        document_id: of the passage that comes nearest to an answer.
    """
    with store.session() as session:
        rows = _take(session, seen, labels)
        return _exemplified(session, rows, document_id, (), "", "unanswerable", by, labels)


def answer(
    store: Store, seen: Seen, questions: Sequence[str], text: str, by: str, labels: Labels = frozenset()
) -> dict[str, Any]:
    """Write a vetted answer, which counts for the next question. Arguments and errors as `accept`.

    Args:
        questions: its phrasings, as they should stand.
        text: the answer.
    """
    with store.session() as session:
        rows = _take(session, seen, labels)
        faq = vetted.add_entry(session, questions, text, rows[0].labels, by)
        row = vetted.entry_with(session, faq)
        assert row is not None
        told = {"faq": faq, "questions": row.questions, "answer": row.answer}
        return _decide(session, rows, "answered", told, by)


def add_phrasing(
    store: Store, seen: Seen, faq: str, questions: Sequence[str], by: str, labels: Labels = frozenset()
) -> dict[str, Any]:
    """Add the questions to a vetted answer as phrasings. Arguments and errors as `accept`.

    Args:
        faq: id of the entry.
    """
    with store.session() as session:
        rows = _take(session, seen, labels)
        return _phrased(session, rows, faq, questions, "phrased", by, labels)


def dismiss(store: Store, seen: Seen, by: str, labels: Labels = frozenset()) -> dict[str, Any]:
    """Put aside; asked again, they stay so. Arguments and errors as `accept`."""
    with store.session() as session:
        return _decide(session, _take(session, seen, labels), "dismissed", {}, by)


def close(store: Store, ids: Sequence[str], resolution: str, person: str, *, example: str = "") -> int:
    """Decide questions that were dealt with elsewhere, for example corrected by span on another page.

    Args:
        ids: of rows, or audit ids of their answers; several may be joined by commas. Those that wait no longer are
            passed over.
        resolution: one of `ACTIONS`.
        person: name of who did it.
        example: id of the example that came of it.

    Returns: how many rows were decided. Raises UsageError for an unknown resolution.
    """
    if resolution not in ACTIONS:
        raise UsageError(f"Nothing becomes '{resolution}'.", f"Available: {', '.join(ACTIONS)}.")
    named = [part.strip() for one in ids for part in one.split(",") if part.strip()]
    waiting = (ReviewRow.state == "open", or_(ReviewRow.id.in_(named), ReviewRow.audit_id.in_(named)))
    with store.session() as session:
        # A write that changes nothing comes first: from here on nobody else writes.
        session.execute(update(ReviewRow).where(*waiting).values(version=ReviewRow.version))
        query = select(ReviewRow.id, ReviewRow.version).where(*waiting).order_by(ReviewRow.at, ReviewRow.id)
        seen = {row.id: row.version for row in session.execute(query)}
        if not seen:
            return 0
        told = {"examples": [example]} if example else {}
        _decide(session, _take(session, seen, None), resolution, told, person)
        return len(seen)


def assign(store: Store, seen: Seen, person: str, by: str, labels: Labels = frozenset()) -> None:
    """Say who should decide; empty: whoever comes. Arguments and errors as `accept`.

    Raises NotFoundError for a name that nobody has.
    """
    if person and all(one.name != person or one.disabled for one in list_people(store)):
        raise NotFoundError(f"There is nobody called '{person}'.", "Choose somebody who has an account.")
    with store.session() as session:
        rows = _take(session, seen, labels)
        before = {row.id: row.assignee for row in rows}
        for row in rows:
            row.assignee = person
        note(session, by, "assign", (SUBJECT, rows[0].id), {"assignees": before}, {"assignee": person})


def undo(store: Store, row_id: str, by: str, labels: Labels = frozenset()) -> list[str]:
    """Take the decision about a row back, and about all that were decided with it; returns their ids.

    Examples and vetted answers that it made go; an example that another page made stays.

    Raises:
        NotFoundError: there is no such row.
        ConflictError: it is not decided, or what was made of it was changed since.
    """
    with store.session() as session:
        mine = update(ReviewRow).where(ReviewRow.id == row_id, ReviewRow.state == "decided")
        session.execute(mine.values(version=ReviewRow.version))
        row = _visible(session, row_id, labels)
        if row.state != "decided":
            raise ConflictError("The question waits again already.", "Look at it in the list.")
        told = row.resolution
        ids = list(told.get("ids", [row_id]))
        changed = update(ReviewRow).where(ReviewRow.id.in_(ids), ReviewRow.state == "decided")
        values: dict[str, Any] = {"state": "open", "resolution": {}, "decided_at": None}
        values["version"] = ReviewRow.version + 1
        session.execute(changed.values(**values), execution_options={"synchronize_session": False})
        for event in told.get("example_events", ()):
            undo_in(session, event, by)
        if told["action"] == "answered":
            vetted.remove_entry(session, told["faq"], (told["questions"], told["answer"]), by)
        elif phrasings := told.get("phrasings"):
            vetted.remove_phrasings(session, told["faq"], phrasings, by)
        note(session, by, "undo", (SUBJECT, ids[0]), dict(told), {"state": "open"})
        return ids


def _take(session: Session, seen: Seen, labels: Labels) -> list[ReviewRow]:
    """The rows, this transaction's until it ends. Writing comes first, so that of two at once one waits for the other.

    Raises NotFoundError for a row that is not there, ConflictError for one that changed since it was seen.
    """
    if not seen:
        raise UsageError("No question was chosen.", "Choose at least one.")
    for id, version in seen.items():
        same = update(ReviewRow).where(ReviewRow.id == id, ReviewRow.version == version, ReviewRow.state == "open")
        values = same.values(version=ReviewRow.version + 1)
        done = cast(CursorResult[Any], session.execute(values, execution_options={"synchronize_session": False}))
        if not done.rowcount:
            raise _changed(session, _visible(session, id, labels))
    return [_visible(session, id, labels) for id in seen]


def _visible(session: Session, id: str, labels: Labels) -> ReviewRow:
    row = session.get(ReviewRow, id)
    if row is None or not may_see(row.labels, labels):
        raise NotFoundError("There is no such question.", "Look at what waits now.")
    return row


def _changed(session: Session, row: ReviewRow) -> ConflictError:
    if row.state == "decided":
        person, action = row.resolution["person"], row.resolution["action"]
        return ConflictError(f"{person} decided meanwhile: {action}.", "Take that back first if it is wrong.")
    if row.state != "open":
        return ConflictError("The question waits no longer: the thumb was taken back.", "Look at what waits now.")
    query = select(EventRow.person).where(EventRow.subject == SUBJECT).order_by(EventRow.id.desc()).limit(1)
    person = session.scalar(query)
    return ConflictError(f"It was changed since you opened it, last by {person}.", "Look at it as it is now.")


def _entry(session: Session, row: ReviewRow) -> Mapping[str, Any]:
    audit = session.get(AuditRow, row.audit_id)
    return audit.entry if audit is not None else {}


def _exemplified(
    session: Session,
    rows: Sequence[ReviewRow],
    document_id: str,
    spans: tuple[AnswerSpan, ...],
    version_id: str,
    action: str,
    by: str,
    labels: Labels,
) -> dict[str, Any]:
    questions = list(dict.fromkeys(row.question for row in rows))
    written = Written(questions[0], spans, tuple(questions[1 : 1 + MOST_PHRASINGS]))
    made = create_in(
        session, document_id, written, by, version_id=version_id, provenance=PROVENANCE, labels=labels
    ).example
    session.flush()
    newest = select(EventRow.id).where(EventRow.subject == EXAMPLE, EventRow.subject_id == made.id)
    event = session.scalar(newest.order_by(EventRow.id.desc()).limit(1))
    told = {"examples": [made.id], "example_events": [event], "document_id": document_id, "answer": made.answer_text}
    return _decide(session, rows, action, told, by)


def _phrased(
    session: Session,
    rows: Sequence[ReviewRow],
    faq: str,
    questions: Sequence[str],
    action: str,
    by: str,
    labels: Labels,
) -> dict[str, Any]:
    entry = vetted.entry_with(session, faq)
    if entry is None or not may_see(entry.labels, labels):
        raise NotFoundError("There is no such vetted answer.", "It may have been removed; search for another.")
    if not set(rows[0].labels) >= set(entry.labels):
        raise UsageError("Who asked may not see this vetted answer.", "Write another one for them.")
    new = vetted.add_phrasings(session, faq, questions, by)
    return _decide(session, rows, action, {"faq": faq, "phrasings": new, "answer": entry.answer}, by)


def _decide(
    session: Session, rows: Sequence[ReviewRow], action: str, told: Mapping[str, Any], by: str
) -> dict[str, Any]:
    """Write what became of the rows, and the event of it."""
    ids = [row.id for row in rows]
    resolution = {"action": action, "person": by, "ids": ids, **told}
    before = {"state": "open", "questions": [row.question for row in rows]}
    moment = now()
    for row in rows:
        row.state, row.resolution, row.decided_at = "decided", resolution, moment
    note(session, by, action, (SUBJECT, ids[0]), before, resolution)
    return resolution
