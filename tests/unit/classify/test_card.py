"""What a classifier's logits and vectors come to, and that its files say the same again."""

import json
from pathlib import Path

import numpy as np
import pytest

from autogpt.classify.card import Card, load_card, save_card
from autogpt.classify.probability import fit_temperature, log_loss, probabilities
from autogpt.classify.scope import METHODS, Scope
from autogpt.errors import DataError, NotFoundError
from autogpt.metrics.calibrator import Calibrator

LOGITS = np.array([[4.0, 0.0, 0.0], [0.1, 0.0, 0.2]])
VECTORS = np.array([[1.0, 0.0], [0.0, 1.0]])


def fitted() -> Calibrator:
    return Calibrator.fit([[-4.0], [-3.0], [0.0], [1.0]], [0, 0, 1, 1], ["strangeness"], pieces=1)


def test_exclusive_classes_give_one_label_and_what_is_unsure_is_strange() -> None:
    card = Card("intents", ("a", "b", "c"), 64, scope=Scope("max_probability", 0.5, fitted()))
    sure, unsure = card.decide(LOGITS, VECTORS, {})
    assert sure.labels == ("a",)
    assert not sure.strange
    assert unsure.labels == ("c",)
    assert unsure.strange
    assert unsure.out_of_scope is not None
    assert sure.out_of_scope is not None
    assert unsure.out_of_scope > sure.out_of_scope
    assert sum(sure.probabilities.values()) == pytest.approx(1)


def test_labels_that_do_not_exclude_each_other_are_given_from_a_threshold() -> None:
    card = Card("multi-label", ("a", "b", "c"), 64, threshold=0.52)
    assert [one.labels for one in card.decide(LOGITS, VECTORS, {})] == [("a",), ("a", "c")]


def test_one_logit_says_yes_or_no() -> None:
    card = Card("binary", ("no", "yes"), 64)
    said = card.decide(np.array([[2.0], [-2.0]]), VECTORS, {})
    assert [one.labels for one in said] == [("yes",), ("no",)]
    assert said[0].probability == pytest.approx(said[1].probability)


def test_similarity_is_said_in_the_units_of_the_data() -> None:
    (said,) = Card("similarity", (), 64, low=1, high=5).decide(np.array([[0.5]]), VECTORS[:1], {})
    assert said.score == 3
    assert said.labels == ()


def test_without_out_of_scope_examples_the_score_is_the_share_of_known_questions_that_are_less_strange() -> None:
    scope = Scope("energy", 0.9, quantiles=tuple(np.linspace(0, 10, 11)))
    np.testing.assert_allclose(scope.probability(np.array([-1.0, 5.0, 20.0])), [0, 0.5, 1])


@pytest.mark.parametrize("method", METHODS)
def test_what_is_far_from_the_training_is_stranger(method: str) -> None:
    arrays = {
        "whitening": np.eye(2, dtype=np.float32),
        "means": np.array([[1.0, 0.0]], dtype=np.float32),
        "kept": np.array([[1.0, 0.0], [0.9, 0.1]], dtype=np.float32),
        "k": np.array([1.0], dtype=np.float32),
    }
    known, strange = METHODS[method](LOGITS, VECTORS, arrays, 1.0)
    assert strange > known


@pytest.mark.parametrize("kind", ["intents", "binary"])
def test_a_temperature_undoes_what_logits_were_multiplied_by(kind: str) -> None:
    generator = np.random.default_rng(1)
    logits = generator.normal(0, 2, (4000, 3 if kind == "intents" else 1))
    likely = probabilities(kind, logits)  # type: ignore[arg-type]
    draws = generator.random(len(logits))
    targets = (likely.cumsum(1) < draws[:, None]).sum(1).astype(float)
    if kind == "binary":
        targets = targets[:, None]
    found = fit_temperature(kind, 3 * logits, targets)  # type: ignore[arg-type]
    assert found == pytest.approx(3, rel=0.1)
    assert log_loss(kind, 3 * logits, targets, found) < log_loss(kind, 3 * logits, targets)  # type: ignore[arg-type]


def test_a_card_and_its_arrays_come_back_exactly(tmp_path: Path) -> None:
    card = Card("intents", ("a", "ü"), 64, temperature=1.7, out_of_scope=("oos",), scope=Scope("energy", 0.4, fitted()))
    arrays = {"means": np.arange(6, dtype=np.float32).reshape(2, 3).T}
    save_card(tmp_path, card, arrays)
    again, found = load_card(tmp_path)
    assert again == card
    np.testing.assert_array_equal(found["means"], arrays["means"])


def test_a_folder_without_a_classifier_or_with_a_broken_one_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="holds no classifier"):
        load_card(tmp_path)
    save_card(tmp_path, Card("binary", ("no", "yes"), 64), {})
    path = tmp_path / "classifier.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**raw, "format_version": 99}), encoding="utf-8")
    with pytest.raises(DataError, match="reads up to"):
        load_card(tmp_path)
    del raw["labels"]
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(DataError, match="broken"):
        load_card(tmp_path)
