"""doccano: JSON lines with a text and its labels a line.

Sequence labelling, in the forms of its versions; with a question beside the text, or as the label, each is an example:

    {"text": "The fee is 5 euro.", "label": [[11, 17, "Answer"]], "question": "What is the fee?"}
    {"text": "The fee is 5 euro.", "entities": [{"start_offset": 11, "end_offset": 17, "label": "What is the fee?"}]}

Text classification, `"label": ["fees"]`, and the intents of `"cats"` give labelled questions; sequence to sequence, the
same with a question, gives answers that are looked for in the text. Offsets count UTF-16 units, or grapheme clusters
where the project does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TextIO

from autogpt.annotate.formats.counting import EXCLUSIVE, INCLUSIVE, Counted, Stated
from autogpt.annotate.formats.jsonl import records
from autogpt.annotate.formats.marked import (
    ANSWER,
    Mark,
    MarkedText,
    as_examples,
    facts_of,
    question_of,
    text_of,
    written_facts,
)
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError

#: Where the kinds of projects, and the versions, of doccano keep what was marked or chosen.
_LABELS = ("label", "labels", "entities", "annotations", "cats")
#: Beside the labels of our own exports: the texts that they mark, so that nobody has to guess what offsets count.
QUOTES = "answers"
_SKIPPED = "_SKIPPED_BY_USER"


def recognises(row: Mapping[str, Any]) -> bool:
    """Whether a row is one that doccano writes and no other format does."""
    if not isinstance(row.get("text", row.get("data")), str) or "qas" in row:
        return False
    if "Comments" in row:
        return True
    return any(_is_mark(one) for one in _labels(row))


def read(text: str, name: str, columns: Mapping[str, str]) -> Iterator[RawExample]:
    """Examples of a doccano file. Raises DataError when none of its lines holds a text."""
    found = [_text(row, where, columns) for where, row in records(text)]
    if all(one.problem for one in found):
        raise DataError(f"{name}: no line of it holds a text with its labels.", "Export it from doccano as JSONL.")
    yield from as_examples(found, (*EXCLUSIVE, *INCLUSIVE))


def write(examples: Iterable[RawExample], stream: TextIO) -> int:
    """Write a line an example, for a project of sequence labelling or of text classification; return how many."""
    count = 0
    for count, one in enumerate(examples, 1):  # noqa: B007 - the last count is returned
        stream.write(json.dumps(_row(one), ensure_ascii=False) + "\n")
    return count


def _row(example: RawExample) -> dict[str, Any]:
    if example.labelled:
        return {"text": example.question, "label": list(example.classes), "Comments": [], **written_facts(example)}
    text = Counted(example.context)
    unit = EXCLUSIVE[0].unit
    marks = [
        [text.offset(answer.start, unit), text.offset(answer.start + len(answer.text), unit), ANSWER]
        for answer in example.answers
        if answer.start is not None
    ]
    head = {"text": example.context, "label": marks, "Comments": [], "question": example.question}
    quotes = [answer.text for answer in example.answers if answer.start is not None]
    return {**head, QUOTES: quotes, **written_facts(example)}


def _text(row: Any, where: str, columns: Mapping[str, str]) -> MarkedText:
    if not isinstance(row, dict):
        return MarkedText(where, problem=str(row))
    row = {**row["meta"], **row} if isinstance(row.get("meta"), dict) else row
    text = text_of(row, columns)
    question = question_of(row, columns)
    # Beside an intent, slots are marked, which are no examples.
    labels = _labels(row, _LABELS if question else ("cats", *_LABELS))
    if not text and not question:
        return MarkedText(where, problem="it has no text")
    try:
        marks = _quoted([_mark(one) for one in labels if _is_mark(one)], row.get(QUOTES))
    except (TypeError, ValueError) as error:
        return MarkedText(where, problem=f"its labels are in no form that can be read ({error})")
    chosen = tuple(one.strip() for one in map(_chosen, labels) if one.strip())
    answers = bool(question) or "answer" in columns
    return MarkedText(
        where,
        text=text if question or not answers else "",
        question=question or (text if answers else ""),
        marks=marks,
        typed=chosen if answers else (),
        classes=() if answers else chosen,
        facts=facts_of(row, "doccano", row.get("id"), text + question),
    )


def _labels(row: Mapping[str, Any], names: Sequence[str] = _LABELS) -> list[Any]:
    found: Any = next((row[name] for name in names if row.get(name)), [])
    if isinstance(found, str):
        return [found]
    return [one for one in found if _SKIPPED not in (one, _said(one))] if isinstance(found, list) else []


def _is_mark(label: Any) -> bool:
    if isinstance(label, list | tuple):
        return len(label) >= 3 and all(isinstance(at, int) and not isinstance(at, bool) for at in label[:2])
    return isinstance(label, dict) and "start_offset" in label


def _mark(label: Any) -> Mark:
    if isinstance(label, dict):
        start, quote = int(label["start_offset"]), str(_said(label) or "")
        return Mark(Stated(start, int(label.get("end_offset", start + len(quote))), quote), str(label.get("label", "")))
    return Mark(Stated(int(label[0]), int(label[1])), str(label[2]))


def _quoted(marks: list[Mark], quotes: Any) -> tuple[Mark, ...]:
    """The marks with the texts that our export wrote beside them, as long as nobody marked more or less since."""
    if not isinstance(quotes, list) or len(quotes) != len(marks):
        return tuple(marks)
    return tuple(
        replace(mark, place=replace(mark.place, quote=str(quote))) for mark, quote in zip(marks, quotes, strict=True)
    )


def _said(label: Any) -> Any:
    """What an annotation of the old question answering says."""
    return label.get("response") if isinstance(label, dict) else None


def _chosen(label: Any) -> str:
    if isinstance(label, str):
        return label
    found = label.get("text", label.get("label")) if isinstance(label, dict) and not _is_mark(label) else ""
    return str(found or "")
