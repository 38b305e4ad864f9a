import numpy as np
import pytest

from autogpt.metrics.significance import holm, paired_bootstrap, paired_bootstrap_of


def test_bounds_are_those_of_the_normal_approximation() -> None:
    gaps = np.random.default_rng(1).normal(0.1, 1.0, size=400)
    found = paired_bootstrap(gaps, np.zeros(400))
    error = gaps.std() / 20
    assert found.value == pytest.approx(gaps.mean())
    assert found.lower == pytest.approx(gaps.mean() - 1.645 * error, abs=0.15 * error)
    assert found.upper == pytest.approx(gaps.mean() + 1.645 * error, abs=0.15 * error)


def test_p_value_of_a_binomial_sign_by_hand() -> None:
    # Ten questions, one better: no resample is below 0, it is 0 when that one is missed: 0.9 ** 10.
    found = paired_bootstrap([1.0] + [0.0] * 9, [0.0] * 10, resamples=20_000)
    assert found.p_value == pytest.approx(0.9**10, abs=0.01)


def test_margin_moves_the_hypothesis() -> None:
    new, old = [0.49] * 100, [0.5] * 100
    assert paired_bootstrap(new, old).p_value == 1.0
    assert paired_bootstrap(new, old, margin=0.02).p_value < 0.001
    assert paired_bootstrap(new, old, margin=0.01).p_value == 1.0  # exactly at the margin is not above it


def test_pairing_sees_what_two_separate_samples_could_not() -> None:
    generator = np.random.default_rng(2)
    old = generator.uniform(0, 100, size=200)
    found = paired_bootstrap(old + generator.normal(1, 1, size=200), old)
    assert found.lower > 0.7


def test_questions_of_one_document_are_resampled_together() -> None:
    gaps = np.repeat([1.0, -0.6], 50)
    alone = paired_bootstrap(gaps, np.zeros(100))
    together = paired_bootstrap(gaps, np.zeros(100), groups=["a"] * 50 + ["b"] * 50)
    assert alone.lower > 0.05
    assert together.lower == pytest.approx(-0.6)


def test_same_seed_same_bounds() -> None:
    new, old = np.arange(30) % 3, np.arange(30) % 2
    assert paired_bootstrap(new, old, seed=5) == paired_bootstrap(new, old, seed=5)


def test_measures_that_are_no_means() -> None:
    values = np.random.default_rng(3).uniform(size=300)
    found = paired_bootstrap_of(
        lambda picks: float(np.median(values[picks]) + 0.2), lambda picks: float(np.median(values[picks])), 300
    )
    assert found.value == pytest.approx(0.2)
    assert (found.lower, found.upper) == pytest.approx((0.2, 0.2))
    assert found.p_value < 0.01


def test_holm_by_hand() -> None:
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, never falling.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(ValueError, match="one length"):
        paired_bootstrap([], [])
    with pytest.raises(ValueError, match="2 groups for 1"):
        paired_bootstrap([1.0], [0.0], groups=["a", "b"])
