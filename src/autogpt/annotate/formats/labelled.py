"""Labelled texts: CSV, or JSON lines, with a text and its classes a row; or two texts and how alike they are.

    text,label                       {"text": "Where is my card?", "label": "card_arrival"}
    Where is my card?,card_arrival   {"question": "Where is it?", "labels": ["card_arrival", "delivery"]}
    Where is it?,arrival|delivery    {"text": "A card", "other": "My card", "score": 4.5}

Several classes of a cell are parted by | or are a JSON list. Written as JSON lines.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from autogpt.annotate.formats.files import parse_json
from autogpt.annotate.formats.jsonl import records
from autogpt.annotate.formats.rows import Columns
from autogpt.annotate.formats.table import MAX_CELL, detect_delimiter
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError

#: Our name of a column → other names it goes by.
ALIASES: dict[str, tuple[str, ...]] = {
    "text": (
        "question", "query", "utterance", "sentence", "sentence1", "text1", "text_a", "a", "问题", "問題", "文本",
    ),
    "other": ("sentence2", "text2", "text_b", "b", "other_text"),
    "label": ("labels", "class", "classes", "intent", "intents", "category", "类别", "標籤", "标签", "意图"),
    "score": ("similarity",),
    "id": ("example_id", "text_id", "编号"),
    "title": (),
    "language": ("lang", "语言", "語言"),
    "split": ("part",),
    "status": (),
    "annotator": ("author", "annotated_by"),
    "provenance": (),
}  # fmt: skip
#: Columns of questions with answers: a file with one of them is no labelled one, whatever else it has.
_OTHERS = frozenset(
    {"answer", "answers", "answer_text", "context", "passage", "qas", "data", "response", "答案", "回答"}
)


def is_labelled(text: str, is_table: bool) -> bool:
    """Whether a file is one of labelled texts, by its first row."""
    row = next(_rows(text, is_table), ("", None))[1]
    if not isinstance(row, dict):
        return False
    names = {_plain(name) for name in row}
    if names & _OTHERS:
        return False
    return all(names & {name, *ALIASES[name]} for name in ("text", "label")) or {"text", "other", "score"} <= names


def read(text: str, name: str, columns: Mapping[str, str]) -> Iterator[RawExample]:
    """Labelled texts of a file. Raises DataError when none of its rows has a text."""
    readable = False
    head = text.lstrip()[:1]
    for where, row in _rows(text, is_table=head not in {"{", "["} or name.lower().endswith((".csv", ".tsv"))):
        if not isinstance(row, dict):
            yield RawExample(where, problem=str(row))
            continue
        found = _match(row, columns, name)
        if "text" not in found.found:
            yield RawExample(where, problem="it has no text")
            continue
        readable = True
        yield _example(row, found, where)
    if not readable:
        raise DataError(
            f"{name}: no row of it has a text.", "Name the columns text and label, or say: --column text=NAME"
        )


def write(examples: Iterable[RawExample], stream: TextIO) -> int:
    """Write a text with its classes a line; return how many."""
    count = 0
    for count, one in enumerate(examples, 1):  # noqa: B007 - the last count is returned
        record: dict[str, Any] = {"id": one.id, "text": one.question, "labels": list(one.classes)}
        stated = {"language": one.language, "split": one.split, "status": one.status, "annotator": one.annotator}
        record |= {key: value for key, value in {**stated, "provenance": one.provenance}.items() if value}
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    return count


def _rows(text: str, is_table: bool) -> Iterator[tuple[str, Any]]:
    """Rows with their place; a text where one could not be read."""
    if not is_table:
        yield from records(text)
        return
    csv.field_size_limit(MAX_CELL)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=detect_delimiter(text))
    try:
        names = [cell.strip() for cell in next((row for row in rows if any(map(str.strip, row))), [])]
        for row in rows:
            if any(map(str.strip, row)):
                yield f"line {rows.line_num}", dict(zip(names, row, strict=False))
    except csv.Error as error:
        yield f"line {rows.line_num}", f"it cannot be read ({error})"


def _match(row: Mapping[str, Any], given: Mapping[str, str], where: str) -> Columns:
    """Which column of a row is which; what the user named goes first."""
    by_name = {_plain(name): name for name in reversed(list(row)) if name}
    found: dict[str, str] = {}
    for ours, theirs in given.items():
        if ours not in ALIASES:
            raise DataError(f"There is no column '{ours}' to fill.", f"Available: {', '.join(ALIASES)}.")
        if theirs in row:
            found[ours] = theirs
    for ours, others in ALIASES.items():
        match = next((by_name[name] for name in (ours, *others) if name in by_name), None)
        if ours not in found and match is not None and match not in found.values():
            found[ours] = match
    return Columns(found)


def _example(row: Mapping[str, Any], columns: Columns, where: str) -> RawExample:
    try:
        other = columns.text(row, "other")
        classes = _classes(columns.value(row, "label"))
        stated = columns.text(row, "score") or (classes[0] if other and len(classes) == 1 else "")
        return RawExample(
            where=where,
            id=columns.text(row, "id"),
            question=columns.text(row, "text"),
            classes=() if other else classes,
            other=other,
            score=float(stated) if other else None,
            title=columns.text(row, "title"),
            language=columns.text(row, "language").lower(),
            split=columns.text(row, "split").lower(),
            status=columns.text(row, "status").lower(),
            annotator=columns.text(row, "annotator"),
            provenance=columns.text(row, "provenance"),
            labelled=True,
        )
    except (TypeError, ValueError) as error:
        return RawExample(where, problem=f"it is in no form that can be read ({error})")


def _classes(value: Any) -> tuple[str, ...]:
    """Classes in any of their forms: a text, a list, a text of several parted by |, a number, nothing."""
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = parse_json(value)
        except json.JSONDecodeError:
            value = str(value)
    if value is None or value != value:  # noqa: PLR0124 - not a number: an empty cell
        return ()
    if isinstance(value, str):
        value = value.split("|")
    found = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(one, list | dict) for one in found):
        raise TypeError("a label is a text")
    names = (str(one).lower() if isinstance(one, bool) else str(one).strip() for one in found)
    return tuple(dict.fromkeys(name for name in names if name))


def _plain(name: str) -> str:
    return "_".join(str(name).strip().casefold().replace("-", " ").split())
