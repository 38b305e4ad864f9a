"""Vetted answers from a person's hand: write one, add phrasings, take that back; find one.

In: a session of the change that it belongs to, or a store to look in. Out: ids, entries. Each change is an event, and
counts for the next question. Knows nothing about how entries are matched.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.records import FaqEntry
from autogpt.retrieve.access import may_see
from autogpt.services.events import note
from autogpt.services.examples.written import checked_question
from autogpt.store import Store
from autogpt.store.faq import load_faq, mark_changed
from autogpt.store.store import new_id
from autogpt.store.tables import FaqRow, now
from autogpt.text.analyse import prepared
from autogpt.text.language import detect

#: Subject of the events, and source of the entries.
SUBJECT, SOURCE = "faq", "review"
LONGEST_ANSWER, MOST_PHRASINGS = 10_000, 50


def add_entry(session: Session, questions: Sequence[str], answer: str, labels: Sequence[str], by: str) -> str:
    """Store a vetted answer and return its id.

    Raises UsageError without a question or an answer, and where an entry that the same may see has a phrasing with the
    same words.
    """
    asked = _checked(questions)
    told = answer.strip()
    if not told:
        raise UsageError("The answer is empty.", "Write what should be answered.")
    if len(told) > LONGEST_ANSWER:
        raise UsageError(f"An answer has at most {LONGEST_ANSWER:,} characters; this one has {len(told):,}.")
    known = {same(one): entry for entry in load_faq(session) for one in entry.questions}
    for one in asked:
        entry = known.get(same(one))
        if entry is not None and entry.labels == frozenset(labels):
            raise UsageError(f"“{one}” has a vetted answer already: “{_short(entry.answer)}”", "Leave it out here.")
    language = detect(f"{told} {asked[0]}")
    row = FaqRow(id=new_id(), questions=asked, answer=told, labels=sorted(labels), source=SOURCE, language=language)
    session.add(row)
    session.flush()
    mark_changed(session)
    note(session, by, "create", (SUBJECT, row.id), after={"questions": asked, "answer": told})
    return row.id


def remove_entry(session: Session, id: str, as_it_was: tuple[Sequence[str], str], by: str) -> None:
    """Take an entry back.

    Args:
        as_it_was: its questions and its answer.

    Raises ConflictError when it was changed since.
    """
    row = session.get(FaqRow, id)
    if row is None or row.removed_at is not None:
        return
    if (list(as_it_was[0]), as_it_was[1]) != (row.questions, row.answer) or row.added:
        raise ConflictError("The vetted answer was changed since.", "Take the later change back first.")
    before = {"questions": row.questions, "answer": row.answer}
    row.questions, row.answer, row.removed_at = [], "", now()
    mark_changed(session)
    note(session, by, "remove", (SUBJECT, id), before)


def add_phrasings(session: Session, id: str, questions: Sequence[str], by: str) -> list[str]:
    """Add other ways to put an entry's question; those that it has are left out. Returns the new ones.

    Raises NotFoundError when there is no such entry, UsageError when nothing is new.
    """
    row = _row(session, id)
    known = {same(one) for one in (*row.questions, *row.added)}
    new = [one for one in _checked(questions) if same(one) not in known]
    if not new:
        raise UsageError("The vetted answer has these phrasings already.", "Dismiss the question.")
    if len(known) + len(new) > MOST_PHRASINGS:
        raise UsageError(f"A vetted answer has at most {MOST_PHRASINGS} phrasings.", "Add fewer.")
    before, row.added = list(row.added), [*row.added, *new]
    mark_changed(session)
    note(session, by, "add phrasing", (SUBJECT, id), {"added": before}, {"added": row.added})
    return new


def remove_phrasings(session: Session, id: str, questions: Sequence[str], by: str) -> None:
    """Take added phrasings back; an entry that is gone has none."""
    row = session.get(FaqRow, id)
    if row is None or row.removed_at is not None:
        return
    before, row.added = list(row.added), [one for one in row.added if one not in questions]
    mark_changed(session)
    note(session, by, "remove phrasing", (SUBJECT, id), {"added": before}, {"added": row.added})


def find_entries(store: Store, words: str, labels: frozenset[str] | None, limit: int = 8) -> list[FaqEntry]:
    """Entries whose phrasings or answer hold all of `words`, in either script and any case."""
    wanted = prepared(words).casefold().split()
    with store.session() as session:
        entries = [one for one in load_faq(session) if may_see(one.labels, labels)]

    def holds_all(entry: FaqEntry) -> bool:
        text = prepared(" ".join([*entry.questions, entry.answer])).casefold()
        return all(one in text for one in wanted)

    return [one for one in entries if holds_all(one)][:limit]


def entry_with(session: Session, id: str) -> FaqRow | None:
    """The row of an entry that was not removed."""
    return session.scalar(select(FaqRow).where(FaqRow.id == id, FaqRow.removed_at.is_(None)))


def same(question: str) -> str:
    """A question as it is compared: its words, whatever the case and the space between them."""
    return " ".join(question.casefold().split())


def _row(session: Session, id: str) -> FaqRow:
    row = entry_with(session, id)
    if row is None:
        raise NotFoundError("There is no such vetted answer.", "It may have been removed; search for another.")
    return row


def _checked(questions: Sequence[str]) -> list[str]:
    asked: dict[str, str] = {}
    for one in questions:
        if one.strip():
            asked.setdefault(same(one), checked_question(one))
    if not asked:
        raise UsageError("There is no question.", "Write what somebody would ask, one in a line.")
    if len(asked) > MOST_PHRASINGS:
        raise UsageError(f"A vetted answer has at most {MOST_PHRASINGS} phrasings; here are {len(asked)}.")
    return list(asked.values())


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
