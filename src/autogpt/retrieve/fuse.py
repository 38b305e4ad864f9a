"""Makes one ranking of two: by words and by meaning.

In: scores by key, of each search. Out: keys with their fused score, best first. Knows nothing about what scored them.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key", bound=Hashable)


def fuse(
    lexical: Mapping[Key, float], dense: Mapping[Key, float], dense_weight: float, *, absent: float = 0.0
) -> list[tuple[Key, float]]:
    """Weighted sum of the standardised scores: how many standard deviations a key stands above the mean of all keys.

    Unlike ranks, scores keep how far apart neighbours are, and standardising brings BM25 and cosines of any encoder to
    one scale, question by question. Ties keep the order of the mappings. Source: convex combinations of scores beat
    reciprocal rank fusion and need few questions to be tuned (Bruch, Gai and Ingber, "An Analysis of Fusion Functions
    for Hybrid Retrieval", TOIS 2023).

    Args:
        lexical, dense: scores of what each search found; more is better.
        dense_weight: part of the dense scores, 0 to 1.
        absent: the lexical score of a key that only `dense` holds: 0 where none of the words stands in it. Of a key
            that only `lexical` holds, the dense score is the lowest one.

    >>> [key for key, score in fuse({"a": 9.0, "b": 3.0}, {"b": 0.9, "c": 0.8, "a": 0.2}, 0.5)]
    ['b', 'a', 'c']
    """
    keys = list(dict.fromkeys([*lexical, *dense]))
    furthest = min(dense.values(), default=0.0)
    by_words = _standardised([lexical.get(key, absent) for key in keys])
    by_meaning = _standardised([dense.get(key, furthest) for key in keys])
    scores = ((1 - dense_weight) * by_words + dense_weight * by_meaning).tolist()
    return sorted(zip(keys, scores, strict=True), key=lambda item: -item[1])


def _standardised(scores: Sequence[float]) -> NDArray[np.float64]:
    """Mean 0 and standard deviation 1; all 0 where the scores are all the same."""
    values = np.array(scores, dtype=np.float64)
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread else np.zeros_like(values)
