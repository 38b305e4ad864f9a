"""Makes one ranking of several.

In: rankings of keys, best first. Out: keys with their fused score, best first. Knows nothing about what ranked them.
"""

from collections.abc import Hashable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def reciprocal_rank(
    rankings: Sequence[Sequence[Key]], k: int = 60, weights: Sequence[float] | None = None
) -> list[tuple[Key, float]]:
    """Reciprocal rank fusion: the score of a key is the sum of `weight / (k + rank)` over the rankings that hold it.

    Ties keep the order in which the rankings name the keys. Source: Cormack, Clarke and Büttcher, "Reciprocal Rank
    Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009.

    Args:
        rankings: each best first, without repeats.
        k: the constant that dampens the first ranks; > 0.
        weights: one for each ranking; all 1 when left out.

    >>> [key for key, score in reciprocal_rank([["a", "b"], ["b", "c"]])]
    ['b', 'a', 'c']
    """
    scores: dict[Key, float] = {}
    for ranking, weight in zip(rankings, weights or [1.0] * len(rankings), strict=True):
        for rank, key in enumerate(ranking, 1):
            scores[key] = scores.get(key, 0.0) + weight / (k + rank)
    return sorted(scores.items(), key=lambda item: -item[1])
