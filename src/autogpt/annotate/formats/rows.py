"""Reads one flat row (question, answer, document …) whatever its columns are called.

In: a mapping of column → value, from CSV, JSON lines or a data set. Out: a `RawExample`. Knows nothing about files.
"""

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from autogpt.annotate.formats.files import parse_json
from autogpt.annotate.raw import RawAnswer, RawExample
from autogpt.errors import DataError

#: Our name of a column → other names it goes by.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("example_id", "question_id", "qid", "qa_id", "编号"),
    "question": ("query", "q", "问题", "問題"),
    "answer": ("answers", "answer_text", "a", "response", "答案", "回答"),
    "start": ("answer_start", "answer_offset", "begin"),
    "other_answers": ("more_answers",),
    "answerable": ("has_answer", "is_answerable"),
    "is_impossible": ("unanswerable", "impossible"),
    "document": ("file", "filename", "file_name", "source", "doc", "url", "文档", "文檔", "文件"),
    "context": ("passage", "paragraph", "text", "上下文", "原文", "段落"),
    "title": ("article", "标题", "標題"),
    "quote": ("evidence", "supporting_text", "引文"),
    "heading": ("section", "chapter", "章节", "章節"),
    "page": ("page_number", "页", "頁", "页码"),
    "language": ("lang", "语言", "語言"),
    "domain": (),
    "split": ("part", "fold"),
    "status": (),
    "annotator": ("author", "annotated_by"),
    "provenance": (),
}

_YES = {"true", "t", "yes", "y", "1", "1.0", "是", "对", "對"}
_NO = {"false", "f", "no", "n", "0", "0.0", "", "none", "null", "nan", "否"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which of a file's columns holds what: our name → the file's."""

    found: Mapping[str, str]

    def value(self, row: Mapping[str, Any], name: str) -> Any:
        return row.get(self.found[name]) if name in self.found else None

    def text(self, row: Mapping[str, Any], name: str) -> str:
        value = self.value(row, name)
        if value is None or value != value:  # noqa: PLR0124 - not a number: an empty cell
            return ""
        if isinstance(value, Mapping | list | tuple):
            raise TypeError(f"'{self.found[name]}' is a {type(value).__name__}, expected a text")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str(value).strip()


def match_columns(names: Iterable[str], given: Mapping[str, str] | None = None, where: str = "The file") -> Columns:
    """Tell which column is which, by name.

    Args:
        names: the file's columns.
        given: our name → the file's, as the user stated it.

    Raises DataError, with what was expected, what was found and the likely fix, when there is no column of questions,
    or when `given` names an unknown one.
    """
    columns = [name for name in names if name]
    by_name = {_plain(name): name for name in reversed(columns)}
    found: dict[str, str] = {}
    for ours, theirs in (given or {}).items():
        if ours not in ALIASES:
            raise DataError(f"There is no column '{ours}' to fill.", f"Available: {', '.join(ALIASES)}.")
        if theirs not in columns:
            raise DataError(f"{where} has no column '{theirs}'.", f"Its columns: {_listed(columns)}.")
        found[ours] = theirs
    taken = set(found.values())
    for ours, others in ALIASES.items():
        if ours in found:
            continue
        match = next((by_name[name] for name in (ours, *others) if name in by_name), None)
        if match is not None and match not in taken:
            found[ours] = match
            taken.add(match)
    if "question" not in found:
        guess = difflib.get_close_matches("question", [_plain(name) for name in columns], 1, 0.5)
        likely = by_name[guess[0]] if guess else next((name for name in columns if name not in taken), "NAME")
        raise DataError(
            f"{where}: expected a column 'question', found: {_listed(columns)}.",
            f"Name the columns in the first line, or say which one it is: --column 'question={likely}'",
        )
    return Columns(found)


def read_row(row: Mapping[str, Any], columns: Columns, where: str) -> RawExample:
    """The example of one row; with a `problem` when it cannot be read or contradicts itself."""
    try:
        return _read_row(row, columns, where)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        return RawExample(where, problem=f"it is in no form that can be read ({error})")


def _read_row(row: Mapping[str, Any], columns: Columns, where: str) -> RawExample:
    answers = _answers(row, columns)
    answerable = _answerable(row, columns, bool(answers))
    page = columns.text(row, "page")
    return RawExample(
        where=where,
        id=columns.text(row, "id"),
        question=columns.text(row, "question"),
        answers=answers if answerable else (),
        answerable=answerable,
        context=str(columns.value(row, "context") or ""),
        title=columns.text(row, "title"),
        document=columns.text(row, "document"),
        quote=columns.text(row, "quote"),
        heading=columns.text(row, "heading"),
        page=int(page) if page.isdecimal() else None,
        language=columns.text(row, "language").lower(),
        domain=columns.text(row, "domain"),
        split=columns.text(row, "split").lower(),
        status=columns.text(row, "status").lower(),
        annotator=columns.text(row, "annotator"),
        provenance=columns.text(row, "provenance"),
        problem="it is marked as answerable and has no answer" if answerable and not answers else "",
    )


def read_answers(value: Any) -> tuple[RawAnswer, ...]:
    """Answers in any of their forms: a text, a list of texts, of `{"text", "answer_start"}`, or one such with lists.

    Raises TypeError, KeyError or ValueError for anything else.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        return (RawAnswer(value.strip()),) if value.strip() else ()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (RawAnswer(str(value)),) if value == value else ()  # noqa: PLR0124 - not a number: an empty cell
    if isinstance(value, Mapping):
        texts, starts = value["text"], value.get("answer_start", value.get("start"))
        if isinstance(texts, str):
            return _answer(texts, starts)
        starts = [None] * len(texts) if starts is None else starts
        pairs = zip(texts, starts, strict=True)
        return _distinct(answer for text, start in pairs for answer in _answer(text, start))
    if hasattr(value, "__iter__"):
        return _distinct(answer for one in value for answer in read_answers(one))
    raise TypeError(f"a {type(value).__name__}")


def _answers(row: Mapping[str, Any], columns: Columns) -> tuple[RawAnswer, ...]:
    answers = read_answers(_unpacked(columns.value(row, "answer")))
    start = columns.text(row, "start")
    if len(answers) == 1 and answers[0].start is None and start:
        answers = (RawAnswer(answers[0].text, int(float(start))),)
    return _distinct((*answers, *read_answers(_unpacked(columns.value(row, "other_answers")))))


def _unpacked(value: Any) -> Any:
    """A cell that holds JSON is read as such."""
    if isinstance(value, str) and value.strip().startswith(('[{"', '["', '{"text"')):
        try:
            return parse_json(value)
        except json.JSONDecodeError:
            return value
    return value


def _answer(text: Any, start: Any) -> tuple[RawAnswer, ...]:
    if not isinstance(text, str):
        raise TypeError(f"its text is a {type(text).__name__}")
    return (RawAnswer(text, None if start is None else int(start)),) if text.strip() else ()


def _distinct(answers: Iterable[RawAnswer]) -> tuple[RawAnswer, ...]:
    return tuple(dict.fromkeys(answers))


def _answerable(row: Mapping[str, Any], columns: Columns, answered: bool) -> bool:
    for name, meaning in (("is_impossible", False), ("answerable", True)):
        if name in columns.found:
            stated = columns.text(row, name).casefold()
            if stated in _YES:
                return meaning
            if stated in _NO - {""}:
                return not meaning
    return answered


def _plain(name: str) -> str:
    return "_".join(str(name).strip().casefold().replace("-", " ").split())


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in columns) or "none"
