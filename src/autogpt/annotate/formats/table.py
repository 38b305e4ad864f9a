"""CSV: one question a row, columns named in the first line.

Delimiter (comma, semicolon, tab, bar) and column names are told from the file. Written with commas, as RFC 4180 says.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from autogpt.annotate.formats.rows import ALIASES, Columns, match_columns, read_row
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError

_DELIMITERS = ",;\t|"
MAX_CELL = 100_000_000
_HEAD = 10_000
_KNOWN = {name for ours, others in ALIASES.items() for name in (ours, *others)}
_WRITTEN = (
    "id", "question", "answer", "start", "other_answers", "answerable", "document", "title", "language", "split",
    "status", "annotator", "provenance", "quote",
)  # fmt: skip


def read(text: str, name: str, columns: Mapping[str, str]) -> Iterator[RawExample]:
    """Questions of a CSV file. Raises DataError when its first line names no column of questions."""
    csv.field_size_limit(MAX_CELL)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=detect_delimiter(text))
    try:
        header = next((row for row in rows if any(cell.strip() for cell in row)), [])
        if not header:
            raise DataError(f"{name} is empty.", "Its first line must name the columns: question,answer,document")
        found = match_columns([cell.strip() for cell in header], columns, name)
        yield from _rows(rows, header, found)
    except csv.Error as error:
        raise DataError(f"{name}, line {rows.line_num}: {error}.", "Check its quotation marks.") from None


def _rows(rows: Any, header: list[str], found: Columns) -> Iterator[RawExample]:
    names = [cell.strip() for cell in header]
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        where = f"line {rows.line_num}"
        if len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
            yield RawExample(where, problem=f"{len(row)} cells where the first line names {len(names)}")
            continue
        yield read_row(dict(zip(names, row, strict=False)), found, where)


def detect_delimiter(text: str) -> str:
    """The delimiter that splits the first line into the most known columns, or else the most columns."""
    head = text.lstrip("\n\r")[:_HEAD]

    def fitness(delimiter: str) -> tuple[int, int]:
        try:
            header = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), [])
        except csv.Error:
            return (0, 0)
        names = ["_".join(cell.strip().casefold().replace("-", " ").split()) for cell in header]
        return (sum(name in _KNOWN for name in names), len(names))

    return max(_DELIMITERS, key=fitness)


def write(examples: Iterable[RawExample], stream: TextIO) -> int:
    """Write a row a question; return how many. Contexts are left out: `document` names where answers stand."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(_WRITTEN)
    count = 0
    for count, example in enumerate(examples, 1):  # noqa: B007 - the last count is returned
        writer.writerow(_cells(example))
    return count


def _cells(example: RawExample) -> list[str]:
    first, others = example.answers[:1], example.answers[1:]
    cells = {name: str(getattr(example, name, "") or "") for name in _WRITTEN}
    cells["answer"] = first[0].text if first else ""
    cells["start"] = "" if not first or first[0].start is None else str(first[0].start)
    stated = [{"text": answer.text, "start": answer.start} for answer in others]
    cells["other_answers"] = json.dumps(stated, ensure_ascii=False) if stated else ""
    cells["answerable"] = "yes" if example.answerable else "no"
    return [cells[name] for name in _WRITTEN]
