"""The part of a single new example, as long as nobody divides all of them.

In: an example in the transaction that stores it. Out: the part that its document has, or none: where that is not
certain, `splitting` decides. Knows nothing about shares.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.prepare.augment.making import is_made
from autogpt.records import Example, Split, Status, Task
from autogpt.services.examples.grouping import question_key
from autogpt.store.tables import ExampleRow


def part_for(session: Session, example: Example) -> Split | None:
    """The part in which the other examples of the document are.

    None when they are in none or in several, or when the same question is asked in another part.
    """
    if example.document_id is None:
        return None
    divided = select(ExampleRow.id, ExampleRow.split).where(
        ExampleRow.task == Task.EXTRACTIVE.value,
        ExampleRow.status == Status.ACCEPTED.value,
        ExampleRow.split.is_not(None),
    )
    of_document = session.execute(
        divided.where(ExampleRow.document_id == example.document_id, ExampleRow.id != example.id)
    )
    held = {part for id, part in of_document if part and not is_made(id)}
    if len(held) != 1:
        return None
    part = Split(held.pop())
    key = question_key(example.question)
    elsewhere = divided.with_only_columns(ExampleRow.question).where(
        ExampleRow.split != part.value, ExampleRow.document_id.is_distinct_from(example.document_id)
    )
    if key and any(question_key(question) == key for question in session.scalars(elsewhere)):
        return None
    return part
