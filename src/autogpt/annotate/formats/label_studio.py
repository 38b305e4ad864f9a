"""Label Studio: its JSON export, and JSON-MIN.

JSON holds tasks with `data` and `annotations[].result[]`: places (`labels`), choices, and written text (`textarea`).
JSON-MIN holds the same flat, a task and annotator a row. The question stands in the task's data, as in Label Studio's
own template for question answering, or was written for the place (a text area per region), or is the label. Offsets
count code points, as Label Studio's pages do.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from autogpt.annotate.formats.counting import EXCLUSIVE, INCLUSIVE, Counting, Stated
from autogpt.annotate.formats.jsonl import records
from autogpt.annotate.formats.marked import (
    ANSWER,
    QUESTION_NAMES,
    TEXT_NAMES,
    UNANSWERABLE,
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

#: Its pages count code points; those of version 1.0 counted UTF-16 units.
_HABIT = Counting("characters")
_WAYS = (_HABIT, *(way for way in (*EXCLUSIVE, *INCLUSIVE) if way != _HABIT))
#: Keys that JSON-MIN adds to what the task and the annotator hold.
_MIN = ("annotation_id", "lead_time", "annotator", "created_at", "updated_at", "agreement")
_CLASS_NAMES = ("label", "labels", "class", "classes", "choice", "choices", "intent", "category", "topic", "sentiment")
_ANSWER_NAMES = ("answer", "answers", "response", "答案", "回答")


def recognises(row: Mapping[str, Any]) -> bool:
    """Whether a row is a task of Label Studio, in either form."""
    task = isinstance(row.get("data"), dict) and ("annotations" in row or "predictions" in row or "completions" in row)
    return task or ("annotation_id" in row and "annotator" in row)


def read(text: str, name: str, columns: Mapping[str, str]) -> Iterator[RawExample]:
    """Examples of an export. Raises DataError when none of its tasks can be read."""
    found = [_text(row, where, columns) for where, row in records(text)]
    if all(one.problem for one in found):
        reason = found[0].problem if found else "it is empty"
        raise DataError(f"{name}: no task of it can be used ({reason}).", "Export it from Label Studio as JSON.")
    yield from as_examples(found, _WAYS)


def write(examples: Iterable[RawExample], stream: TextIO) -> int:
    """Write a list of tasks that Label Studio imports with their annotations; return how many.

    Places are of the control `answer` to the text `text` (its template for question answering), classes are choices of
    the control `label`.
    """
    count = 0
    stream.write("[")
    for count, one in enumerate(examples, 1):
        stream.write(",\n" if count > 1 else "\n")
        json.dump(_task(one, count), stream, ensure_ascii=False)
    stream.write("\n]\n")
    return count


def _task(example: RawExample, number: int) -> dict[str, Any]:
    facts = written_facts(example)
    if example.labelled:
        chosen = _result(f"{number}-0", "label", "choices", {"choices": list(example.classes)})
        result = [chosen] if example.classes else []
        return {"id": number, "data": {"text": example.question, **facts}, "annotations": [{"result": result}]}
    result = []
    for at, answer in enumerate(example.answers):
        if answer.start is not None:
            end = answer.start + len(answer.text)
            value: dict[str, Any] = {"start": answer.start, "end": end, "text": answer.text, "labels": [ANSWER]}
            result.append(_result(f"{number}-{at}", "answer", "labels", value))
    if not example.answerable:
        result.append(_result(f"{number}-0", "answerable", "choices", {"choices": [UNANSWERABLE]}))
    data = {"text": example.context, "question": example.question, **facts}
    return {"id": number, "data": data, "annotations": [{"result": result, "was_cancelled": False}]}


def _result(id: str, control: str, type: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "from_name": control, "to_name": "text", "type": type, "value": value, "origin": "manual"}


@dataclass
class _Annotated:
    """What one annotator did with a task."""

    marks: list[Mark] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    to_name: str = ""
    annotator: str = ""
    question: str = ""

    @property
    def says_something(self) -> bool:
        return bool(self.marks or self.typed or self.classes)


def _text(row: Any, where: str, columns: Mapping[str, str]) -> MarkedText:
    if not isinstance(row, dict):
        return MarkedText(where, problem=str(row))
    try:
        if isinstance(row.get("data"), dict):
            return _of_task(row, where, columns)
        return _of_min(row, where, columns)
    except ValueError as error:
        return MarkedText(where, problem=f"it is in no form that can be read ({error})")
    except (AttributeError, KeyError, TypeError):
        return MarkedText(where, problem="it is in no form that can be read")


def _of_task(row: Mapping[str, Any], where: str, columns: Mapping[str, str]) -> MarkedText:
    given = row.get("annotations") or row.get("completions") or []
    kept = [one for one in given if not one.get("was_cancelled")]
    suggested = not given and bool(row.get("predictions"))
    if suggested:
        kept = row["predictions"][:1]
    if not kept:
        return MarkedText(where, problem="its annotator skipped it" if given else "nobody has annotated it")
    truth = [one for one in kept if one.get("ground_truth")]
    return _put_together(row, [_annotated(one) for one in truth or kept], where, columns, suggested)


def _put_together(
    row: Mapping[str, Any], done: Sequence[_Annotated], where: str, columns: Mapping[str, str], suggested: bool
) -> MarkedText:
    data = {**(row.get("meta") or {}), **row["data"]}
    saying = [one for one in done if one.says_something]
    remarks: tuple[str, ...] = ()
    if len({_outcome(one) for one in done}) > 1:
        remarks = (f"{len(done)} annotators do not agree: what any of them marked is taken.",)
    text = text_of(data, columns, [one.to_name for one in saying if one.to_name not in QUESTION_NAMES])
    question = question_of(data, columns) or next((one.question for one in saying if one.question), "")
    if not text and any(one.marks for one in saying):  # the label configuration, which is not exported, names its key
        text = max((one for one in data.values() if isinstance(one, str) and one != question), key=len, default="")
    names = {one.annotator for one in done if one.annotator}
    facts = facts_of(data, "label-studio", row.get("id"), text + question)
    facts.setdefault("annotator", names.pop() if len(names) == 1 else "")
    if suggested:
        facts.setdefault("status", "suggested")
    return MarkedText(
        where,
        text=text,
        question=question,
        marks=tuple(dict.fromkeys(mark for one in saying for mark in one.marks)),
        typed=tuple(dict.fromkeys(answer for one in saying for answer in one.typed)),
        classes=tuple(dict.fromkeys(name for one in saying for name in one.classes)),
        facts=facts,
        remarks=remarks,
        problem="" if text or question else "its data hold neither a text nor a question",
    )


def _outcome(one: _Annotated) -> tuple[object, ...]:
    return (frozenset((mark.place.start, mark.place.end) for mark in one.marks), frozenset(one.classes))


def _annotated(annotation: Mapping[str, Any]) -> _Annotated:
    found = _Annotated(annotator=_name(annotation.get("completed_by")))
    regions: dict[str, list[Mapping[str, Any]]] = {}
    for number, result in enumerate(annotation.get("result") or []):
        regions.setdefault(str(result.get("id") or number), []).append(result)
    for results in regions.values():
        asked = ""
        for result in results:
            if result.get("type") == "textarea" and len(results) > 1:
                asked = " ".join(_texts(result["value"].get("text")))
        for result in results:
            value, kind = result.get("value") or {}, result.get("type")
            labels = value.get("labels") or value.get("hypertextlabels") or value.get("paragraphlabels") or []
            if kind in {"labels", "hypertextlabels"}:
                found.marks.append(Mark(_stated(value), str(next(iter(labels), "")), asked))
                found.to_name = str(result.get("to_name") or "")
            elif kind == "choices" and not any(other.get("type") == "labels" for other in results):
                found.classes += _texts(value.get("choices"))
            elif kind == "textarea" and len(results) == 1:
                if str(result.get("from_name", "")).casefold() in QUESTION_NAMES:
                    found.question = " ".join(_texts(value.get("text")))
                else:
                    found.typed += _texts(value.get("text"))
    return found


def _stated(value: Mapping[str, Any]) -> Stated:
    """The place of a region; in HTML by its offsets in the whole, where there are any, else by its text alone."""
    whole = value.get("globalOffsets") or value
    quote = str(value.get("text") or "")
    start, end = whole.get("start"), whole.get("end")
    if isinstance(start, str) and start.isdecimal() and isinstance(end, str) and end.isdecimal():
        start, end = int(start), int(end)
    if not isinstance(start, int) or not isinstance(end, int):
        if not quote:
            raise ValueError("a region has neither offsets nor a text")
        return Stated(-1, -1, quote)
    return Stated(start, end, quote)


def _of_min(row: Mapping[str, Any], where: str, columns: Mapping[str, str]) -> MarkedText:
    if row.get("annotation_id", "") is None:
        return MarkedText(where, problem="nobody has annotated it")
    marks, classes, typed = [], [], []
    text, question = text_of(row, columns), question_of(row, columns)
    for key, value in row.items():
        places = [one for one in value if isinstance(one, dict) and "end" in one] if isinstance(value, list) else []
        if places:
            marks += [Mark(_stated(one), str(next(iter(_label_of(one)), ""))) for one in places]
        elif isinstance(value, dict) and "choices" in value:
            classes += _texts(value["choices"])
        elif key in _ANSWER_NAMES or (isinstance(value, dict) and "text" in value):
            typed += _texts(value["text"] if isinstance(value, dict) else value)
    if not marks and not classes:
        classes = _flat_classes(row, columns, bool(question))
    facts = facts_of({**row, "annotator": _name(row.get("annotator"))}, "label-studio", row.get("id"), text + question)
    return MarkedText(
        where,
        text=text,
        question=question,
        marks=tuple(marks),
        typed=tuple(typed),
        classes=tuple(classes),
        facts=facts,
        problem="" if text or question else "it holds neither a text nor a question",
    )


def _flat_classes(row: Mapping[str, Any], columns: Mapping[str, str], asked: bool) -> list[str]:
    """The choice of a flat row: the key that was named, one called like a class, or the only one it can be."""
    if "label" in columns:
        return _texts(row.get(columns["label"]))
    known = {
        *_MIN,
        *QUESTION_NAMES,
        *TEXT_NAMES,
        *_ANSWER_NAMES,
        "id",
        "title",
        "document",
        "language",
        "lang",
        "split",
    }
    known |= {"domain", "status", "provenance", "example_id", "url", "source"}
    left = [key for key, value in row.items() if key not in known and isinstance(value, str)]
    named = [key for key in left if key.casefold() in _CLASS_NAMES] or ([] if asked or len(left) != 1 else left)
    return _texts(row[named[0]]) if named else []


def _label_of(place: Mapping[str, Any]) -> list[str]:
    return _texts(place.get("labels") or place.get("hypertextlabels"))


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [str(one).strip() for one in found if isinstance(one, str | int) and str(one).strip()]


def _name(who: Any) -> str:
    """The annotator: an address, or the number that Label Studio has for them."""
    if isinstance(who, dict):
        return str(who.get("email") or who.get("username") or who.get("id") or "")
    return "" if who is None else str(who)
