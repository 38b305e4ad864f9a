"""Reader examples from files, for training and measuring outside a workspace.

In: SQuAD JSON, or JSON lines with one context a line, plain or gzipped; or a data set by id or folder. Out:
`ReaderExample`s, in its order. Knows nothing about workspaces; answers whose offsets are wrong are put right by their
text, or left out.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from autogpt.annotate.anchor import Text, find_answers
from autogpt.annotate.formats import read_examples
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError
from autogpt.progress import Progress, Sink, silent
from autogpt.records import ReaderExample


def load_reader_examples(path: str | Path, domain: str | None = None, sink: Sink = silent) -> list[ReaderExample]:
    """Every question of a file.

    Args:
        path: a file in one of the formats of `autogpt.annotate.formats` that has contexts, or a data set.
        domain: replaces the domain that the file states.
        sink: is told of questions that are dropped.

    Raises NotFoundError without a file, DataError when it holds no question about a context. Questions whose answers
    stand nowhere in their context are dropped: training on them as unanswerable would teach a falsehood.
    """
    found = list(read_examples(path))
    lost: list[RawExample] = []
    examples = list(_reader_examples(found, domain, lost))
    if not examples and lost:
        raise DataError(
            f"The answers of {path} stand nowhere in their contexts, such as {_shown(lost[0])}.",
            "Copy each answer from its context, character by character.",
        )
    if not examples:
        problem = next((f" {raw.where}: {raw.problem}." for raw in found if raw.problem), "")
        raise DataError(
            f"{path} holds no question about a context.{problem}",
            'Each context needs a list "qas" of questions with their answers ("text", "answer_start").',
        )
    if lost:
        sink(
            Progress(
                "examples",
                len(examples),
                len(examples) + len(lost),
                message=f"{len(lost):,} questions of {path} are left out: their answers stand nowhere in their "
                f"contexts, such as {_shown(lost[0])}",
            )
        )
    return examples


def _shown(raw: RawExample) -> str:
    answer = next((one.text for one in raw.answers), "")
    return f"'{answer}' of question '{raw.id or raw.where}'"


def _reader_examples(raws: Iterable[RawExample], domain: str | None, lost: list[RawExample]) -> Iterator[ReaderExample]:
    """Those that can be used; those with answers that are not found go to `lost`."""
    text = Text("")
    for raw in raws:
        if raw.problem or not raw.context or not raw.question.strip():
            continue
        if raw.context is not text.text:
            text = Text(raw.context)
        answers = find_answers(text, raw)
        if raw.answerable and not answers:
            lost.append(raw)
            continue
        yield ReaderExample(
            id=raw.id or raw.where,
            question=raw.question,
            context=raw.context,
            answers=answers,
            title=raw.title,
            domain=domain or raw.domain or "general",
            language=raw.language or "en",
        )
