"""The review queue: which questions wait for a person, put together by what they ask, those that teach most first.

In: a store, and an encoder where one is open. Out: `Item`s. Nothing is changed. Knows nothing about how they are shown.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.annotate.choosing import choose
from autogpt.annotate.clustering import SAME, UNRELATED, clusters, zero_of
from autogpt.answer.faq import Numbers
from autogpt.records import Status
from autogpt.retrieve.access import may_see
from autogpt.retrieve.encoder import Encodes
from autogpt.services.auditing import COMPLAINTS
from autogpt.services.question_vectors import question_vectors
from autogpt.services.vetted import same
from autogpt.store import Store
from autogpt.store.faq import load_faq
from autogpt.store.tables import AuditRow, ExampleRow, ReviewRow
from autogpt.text.language import detect

#: Rows that are looked at, the newest; labelled questions that they are compared with, the newest, too.
MOST, MOST_KNOWN = 2_000, 2_000
#: A question whose sources disagree is as uncertain as a coin, at least.
DISPUTED = 0.5


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the queue.

    Attributes:
        reason: abstained, low_confidence, thumbed_down, disagreeing or requested.
        audit_id: of the answer that brought it here.
        times: how often it was asked so.
        version: grows with each change by a person.
        resolution: what became of it; empty while it waits.
    """

    id: str
    question: str
    reason: str
    audit_id: str
    confidence: float
    state: str
    labels: frozenset[str]
    times: int
    version: int
    assignee: str
    resolution: Mapping[str, Any]
    at: datetime
    decided_at: datetime | None = None

    @property
    def doubt(self) -> float:
        """How uncertain the answer was, 0 to 1; where a person complains, the confidence says nothing."""
        if self.reason in COMPLAINTS:
            return 1.0
        doubt = min(max(1 - self.confidence, 0.0), 1.0)
        return max(doubt, DISPUTED) if self.reason == "disagreeing" else doubt


@dataclass(frozen=True, slots=True)
class Question:
    """A question that waits: the rows with its words, the first that came first."""

    text: str
    rows: tuple[Waiting, ...]

    @property
    def times(self) -> int:
        """How often it was asked. A complaint is about an answer that may have brought it here already."""
        of = Counter[bool]()
        for row in self.rows:
            of[row.reason in COMPLAINTS] += row.times
        return max(of[False], of[True])

    @property
    def doubt(self) -> float:
        return max(row.doubt for row in self.rows)


@dataclass(frozen=True, slots=True)
class Item:
    """Questions that ask the same, as one thing to decide.

    Attributes:
        questions: the one asked most first.
        score: uncertainty × how often (log) × how many are like it × how unlike it is to what is labelled or ahead of
            it; see `annotate.choosing`.
        density, novelty: 0 to 1.
    """

    questions: tuple[Question, ...]
    score: float
    density: float
    novelty: float

    @property
    def id(self) -> str:
        return self.rows[0].id

    @property
    def rows(self) -> tuple[Waiting, ...]:
        return tuple(row for question in self.questions for row in question.rows)

    @property
    def text(self) -> str:
        return self.questions[0].text

    @property
    def times(self) -> int:
        return sum(one.times for one in self.questions)

    @property
    def doubt(self) -> float:
        return max(one.doubt for one in self.questions)

    @property
    def confidence(self) -> float:
        """Of the answer that was least sure."""
        return min(row.confidence for row in self.rows)

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.reason for row in self.rows))

    @property
    def assignee(self) -> str:
        return next((row.assignee for row in self.rows if row.assignee), "")


def open_questions(store: Store, labels: frozenset[str] | None = frozenset()) -> list[Question]:
    """Questions that wait and that `labels` may see, those asked most first; None as `labels` sees all."""
    query = select(ReviewRow).where(ReviewRow.state == "open").order_by(ReviewRow.at.desc(), ReviewRow.id).limit(MOST)
    groups: dict[tuple[str, frozenset[str]], list[Waiting]] = {}
    with store.session() as session:
        for row in reversed(session.scalars(query).all()):
            if may_see(row.labels, labels):
                one = waiting_of(row)
                groups.setdefault((same(one.question), one.labels), []).append(one)
    questions = [Question(rows[0].question, tuple(rows)) for rows in groups.values()]
    return sorted(questions, key=lambda one: -one.times)


def questions_about(store: Store, document_id: str, labels: frozenset[str] | None = frozenset()) -> list[Question]:
    """Questions that wait whose answer, or what came nearest to one, stood in this document."""
    questions = open_questions(store, labels)
    answers = {one.rows[0].audit_id: one for one in questions}
    about: list[Question] = []
    with store.session() as session:
        for id, entry in session.execute(select(AuditRow.id, AuditRow.entry).where(AuditRow.id.in_(answers))):
            if any(place["document_id"] == document_id for place in entry.get("evidence", [])[:1]):
                about.append(answers[id])
    return sorted(about, key=questions.index)


