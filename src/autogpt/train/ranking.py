"""The metrics by which rankings are validated while they are trained.

In: places in the order of a ranking, and those of what answers. Out: metrics in points. Knows nothing about what is
ranked, or by what.
"""

from collections.abc import Sequence, Set

import numpy as np

from autogpt.metrics.ranking import ndcg, reciprocal_rank

#: The metric whose best epoch is kept.
BEST = "ndcg_at_10"


def ranking_metrics(
    orders: Sequence[Sequence[int]], right: Sequence[Set[int]], recall_at: Sequence[int] = (1,)
) -> dict[str, float]:
    """`recall_at_K` (questions with something that answers among the first K), `mrr_at_10` and `ndcg_at_10`.

    Args:
        orders: of each question, the places that were ranked, best first.
        right: of each question, the places of what answers.
        recall_at: K up to 10.

    >>> found = ranking_metrics([[2, 0, 1]], [{0}])
    >>> {name: round(points, 1) for name, points in found.items()}
    {'recall_at_1': 0.0, 'mrr_at_10': 50.0, 'ndcg_at_10': 63.1}
    """
    first = [(order[:10], wanted) for order, wanted in zip(orders, right, strict=True)]
    scores: dict[str, list[float]] = {
        f"recall_at_{k}": [float(not wanted.isdisjoint(order[:k])) for order, wanted in first] for k in recall_at
    }
    scores["mrr_at_10"] = [reciprocal_rank(order, wanted) for order, wanted in first]
    scores[BEST] = [ndcg(order, dict.fromkeys(wanted, 1.0), 10) for order, wanted in first]
    return {name: 100 * float(np.mean(values)) for name, values in scores.items()}
