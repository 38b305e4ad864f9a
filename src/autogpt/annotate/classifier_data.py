"""Labelled texts from files, for training and measuring a classifier outside a workspace.

In: CSV or JSON lines as `annotate.formats.labelled` reads them, plain or gzipped. Out: `ClassifierExample`s, in their
order. Knows nothing about workspaces.
"""

from pathlib import Path

from autogpt.annotate.formats import read_examples
from autogpt.errors import DataError
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
