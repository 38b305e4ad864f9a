"""Labels that the rest of the data contradicts: each fifth of the texts is classified by what the others teach.

In: vectors of texts, and their labels. Out: contradicted ones, with what the others say. The classifier is a linear
one on the vectors (ridge regression), so that a fold takes moments; a class counts from the confidence on that its own
texts get on average (confident learning: Northcutt, Jiang and Chuang 2021). Knows nothing about models.

N: texts, H: length of a vector, C: classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
#: Strength of the ridge, and the temperature that makes probabilities of its scores.
_RIDGE, _TEMPERATURE = 1.0, 0.15
#: Fewest texts of a class that is judged: with fewer, a fold may hold none to learn from.
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Contradicted:
    """The text at place `at`: `said` is what the others say of it, with a probability."""

    at: int
    said: str
    probability: float


def contradicted(
    vectors: NDArray[np.float32], labels: Sequence[Sequence[str]], keys: Sequence[str]
) -> list[Contradicted]:
    """Texts whose labels the other folds contradict, the most certain first.

    Args:
        vectors: float32[N, H].
        labels: of each text; texts without any and classes with fewer than `FEWEST` texts are passed over.
        keys: texts with the same key are in the same fold, so that none is judged by its own copy.
    """
    names = sorted({name for some in labels for name in some})
    counts = {name: sum(name in some for some in labels) for name in names}
    names = [name for name in names if counts[name] >= FEWEST]
    rows = [at for at, some in enumerate(labels) if any(name in names for name in some)]
    if len(names) < 2:
        return []
    column = {name: at for at, name in enumerate(names)}
    targets = np.zeros((len(rows), len(names)))
    for row, at in enumerate(rows):
        for name in labels[at]:
            if name in column:
                targets[row, column[name]] = 1
    inputs = np.hstack([np.asarray(vectors, dtype=np.float64)[rows], np.ones((len(rows), 1))])
    folds = np.array([int(sha256(keys[at].encode(errors="replace")).hexdigest(), 16) % FOLDS for at in rows])
    probabilities = _out_of_fold(inputs, targets, folds)
    own = targets > 0
    thresholds = np.array([probabilities[own[:, at], at].mean() for at in range(len(names))])
    found = []
    for row, at in enumerate(rows):
        others = np.where(own[row], -1.0, probabilities[row])
        best = int(others.argmax())
        if others[best] >= thresholds[best] and others[best] > probabilities[row, own[row]].min():
            found.append(Contradicted(at, names[best], float(others[best])))
    return sorted(found, key=lambda one: (-one.probability, one.at))


def _out_of_fold(
    inputs: NDArray[np.float64], targets: NDArray[np.float64], folds: NDArray[np.int_]
) -> NDArray[np.float64]:
    """Probabilities float[N, C] of each text by a classifier that has not seen its fold."""
    made = np.zeros_like(targets)
    for fold in range(FOLDS):
        held = folds == fold
        if held.any() and not held.all():
            x, y = inputs[~held], targets[~held]
            weights = np.linalg.solve(x.T @ x + _RIDGE * np.eye(x.shape[1]), x.T @ y)
            made[held] = inputs[held] @ weights
    scaled = np.exp((made - made.max(axis=1, keepdims=True)) / _TEMPERATURE)
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))
