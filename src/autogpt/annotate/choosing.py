"""Chooses which of many texts to label next: those that would teach most.

In: how uncertain a model is of each text, vectors of all, and vectors of what is labelled already. Out: choices in
order, each with what spoke for it. Needs numpy alone; knows nothing about models, labels or workspaces. N texts, C
classes, H the size of a vector.

A text is worth its uncertainty times how many others are like it (Settles and Craven 2008, "An analysis of active
learning strategies for sequence labeling tasks", section 3.4) times how unlike it is to what is labelled or chosen
already (farthest first: Sener and Savarese 2018, "Active learning for convolutional neural networks: a core-set
approach").
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

#: Texts that others are compared with to say how many are like them, and how many of the nearest count.
_SAMPLE, _NEAREST = 2_000, 10
_STEP = 2_048


@dataclass(frozen=True, slots=True)
class Choice:
    """A text to label.

    Attributes:
        at: its number.
        score: the product of the others and of how often it was asked, when it was chosen.
        uncertainty: 0 to 1.
        density: mean cosine with the texts that are most like it, 0 to 1.
        novelty: distance in cosine from the nearest text that was labelled, or chosen before, 0 to 1.
    """

    at: int
    score: float
    uncertainty: float
    density: float
    novelty: float


def choose(
    count: int,
    vectors: Floats,
    uncertainty: Floats | None = None,
    known: Floats | None = None,
    times: Sequence[int] | None = None,
) -> list[Choice]:
    """The `count` texts to label next, best first; fewer where there are fewer.

    Args:
        vectors: float[N, H] of length 1.
        uncertainty: float[N], 0 to 1; None where no model can say: then it is the same for all.
        known: float[M, H] of texts that are labelled.
        times: how often each was asked.
    """
    size = len(vectors)
    if not size:
        return []
    doubts = np.ones(size) if uncertainty is None else np.clip(np.asarray(uncertainty, dtype=np.float64), 0, 1)
    often = np.ones(size) if times is None else np.log2(1 + np.asarray(times, dtype=np.float64))
    dense = density(vectors)
    novelty = np.ones(size)
    for at in range(0, size if known is not None and len(known) else 0, _STEP):
        nearest = (vectors[at : at + _STEP] @ known.T).max(axis=1)  # type: ignore[union-attr]
        novelty[at : at + _STEP] = _distance(nearest)
    left = np.ones(size, dtype=bool)
    chosen = []
    for _ in range(min(count, size)):
        worth = doubts * often * dense * novelty
        best = int(np.where(left, worth, -1.0).argmax())
        left[best] = False
        chosen.append(Choice(best, *(float(one[best]) for one in (worth, doubts, dense, novelty))))
        novelty = np.minimum(novelty, _distance(vectors @ vectors[best]))
    return chosen


def density(vectors: Floats, seed: int = 0) -> NDArray[np.float64]:
    """float[N]: mean cosine of each text with the nearest others of a sample, at least 0; of a single text 1."""
    size = len(vectors)
    sample = np.random.default_rng(seed).permutation(size)[:_SAMPLE]
    found = np.ones(size)
    for at in range(0, size if size > 1 else 0, _STEP):
        rows = np.arange(at, min(at + _STEP, size))
        cosines = np.where(rows[:, None] == sample, -np.inf, vectors[rows] @ vectors[sample].T)
        nearest = np.sort(cosines, axis=1)[:, ::-1][:, : min(_NEAREST, size - 1, len(sample))]
        counted = np.where(np.isfinite(nearest), nearest, 0.0)
        found[rows] = np.clip(counted.sum(axis=1) / np.maximum(np.isfinite(nearest).sum(axis=1), 1), 0, 1)
    return found


def margin(probabilities: Floats) -> NDArray[np.float64]:
    """1 less the distance between the two likeliest classes (Scheffer et al. 2001), float[N] of float[N, C].

    >>> margin(np.array([[0.5, 0.4, 0.1], [1.0, 0.0, 0.0]])).round(2).tolist()
    [0.9, 0.0]
    """
    top = np.sort(probabilities, axis=1)[:, ::-1]
    return np.asarray(1 - (top[:, 0] - top[:, 1]), dtype=np.float64)


def entropy(probabilities: Floats) -> NDArray[np.float64]:
    """Entropy of the classes, 1 where all are equally likely.

    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).round(2).tolist()
    [1.0, 0.0]
    """
    safe = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-12, 1)
    return np.asarray(-(safe * np.log(safe)).sum(axis=1) / np.log(safe.shape[1]))


def least_confidence(probabilities: Floats) -> NDArray[np.float64]:
    """How unlikely the likeliest class is, scaled so that 1 is the most there can be.

    >>> least_confidence(np.array([[0.5, 0.5], [1.0, 0.0]])).round(2).tolist()
    [1.0, 0.0]
    """
    classes = probabilities.shape[1]
    return np.asarray((1 - probabilities.max(axis=1)) * classes / (classes - 1), dtype=np.float64)


def undecided(probabilities: Floats) -> NDArray[np.float64]:
    """For labels that do not exclude each other: how near the least certain one is to 1/2.

    >>> undecided(np.array([[0.5, 0.9], [1.0, 0.0]])).round(2).tolist()
    [1.0, 0.0]
    """
    return np.asarray((1 - np.abs(2 * probabilities - 1)).max(axis=1), dtype=np.float64)


#: Ways to tell how uncertain a classifier of exclusive classes is, by name.
UNCERTAINTIES: dict[str, Callable[[Floats], NDArray[np.float64]]] = {
    "margin": margin,
    "entropy": entropy,
    "least-confidence": least_confidence,
}


def _distance(cosines: Floats) -> NDArray[np.float64]:
    return np.clip(1 - np.asarray(cosines, dtype=np.float64), 0, 1)
