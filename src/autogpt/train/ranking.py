"""The metrics by which rankings are validated while they are trained.

In: places in the order of a ranking, and those of what answers. Out: metrics in points, and the orders that a reranker
makes. Knows nothing about what is ranked, or by what.
"""

from collections.abc import Mapping, Sequence, Set

import numpy as np

from autogpt.answer.tune import RERANK_WEIGHTS
from autogpt.metrics.ranking import ndcg, reciprocal_rank
from autogpt.train.pairs import Asked

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


def reranked_orders(asked: Sequence[Asked], logits: Sequence[Sequence[float]]) -> tuple[list[Sequence[int]], float]:
    """The places of what was found, reranked by logits, and what a logit would best count for on all questions: 0, that
    it adds nothing.

    The orders of each half of the questions are those under the weight that is best on the other half: the best on the
    same would hardly ever be worse than the search.
    """
    tried = {
        weight: [
            np.argsort(-(np.array(one.scores) + weight * np.array(judged)), kind="stable").tolist()
            for one, judged in zip(asked, logits, strict=True)
        ]
        for weight in (0.0, *RERANK_WEIGHTS)
    }
    orders: list[Sequence[int]] = list(tried[0.0])
    for half in (0, 1):
        weight = _best(asked, tried, slice(1 - half, None, 2))
        orders[half::2] = tried[weight][half::2]
    return orders, _best(asked, tried, slice(None))


def _best(asked: Sequence[Asked], tried: Mapping[float, Sequence[Sequence[int]]], part: slice) -> float:
    """The weight whose orders are best for a part of the questions; of equal ones the first, as without any."""
    right = [one.right for one in asked[part]]
    if not right:
        return next(iter(tried))
    return max(tried, key=lambda weight: ranking_metrics(tried[weight][part], right)[BEST])
