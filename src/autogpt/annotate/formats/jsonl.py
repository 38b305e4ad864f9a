"""JSON lines: one context with its questions a line, or one flat question a line; a JSON list of either, too.

A context: `{"title", "lang", "domain", "context", "qas": [{"id", "question", "answers": [{"text", "answer_start"}]}]}`.
Flat: `{"question", "answer", "document"}`, with the column names of `rows`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from autogpt.annotate.formats.files import parse_json
from autogpt.annotate.formats.rows import match_columns, read_row
from autogpt.annotate.formats.squad import group, read_paragraph
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError

_BETWEEN = re.compile(r"[\s,]*")


def read(text: str, name: str, columns: Mapping[str, str]) -> Iterator[RawExample]:
    """Questions of a JSON-lines file. Raises DataError when none of its lines is an object."""
    readable = False
    for where, record in records(text):
        if not isinstance(record, dict):
            yield RawExample(where, problem=str(record))
            continue
        readable = True
        yield from read_record(record, where, name, columns)
    if not readable:
        raise DataError(f"{name}: no line of it is a JSON object.", "Write one object a line.")


def read_record(record: Mapping[str, Any], where: str, name: str, columns: Mapping[str, str]) -> Iterator[RawExample]:
    """Questions of one object, in either form. Raises DataError when it has no question."""
    if "qas" in record:
        yield from read_paragraph(record, where)
    else:
        yield read_row(record, match_columns(record, columns, f"{name}, {where}"), where)


def records(text: str, most: int | None = None) -> Iterator[tuple[str, Any]]:
    """Objects with their place; a text where one could not be read.

    Args:
        most: how many are wanted; a JSON list is then read no further.
    """
    if text.lstrip().startswith("["):
        try:
            rows = parse_json(text) if most is None else _head_of_list(text, most)
        except json.JSONDecodeError as error:
            yield f"line {error.lineno}", f"not JSON ({error.msg})"
            return
        for number, row in enumerate(rows, 1):
            yield f"row {number}", row if isinstance(row, dict) else "expected an object"
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = parse_json(line)
        except json.JSONDecodeError as error:
            yield f"line {number}", f"not JSON ({error.msg})"
            continue
        yield f"line {number}", record if isinstance(record, dict) else "expected an object"


def _head_of_list(text: str, most: int) -> list[Any]:
    """The first items of a JSON list, up to one that cannot be read."""
    found: list[Any] = []
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    while len(found) < most:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        try:
            row, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(row)
    return found


def write(examples: Iterable[RawExample], stream: TextIO) -> int:
    """Write one context with its questions a line; return the number of questions."""
    count = 0
    for record in group(examples):
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")
        count += len(record["qas"])
    return count
