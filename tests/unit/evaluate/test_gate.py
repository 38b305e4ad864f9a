import json

import numpy as np
import pytest

from autogpt.config import PromoteSection
from autogpt.evaluate.gate import promotion_gate


def answers(size: int, rate: float, seed: int) -> list[float]:
    return (np.random.default_rng(seed).uniform(size=size) < rate).astype(float).tolist()


def changed(before: list[float], gained: int, lost: int) -> list[float]:
    """`before` with the first `gained` wrong answers put right and the first `lost` right ones broken."""
    after = list(before)
    for value, count in ((0.0, gained), (1.0, lost)):
        for at in [at for at, one in enumerate(before) if one == value][:count]:
            after[at] = 1.0 - value
    return after


BEFORE = answers(400, 0.6, 0)


@pytest.mark.parametrize(
    ("gained", "lost", "verdict"),
    [
        (30, 2, "better"),  # +7 points
        (0, 0, "equal"),
        (3, 3, "equal"),  # 0 points with a standard error of 0.6
        (2, 40, "worse"),
        (30, 30, "unproven"),  # 0 points with a standard error of 1.9: 2 points worse cannot be excluded
        (4, 9, "unproven"),  # -1.25 points: neither within the margin for sure, nor worse for sure
    ],
)
def test_verdict_by_what_changed(gained: int, lost: int, verdict: str) -> None:
    outcome = promotion_gate(BEFORE, changed(BEFORE, gained, lost))
    assert outcome.verdict == verdict
    assert outcome.passed == (verdict in {"better", "equal"})
    assert outcome.overall is not None
    assert outcome.overall.difference.value == pytest.approx((gained - lost) / 4)


def test_a_little_worse_within_the_margin_is_equal() -> None:
    before = answers(4000, 0.6, 1)
    outcome = promotion_gate(before, changed(before, 0, 24))  # -0.6 points, surely worse than 0, surely above -2
    assert outcome.verdict == "equal"
    assert promotion_gate(before, changed(before, 0, 24), settings=PromoteSection(margin=0.5)).verdict == "worse"


def test_a_broken_slice_stops_a_better_release() -> None:
    before = [0.0] * 300 + [1.0] * 60
    after = [1.0] * 100 + [0.0] * 200 + [0.0] * 20 + [1.0] * 40
    slices = [{"kind": "old"}] * 300 + [{"kind": "new"}] * 60
    assert promotion_gate(before, after).verdict == "better"
    outcome = promotion_gate(before, after, slices)
    assert outcome.verdict == "worse"
    assert "kind = new" in " ".join(outcome.reasons)


def test_slices_below_the_size_are_not_tested() -> None:
    before = [0.0] * 300 + [1.0] * 49
    after = [1.0] * 100 + [0.0] * 200 + [0.0] * 20 + [1.0] * 29
    slices = [{"kind": "old"}] * 300 + [{"kind": "new"}] * 49
    outcome = promotion_gate(before, after, slices)
    assert [(one.name, one.value) for one in outcome.slices] == [("kind", "old")]
    assert outcome.verdict == "better"


def test_testing_many_slices_needs_stronger_proof() -> None:
    # One slice is 6 of 100 worse. Alone that is shown (p = 0.94 ** 100 = 0.002); among 200 even slices it is not.
    part = [1.0] * 100
    worse = [0.0] * 6 + [1.0] * 94
    before = part * 201
    after = worse + part * 200
    alone = promotion_gate(before[:200], after[:200], [{"s": "0"}] * 100 + [{"s": "1"}] * 100)
    assert alone.verdict == "worse"
    many = promotion_gate(before, after, [{"s": str(at // 100)} for at in range(20_100)])
    assert min(one.p_worse for one in many.slices) > 0.01
    assert many.verdict == "unproven"


def test_gate_rarely_lets_a_release_pass_that_is_worse_by_the_margin() -> None:
    passed = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        before = generator.uniform(size=500) < 0.8
        after = np.where(generator.uniform(size=500) < 0.05, ~before, before)  # changes 5%: 0.8 - 0.05 * 0.6 = 0.77
        passed += promotion_gate(before.astype(float).tolist(), after.astype(float).tolist()).passed
    assert passed <= 3


def test_without_questions_nothing_is_proven() -> None:
    outcome = promotion_gate([], [])
    assert outcome.verdict == "unproven"
    assert json.loads(json.dumps(outcome.to_json()))["overall"] is None


def test_results_of_different_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="1 questions before, 2 after"):
        promotion_gate([1.0], [1.0, 0.0])
