"""Vetted answers are matched by phrasings and answers, among those the asker may see."""

import random
import re
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from autogpt.answer.contrary import asks_contrary
from autogpt.answer.faq import CANDIDATES, FEATURES, SAME_WORDS, FaqMatch, FaqMatcher, phrasings
from autogpt.metrics.calibrator import Calibrator
from autogpt.records import FaqEntry
from autogpt.retrieve.access import may_see

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


def test_the_contrary_is_another_question_however_alike_it_looks() -> None:
    refunded = FaqEntry("refunded", ("Is the card fee refunded?", "do I get the card fee back"), "Within 14 days.")
    assert matcher(refunded).match("When is the card fee refunded?", None) is not None
    assert matcher(refunded).match("When is the card fee NOT refunded?", None) is None
    found = matcher(refunded, HOURS).match("When is the card fee not refunded?", None)
    assert found is not None
    assert found.entry is HOURS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("分12期的手续费", "分１２期的手续费"),
        ("分12期的手续费", "分十二期的手续费"),
        ("分１２期的手续费", "分十二期的手續費"),
        ("3个月定期的利率", "三個月定期的利率"),
        ("贷款20000元", "贷款2万元"),
        ("贷款 2 万元", "貸款兩萬元"),
        ("利率3.5%是怎么算的", "利率百分之三点五是怎么算的"),
        ("2024年的年费", "二〇二四年的年费"),
        # Words with a numeral in them, and numerals that a paraphrase does without.
        ("请说一下年费，一定要付吗", "年费要付吗"),
        ("有一个问题，统一的年费多少", "两张卡的年费多少"),
        ("一次办12期", "分12期"),
        ("双11的活动", "双十一的活动"),
        ("双十一的活动", "有什么活动"),
        ("十分着急，怎么挂失", "三张卡怎么挂失"),
    ],
)
def test_a_number_is_the_same_in_figures_and_in_numerals(one: str, other: str) -> None:
    for known, asked in ((one, other), (other, one)):
        assert matcher(FaqEntry("known", (known,), "")).match(asked, None) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("分12期的手续费", "分24期的手续费"),
        ("分１２期的手续费", "分２４期的手续费"),
        ("分12期的手续费", "分二十四期的手续费"),
        ("分十二期的手续费", "分二十四期的手续费"),
        ("分12期的手续费", "分期的手续费"),
        ("贷款2万元", "贷款2千元"),
        ("贷款2万元", "贷款五万元"),
        ("说1下年费", "说说年费，一定要付吗"),
        ("3个月定期的利率", "六个月定期的利率"),
        ("fees in 1,200 and 3", "fees in 1,200"),
        ("one card of 2", "one card"),
    ],
)
def test_other_numbers_are_another_question_in_figures_and_in_numerals(one: str, other: str) -> None:
    for known, asked in ((one, other), (other, one)):
        assert matcher(FaqEntry("known", (known,), "")).match(asked, None) is None


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


class Remembering:
    """Gives each text a vector of its own, in whole numbers: products are exact, and some are the same."""

    id = "remembering"

    def encode(self, texts: Sequence[str], prompt: str = "document") -> np.ndarray:
        return np.array([np.random.default_rng(list(text.encode())).integers(-2, 3, 6) for text in texts], np.float32)


def random_matcher(seed: int, labels: Sequence[frozenset[str]], entries: int = 40) -> FaqMatcher:
    """Entries with up to four phrasings, some of which name a number, or with none; some share an answer."""
    draw = random.Random(seed)
    made = []
    for at in range(entries):
        name = chr(ord("一") + at)  # a figure would be a number that the phrasing names
        asked = tuple(f"{name} {letter} {draw.choice(['', '', '1', '2'])}" for letter in "abcd"[: draw.randrange(5)])
        made.append(FaqEntry(str(at), asked, f"answer {draw.randrange(entries)}", labels=draw.choice(labels)))
    return remembered(made)


def remembered(entries: Sequence[FaqEntry]) -> FaqMatcher:
    encoder = Remembering()
    answers = encoder.encode([entry.answer for entry in entries])
    return FaqMatcher(entries, encoder.encode(phrasings(entries)), answers, encoder, trusting(question=1.0, lead=1.0))


def one_by_one(
    faq: FaqMatcher, question: str, labels: frozenset[str] | None, without: frozenset[int] = frozenset()
) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Entry, phrasing and features of what `judge` is to find, looked up one entry after the other.

    Args:
        without: numbers of phrasings that nobody wrote down.
    """
    encoder = Remembering()
    (vector,) = encoder.encode([question])
    visible: dict[int, dict[str, float]] = {}
    number = 0
    for at, entry in enumerate(faq.entries):
        for phrasing in entry.questions:
            if number not in without and may_see(entry.labels, labels):
                visible.setdefault(at, {})[phrasing] = float(encoder.encode([phrasing])[0] @ vector)
            number += 1
    nearest: dict[int, tuple[float, str]] = {}
    for at, known in visible.items():
        usable = [(cosine, one) for one, cosine in known.items() if numbers(one) == numbers(question)]
        if usable:
            nearest[at] = max(usable, key=lambda found: found[0])
    answers = {at: float(encoder.encode([faq.entries[at].answer])[0] @ vector) for at in nearest}
    by_phrasing = sorted(nearest, key=lambda at: -nearest[at][0])
    by_answer = sorted(by_phrasing, key=lambda at: -answers[at])
    for at in dict.fromkeys([*by_phrasing[:CANDIDATES], *by_answer[:CANDIDATES]]):
        cosine, phrasing = nearest[at]
        if asks_contrary(question, phrasing):
            continue
        rival = max((max(known.values()) for other, known in visible.items() if other != at), default=cosine)
        features = {"question": cosine, "answer": answers[at], "lead": cosine - rival}
        yield faq.entries[at].id, phrasing, features


def numbers(text: str) -> set[str]:
    return set(re.findall("[0-9]+", text))


def told(matches: Sequence[FaqMatch]) -> list[tuple[str, str, dict[str, float]]]:
    return [(one.entry.id, one.phrasing, dict(one.features)) for one in matches]


LABELS = (frozenset[str](), frozenset({"staff"}), frozenset({"staff", "claims"}), frozenset({"claims"}))


@pytest.mark.parametrize("seed", range(4))
def test_entries_are_judged_all_at_once_as_one_by_one(seed: int) -> None:
    faq = random_matcher(seed, LABELS)
    for question in ("x", "y 1", "z 2", "1 and 2", faq.phrasings[3]):
        for labels in (None, *LABELS):
            assert told(faq.judge(question, labels)) == list(one_by_one(faq, question, labels))
    answers = [entry.answer for entry in faq.entries for _ in entry.questions]
    for at, phrasing in enumerate(faq.phrasings):
        labels = faq.entries[faq.owners[at]].labels
        same = frozenset(other for other, answer in enumerate(answers) if answer == answers[at])
        assert told(faq.judge_known(at, gone=False)) == list(one_by_one(faq, phrasing, labels, frozenset({at})))
        assert told(faq.judge_known(at, gone=True)) == list(one_by_one(faq, phrasing, labels, same))


@pytest.mark.parametrize("labels", LABELS)
def test_entries_that_the_asker_may_not_see_are_as_though_they_were_not_there(labels: frozenset[str]) -> None:
    for seed in range(4):
        faq = random_matcher(seed, LABELS)
        seen = remembered([entry for entry in faq.entries if may_see(entry.labels, labels)])
        for question in ("x", "y 1", *seen.phrasings):
            assert faq.judge(question, labels) == seen.judge(question, labels)
