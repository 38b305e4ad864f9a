import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.errors import DataError
from autogpt.metrics.calibration import expected_calibration_error
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.threshold import threshold_for_risk

NAMES = ("margin", "noise", "constant")


def world(size: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, whether right, and the true probability: it rises with the margin up to 1 and is flat from there."""
    generator = np.random.default_rng(seed)
    features = np.column_stack([generator.normal(0, 2, size), generator.normal(size=size), np.full(size, 3.0)])
    probability = 1 / (1 + np.exp(-(1.5 * np.minimum(features[:, 0], 1.0))))
    return features, generator.uniform(size=size) < probability, probability


def fitted(**options) -> Calibrator:
    features, right, _ = world(4000, 0)
    return Calibrator.fit(features, right, NAMES, **options)


def test_plain_logistic_regression_recovers_its_weights() -> None:
    generator = np.random.default_rng(4)
    features = generator.normal(5, 3, size=(50_000, 2))
    right = generator.uniform(size=50_000) < 1 / (1 + np.exp(-(0.7 * features[:, 0] - 0.4 * features[:, 1] - 1)))
    made = Calibrator.fit(features, right, ("a", "b"), pieces=1, l2=1e-6)
    raw = np.array(made.weights) / np.array(made.scales)
    bias = made.bias - (raw * np.array(made.means)).sum()
    assert raw.tolist() == pytest.approx([0.7, -0.4], abs=0.03)
    assert bias == pytest.approx(-1, abs=0.1)


def test_fit_is_where_the_gradient_vanishes() -> None:
    features, right, _ = world(500, 1)
    made = Calibrator.fit(features, right, NAMES, pieces=1, l2=1e-6)
    residual = made.probability(features) - right
    assert abs(residual.mean()) < 1e-6
    assert abs((residual * features[:, 0]).mean()) < 1e-5


def test_probability_is_calibrated_on_fresh_answers() -> None:
    features, right, truth = world(20_000, 9)
    straight, bent = fitted(pieces=1).probability(features), fitted().probability(features)
    assert expected_calibration_error(bent, right) < 0.02
    assert np.abs(bent - truth).mean() < np.abs(straight - truth).mean() / 1.5


def test_few_answers_give_the_calibrator_again_that_was_started_from() -> None:
    def far(size: int) -> float:
        features, right, _ = world(size, 3)
        made = Calibrator.fit(features, right, NAMES, pieces=1, l2=4, start=start)
        return float(np.abs(made.probability(features) - start.probability(features)).mean())

    start = Calibrator(NAMES, (1.0, 0.0, 3.0), (2.0, 1.0, 1.0), ((), (), ()), (-1.0, 0.5, 1.0), -2.0)
    assert far(4) < 0.15 < far(4000)
    same = Calibrator.fit(world(50, 3)[0], world(50, 3)[1], NAMES, pieces=1, l2=1e6, start=start)
    assert same.probability(world(50, 3)[0]) == pytest.approx(start.probability(world(50, 3)[0]), abs=1e-3)


def test_only_straight_lines_over_the_same_features_can_be_started_from() -> None:
    features, right, _ = world(50, 3)
    for start in (fitted(), Calibrator(("margin",), (0.0,), (1.0,), ((),), (1.0,), 0.0)):
        with pytest.raises(ValueError, match="straight lines over margin, noise, constant"):
            Calibrator.fit(features, right, NAMES, start=start)


def test_weights_decide_how_much_an_answer_counts() -> None:
    features, right = np.zeros((4, 1)), [1, 0, 0, 0]
    made = Calibrator.fit(features, right, ("a",), sample_weight=[3, 1, 1, 1])
    assert made.probability_of({"a": 0.0}) == pytest.approx(0.5, abs=1e-4)


def test_prior_weight_holds_until_the_data_say_otherwise() -> None:
    generator = np.random.default_rng(6)
    logit = generator.normal(0, 2, size=(5_000, 1))
    right = generator.uniform(size=5_000) < 1 / (1 + np.exp(-0.2 * logit[:, 0]))

    def weight(size: int) -> float:
        made = Calibrator.fit(logit[:size], right[:size], ("logit",), pieces=1, l2=50.0, prior={"logit": 1.0})
        return made.weights[0] / made.scales[0]

    assert weight(10) == pytest.approx(1.0, abs=0.1)
    assert weight(5_000) == pytest.approx(0.2, abs=0.1)


def test_separable_answers_stay_below_certainty() -> None:
    made = Calibrator.fit([[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1], ("a",))
    low, high = made.probability([[-1000.0], [1000.0]])
    assert 0 < low < 0.5 < high < 1


def test_json_round_trip_is_exact(tmp_path: Path) -> None:
    features, right, _ = world(300, 5)
    made = fitted(fitted_on=[{"data": "made up", "questions": 4000}])
    made = made.with_threshold(threshold_for_risk(made.probability(features), right, 0.2))
    assert Calibrator.from_json(json.loads(json.dumps(made.to_json()))) == made
    made.save(tmp_path / "calibration.json")
    loaded = Calibrator.load(tmp_path / "calibration.json")
    assert loaded == made
    assert loaded.probability(features).tolist() == made.probability(features).tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["calibration.json"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3))
def test_any_finite_features_give_a_probability(row) -> None:
    assert 0 < float(MADE.probability([row])[0]) < 1


MADE = fitted()


def test_unknown_feature_values_count_as_average() -> None:
    row = dict(zip(MADE.names, MADE.means, strict=True))
    assert MADE.probability_of({**row, "margin": float("nan")}) == pytest.approx(MADE.probability_of(row))


def test_missing_feature_is_named() -> None:
    with pytest.raises(DataError, match="'noise'"):
        MADE.probability_of({"margin": 1.0, "constant": 3.0})


@pytest.mark.parametrize("right", [[1, 1, 1], [0, 0, 0]])
def test_nothing_to_tell_apart_is_an_error(right) -> None:
    with pytest.raises(DataError, match="right and wrong answers"):
        Calibrator.fit([[1.0], [2.0], [3.0]], right, ("a",))


def test_infinite_features_are_refused_when_fitting() -> None:
    with pytest.raises(ValueError, match="finite"):
        Calibrator.fit([[1.0], [np.inf]], [1, 0], ("a",))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"weights": [1.0]}, "1 weights where"),
        ({"means": None}, "broken"),
        ({"format_version": 99}, "format 99"),
        ({"threshold": {"nonsense": 1}}, "broken"),
    ],
)
def test_broken_files_are_told(change, says) -> None:
    with pytest.raises(DataError, match=says):
        Calibrator.from_json(MADE.to_json() | change)


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        Calibrator.load(tmp_path / "none.json")


def test_rescaling_undoes_the_shrinking_of_a_strong_pull_and_keeps_the_order() -> None:
    features, _right, truth = world(20_000, 9)
    shrunk = fitted(l2=20_000.0, pieces=1).probability(features)
    rescaled = fitted(l2=20_000.0, pieces=1, rescale=True).probability(features)
    assert np.ptp(shrunk) < 0.5 * np.ptp(truth)
    assert np.ptp(rescaled) > 0.9 * np.ptp(truth)
    assert np.array_equal(np.argsort(shrunk, kind="stable"), np.argsort(rescaled, kind="stable"))
