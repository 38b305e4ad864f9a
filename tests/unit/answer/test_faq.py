"""Vetted answers are matched by meaning, among those the asker may see."""

from collections.abc import Sequence

import numpy as np
import pytest

from autogpt.answer.faq import FaqMatcher, confidence_of, phrasings
from autogpt.records import FaqEntry

DIRECTIONS = {"card fee": (1.0, 0.0), "cost of the card": (0.96, 0.28), "opening hours": (0.0, 1.0)}


class Encoder:
    def encode(self, texts: Sequence[str], prompt: str = "document") -> np.ndarray:
        found = [next((v for k, v in DIRECTIONS.items() if k in text), (0.6, 0.8)) for text in texts]
        return np.array(found, dtype=np.float32)


def matcher(*entries: FaqEntry) -> FaqMatcher:
    return FaqMatcher(entries, Encoder().encode(phrasings(entries)), Encoder())


FEE = FaqEntry("fee", ("card fee", "how much"), "45 a year")
HOURS = FaqEntry("hours", ("opening hours",), "nine to five")


def test_the_nearest_phrasing_gives_its_entry() -> None:
    found = matcher(FEE, HOURS).match("cost of the card", frozenset())
    assert found is not None
    entry, similarity = found
    assert entry is FEE
    assert similarity == pytest.approx(0.96)


def test_an_entry_with_labels_is_passed_over_for_those_without_them() -> None:
    secret = FaqEntry("staff", ("card fee",), "waived for staff", labels=frozenset({"staff"}))
    faq = matcher(secret, HOURS)
    assert faq.match("card fee", frozenset())[0] is HOURS  # type: ignore[index]
    assert faq.match("card fee", frozenset({"staff"}))[0] is secret  # type: ignore[index]
    assert faq.match("card fee", None)[0] is secret  # type: ignore[index]


def test_another_number_is_another_question() -> None:
    entry = FaqEntry("two", ("card fee in 2024",), "45")
    assert matcher(entry).match("card fee in 2025", frozenset()) is None
    assert matcher(entry).match("the card fee in 2024", frozenset()) is not None


def test_without_entries_nothing_matches() -> None:
    assert FaqMatcher([], np.zeros((0, 2), dtype=np.float32), Encoder()).match("card fee", None) is None


def test_vectors_must_be_those_of_the_phrasings() -> None:
    with pytest.raises(ValueError, match="2 phrasings, 1 vectors"):
        FaqMatcher([FEE], np.zeros((1, 2), dtype=np.float32), Encoder())


def test_confidence_rises_with_similarity() -> None:
    assert confidence_of(0.5) < 0.5 < confidence_of(0.6) < 0.95 < confidence_of(0.75)
