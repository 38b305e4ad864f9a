"""Reads question-answer pairs from CSV and JSON lines.

In: bytes. Out: a `ParsedFaq`; rows with the same answer are phrasings of one entry. Knows nothing about the store.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autogpt.config import IngestSection
from autogpt.errors import DataError
from autogpt.prepare.clean import decode, tidy
from autogpt.prepare.sources.parsed import FaqPair, ParsedFaq
from autogpt.text.language import detect
from autogpt.text.mapped import Mapped

PARSER = "faq/1"
QUESTION = ("question", "questions", "q", "query", "title", "问题", "問題", "问", "問")
ANSWER = ("answer", "answers", "a", "response", "reply", "答案", "回答", "答")
MORE = (
    "alternatives",
    "alternative_questions",
    "similar_questions",
    "paraphrases",
    "phrasings",
    "variants",
    "相似问题",
)
LABELS = ("labels", "access")
_LISTED = 5

Row = Mapping[str, Any]


def parse_csv(data: bytes, name: str, limits: IngestSection, declared: str | None = None) -> ParsedFaq:
    """Parse CSV, semicolon- or tab-separated text with a header. Raises DataError without the two columns."""
    text = decode(data, declared).lstrip("\r\n")
    csv.field_size_limit(limits.max_characters)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:20_000].split("\n", 1)[0], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    dialect.doublequote, dialect.skipinitialspace = True, True
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), dialect=dialect)
        columns = [(column or "").strip().lower() for column in reader.fieldnames or ()]
        if not (_present(columns, QUESTION) and _present(columns, ANSWER)):
            raise DataError(
                f"The columns are {', '.join(columns) or 'not named'}; question-answer pairs need question and answer.",
                "Name them in the first line: question,answer",
            )
        lines = ((reader.line_num, _lowered(row)) for row in reader)
        return _entries(lines, "row")
    except csv.Error as error:
        raise DataError(f"The CSV is damaged: {error}.", "Save it once more from a spreadsheet.") from error


def parse_jsonl(data: bytes, name: str, limits: IngestSection, declared: str | None = None) -> ParsedFaq:
    """Parse JSON lines `{"question": …, "answer": …}`; `questions` may be a list. Raises DataError when broken."""
    return _entries(_json_lines(decode(data, declared)), "line")


def _json_lines(text: str) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise DataError(
                f"Line {number} is not JSON.", 'Every line must be an object: {"question": "…", "answer": "…"}'
            ) from None
        if not isinstance(row, dict):
            raise DataError(
                f"Line {number} is not an object.", 'Every line must be an object: {"question": "…", "answer": "…"}'
            )
        yield number, _lowered(row)


def _lowered(row: Mapping[Any, Any]) -> Row:
    return {str(key).strip().lower(): value for key, value in row.items() if key is not None}


def _entries(lines: Iterable[tuple[int, Row]], unit: str) -> ParsedFaq:
    """Entries by answer and labels, in order of their first row."""
    found: dict[tuple[str, tuple[str, ...]], dict[str, None]] = {}
    incomplete: list[int] = []
    for number, row in lines:
        questions, answer = _questions(row), _clean(_first(row, ANSWER))
        if not questions or not answer:
            incomplete.append(number)
            continue
        labels = tuple(sorted(_texts(_first(row, LABELS), split=True)))
        found.setdefault((answer, labels), {}).update(dict.fromkeys(questions))
    if not found:
        raise DataError("It holds no question-answer pairs.", "Every row needs a question and an answer.")
    pairs = tuple(
        FaqPair(tuple(questions), answer, detect(f"{' '.join(questions)} {answer}"), labels)
        for (answer, labels), questions in found.items()
    )
    return ParsedFaq(pairs, PARSER, _incomplete(incomplete, unit))


def _incomplete(numbers: list[int], unit: str) -> tuple[str, ...]:
    if not numbers:
        return ()
    listed = ", ".join(map(str, numbers[:_LISTED])) + (", …" if len(numbers) > _LISTED else "")
    return (f"{len(numbers)} without a question or an answer left out ({unit} {listed})",)


def _questions(row: Row) -> list[str]:
    questions = _texts(_first(row, QUESTION)) + _texts(_first(row, MORE), split=True)
    for key, value in row.items():
        base, _, number = key.rpartition("_")
        if number.isdigit() and base in (*QUESTION, *MORE, "phrasing", "alternative"):
            questions += _texts(value)
    return list(dict.fromkeys(questions))


def _texts(value: Any, split: bool = False) -> list[str]:
    """A list's texts, or one text; with `split` a text may hold several, by "|" or line."""
    if isinstance(value, list | tuple):
        return [text for one in value if (text := _clean(one))]
    if split and isinstance(value, str):
        return [text for one in value.replace("\n", "|").split("|") if (text := _clean(one))]
    text = _clean(value)
    return [text] if text else []


def _clean(value: Any) -> str:
    """Text of a value: lines tidied, line breaks kept."""
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    if isinstance(value, Mapping):
        value = value.get("text", "")
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    lines = (tidy(Mapped.of(line)).text for line in str(value).splitlines())
    return "\n".join(line for line in lines if line)


def _first(row: Row, names: Iterable[str]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "", [])), None)


def _present(columns: Iterable[str], names: Iterable[str]) -> bool:
    known = set(names)
    return any(column in known or column.rpartition("_")[0] in known for column in columns)