def rows_asking(store: Store, question: str, labels: frozenset[str] | None = frozenset()) -> list[str]:
    """Ids of the rows that wait with the words of a question."""
    asked = [one for one in open_questions(store, labels) if same(one.text) == same(question)]
    return [row.id for one in asked for row in one.rows]


def review_items(
    store: Store,
    encoder: Encodes | None,
    labels: frozenset[str] | None = frozenset(),
    choose_by: Callable[[Question], bool] = lambda question: True,
) -> list[Item]:
    """What waits, best first.

    Args:
        encoder: tells which questions ask the same; None puts only those together that have the same words.
        labels: of who looks.
        choose_by: only questions of this kind.
    """
    questions = [one for one in open_questions(store, labels) if choose_by(one)]
    if not questions:
        return []
    if encoder is None:
        worth = [one.doubt * float(np.log2(1 + one.times)) for one in questions]
        items = [Item((one,), score, 1.0, 1.0) for one, score in zip(questions, worth, strict=True)]
        return sorted(items, key=lambda one: -one.score)
    vectors = question_vectors(store, encoder, [one.text for one in questions])
    groups = _grouped(store, encoder, questions, vectors)
    firsts = vectors[[group[0] for group in groups]]
    doubts = np.array([max(questions[at].doubt for at in group) for group in groups])
    times = [sum(questions[at].times for at in group) for group in groups]
    labelled = _known(store)
    known = question_vectors(store, encoder, labelled) if labelled else None
    return [
        Item(tuple(questions[at] for at in groups[one.at]), one.score, one.density, one.novelty)
        for one in choose(len(groups), firsts, doubts, known, times)
    ]


def item_with(items: Sequence[Item], row_id: str) -> Item | None:
    """The item that a row belongs to."""
    return next((item for item in items if any(row.id == row_id for row in item.rows)), None)


def find_row(store: Store, row_id: str, labels: frozenset[str] | None = frozenset()) -> Waiting | None:
    """A row, waiting or not, if `labels` may see it."""
    with store.session() as session:
        row = session.get(ReviewRow, row_id)
        return waiting_of(row) if row is not None and may_see(row.labels, labels) else None


def decided(store: Store, labels: frozenset[str] | None = frozenset(), limit: int = 20) -> list[list[Waiting]]:
    """The newest decisions: the rows that were decided together."""
    query = select(ReviewRow).where(ReviewRow.state == "decided").order_by(ReviewRow.decided_at.desc(), ReviewRow.id)
    groups: dict[str, list[Waiting]] = {}
    with store.session() as session:
        for row in session.scalars(query.limit(limit * 10)):
            if may_see(row.labels, labels):
                key = ",".join(row.resolution.get("ids", [row.id]))
                groups.setdefault(key, []).append(waiting_of(row))
    return [sorted(rows, key=_place) for rows in groups.values()][:limit]


def _place(row: Waiting) -> int:
    """Where a row stands among those that were decided together."""
    ids = row.resolution.get("ids", [])
    return ids.index(row.id) if row.id in ids else len(ids)


def waiting_of(row: ReviewRow) -> Waiting:
    """A row, for those who know nothing about tables."""
    return Waiting(
        id=row.id,
        question=row.question,
        reason=row.reason,
        audit_id=row.audit_id,
        confidence=row.confidence,
        state=row.state,
        labels=frozenset(row.labels),
        times=row.times,
        version=row.version,
        assignee=row.assignee,
        resolution=row.resolution,
        at=row.at,
        decided_at=row.decided_at,
    )


def _grouped(store: Store, encoder: Encodes, questions: Sequence[Question], vectors: Any) -> list[list[int]]:
    """The numbers of questions that ask the same: of one language and one audience, with the same numbers in them."""
    zeros = {language: zero_of(question_vectors(store, encoder, some)) for language, some in UNRELATED.items()}
    languages = [detect(one.text) for one in questions]
    named = [Numbers.of(one.text) for one in questions]
    return clusters(
        vectors,
        [zeros.get(language, zeros["en"]) for language in languages],
        [SAME.get(language, SAME["en"]) for language in languages],
        [(language, one.rows[0].labels) for language, one in zip(languages, questions, strict=True)],
        lambda one, other: named[one].agree(named[other]),
    )


def _known(store: Store) -> list[str]:
    """Questions that have been dealt with: of accepted examples, and phrasings of vetted answers."""
    newest = (
        select(ExampleRow.question)
        .where(ExampleRow.status == Status.ACCEPTED.value)
        .order_by(ExampleRow.created_at.desc(), ExampleRow.id)
        .limit(MOST_KNOWN)
    )
    with store.session() as session:
        vetted = _phrasings(session)
        return list(dict.fromkeys([*session.scalars(newest), *vetted]))


def _phrasings(session: Session) -> list[str]:
    return [question for entry in load_faq(session) for question in entry.questions][:MOST_KNOWN]
