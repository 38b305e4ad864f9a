"""Labels that the rest of the data contradicts: each fifth of the texts is classified by what the others teach.

In: vectors of texts, and their labels. Out: contradicted ones, with what the others say. The classifier is a logistic
regression on the vectors, so that a fold takes seconds. How many labels of a class are wrong is estimated from the
confident joint, and as many are named, those that the others contradict most: confident learning, pruned by class
(Northcutt, Jiang and Chuang 2021, sections 3.1 and 3.2). Knows nothing about models.

N: texts, H: length of a vector, C: classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from autogpt.classify.probability import Floats, Kind, probabilities
from autogpt.train.heads import fit_logistic

FOLDS = 5
#: Fewest texts of a class that is judged: with fewer, a fold may hold none to learn from.
FEWEST = 5
_SEED = 13


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
    own = np.zeros((len(rows), len(names)), dtype=bool)
    for row, at in enumerate(rows):
        own[row, [column[name] for name in labels[at] if name in column]] = True
    folds = np.array([int(sha256(keys[at].encode(errors="replace")).hexdigest(), 16) % FOLDS for at in rows])
    likely = _out_of_fold(np.asarray(vectors, dtype=np.float64)[rows], own, folds)
    others = np.where(own, -1.0, likely)
    said = others.argmax(axis=1)
    margins = others.max(axis=1) - np.where(own, likely, np.inf).min(axis=1)
    found = [
        Contradicted(rows[row], names[said[row]], float(others[row, said[row]]))
        for row in _pruned(own, likely, margins)
    ]
    return sorted(found, key=lambda one: (-one.probability, one.at))


def _pruned(own: NDArray[np.bool_], likely: Floats, margins: Floats) -> set[int]:
    """Rows: of each class as many as are estimated to be wrong, those with the largest margins above zero.

    A text counts for a class that is as probable as it is on average for those that have it. Of those of a class that
    count for any, the share that counts most for one that they do not have is that of its wrong labels. Of several
    labels of a text it is the least probable that is in question.
    """
    least = np.array([likely[has, at].mean() for at, has in enumerate(own.T)])
    confident = np.where(likely >= least, likely, -1.0)
    sure = confident.max(axis=1) >= 0
    elsewhere = np.where(own, -1.0, confident).max(axis=1) > np.where(own, likely, np.inf).min(axis=1)
    found: set[int] = set()
    for has in own.T:
        if not (has & sure).any():
            continue
        count = round(has.sum() * elsewhere[has & sure].mean())
        doubtful = np.flatnonzero(has & (margins > 0))
        found |= {int(row) for row in doubtful[np.argsort(-margins[doubtful], kind="stable")][:count]}
    return found


def _out_of_fold(vectors: Floats, own: NDArray[np.bool_], folds: NDArray[np.int_]) -> Floats:
    """Probabilities float[N, C] of each text by a classifier that has not seen its fold."""
    made = np.zeros(own.shape)
    kind: Kind = "intents" if (own.sum(axis=1) == 1).all() else "multi-label"
    for fold in range(FOLDS):
        held = folds == fold
        taught = own[~held]
        there = np.flatnonzero(taught.any(axis=0))  # a small class may be in one fold alone
        if not held.any() or len(there) < 2:
            continue
        targets = taught[:, there].argmax(axis=1) if kind == "intents" else taught[:, there]
        head = fit_logistic(kind == "intents", vectors[~held], targets.astype(np.float64), _SEED)
        made[np.ix_(held, there)] = probabilities(kind, vectors[held] @ head["head_weights"].T + head["head_bias"])
    return made
