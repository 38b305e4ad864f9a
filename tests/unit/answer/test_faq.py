"""Vetted answers are matched by phrasings and answers, among those the asker may see."""

from collections.abc import Sequence

import numpy as np
import pytest

from autogpt.answer.faq import FEATURES, SAME_WORDS, FaqMatcher, phrasings
from autogpt.metrics.calibrator import Calibrator
from autogpt.records import FaqEntry

DIRECTIONS = {"card fee": (1.0, 0.0), "cost of the card": (0.96, 0.28), "opening hours": (0.0, 1.0)}


class Encoder:
    id = "directions"

    def encode(self, texts: Sequence[str], prompt: str = "document") -> np.ndarray:
        found = [next((v for k, v in DIRECTIONS.items() if k in text), (0.6, 0.8)) for text in texts]
        return np.array(found, dtype=np.float32)


def trusting(**weights: float) -> Calibrator:
    """Weighs the named features, the others not."""
    count = len(FEATURES)
    chosen = tuple(weights.get(name, 0.0) for name in FEATURES)
    return Calibrator(FEATURES, (0.0,) * count, (1.0,) * count, ((),) * count, chosen, 0.0)


def matcher(*entries: FaqEntry, calibrator: Calibrator | None = None) -> FaqMatcher:
    encoder = Encoder()
    answers = encoder.encode([entry.answer for entry in entries])
    judge = calibrator or trusting(question=5.0)
    return FaqMatcher(entries, encoder.encode(phrasings(entries)), answers, encoder, judge)


FEE = FaqEntry("fee", ("how much", "card fee"), "45 a year")
HOURS = FaqEntry("hours", ("opening hours",), "nine to five")


def test_the_nearest_phrasing_gives_its_entry() -> None:
    found = matcher(FEE, HOURS).match("cost of the card", frozenset())
    assert found is not None
    assert found.entry is FEE
    assert found.phrasing == "card fee"
    assert found.features["question"] == pytest.approx(0.96)
    assert found.features["lead"] == pytest.approx(0.96 - 0.28)


def test_an_answer_that_says_it_finds_an_entry_whose_phrasing_does_not() -> None:
    told = FaqEntry("prices", ("opening hours",), "card fee: 45 a year")
    faq = matcher(FaqEntry("other", ("cost of the card elsewhere",), "opening hours"), told)
    assert faq.match("card fee", None).entry.id == "other"  # type: ignore[union-attr]
    faq = matcher(*faq.entries, calibrator=trusting(answer=5.0))
    assert faq.match("card fee", None).entry.id == "prices"  # type: ignore[union-attr]


def test_an_entry_with_labels_is_passed_over_for_those_without_them() -> None:
    secret = FaqEntry("staff", ("card fee",), "waived for staff", labels=frozenset({"staff"}))
    faq = matcher(secret, HOURS)
    assert faq.match("card fee", frozenset()).entry is HOURS  # type: ignore[union-attr]
    assert faq.match("card fee", frozenset({"staff"})).entry is secret  # type: ignore[union-attr]
    assert faq.match("card fee", None).entry is secret  # type: ignore[union-attr]


def test_what_the_asker_may_not_see_changes_nothing_for_them() -> None:
    secret = FaqEntry("staff", ("card fee",), "waived for staff", labels=frozenset({"staff"}))
    alone, beside = matcher(FEE, HOURS), matcher(FEE, HOURS, secret)
    for question in ("card fee", "cost of the card"):
        assert (
            alone.match(question, frozenset()).features["lead"]
            == (  # type: ignore[union-attr]
                beside.match(question, frozenset()).features["lead"]  # type: ignore[union-attr]
            )
        )


def test_another_number_is_another_question() -> None:
    entry = FaqEntry("two", ("card fee in 2024",), "45")
    assert matcher(entry).match("card fee in 2025", frozenset()) is None
    assert matcher(entry).match("the card fee in 2024", frozenset()) is not None


def test_a_question_about_another_number_is_still_a_rival() -> None:
    faq = matcher(FaqEntry("a", ("card fee in 2024",), "45"), FaqEntry("b", ("card fee in 2025",), "50"))
    found = faq.match("card fee in 2025", None)
    assert found is not None
    assert (found.entry.id, found.features["lead"]) == ("b", 0.0)


def test_without_entries_nothing_matches() -> None:
    none = np.zeros((0, 2), dtype=np.float32)
    assert FaqMatcher([], none, none, Encoder(), None).match("card fee", None) is None


def test_vectors_must_be_those_of_the_phrasings() -> None:
    one = np.zeros((1, 2), dtype=np.float32)
    with pytest.raises(ValueError, match="2 phrasings of 1 entries, 1 and 1 vectors"):
        FaqMatcher([FEE], one, one, Encoder(), None)


def test_the_very_words_of_a_phrasing_are_enough() -> None:
    faq = matcher(FEE, calibrator=trusting(lead=5.0))
    assert faq.match("card fee??", None).confidence == SAME_WORDS  # type: ignore[union-attr]
    assert faq.match("cost of the card", None).confidence == 0.5  # type: ignore[union-attr]


def test_an_encoder_without_a_calibrator_is_trusted_with_the_very_words_alone() -> None:
    encoder = Encoder()
    vectors = encoder.encode(phrasings([FEE, HOURS])), encoder.encode(["", ""])
    faq = FaqMatcher([FEE, HOURS], *vectors, encoder, None)
    assert faq.match("card fee?", None).confidence == SAME_WORDS  # type: ignore[union-attr]
    assert faq.match("fee card", None).confidence == 0.0  # type: ignore[union-attr]
    assert faq.match("的吗？", None).confidence == 0.0  # type: ignore[union-attr]
    assert faq.match("cost of the card", None).confidence == 0.0  # type: ignore[union-attr]
