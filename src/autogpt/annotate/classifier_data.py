"""Labelled texts from files, for training and measuring a classifier outside a workspace; and texts without labels.

In: CSV or JSON lines as `annotate.formats.labelled` reads them, plain or gzipped. Out: `ClassifierExample`s, in their
order. Knows nothing about workspaces.
"""

from pathlib import Path

from autogpt.annotate.formats import read_examples
from autogpt.annotate.formats.files import read_text
from autogpt.errors import DataError, NotFoundError
from autogpt.records import ClassifierExample


def load_classifier_examples(path: str | Path) -> list[ClassifierExample]:
    """Every text of a file, with an id of its own where it has none.

    Raises NotFoundError without a file, DataError when a row of it cannot be read or it holds no text.
    """
    found = list(read_examples(path, "labelled"))
    for raw in found:
        if raw.problem:
            raise DataError(f"{path}, {raw.where}: {raw.problem}.", "Put that row right, or take it out.")
    name = Path(path).name
    return [
        ClassifierExample(
            id=raw.id or f"{name}, {raw.where}",
            text=raw.question,
            labels=raw.classes,
            other=raw.other,
            score=raw.score,
            title=raw.title,
            language=raw.language or "en",
        )
        for raw in found
    ]


def load_unlabelled(path: Path) -> list[str]:
    """The texts of a file that have no label: one a line, or the rows of CSV or JSON lines without one.

    Raises NotFoundError without a file, DataError when it cannot be read.
    """
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}.", "Check the path.")
    if path.name.removesuffix(".gz").endswith((".csv", ".tsv", ".json", ".jsonl")):
        texts = [raw.question for raw in read_examples(path, "labelled") if not raw.problem and not raw.classes]
    else:
        texts = read_text(path).splitlines()
    return [text.strip() for text in texts if text.strip()]
