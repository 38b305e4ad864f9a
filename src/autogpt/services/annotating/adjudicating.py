"""Decides what counts where several people annotated a document.

In: what waits in a document. Out: cases (one question, everybody's answers side by side), how far each pair agrees, and
the decisions: one answer of a case counts, the others are rejected. Knows nothing about pages.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import select

from autogpt.annotate.agreement import Agreement, agreement
from autogpt.errors import ConflictError, UsageError
from autogpt.records import Example, Span, Status
from autogpt.services.annotating.assigning import assignments, settle_all
from autogpt.services.annotating.work import case_key, is_waiting, waiting_like
from autogpt.services.examples.editing import WRITTEN, Edited, find_example, set_status_in
from autogpt.services.examples.written import current_version
from autogpt.store import Store
from autogpt.store.examples import example_of
from autogpt.store.tables import ExampleRow


@dataclass(frozen=True, slots=True)
class Answered:
    """What one annotator says of a question, or that they said nothing; `context` is the text around the answer."""

    person: str
    example: Example | None
    version: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A question with everybody's answers. `agreed`: all marked the same."""

    key: str
    question: str
    answers: tuple[Answered, ...]
    agreed: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """How far two annotators of a document agree."""

    one: str
    other: str
    agreement: Agreement


_AROUND = 60


def cases(store: Store, document_id: str) -> list[Case]:
    """What waits in a document, question by question; where annotators differ first.

    Raises NotFoundError for an unknown document.
    """
    people = [one.person for one in assignments(store, document_id)]
    with store.session() as session:
        text = current_version(session, document_id, labels=None).text
        rows = [
            row
            for row in session.scalars(
                select(ExampleRow)
                .where(ExampleRow.document_id == document_id, ExampleRow.phrasing_of == "")
                .order_by(ExampleRow.created_at, ExampleRow.id)
            )
            if is_waiting(row)
        ]
    by_question: dict[str, list[ExampleRow]] = defaultdict(list)
    for row in rows:
        by_question[case_key(row.question)].append(row)
    found = [_case(key, some, people, text) for key, some in by_question.items()]
    return sorted(found, key=lambda one: one.agreed)


def pairs(store: Store, document_id: str) -> list[Pair]:
    """How far each two annotators of a document agree, by all that they wrote, whatever was decided since.

    Raises NotFoundError for an unknown document.
    """
    people = [one.person for one in assignments(store, document_id)]
    with store.session() as session:
        text = current_version(session, document_id, labels=None).text
        rows = session.scalars(
            select(ExampleRow).where(
                ExampleRow.document_id == document_id,
                ExampleRow.provenance == WRITTEN,
                ExampleRow.annotator.in_(people),
                ExampleRow.phrasing_of == "",
            )
        )
        marked: dict[str, dict[str, list[Span]]] = {name: {} for name in people}
        for one in map(example_of, rows):
            marked[one.annotator][case_key(one.question)] = [Span(span.start, span.end) for span in one.spans]
    return [Pair(a, b, agreement(text, marked[a], marked[b])) for a, b in combinations(people, 2)]


def choose(store: Store, example_id: str, by: str, read_at: str = "") -> Edited:
    """Let one answer count: it is accepted, and what else waits for the same question is rejected.

    Raises:
        NotFoundError: there is no such example.
        ConflictError: somebody changed it, or decided already.
    """
    chosen = find_example(store, example_id)
    if chosen.example.status != Status.SUGGESTED:
        raise ConflictError("It was decided already.", "Look at the document's examples.")
    others = waiting_like(store, chosen.example)
    with store.session() as session:
        accepted = set_status_in(session, example_id, Status.ACCEPTED, by, read_at)
        for one in others:
            set_status_in(session, one.id, Status.REJECTED, by)
        return accepted


def choose_agreed(store: Store, document_id: str, by: str) -> int:
    """Let all count in which the annotators agree; how many questions those are."""
    agreed = [one for one in cases(store, document_id) if one.agreed]
    for case in agreed:
        choose(store, next(one.example.id for one in case.answers if one.example), by)
    return len(agreed)


def reject_case(store: Store, example_id: str, by: str) -> None:
    """Let no answer of a question count. Raises NotFoundError."""
    example = find_example(store, example_id).example
    with store.session() as session:
        for one in [example, *waiting_like(store, example)]:
            if one.status == Status.SUGGESTED:
                set_status_in(session, one.id, Status.REJECTED, by)


def settle(store: Store, document_id: str, by: str) -> None:
    """Say that a document is decided: what is written in it from now on counts at once.

    Raises UsageError when something still waits.
    """
    left = cases(store, document_id)
    if left:
        raise UsageError(f"{len(left)} questions still wait for a decision.", "Choose an answer of each, or none.")
    with store.session() as session:
        settle_all(session, document_id, by)


def _case(key: str, rows: Sequence[ExampleRow], people: Sequence[str], text: str) -> Case:
    by_person = {row.annotator: row for row in rows}
    answers = []
    for person in dict.fromkeys([*people, *by_person]):
        row = by_person.get(person)
        example = example_of(row) if row is not None else None
        span = example.spans[0] if example is not None and example.spans else None
        answers.append(
            Answered(
                person=person,
                example=example,
                version=row.updated_at.isoformat() if row is not None else "",
                before=text[max(0, span.start - _AROUND) : span.start] if span else "",
                after=text[span.end : span.end + _AROUND] if span else "",
            )
        )
    marked = {frozenset(one.example.spans) for one in answers if one.example is not None}
    everybody = all(one.example is not None for one in answers)
    return Case(key, rows[0].question, tuple(answers), agreed=everybody and len(marked) == 1)
