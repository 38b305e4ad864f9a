import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.metrics.threshold import Threshold, best_threshold, binomial_tail, threshold_for_risk


def test_binomial_tail_by_hand() -> None:
    assert binomial_tail(3, 1, 0.5) == pytest.approx(0.5)
    assert binomial_tail(14, 0, 0.2) == pytest.approx(0.8**14)
    assert binomial_tail(5, 5, 0.1) == 1.0
    exact = sum(math.comb(2000, k) * 0.1**k * 0.9 ** (2000 - k) for k in range(171))
    assert binomial_tail(2000, 170, 0.1) == pytest.approx(exact, rel=1e-9)


def sample(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Confidences that are true probabilities."""
    generator = np.random.default_rng(seed)
    confidence = generator.uniform(size=size)
    return confidence, generator.uniform(size=size) < confidence


def test_stated_risk_holds_on_fresh_questions() -> None:
    fresh_confidence, fresh_correct = sample(200_000, 0)
    broken = 0
    for seed in range(1, 101):
        chosen = threshold_for_risk(*sample(1_000, seed), risk=0.2)
        assert chosen.guard == "bound"
        given = fresh_confidence >= chosen.value
        broken += (1 - fresh_correct[given].mean()) > 0.2
    assert broken <= 10  # 5 of 100 promised; 11 or more would happen once in ninety times


def test_more_questions_allow_more_answers() -> None:
    few, many = (threshold_for_risk(*sample(size, 3), risk=0.2) for size in (200, 20_000))
    assert few.value > many.value
    # True risk above t is (1 - t) / 2, so 0.2 is reached at 0.6.
    assert many.value == pytest.approx(0.6, abs=0.05)


def test_small_samples_fall_back_visibly() -> None:
    chosen = threshold_for_risk([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [1, 1, 1, 1, 1, 0], risk=0.2)
    assert (chosen.guard, chosen.value) == ("added_error", 0.5)  # (0 + 1) / (5 + 1) <= 0.2 < (1 + 1) / (6 + 1)
    assert chosen.coverage == pytest.approx(5 / 6)
    assert threshold_for_risk([0.9], [1], risk=0.2).guard == "none"
    assert threshold_for_risk([], [], risk=0.2).value == pytest.approx(0.8)


def test_hopeless_answers_ask_for_one_minus_risk() -> None:
    chosen = threshold_for_risk([0.9] * 50, [0] * 50, risk=0.2)
    assert (chosen.guard, chosen.value, chosen.observed_risk) == ("none", pytest.approx(0.8), 1.0)


def test_threshold_survives_json() -> None:
    chosen = threshold_for_risk(*sample(300, 7), risk=0.1)
    assert Threshold.from_json(chosen.to_json()) == chosen


def test_best_threshold_by_hand() -> None:
    # Answering: 1, 0.5, 0, 0; refusing: 0, 0, 1, 0. Best is to answer the first two: 2.5 of 4.
    threshold, score = best_threshold([0.9, 0.8, 0.3, 0.1], [1, 0.5, 0, 0], [0, 0, 1, 0])
    assert score == pytest.approx(2.5 / 4)
    assert 0.3 < threshold <= 0.8


@given(st.lists(st.tuples(st.integers(0, 8), st.floats(0, 1), st.booleans()), min_size=1, max_size=12))
def test_best_threshold_is_what_trying_all_finds(questions) -> None:
    confidence = np.array([one[0] / 8 for one in questions])
    answered = np.array([0.0 if one[2] else one[1] for one in questions])
    refused = np.array([float(one[2]) for one in questions])

    def score(threshold: float) -> float:
        return float(np.where(confidence >= threshold, answered, refused).mean())

    threshold, best = best_threshold(confidence, answered, refused)
    assert best == pytest.approx(max(score(t) for t in [*confidence, 2.0]))
    assert score(threshold) == pytest.approx(best)
