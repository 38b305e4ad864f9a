"""Formats of example files: each is read into `RawExample`s and written from them.

In: a file, a folder, or the id of a data set on the hub. Out: `RawExample`s in its order, with a `problem` where a
place of the file is no example. A new format is one module and a line in these tables. Knows nothing about workspaces.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from autogpt.annotate.formats import doccano, label_studio, labelbox
from autogpt.annotate.formats.files import open_replacing, parse_json, read_text
from autogpt.annotate.formats.jsonl import records
from autogpt.annotate.formats.labelled import is_labelled
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.registry import Registry

READERS = Registry(
    "format",
    {
        "squad": "autogpt.annotate.formats.squad:read",
        "csv": "autogpt.annotate.formats.table:read",
        "jsonl": "autogpt.annotate.formats.jsonl:read",
        "labelled": "autogpt.annotate.formats.labelled:read",
        "doccano": "autogpt.annotate.formats.doccano:read",
        "label-studio": "autogpt.annotate.formats.label_studio:read",
        "labelbox": "autogpt.annotate.formats.labelbox:read",
    },
)
WRITERS = Registry(
    "format",
    {
        "squad": "autogpt.annotate.formats.squad:write",
        "csv": "autogpt.annotate.formats.table:write",
        "jsonl": "autogpt.annotate.formats.jsonl:write",
        "labelled": "autogpt.annotate.formats.labelled:write",
        "doccano": "autogpt.annotate.formats.doccano:write",
        "label-studio": "autogpt.annotate.formats.label_studio:write",
        "labelbox": "autogpt.annotate.formats.labelbox:write",
    },
)

#: Formats of annotation tools. They hold questions with answers or labelled ones, and are told by their rows.
TOOLS = ("doccano", "label-studio", "labelbox")

#: Endings of files; something with none of them that does not exist may be a data set on the hub.
_FILE_ENDINGS = {".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".gz", ".xlsx", ".parquet", ".arrow", ".zip"}
_DATASET_ENDINGS = {".parquet", ".arrow"}
#: Rows that are looked at to tell which tool wrote a file: the first ones may be without a label.
_LOOKED_AT = 50
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


def read_examples(
    source: str | Path,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    subset: str = "",
    part: str = "",
) -> Iterator[RawExample]:
    """The examples of a source, in its order.

    Args:
        source: a file (plain or gzipped), a folder that `datasets` reads, or a data set's id on the hub.
        format: a name in `READERS`, "dataset", or None to tell from the content.
        columns: our name of a column → the file's ("answer" → "Antwort").
        subset: configuration of a data set that has several.
        part: part of a data set ("train"); empty means all of them.

    Raises NotFoundError when there is nothing at `source`, DataError when it cannot be read as its format at all.
    """
    return recognise(source, format, columns, subset, part)[1]


def recognise(
    source: str | Path,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    subset: str = "",
    part: str = "",
) -> tuple[str, Iterator[RawExample]]:
    """The same, with the name of the format."""
    path = Path(source)
    if format == "dataset" or (format is None and _is_dataset(path, str(source))):
        from autogpt.annotate.formats.hub import read

        return "dataset", read(str(source), columns or {}, subset, part)
    if not path.is_file():
        raise NotFoundError(f"There is no file {source}.", "Give a file, a folder, or a data set's id on the hub.")
    text = read_text(path)
    if not text.strip():
        raise DataError(f"{path.name} is empty.", "Give a file that holds examples.")
    told = format or detect_format(text, path.name)
    if format is None and told not in TOOLS and columns and "label" in columns:
        told = "labelled"
    reader = READERS.load(told)
    found: Iterator[RawExample] = reader(text, path.name, columns or {})
    return told, found


def write_examples(examples: Iterable[RawExample], path: Path, format: str) -> int:
    """Write examples to a file, gzipped when its name ends in .gz; return how many.

    Examples of one context must follow one another. The file appears whole or not at all.
    """
    writer = WRITERS.load(format)
    with open_replacing(path) as stream:
        count: int = writer(examples, stream)
    return count


def format_of_name(name: str) -> str:
    """The format that a file to be written has by its name. Raises UsageError when the name does not tell."""
    ending = Path(name.removesuffix(".gz")).suffix.lower()
    formats = {".json": "squad", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
    if ending not in formats:
        raise UsageError(f"'{name}' does not tell its format.", f"Use --format: {', '.join(sorted(WRITERS))}.")
    return formats[ending]


def detect_format(text: str, name: str) -> str:
    """`squad`, `jsonl`, `csv`, `labelled` or a tool's, told by the content first and the name second."""
    found = _layout(text, name)
    if found == "jsonl" and (tool := _tool(text)):
        return tool
    if found != "squad" and is_labelled(text, is_table=found == "csv"):
        return "labelled"
    return found


def _layout(text: str, name: str) -> str:
    head = text.lstrip()[:1]
    if head not in {"{", "["} or name.lower().removesuffix(".gz").endswith((".csv", ".tsv")):
        return "csv"
    first_line, _, more = text.lstrip().partition("\n")
    try:
        first = parse_json(first_line)
    except json.JSONDecodeError:
        # An object over several lines is SQuAD's; a list is one of rows, and so are lines of which the first is broken.
        return "squad" if head == "{" and not _holds_row(more) else "jsonl"
    return "squad" if isinstance(first, dict) and "data" in first and "question" not in first else "jsonl"


def _holds_row(text: str) -> bool:
    """Whether one of the first lines is an object of its own, and no article of SQuAD's."""
    for line in islice(text.split("\n", _LOOKED_AT), _LOOKED_AT):
        try:
            if line.startswith("{") and "paragraphs" not in parse_json(line):
                return True
        except json.JSONDecodeError:
            continue
    return False


def _tool(text: str) -> str:
    """The annotation tool that wrote a file of rows; empty for none of them."""
    rows = [row for _, row in islice(records(text, _LOOKED_AT), _LOOKED_AT) if isinstance(row, dict)]
    for tool, recognises in (
        ("labelbox", labelbox.recognises),
        ("label-studio", label_studio.recognises),
        ("doccano", doccano.recognises),
    ):
        if any(recognises(row) for row in rows):
            return tool
    return ""


def _is_dataset(path: Path, source: str) -> bool:
    if path.exists():
        return path.is_dir() or path.suffix.lower() in _DATASET_ENDINGS
    return bool(_HUB_ID.fullmatch(source)) and path.suffix.lower() not in _FILE_ENDINGS
