"""How well a ranking finds what was wanted: recall, reciprocal rank, discounted gain.

In: what was found, best first, and what was wanted. Out: numbers between 0 and 1. Knows nothing about search.
"""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence


def recall_at_k(found: Sequence[Hashable], wanted: Collection[Hashable], k: int) -> float:
    """Share of `wanted` among the first `k` of `found`; 1 when nothing is wanted.

    >>> recall_at_k(["a", "b", "c"], {"b", "z"}, 2)
    0.5
    """
    wanted = set(wanted)
    return len(wanted.intersection(found[:k])) / len(wanted) if wanted else 1.0


def reciprocal_rank(found: Sequence[Hashable], wanted: Collection[Hashable]) -> float:
    """One over the place of the first wanted one, 0 when none is found.

    >>> reciprocal_rank(["a", "b"], {"b"})
    0.5
    """
    return next((1 / place for place, one in enumerate(found, 1) if one in wanted), 0.0)


def mrr(rankings: Sequence[tuple[Sequence[Hashable], Collection[Hashable]]]) -> float:
    """Mean reciprocal rank over (found, wanted) of several questions; 0 without questions."""
    return sum(reciprocal_rank(found, wanted) for found, wanted in rankings) / len(rankings) if rankings else 0.0


def ndcg(found: Sequence[Hashable], gains: Mapping[Hashable, float], k: int) -> float:
    """Discounted cumulative gain of the first `k`, over that of the best order (Järvelin and Kekäläinen 2002).

    What is found twice counts once; 1 when nothing has a gain.

    >>> round(ndcg(["x", "a"], {"a": 1.0}, 2), 4)
    0.6309
    """
    best = _discounted(sorted((gain for gain in gains.values() if gain > 0), reverse=True)[:k])
    return _discounted([gains.get(one, 0.0) for one in dict.fromkeys(found)][:k]) / best if best else 1.0


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))
