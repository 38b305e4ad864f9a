"""A second look: the answer's sentence read again, alone and among its neighbours."""

from collections.abc import Sequence

import pytest

from autogpt.read.decode import Candidate, Decoded
from autogpt.read.features import LEAST_LOG_PROBABILITY
from autogpt.read.second_look import LOWEST_MARGIN, Pair, look_again

TEXT = "Cards are free. Abroad they cost 2 euros. Cash is 1 euro. Call us."
ANSWER = "2 euros"


def found(text: str, answer: str, margin: float = 3.0, log_probability: float = -0.5, score: float = 3.0) -> Decoded:
    """A reading of `text` whose best candidate is `answer`."""
    at = text.index(answer)
    names = ("span_log_probability", "sentence_log_probability", "near_log_probability")
    features = {"null_margin": margin, **dict.fromkeys(names, log_probability)}
    return Decoded((Candidate(at, at + len(answer), answer, score),), 0.0, features)


class Again:
    """Reads views; remembers which."""

    def __init__(self, **answers: Decoded) -> None:
        self.asked: list[Pair] = []
        self.answers = answers

    def __call__(self, pairs: Sequence[Pair]) -> list[Decoded]:
        self.asked += pairs
        return [self.answers.get(f"words_{len(text.split())}", found(text, ANSWER)) for _, text in pairs]


def test_the_sentence_is_read_alone_and_with_its_neighbours() -> None:
    sentence = "Abroad they cost 2 euros."
    near = "Cards are free. Abroad they cost 2 euros. Cash is 1 euro."
    again = Again(
        words_5=found(sentence, ANSWER, log_probability=-0.1), words_12=found(near, ANSWER, log_probability=-0.2)
    )
    (looked,) = look_again([("Fee?", TEXT)], [found(TEXT, ANSWER)], again)
    assert again.asked == [("Fee?", sentence), ("Fee?", near)]
    assert looked.features["sentence_log_probability"] == pytest.approx(-0.1)
    assert looked.features["near_log_probability"] == pytest.approx(-0.2)
    assert looked.features["span_log_probability"] == -0.5
    assert looked.candidates == found(TEXT, ANSWER).candidates


def test_another_answer_in_the_sentence_counts_against_the_first() -> None:
    sentence = "Abroad they cost 2 euros."
    first, other = found(sentence, "Abroad", score=5.0, log_probability=-0.3), found(sentence, ANSWER, score=1.5)
    both = Decoded((*first.candidates, *other.candidates), 0.0, first.features)
    (looked,) = look_again([("Fee?", TEXT)], [found(TEXT, ANSWER)], Again(words_5=both))
    assert looked.features["sentence_log_probability"] == pytest.approx(-0.3 + 1.5 - 5.0)
    (lost,) = look_again([("Fee?", TEXT)], [found(TEXT, ANSWER)], Again(words_5=first))
    assert lost.features["sentence_log_probability"] == LEAST_LOG_PROBABILITY


def test_the_same_words_elsewhere_are_not_the_answer() -> None:
    text = "One 2 euros and again 2 euros here. Next."
    at = text.rindex(ANSWER)
    decoded = found(text, ANSWER)
    second = Decoded((Candidate(at, at + len(ANSWER), ANSWER, 3.0),), 0.0, decoded.features)
    (looked,) = look_again([("Fee?", text)], [second], Again())
    assert looked.features["sentence_log_probability"] == LEAST_LOG_PROBABILITY


@pytest.mark.parametrize(
    ("text", "margin"),
    [("Abroad they cost 2 euros.", 3.0), ("  Abroad they cost 2 euros. \n", 3.0), (TEXT, LOWEST_MARGIN - 0.1)],
    ids=["one sentence", "one sentence in white space", "hardly an answer"],
)
def test_nothing_is_read_twice_for_nothing(text: str, margin: float) -> None:
    again = Again()
    decoded = found(text, ANSWER, margin=margin)
    nothing = Decoded((), 0.0)
    assert look_again([("Fee?", text), ("Fee?", "")], [decoded, nothing], again) == [decoded, nothing]
    assert again.asked == []


def test_equal_views_are_read_once() -> None:
    text = "Cards are free. Abroad they cost 2 euros."
    again = Again()
    look_again([("Fee?", text), ("Fee?", text)], [found(text, ANSWER), found(text, ANSWER)], again)
    assert again.asked == [("Fee?", "Abroad they cost 2 euros.")]


def test_an_answer_over_two_sentences_is_read_with_both() -> None:
    text = "卡免费。境外收2欧元。现金1欧元。其他免费。"
    asked: list[Pair] = []

    def again(pairs: Sequence[Pair]) -> list[Decoded]:
        asked.extend(pairs)
        return [found(view, "2欧元。现金") for _, view in pairs]

    look_again([("费用？", text)], [found(text, "2欧元。现金")], again)
    assert asked == [("费用？", "境外收2欧元。现金1欧元。")]
