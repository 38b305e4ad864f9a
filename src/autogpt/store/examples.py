"""Examples between the database and the records.

In: rows. Out: `Example` values, and back. Knows nothing about where examples come from.
"""

from typing import Any

from autogpt.records import AnswerSpan, Example, Split, Status, Task
from autogpt.store.tables import ExampleRow


def example_of(row: ExampleRow) -> Example:
    """The record of a stored example."""
    return Example(
        id=row.id,
        question=row.question,
        task=Task(row.task),
        answerable=row.answerable,
        document_id=row.document_id,
        version_id=row.version_id,
        spans=tuple(AnswerSpan(span["text"], span["start"]) for span in row.spans),
        answer_text=row.answer_text,
        quote_context=row.quote_context,
        language=row.language,
        provenance=row.provenance,
        status=Status(row.status),
        annotator=row.annotator,
        split=Split(row.split) if row.split else None,
        classes=tuple(row.classes),
        confidence=row.spans[0].get("confidence") if row.spans else None,
    )


def values_of(example: Example) -> dict[str, Any]:
    """The columns of an example's row, moments left out."""
    return {
        "id": example.id,
        "question": example.question,
        "task": example.task.value,
        "answerable": example.answerable,
        "document_id": example.document_id,
        "version_id": example.version_id,
        "spans": _spans(example),
        "answer_text": example.answer_text,
        "quote_context": example.quote_context,
        "language": example.language,
        "provenance": example.provenance,
        "status": example.status.value,
        "annotator": example.annotator,
        "split": example.split.value if example.split else None,
        "classes": list(example.classes),
    }


def _spans(example: Example) -> list[dict[str, Any]]:
    """The confidence stands beside the first span: it is about what was marked, and goes with it."""
    spans: list[dict[str, Any]] = [{"text": span.text, "start": span.start} for span in example.spans]
    if spans and example.confidence is not None:
        spans[0]["confidence"] = example.confidence
    return spans
