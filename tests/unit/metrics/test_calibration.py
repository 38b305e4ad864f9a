import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.metrics.calibration import (
    area_under_risk_coverage,
    brier_score,
    coverage_at_accuracy,
    expected_calibration_error,
    reliability,
    risk_coverage,
)

scored = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def test_calibration_error_by_hand() -> None:
    # Bins of two: |0.2 - 0.5| and |0.8 - 1.0|, weighted one half each.
    assert expected_calibration_error([0.9, 0.1, 0.3, 0.7], [1, 0, 1, 1], bins=2) == pytest.approx(0.25)


def test_calibration_error_bins_have_equal_mass() -> None:
    confidence = np.concatenate([np.linspace(0, 0.1, 90), np.linspace(0.9, 1, 10)])
    assert [part.count for part in reliability(confidence, np.zeros(100), bins=10)] == [10] * 10


def test_equal_confidences_share_a_bin() -> None:
    parts = reliability([0.5] * 10 + [0.9] * 2, [1] * 5 + [0] * 5 + [1, 1], bins=6)
    assert [(part.count, part.accuracy) for part in parts] == [(10, 0.5), (2, 1.0)]


def test_a_calibrated_coin_has_no_error_and_a_boaster_all_of_it() -> None:
    assert expected_calibration_error([0.5] * 4, [1, 0, 1, 0]) == 0.0
    assert expected_calibration_error([1.0] * 4, [0] * 4) == 1.0


def test_brier_score_by_hand() -> None:
    assert brier_score([0.8, 0.4], [1, 0]) == pytest.approx((0.04 + 0.16) / 2)


def test_risk_coverage_by_hand() -> None:
    curve = risk_coverage([0.9, 0.2, 0.9, 0.5], [1, 0, 0, 1])
    assert curve.threshold.tolist() == [0.9, 0.5, 0.2]
    assert curve.coverage.tolist() == [0.5, 0.75, 1.0]
    assert curve.risk.tolist() == pytest.approx([1 / 2, 1 / 3, 1 / 2])


def test_area_under_risk_coverage_by_hand() -> None:
    # Errors in order 0, 1, 0: risks 0, 1/2, 1/3.
    assert area_under_risk_coverage([0.9, 0.5, 0.1], [1, 0, 1]) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)


def test_area_does_not_depend_on_the_order_of_ties() -> None:
    # Both orders of the tie give (0 + 1/2) / 2 and (1 + 1/2) / 2: their mean is 1/2.
    assert area_under_risk_coverage([0.5, 0.5], [1, 0]) == pytest.approx(0.5)
    assert area_under_risk_coverage([0.5, 0.5], [0, 1]) == pytest.approx(0.5)


def test_coverage_at_accuracy_by_hand() -> None:
    confidence, correct = [0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 1, 1]
    assert coverage_at_accuracy(confidence, correct, 0.95) == pytest.approx(0.4)
    assert coverage_at_accuracy(confidence, correct, 0.8) == pytest.approx(1.0)  # 4 of 5; 3 answers reach only 2/3
    assert coverage_at_accuracy(confidence, [0] * 5, 0.8) == 0.0


def test_coverage_cannot_split_equal_confidences() -> None:
    assert coverage_at_accuracy([0.9, 0.9], [1, 0], 0.95) == 0.0


@given(scored)
def test_order_decides_risk_and_not_the_scale(pairs) -> None:
    confidence, correct = [round(one[0], 3) for one in pairs], [one[1] for one in pairs]
    squeezed = [value / 2 + 0.25 for value in confidence]
    assert area_under_risk_coverage(confidence, correct) == pytest.approx(area_under_risk_coverage(squeezed, correct))
    assert risk_coverage(confidence, correct).risk[-1] == pytest.approx(1 - np.mean(correct))


def test_no_questions_are_no_error() -> None:
    assert expected_calibration_error([], []) == area_under_risk_coverage([], []) == coverage_at_accuracy([], [], 0.8)


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        expected_calibration_error([0.5], [1, 0])
