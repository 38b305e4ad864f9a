"""SQuAD 1.1 and 2.0: one JSON document of articles, paragraphs and questions.

Beside SQuAD's own keys, ours are read and written: `document`, `lang` and `domain` of a paragraph; `split`, `status`,
`annotator` and `provenance` of a question. Other programs pass over them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, TextIO

from autogpt.annotate.formats.files import parse_json
from autogpt.annotate.formats.rows import read_answers
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError

#: Keys of a question that are ours, in files and in `RawExample`.
_OURS = ("quote", "heading", "split", "status", "annotator", "provenance")


def read(text: str, name: str, columns: Mapping[str, str]) -> Iterator[RawExample]:
    """Questions of a SQuAD file. Raises DataError when it is not one."""
    try:
        whole = parse_json(text)
        articles = whole["data"]
        if not isinstance(articles, list):
            raise TypeError
    except json.JSONDecodeError as error:
        raise DataError(f"{name}, line {error.lineno}: not JSON ({error.msg}).", "Check that it is complete.") from None
    except (KeyError, TypeError):
        found = ", ".join(whole) if isinstance(whole, dict) else f"a {type(whole).__name__}"
        raise DataError(
            f"{name}: expected a SQuAD file with a list 'data', found: {found}.",
            "If it holds one object a line, use --format jsonl.",
        ) from None
    for number, article in enumerate(articles, 1):
        yield from read_article(article, f"article {number}")


def read_article(article: Any, where: str) -> Iterator[RawExample]:
    if not isinstance(article, dict) or not isinstance(article.get("paragraphs"), list):
        yield RawExample(where, problem="expected an article with a list 'paragraphs'")
        return
    for number, paragraph in enumerate(article["paragraphs"], 1):
        if isinstance(paragraph, dict):
            paragraph.setdefault("title", article.get("title", ""))
        yield from read_paragraph(paragraph, f"{where}, paragraph {number}")


def read_paragraph(paragraph: Any, where: str) -> Iterator[RawExample]:
    """Questions of a context: `{"title", "context", "qas": [...]}`, in SQuAD files and in JSON lines alike."""
    if not isinstance(paragraph, dict) or not isinstance(paragraph.get("qas"), list):
        yield RawExample(where, problem="expected a context with a list 'qas'")
        return
    if not isinstance(paragraph.get("context"), str):
        yield RawExample(where, problem="expected a text 'context'")
        return
    for number, asked in enumerate(paragraph["qas"], 1):
        yield _question(asked, paragraph, f"{where}, question {number}")


def _question(asked: Any, paragraph: Mapping[str, Any], where: str) -> RawExample:
    if not isinstance(asked, dict) or not isinstance(asked.get("question"), str):
        return RawExample(where, problem="expected a text 'question'")
    impossible, problem = bool(asked.get("is_impossible")), ""
    try:
        answers = () if impossible else read_answers(asked.get("answers"))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        answers, problem = (), f"the answers are in no form that can be read ({error!r})"
    if not answers and not problem and not asked.get("is_impossible"):
        if "answers" not in asked:
            problem = "it has no 'answers' and is not marked as unanswerable ('is_impossible')"
        elif "is_impossible" in asked:
            problem = "it is marked as answerable and has no answer"
    return RawExample(
        where=where,
        id=str(asked.get("id", "")),
        question=asked["question"],
        answers=answers,
        answerable=bool(answers) or bool(problem),
        context=paragraph["context"],
        title=str(paragraph.get("title") or ""),
        document=str(paragraph.get("document") or ""),
        language=str(paragraph.get("lang") or ""),
        domain=str(paragraph.get("domain") or ""),
        problem=problem,
        **{key: str(asked.get(key) or "") for key in _OURS},  # type: ignore[arg-type]
    )


def write(examples: Iterable[RawExample], stream: TextIO) -> int:
    """Write a SQuAD 2.0 file, one article at a time; return the number of questions."""
    count = 0
    stream.write('{"version": "v2.0", "data": [')
    for number, (title, article) in enumerate(groupby(examples, key=lambda example: example.title)):
        paragraphs = list(group(article, with_title=False))
        count += sum(len(paragraph["qas"]) for paragraph in paragraphs)
        stream.write(",\n" if number else "\n")
        json.dump({"title": title, "paragraphs": paragraphs}, stream, ensure_ascii=False)
    stream.write("\n]}\n")
    return count


def group(examples: Iterable[RawExample], with_title: bool = True) -> Iterator[dict[str, Any]]:
    """Contexts with their questions, from examples of which those of one context follow one another."""

    def head(example: RawExample) -> tuple[str, str, str, str, str]:
        return (example.title, example.language, example.domain, example.document, example.context)

    for (title, language, domain, document, context), asked in groupby(examples, key=head):
        stated = {"title": title if with_title else "", "lang": language, "domain": domain, "document": document}
        record: dict[str, Any] = {key: value for key, value in stated.items() if value}
        yield {**record, "context": context, "qas": [_record(example) for example in asked]}


def _record(example: RawExample) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": example.id,
        "question": example.question,
        "answers": [{"text": answer.text, "answer_start": answer.start} for answer in example.answers],
        "is_impossible": not example.answerable,
    }
    return record | {key: getattr(example, key) for key in _OURS if getattr(example, key)}
