"""Whether a smaller form of a reranker keeps the order of passages."""

import numpy as np

from autogpt.compress.order import FEWEST, order_parity


def logits(noise: float) -> list[list[float]]:
    """Of 20 questions: a passage that answers, and nine others near each other."""
    draw = np.random.default_rng(0)
    return [[4.0 + noise * draw.normal(), *(-6.0 + noise * draw.normal(size=9))] for _ in range(20)]


def test_passages_that_are_near_each_other_may_change_places() -> None:
    found = order_parity(logits(0.0), logits(0.1))
    assert (found.pairs, found.agreement, found.passed) == (180, 1.0, True)
    assert 0 < found.largest < 1


def test_passages_that_are_apart_may_not() -> None:
    source = logits(0.0)
    swapped = [[*reversed(one)] if at < 2 else one for at, one in enumerate(source)]
    found = order_parity(source, swapped)
    assert not found.passed
    assert found.largest == 10.0


def test_too_few_pairs_prove_nothing() -> None:
    few = logits(0.0)[: FEWEST // 9 - 1]
    assert not order_parity(few, few).passed
    assert not order_parity([[1.0, 1.1]], [[1.0, 1.1]]).passed
    assert not order_parity([], []).passed
