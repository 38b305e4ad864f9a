"""Labelbox: the NDJSON of its export v2, a data row with its labels a line.

Places are `objects` of the kind TextEntity whose `location` names the first and the last UTF-16 unit, with their text
as `token` where it is exported. The question is a text classification of the place or of the whole, or a metadata
field `question`, or the name of the object; radio and checklist answers are classes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from autogpt.annotate.formats.counting import EXCLUSIVE, INCLUSIVE, Counted, Stated
from autogpt.annotate.formats.jsonl import records
from autogpt.annotate.formats.marked import (
    ANSWER,
    QUESTION_NAMES,
    UNANSWERABLE,
    Mark,
    MarkedText,
    as_examples,
    facts_of,
    question_of,
    written_facts,
)
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError


def recognises(row: Mapping[str, Any]) -> bool:
    """Whether a row is one of Labelbox's export v2."""
    return isinstance(row.get("data_row"), dict) and isinstance(row.get("projects"), dict)


def read(text: str, name: str, columns: Mapping[str, str]) -> Iterator[RawExample]:
    """Examples of an export. Raises DataError when none of its data rows can be read."""
    found = [_text(row, where, columns) for where, row in records(text)]
    if all(one.problem for one in found):
        reason = found[0].problem if found else "it is empty"
        raise DataError(f"{name}: no data row of it can be used ({reason}).", "Export it as NDJSON (export v2).")
    yield from as_examples(found, (*INCLUSIVE, *EXCLUSIVE))


def write(examples: Iterable[RawExample], stream: TextIO) -> int:
    """Write a data row an example, as an export has it; return how many."""
    count = 0
    for count, one in enumerate(examples, 1):  # noqa: B007 - the last count is returned
        stream.write(json.dumps(_row(one), ensure_ascii=False) + "\n")
    return count


def _row(example: RawExample) -> dict[str, Any]:
    objects: list[dict[str, Any]] = []
    classes: list[dict[str, Any]] = []
    text = Counted(example.context)
    unit = INCLUSIVE[0].unit
    for answer in example.answers:
        if answer.start is not None:
            end = text.offset(answer.start + len(answer.text), unit) - 1
            place = {"start": text.offset(answer.start, unit), "end": end, "token": answer.text}
            kind = {"name": ANSWER, "value": ANSWER.lower(), "annotation_kind": "TextEntity"}
            objects.append({**kind, "classifications": [], "location": place})
    if example.labelled:
        chosen = [{"name": name, "value": name, "classifications": []} for name in example.classes]
        classes.append({"name": "class", "value": "class", "checklist_answers": chosen})
    elif not example.answerable:
        none = {"name": UNANSWERABLE, "value": UNANSWERABLE.lower(), "classifications": []}
        classes.append({"name": "answerable", "value": "answerable", "radio_answer": none})
    facts = written_facts(example) | ({} if example.labelled else {"question": example.question})
    label = {
        "label_kind": "Default",
        "annotations": {"objects": objects, "classifications": classes, "relationships": []},
    }
    return {
        "data_row": {"id": example.id, "row_data": example.question if example.labelled else example.context},
        "media_attributes": {"asset_type": "text", "mime_type": "text/plain"},
        "metadata_fields": [
            {"schema_name": key, "schema_kind": "CustomMetadataString", "value": value} for key, value in facts.items()
        ],
        "projects": {"auto-gpt": {"name": "Auto-GPT", "labels": [label]}},
    }


def _text(row: Any, where: str, columns: Mapping[str, str]) -> MarkedText:
    if not isinstance(row, dict):
        return MarkedText(where, problem=str(row))
    try:
        return _of_row(row, where, columns)
    except (AttributeError, KeyError, TypeError, ValueError):
        return MarkedText(where, problem="it is in no form that can be read")


def _of_row(row: Mapping[str, Any], where: str, columns: Mapping[str, str]) -> MarkedText:
    data = row["data_row"]
    text = data.get("row_data")
    if not isinstance(text, str):
        return MarkedText(where, problem="its data row holds no text (row_data)")
    if text.startswith(("http://", "https://", "gs://", "s3://")) and len(text.split()) == 1:
        return MarkedText(where, problem="its text lies elsewhere: only its address is in the file")
    metadata = {
        str(one.get("schema_name") or one.get("name")): one.get("value") for one in row.get("metadata_fields") or []
    }
    labels = [label for project in row["projects"].values() for label in project.get("labels") or []]
    if not labels:
        return MarkedText(where, problem="nobody has labelled it")
    everything = [label.get("annotations") or {} for label in labels]
    objects = [one for annotations in everything for one in annotations.get("objects") or []]
    chosen = [one for annotations in everything for one in annotations.get("classifications") or []]
    written = _written(chosen)
    question = question_of(metadata, columns) or question_of(written, columns)
    facts = facts_of(metadata, "labelbox", data.get("global_key") or data.get("id"), text + question)
    authors = {str((label.get("label_details") or {}).get("created_by") or "") for label in labels} - {""}
    facts.setdefault("annotator", authors.pop() if len(authors) == 1 else "")
    if data.get("external_id"):
        facts.setdefault("title", str(data["external_id"]))
    return MarkedText(
        where,
        text=text,
        question=question,
        marks=tuple(dict.fromkeys(_mark(one, columns) for one in objects if "location" in one)),
        typed=tuple(value for name, value in written.items() if name.casefold() not in QUESTION_NAMES),
        classes=tuple(dict.fromkeys(_names(chosen))),
        facts=facts,
    )


def _mark(one: Mapping[str, Any], columns: Mapping[str, str]) -> Mark:
    place = one["location"]
    stated = Stated(int(place["start"]), int(place["end"]), str(place.get("token") or ""))
    return Mark(stated, str(one.get("name") or ""), question_of(_written(one.get("classifications") or []), columns))


def _written(classifications: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Name → what was written, of text classifications."""
    return {
        str(one.get("name") or "").casefold(): str((one["text_answer"] or {}).get("content") or "")
        for one in classifications
        if isinstance(one.get("text_answer"), dict)
    }


def _names(classifications: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Names of what was chosen, of radio and checklist classifications."""
    for one in classifications:
        radio = [one["radio_answer"]] if isinstance(one.get("radio_answer"), dict) else []
        for answer in (*radio, *(one.get("checklist_answers") or [])):
            yield str(answer.get("name") or answer.get("value") or "")
