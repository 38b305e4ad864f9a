"""Which labels of the validation part a trained classifier contradicts with confidence.

In: a task, its classifier's card and what it computed of the validation part. Out: suspects, kept in the folder of the
training. By confident learning (Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in
dataset labels"): a class counts as said where it gets more than the texts of this label get of it on average. The train
part is not asked: a classifier has learnt its wrong labels too. Knows nothing about models.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean

from autogpt.classify.card import Card, Classified
from autogpt.train.labelling import Task
from autogpt.train.scope import FEWEST, Computed

FILE_NAME = "suspects.jsonl"
#: Least probability of a label that counts, whatever the texts say.
_LEAST = 0.5


@dataclass(frozen=True, slots=True)
class Suspect:
    """A text whose label is likely wrong: `labels` were given, `said` is the classifier's, with its probability."""

    id: str
    text: str
    labels: tuple[str, ...]
    said: str
    probability: float


def find_suspects(task: Task, card: Card, validation: Computed | None) -> list[Suspect]:
    """Suspects among the validation texts of exclusive classes, the most confident first; none among few texts."""
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
    return sorted(found, key=lambda one: (-one.probability, one.id))


def _thresholds(task: Task, decided: Sequence[Classified]) -> dict[str, float]:
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
