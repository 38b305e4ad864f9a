"""How well texts are told apart: per class, by pairs of classes that are confused, and by rank.

In: the labels that texts have and those that were given to them; or scores. Out: numbers, 0 to 1. Needs numpy alone.
Knows nothing about models. A text has any number of labels.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class: shares of what was called so rightly, and of what is so and was called so; `support` texts are so."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many texts of one class were taken for another."""

    label: str
    said: str
    count: int


def class_scores(golds: Sequence[Labels], said: Sequence[Labels], labels: Sequence[str]) -> list[ClassScore]:
    """A score for each of `labels`; a share of nothing is 0.

    >>> class_scores([("a",), ("b",)], [("a",), ("a",)], ["a", "b"])[0]
    ClassScore(label='a', precision=0.5, recall=1.0, f1=0.6666666666666666, support=1)
    """
    support = Counter(label for one in golds for label in one)
    given = Counter(label for one in said for label in one)
    right = Counter(label for gold, one in zip(golds, said, strict=True) for label in one if label in gold)
    scores = []
    for label in labels:
        precision, recall = (right[label] / max(1, count[label]) for count in (given, support))
        f1 = 2 * precision * recall / (precision + recall) if right[label] else 0.0
        scores.append(ClassScore(label, precision, recall, f1, support[label]))
    return scores


def macro_f1(scores: Sequence[ClassScore]) -> float:
    """Mean F1 of the classes that occur; 0 without any."""
    found = [one.f1 for one in scores if one.support]
    return sum(found) / len(found) if found else 0.0


def micro_f1(golds: Sequence[Labels], said: Sequence[Labels]) -> float:
    """F1 over all labels of all texts; 1 where there are none and none were given.

    >>> round(micro_f1([("a", "b"), ()], [("a",), ("b",)]), 3)
    0.5
    """
    right = sum(len({*gold} & {*one}) for gold, one in zip(golds, said, strict=True))
    total = sum(map(len, golds)) + sum(map(len, said))
    return 2 * right / total if total else 1.0


def accuracy(golds: Sequence[Labels], said: Sequence[Labels]) -> float:
    """Share of texts with exactly the right labels; 0 without texts."""
    return sum({*gold} == {*one} for gold, one in zip(golds, said, strict=True)) / len(golds) if golds else 0.0


def confusions(golds: Sequence[Labels], said: Sequence[Labels], most: int = 20) -> list[Confusion]:
    """The most frequent pairs of a label that a text has and was not given, and one that it was given and has not."""
    counts = Counter(
        (missed, wrong)
        for gold, one in zip(golds, said, strict=True)
        for missed in gold
        if missed not in one
        for wrong in one
        if wrong not in gold
    )
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Confusion(label, wrong, count) for (label, wrong), count in ranked[:most]]


def area_under_roc(scores: ArrayLike, positive: ArrayLike) -> float | None:
    """Probability that one of the positive scores more than one of the others, a tie counting half; None without both.

    >>> area_under_roc([0.1, 0.4, 0.4, 0.9], [0, 0, 1, 1])
    0.875
    """
    ranks, chosen = _ranks(scores), np.asarray(positive, dtype=bool)
    count = int(chosen.sum())
    if not 0 < count < len(chosen):
        return None
    return float((ranks[chosen].sum() - count * (count + 1) / 2) / (count * (len(chosen) - count)))


def spearman(ours: ArrayLike, theirs: ArrayLike) -> float:
    """Correlation of ranks, -1 to 1; 0 where one side says the same of everything.

    >>> spearman([1, 2, 3], [10, 20, 15])
    0.5
    """
    one, other = _ranks(ours), _ranks(theirs)
    if len(one) < 2 or not one.std() or not other.std():
        return 0.0
    return round(float(np.corrcoef(one, other)[0, 1]), 12)


def _ranks(values: ArrayLike) -> Floats:
    """From 1; equal values share the mean of their places."""
    found = np.asarray(values, dtype=np.float64)
    _, inverse, counts = np.unique(found, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse])
