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
from autogpt.records import ReaderExample


def load_reader_examples(path: str | Path, domain: str | None = None) -> list[ReaderExample]:
    """Every question of a file.

    Args:
        path: a file in one of the formats of `autogpt.annotate.formats` that has contexts, or a data set.
        domain: replaces the domain that the file states.

    Raises NotFoundError without a file, DataError when it holds no question about a context. Questions whose answers
    stand nowhere in their context are dropped: training on them as unanswerable would teach a falsehood.
    """
    found = list(read_examples(path))
    examples = list(_reader_examples(found, domain))
    if not examples:
        problem = next((f" {raw.where}: {raw.problem}." for raw in found if raw.problem), "")
        raise DataError(
            f"{path} holds no question about a context.{problem}",
            'Each context needs a list "qas" of questions with their answers ("text", "answer_start").',
        )
    return examples


def _reader_examples(raws: Iterable[RawExample], domain: str | None) -> Iterator[ReaderExample]:
    text = Text("")
    for raw in raws:
        if raw.problem or not raw.context or not raw.question.strip():
            continue
        if raw.context is not text.text:
            text = Text(raw.context)
        answers = find_answers(text, raw)
        if raw.answerable and not answers:
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
