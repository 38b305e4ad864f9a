"""What a report says of a classifier."""

import json
from collections.abc import Sequence

import numpy as np
import pytest

from autogpt.classify.card import Card, Classified
from autogpt.classify.scope import Scope
from autogpt.evaluate.classifier import OUT_OF_SCOPE, evaluate_classifier
from autogpt.evaluate.classifier_page import classifier_html
from autogpt.records import ClassifierExample


class Told:
    """Decides by logits that are written into the texts."""

    def __init__(self, card: Card) -> None:
        self.card = card

    def classify(self, texts: Sequence[str], others: Sequence[str] = ()) -> list[Classified]:
        logits = np.array([[float(one) for one in text.split()] for text in texts])
        return self.card.decide(logits, logits, {})


def example(text: str, *labels: str, score: float | None = None) -> ClassifierExample:
    return ClassifierExample(text, text, labels, other="x" if score is not None else "", score=score)


SCOPE = Scope("energy", 0.5, quantiles=tuple(np.linspace(-6, 0, 7)))


def test_in_scope_and_out_of_scope_texts_are_measured_apart() -> None:
    card = Card("intents", ("a", "b"), 64, out_of_scope=("oos",), scope=SCOPE)
    examples = [
        example("5 0", "a"),
        example("0 5", "b"),
        example("5 1", "b"),
        example("1 0", "a"),
        example("0 1", "oos"),
    ]
    report = evaluate_classifier(Told(card), examples, model="m", data="d")
    metrics = report.metrics
    assert metrics["accuracy"] == 0.75  # as though nothing were taken for out of scope
    assert metrics["in_scope_kept"] == 0.75
    assert metrics["in_scope_accuracy"] == 0.5
    assert (metrics["out_of_scope_texts"], metrics["out_of_scope_recall"]) == (1, 1.0)
    assert metrics["out_of_scope_auroc"] > 0.8
    assert [(one.label, one.support) for one in report.classes] == [("a", 2), ("b", 2), ("oos", 1)]
    assert {(one.label, one.said) for one in report.confusions} == {("b", "a"), ("a", "oos")}
    assert [one.text for one in report.misses] == ["5 1", "1 0"]
    told = json.loads(json.dumps(report.to_json()))
    assert told["kind"] == "classifier"
    assert told["classes"][0]["label"] == "a"
    assert len(told["predictions"]) == 5


def test_the_page_escapes_texts_and_shows_classes_and_confusions() -> None:
    card = Card("intents", ("<b>", "b"), 64, scope=SCOPE)
    report = evaluate_classifier(Told(card), [example("5 0", "b"), example("0 5", "b"), example("5 0", "<b>")])
    page = classifier_html(report)
    assert "&lt;b&gt;" in page
    assert "<td><b>" not in page
    assert "was taken for" in page
    assert OUT_OF_SCOPE not in [one.label for one in report.classes]


def test_labels_that_the_classifier_does_not_know_are_said() -> None:
    report = evaluate_classifier(Told(Card("intents", ("a", "b"), 64)), [example("5 0", "a"), example("5 0", "c")])
    assert report.metrics["accuracy"] == 0.5
    assert report.notices == ("1 labels of the data are unknown to the classifier: c",)


def test_each_label_of_a_text_counts_for_confidence() -> None:
    card = Card("multi-label", ("a", "b"), 64)
    report = evaluate_classifier(Told(card), [example("5 5", "a", "b"), example("-5 -5"), example("5 -5", "a", "b")])
    assert report.metrics["accuracy"] == pytest.approx(2 / 3)
    assert report.metrics["micro_f1"] == pytest.approx(2 * 3 / 7)
    assert sum(one.count for one in report.reliability) == 6


def test_yes_is_told_from_anything_else() -> None:
    card = Card("binary", ("not advice", "advice"), 64)
    report = evaluate_classifier(Told(card), [example("3", "advice"), example("-3", "chat"), example("-3")])
    assert report.metrics["accuracy"] == 1.0


def test_similarity_is_measured_by_rank_and_distance() -> None:
    card = Card("similarity", (), 64, low=0, high=5)
    pairs = [example("0.1", score=1.0), example("0.5", score=2.5), example("1", score=5.0)]
    report = evaluate_classifier(Told(card), pairs)
    assert report.metrics["spearman"] == 1.0
    assert report.metrics["mean_squared_error"] == pytest.approx(0.25 / 3)
    assert "Rank correlation" in classifier_html(report)


def test_no_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="no texts"):
        evaluate_classifier(Told(Card("intents", ("a", "b"), 64)), [])
