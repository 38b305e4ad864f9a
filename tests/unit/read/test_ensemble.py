"""Readers that are asked together answer by the mean of their probabilities."""

import math

import pytest

from autogpt.evaluate.reader import evaluate_reader
from autogpt.read.decode import Candidate, Decoded
from autogpt.read.ensemble import Ensemble, combined
from autogpt.records import AnswerSpan, ReaderExample

TEXT = "It costs 3 euros in May."


def said(**chances: float) -> Decoded:
    """Spans by the word they are, with their probability; what is left is that of no answer."""
    candidates = tuple(
        Candidate(TEXT.index(word), TEXT.index(word) + len(word), word, 0.0, probability=chance)
        for word, chance in sorted(chances.items(), key=lambda item: -item[1])
    )
    return Decoded(candidates, 0.0, {"softmax": candidates[0].probability if candidates else 0.0})


def test_what_several_hold_likely_beats_what_one_is_sure_of() -> None:
    (found,) = combined([[said(May=0.55, euros=0.4)], [said(euros=0.5, costs=0.1)], [said(euros=0.3, May=0.1)]])
    assert found.best is not None
    assert (found.best.text, TEXT[found.best.start : found.best.end]) == ("euros", "euros")
    assert found.best.probability == pytest.approx(0.4)
    null = (0.05 + 0.4 + 0.6) / 3
    assert found.best.score == pytest.approx(math.log(0.4 / null))


def test_they_abstain_where_no_answer_is_likelier() -> None:
    (found,) = combined([[said(May=0.6)], [said(May=0.1)]])
    assert found.features["null_margin"] < 0
    (nothing,) = combined([[Decoded((), 0.0)], [Decoded((), 0.0)]])
    assert nothing.best is None


def test_one_reader_together_with_itself_is_as_it_was() -> None:
    one = said(euros=0.5, May=0.2)
    (found,) = combined([[one], [one]])
    assert [(a.start, a.probability) for a in found.candidates] == [(a.start, a.probability) for a in one.candidates]


def test_an_ensemble_is_measured_like_a_reader() -> None:
    class Told:
        def __init__(self, word: str, chance: float) -> None:
            self.word, self.chance = word, chance

        def read(self, pairs: object) -> list[Decoded]:
            return [said(**{self.word: self.chance})]

    asked = ReaderExample("1", "How much?", TEXT, (AnswerSpan("euros", TEXT.index("euros")),))
    report = evaluate_reader(Ensemble([Told("euros", 0.9), Told("May", 0.2)]), [asked])
    assert report.metrics["f1"] == 100
    assert report.confidence == "softmax"
