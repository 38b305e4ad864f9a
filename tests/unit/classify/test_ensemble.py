"""Classifiers that are asked together label by the mean of their probabilities."""

from collections.abc import Sequence

import pytest

from autogpt.classify.card import Card, Classified
from autogpt.classify.ensemble import ClassifierEnsemble
from autogpt.errors import UsageError

LABELS = ("card", "fee")


class Told:
    """Gives every text the same probability of "fee"."""

    def __init__(self, fee: float, card: Card | None = None) -> None:
        self.fee = fee
        self.card = card or Card("intents", LABELS, 64)

    def classify(self, texts: Sequence[str], others: Sequence[str] = ()) -> list[Classified]:
        chances = {"card": 1 - self.fee, "fee": self.fee}
        return [Classified(("fee" if self.fee > 0.5 else "card",), max(chances.values()), chances) for _ in texts]


def test_the_mean_decides() -> None:
    ensemble = ClassifierEnsemble([("a", Told(0.45)), ("b", Told(0.4)), ("c", Told(0.95))])
    (found,) = ensemble.classify(["年费是多少？"])
    assert found.labels == ("fee",)
    assert found.probability == pytest.approx(0.6)
    assert found.out_of_scope is None
    assert not found.strange


def test_other_labels_are_refused() -> None:
    other = Told(0.5, Card("intents", ("card", "loan"), 64))
    with pytest.raises(UsageError, match="'b' tells other labels than 'a'"):
        ClassifierEnsemble([("a", Told(0.5)), ("b", other)])


def test_similarities_are_averaged() -> None:
    class Similar(Told):
        def classify(self, texts: Sequence[str], others: Sequence[str] = ()) -> list[Classified]:
            return [Classified((), 0.0, score=self.fee) for _ in texts]

    card = Card("similarity", (), 64)
    (found,) = ClassifierEnsemble([("a", Similar(1.0, card)), ("b", Similar(3.0, card))]).classify(["a"], ["b"])
    assert found.score == 2
