import math

import pytest

from autogpt.metrics.ranking import mrr, ndcg, recall_at_k, reciprocal_rank


def test_recall_counts_each_wanted_one_once() -> None:
    assert recall_at_k(["a", "a", "b", "c"], {"a", "c"}, 3) == 0.5
    assert recall_at_k(["a", "a", "b", "c"], {"a", "c"}, 4) == 1.0
    assert recall_at_k([], {"a"}, 5) == 0.0


def test_reciprocal_rank_takes_the_first_hit() -> None:
    assert reciprocal_rank(["x", "y", "a", "b"], {"a", "b"}) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x"], {"a"}) == 0.0


def test_mrr_is_the_mean_over_questions() -> None:
    assert mrr([(["a"], {"a"}), (["x", "a"], {"a"}), (["x"], {"a"})]) == pytest.approx((1 + 0.5 + 0) / 3)
    assert mrr([]) == 0.0


def test_ndcg_by_hand() -> None:
    gains = {"a": 3.0, "b": 1.0}
    found = 1 / math.log2(2) + 3 / math.log2(4)
    best = 3 / math.log2(2) + 1 / math.log2(3)
    assert ndcg(["b", "x", "a"], gains, 3) == pytest.approx(found / best)
    assert ndcg(["a", "b"], gains, 2) == 1.0
    assert ndcg(["x"], gains, 10) == 0.0


def test_ndcg_gives_nothing_for_repeating_a_hit() -> None:
    assert ndcg(["a", "a"], {"a": 1.0}, 2) == 1.0
