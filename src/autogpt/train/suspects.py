"""Which labels of the validation part a trained classifier, or which of its answers a trained reader, contradicts with
confidence.

In: what a model says of the validation part. Out: suspects, kept in the folder of the training. By confident learning
(Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels"): a class counts as
said where it gets more than the texts of this label get of it on average; readers' answers by `read.contradictions`.
The train part is not asked: a model has learnt its wrong labels too. Knows nothing about models, and loads nothing that
trains.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from autogpt.classify.card import Card, Classified
from autogpt.read.contradictions import BELIEVED, contradictions
from autogpt.read.decode import Decoded
from autogpt.records import ReaderExample

if TYPE_CHECKING:
    from autogpt.train.labelling import Task
    from autogpt.train.scope import Computed

FILE_NAME = "suspects.jsonl"
#: Fewest validation texts or questions among which any is suspected.
FEWEST = 20
#: Least probability of a label that counts, whatever the texts say.
_LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Suspect:
    """A text whose label is likely wrong, or a question whose answer is.

    Attributes:
        labels: that it was given; of a question its answer, none where it has none.
        said: the label, or the answer, that the model gives, with its probability; empty for no answer.
    """

    id: str
    text: str
    labels: tuple[str, ...]
    said: str
    probability: float


def find_suspects(task: "Task", card: Card, validation: "Computed | None") -> list[Suspect]:
    """Suspects among the validation texts of exclusive classes, the most confident first; none among few texts, nor
    where there are so many that it is the classifier that is wrong.
    """
    if validation is None or task.kind not in ("intents", "binary") or len(task.validation) < FEWEST:
        return []
    decided = replace(card, scope=None).decide(validation.logits, validation.vectors, {})
    least = _thresholds(task, decided)
    found = [
        Suspect(gold.id, gold.text, task.given(gold), said, one.probabilities[said])
        for gold, one in zip(task.validation, decided, strict=True)
        if (said := max(one.probabilities, key=one.probabilities.__getitem__)) not in task.given(gold)
        and one.probabilities[said] >= least.get(said, _LEAST)
    ]
    return _believed(sorted(found, key=lambda one: (-one.probability, one.id)), len(task.validation))


def suspected_answers(examples: Sequence[ReaderExample], decoded: Sequence[Decoded]) -> list[Suspect]:
    """The same among validation questions that a reader has read."""
    if len(examples) < FEWEST:
        return []
    found = [
        Suspect(one.example.id, one.example.question, (one.stored,) if one.stored else (), one.said, one.confidence)
        for one in contradictions(examples, decoded).found
    ]
    return _believed(found, len(examples))


def _believed(suspects: list[Suspect], asked: int) -> list[Suspect]:
    return suspects if len(suspects) <= BELIEVED * asked else []


def _thresholds(task: "Task", decided: Sequence[Classified]) -> dict[str, float]:
    """What the texts of each label get of it on average, and one half at least."""
    gets: dict[str, list[float]] = defaultdict(list)
    for gold, one in zip(task.validation, decided, strict=True):
        for label in task.given(gold):
            gets[label].append(one.probabilities[label])
    return {label: max(_LEAST, fmean(values)) for label, values in gets.items()}


def write_suspects(out: Path, suspects: Sequence[Suspect]) -> None:
    """Keep them in the folder of a training; no file where there are none."""
    if suspects:
        lines = (json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in suspects)
        (out / FILE_NAME).write_text("".join(lines), encoding="utf-8")


def read_suspects(out: Path) -> list[Suspect]:
    """What `write_suspects` kept."""
    path = out / FILE_NAME
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [Suspect(**{**one, "labels": tuple(one["labels"])}) for one in map(json.loads, lines)]
