"""What a model was trained on: kept in the folder of its training, so that a later one can tell what is new.

In: reader or classifier examples or documents, the folder of a training. Out: a `Lineage`: their fingerprints, those of
the trainings that it went on from among them. Knows nothing about how training works.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autogpt.errors import DataError
from autogpt.records import ClassifierExample, ReaderExample

FILE_NAME = "examples.json"
#: Of what a language model has read: a reader that is trained from it goes on with the examples of its own.
DOCUMENTS = "documents.json"
FORMAT_VERSION = 1
#: Hexadecimal digits kept of a fingerprint, which only has to tell versions of one example apart.
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Read:
    """What a language model is trained or validated on: a document, or a part of one, under the document's id."""

    id: str
    text: str


Learnt = ReaderExample | ClassifierExample | Read


@dataclass(frozen=True, slots=True)
class Lineage:
    """Examples by id, with the fingerprint of what they said.

    Attributes:
        trained: what the model was trained on, by any training that led to it.
        validated: what the last of them was validated on.
    """

    trained: Mapping[str, str] = field(default_factory=dict)
    validated: Mapping[str, str] = field(default_factory=dict)

    def knows(self, example: Learnt) -> bool:
        """Whether the example was trained on as it is now: one that was corrected since is new."""
        return self.trained.get(example.id) == fingerprint(example)

    def has_validated(self, example: Learnt) -> bool:
        return self.validated.get(example.id) == fingerprint(example)

    def save(self, folder: Path, name: str = FILE_NAME) -> None:
        told = {"format_version": FORMAT_VERSION, "trained": dict(self.trained), "validated": dict(self.validated)}
        waiting = folder / f"{name}.part"
        waiting.write_text(json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        waiting.replace(folder / name)


def lineage_of(model: str | Path, name: str = FILE_NAME) -> Lineage | None:
    """What the model in a folder was trained on; None where no training left it there.

    Args:
        model: the folder of a training, or `model/` or `adapter/` in one.
        name: of the file that tells it.

    Raises DataError when it cannot be read.
    """
    path = next((one for one in (Path(model) / name, Path(model).parent / name) if one.is_file()), None)
    if path is None:
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["format_version"] > FORMAT_VERSION:
            raise DataError(f"{path} was written by a newer version of this program.", "Update autogpt-qa.")
        return Lineage(raw["trained"], raw["validated"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error!r}.", "Train from another base, or without new_only.") from None


def continued(
    base: str | Path, train: Iterable[Learnt], validation: Iterable[Learnt], name: str = FILE_NAME
) -> Lineage:
    """The lineage of a model that was trained on `train`, from `base` on, which the file `name` tells of."""
    before = lineage_of(base, name)
    trained = {**(before.trained if before else {}), **{one.id: fingerprint(one) for one in train}}
    return Lineage(trained, {one.id: fingerprint(one) for one in validation})


def fingerprint(example: Learnt) -> str:
    """What an example teaches, in short: its question and answers, or its text and labels. Not its context, which may
    be cut anew out of the same document.
    """
    said: list[object]
    if isinstance(example, Read):
        said = [example.text]
    elif isinstance(example, ReaderExample):
        said = [example.question, sorted(answer.text for answer in example.answers)]
    else:
        said = [example.text, example.other, sorted(example.labels), example.score]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:_DIGITS]
