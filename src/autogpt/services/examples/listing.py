"""Lists examples with the documents they are about.

In: a store and filters. Out: frozen values, oldest first. Knows nothing about how they are shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from autogpt.errors import unknown_name
from autogpt.records import Example, Split, Status, Task
from autogpt.retrieve.access import may_see
from autogpt.store import Store
from autogpt.store.examples import example_of
from autogpt.store.tables import DocumentRow, ExampleRow

#: What the filter `split` calls examples without one.
NO_SPLIT = "none"


@dataclass(frozen=True, slots=True)
class ListedExample:
    """An example, with the name of its document (empty without one). `version` is another word after each change."""

    example: Example
    document: str
    version: str = ""


def list_examples(
    store: Store,
    *,
    split: str = "",
    status: str = "",
    document: str = "",
    search: str = "",
    answerable: bool | None = None,
    task: str = "",
    language: str = "",
    sealed: bool = False,
    labels: frozenset[str] | None = None,
    limit: int | None = 50,
    offset: int = 0,
) -> tuple[list[ListedExample], int]:
    """Examples that pass every filter given, and how many there are in all.

    Args:
        split: train, validation, test, or none for those without.
        status: suggested, accepted, rejected or stale.
        document: name or address of a document, or a part of it.
        search: words in the question or the answer.
        task: extractive or classify.
        language: its code.
        sealed: leave out the test part.
        labels: of the asker, who sees no example of a document that they may not see; None sees all.

    Raises UsageError for an unknown split, status or task.
    """
    query = select(ExampleRow, DocumentRow.name).outerjoin(DocumentRow, DocumentRow.id == ExampleRow.document_id)
    for condition in _conditions(split, status, document, search, answerable, task):
        query = query.where(condition)
    if language:
        query = query.where(ExampleRow.language == language)
    if sealed:
        query = query.where(ExampleRow.split.is_distinct_from(Split.TEST.value))
    if labels is not None and (hidden := _hidden(store, labels)):
        query = query.where(or_(ExampleRow.document_id.is_(None), ExampleRow.document_id.not_in(hidden)))
    ordered = query.order_by(ExampleRow.created_at, ExampleRow.id).offset(offset).limit(limit)
    with store.session() as session:
        count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        found = [
            ListedExample(example_of(row), name or "", row.updated_at.isoformat())
            for row, name in session.execute(ordered)
        ]
    return found, count


def load_examples(store: Store, *statuses: Status, split: Split | None = None) -> list[Example]:
    """Examples of these statuses (all without any), by id."""
    query = select(ExampleRow).order_by(ExampleRow.id)
    if statuses:
        query = query.where(ExampleRow.status.in_([status.value for status in statuses]))
    if split is not None:
        query = query.where(ExampleRow.split == split.value)
    with store.session() as session:
        return [example_of(row) for row in session.scalars(query)]


def gold_examples(store: Store, split: Split) -> list[Example]:
    """The accepted extractive examples of one part whose answers stand in current documents, by id."""
    examples = load_examples(store, Status.ACCEPTED, split=split)
    return [one for one in examples if one.task is Task.EXTRACTIVE and (one.spans or not one.answerable)]


def _hidden(store: Store, labels: frozenset[str]) -> list[str]:
    """Ids of the documents that an asker may not see."""
    with store.session() as session:
        labelled = session.execute(
            select(DocumentRow.id, DocumentRow.labels).where(func.json_array_length(DocumentRow.labels) > 0)
        )
        return [id for id, needed in labelled if not may_see(needed, labels)]


def _conditions(
    split: str, status: str, document: str, search: str, answerable: bool | None, task: str
) -> Iterator[Any]:
    if split:
        if split not in {*Split, NO_SPLIT}:
            raise unknown_name("split", split, [*Split, NO_SPLIT])
        yield ExampleRow.split.is_(None) if split == NO_SPLIT else ExampleRow.split == split
    if status:
        if status not in set(Status):
            raise unknown_name("status", status, Status)
        yield ExampleRow.status == status
    if document:
        yield or_(
            DocumentRow.name.icontains(document, autoescape=True), DocumentRow.uri.icontains(document, autoescape=True)
        )
    if search:
        yield or_(
            ExampleRow.question.icontains(search, autoescape=True),
            ExampleRow.answer_text.icontains(search, autoescape=True),
        )
    if task:
        if task not in set(Task):
            raise unknown_name("task", task, Task)
        yield ExampleRow.task == task
    if answerable is not None:
        yield ExampleRow.answerable == answerable
