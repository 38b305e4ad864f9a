"""Scores per class, confusions and ranks of what was told apart."""

import numpy as np
import pytest

from autogpt.metrics.classification import (
    accuracy,
    area_under_roc,
    class_scores,
    confusions,
    macro_f1,
    micro_f1,
    spearman,
)

GOLD = [("a",), ("a",), ("b",), ("c",)]
SAID = [("a",), ("b",), ("b",), ("b",)]


def test_scores_of_a_class_count_what_was_called_so_and_what_is_so() -> None:
    scores = {one.label: one for one in class_scores(GOLD, SAID, ["a", "b", "c"])}
    assert (scores["a"].precision, scores["a"].recall, scores["a"].support) == (1.0, 0.5, 2)
    assert (scores["b"].precision, scores["b"].recall) == (pytest.approx(1 / 3), 1.0)
    assert scores["c"].f1 == 0
    assert macro_f1(list(scores.values())) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert accuracy(GOLD, SAID) == 0.5


def test_confusions_come_most_frequent_first() -> None:
    found = confusions([*GOLD, ("c",)], [*SAID, ("b",)])
    assert [(one.label, one.said, one.count) for one in found] == [("c", "b", 2), ("a", "b", 1)]
    assert confusions([("a", "b")], [("a",)]) == []  # a label that was missed was taken for no other


def test_micro_f1_counts_labels_of_all_texts() -> None:
    assert micro_f1([("a", "b"), ("a",)], [("a",), ("a", "c")]) == pytest.approx(2 * 2 / 6)
    assert micro_f1([()], [()]) == 1.0


def test_area_under_roc_is_the_share_of_pairs_in_the_right_order() -> None:
    generator = np.random.default_rng(0)
    scores, positive = generator.integers(0, 8, 60), generator.random(60) < 0.4
    pairs = [(one > other) + 0.5 * (one == other) for one in scores[positive] for other in scores[~positive]]
    assert area_under_roc(scores, positive) == pytest.approx(np.mean(pairs))
    assert area_under_roc([1.0, 2.0], [True, True]) is None


def test_spearman_sees_order_alone() -> None:
    assert spearman([1, 2, 3, 4], [1, 10, 100, 1000]) == 1.0
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == -1.0
    assert spearman([1, 1, 1], [1, 2, 3]) == 0.0
