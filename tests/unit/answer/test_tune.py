"""What a release decides with is fitted to validation questions."""

import random

import pytest

from autogpt.answer.pipeline import Examined
from autogpt.answer.policy import Policy
from autogpt.answer.tune import FEWEST_TO_FUSE, Gold, RerankFit, best_dense_weight, fit_policy, fit_reranker, is_right
from autogpt.read.decode import Candidate, Decoded
from autogpt.records import AnswerSpan, Passage
from autogpt.retrieve.index import Hit
from autogpt.retrieve.reranker import reranked
from autogpt.retrieve.retriever import Retrieved, Searched


def one_question(right: bool, confidence: float, *, right_rank: int = 0) -> tuple[Examined, Gold]:
    """A question with two passages; the right answer, if there is one, stands in passage `right_rank`."""
    texts = ["The fee is 10 dollars.", "The limit is 500 dollars."]
    found = [("10 dollars", 11), ("500 dollars", 13)]
    retrieved = [
        Retrieved(Passage(f"p{at}", "d", f"v{at}", 0, len(text), text), 1.0 / (at + 1), at + 1, at + 1, 2.0, 0.5, ())
        for at, text in enumerate(texts)
    ]
    decoded = [
        Decoded((Candidate(start, start + len(text), text, 3.0 + 0.5 * at),), 0.0, {}, confidence)
        for at, (text, start) in enumerate(found)
    ]
    text, start = found[right_rank]
    gold = Gold(f"v{right_rank}", (AnswerSpan(text, start),) if right else ())
    return Examined("How much?", tuple(retrieved), tuple(decoded), {}), gold


def test_a_span_is_right_by_its_words_or_by_its_place() -> None:
    examined, _ = one_question(True, 0.5)
    found = next(one for one in examined.candidates(0.0) if one.text == "10 dollars")
    assert is_right(found, Gold("elsewhere", (AnswerSpan("10 dollars", 900),)))
    assert is_right(found, Gold("v0", (AnswerSpan("10 dollars a year", 11),)))
    assert not is_right(found, Gold("elsewhere", (AnswerSpan("10 dollars a year", 11),)))
    assert not is_right(found, Gold("v0", (AnswerSpan("20 dollars", 40),)))
    assert not is_right(found, Gold("v0", ()))


def one_search(by_words: str, by_meaning: str) -> Searched:
    """Two passages, v0 and v1: each search puts one of them first."""
    hits = {}
    for version, other in (("v0", "v1"), ("v1", "v0")):
        bm25, cosine = (9.0 if by_words == version else 3.0), (0.9 if by_meaning == version else 0.3)
        hits[version] = Hit(Passage(version, "d", version, 0, 10, f"text {other}"), bm25, frozenset(), cosine)
    return Searched(("fee",), *(dict(sorted(hits.items(), reverse=first == "v1")) for first in (by_words, by_meaning)))


GOLD = Gold("v0", (AnswerSpan("text", 0),))


@pytest.mark.parametrize(("by_words", "by_meaning", "better"), [("v0", "v1", 0.0), ("v1", "v0", 1.0)])
def test_the_search_that_finds_what_answers_gets_the_weight(by_words: str, by_meaning: str, better: float) -> None:
    searched = [one_search(by_words, by_meaning)] * FEWEST_TO_FUSE
    weight = best_dense_weight(searched, [GOLD] * len(searched), 1 - better)
    assert abs(weight - better) <= 0.5
    assert searched[0].ranked(weight)[0].passage.version_id == "v0"


def test_few_questions_or_none_better_leave_the_weight_as_it_is() -> None:
    few = [one_search("v0", "v1")] * (FEWEST_TO_FUSE - 1)
    assert best_dense_weight(few, [GOLD] * len(few), 0.6) == 0.6
    alike = [one_search("v0", "v1"), one_search("v1", "v0")] * FEWEST_TO_FUSE
    assert best_dense_weight(alike, [GOLD] * len(alike), 0.65) == 0.65


def judged(right: float, wrong: float) -> tuple[list[Retrieved], list[float]]:
    """What answers stands behind another passage; the logits of the wrong one and of it."""
    return one_search("v1", "v1").ranked(0.5), [wrong, right]


def test_a_reranker_that_puts_first_what_answers_gets_a_weight() -> None:
    fit = fit_reranker([judged(6.0, -6.0)] * FEWEST_TO_FUSE, [GOLD] * FEWEST_TO_FUSE)
    assert fit.weight == 0.2
    assert (fit.questions, fit.without, fit.reranked) == (FEWEST_TO_FUSE, 0.5, 1.0)
    found, logits = judged(6.0, -6.0)
    assert reranked(found, logits, fit.weight)[0].passage.version_id == "v0"


def test_a_reranker_that_does_not_help_or_is_hardly_known_is_not_asked() -> None:
    misled = fit_reranker([judged(-6.0, 6.0)] * FEWEST_TO_FUSE, [GOLD] * FEWEST_TO_FUSE)
    assert (misled.weight, misled.without, misled.reranked) == (0.0, 0.5, 0.5)
    lost = (one_search("v0", "v0").ranked(0.5), [-6.0, 6.0])
    chance = [*[judged(6.0, -6.0)] * 3, *[lost] * 2, *[judged(-6.0, 6.0)] * (FEWEST_TO_FUSE - 5)]
    assert fit_reranker(chance, [GOLD] * FEWEST_TO_FUSE).weight == 0
    few = fit_reranker([judged(6.0, -6.0)] * (FEWEST_TO_FUSE - 1), [GOLD] * (FEWEST_TO_FUSE - 1))
    assert few == RerankFit(0.0, FEWEST_TO_FUSE - 1)


def test_a_policy_says_the_weight_again_and_an_older_one_has_none() -> None:
    raw = Policy(dense_weight=0.3, rerank_weight=0.4).to_json()
    assert (Policy.from_json(raw).dense_weight, Policy.from_json(raw).rerank_weight) == (0.3, 0.4)
    del raw["dense_weight"], raw["rerank_weight"]
    assert (Policy.from_json(raw).dense_weight, Policy.from_json(raw).rerank_weight) == (None, 0.0)


def test_retrieval_counts_as_much_as_it_helps() -> None:
    # The reader prefers passage 1 by half a logit; what is asked for stands in passage 0.
    pairs = [one_question(True, 0.5, right_rank=0) for _ in range(20)]
    policy = fit_policy(*_columns(pairs), Policy(), risk=0.2)
    assert policy.retrieval_weight > 0
    assert all(is_right(examined.candidates(policy.retrieval_weight)[0], gold) for examined, gold in pairs)


def test_the_threshold_keeps_the_risk_and_confidence_is_calibrated() -> None:
    draw = random.Random(5)
    pairs = [one_question(draw.random() < sure, sure, right_rank=1) for sure in [0.1, 0.3, 0.6, 0.95] * 100]
    policy = fit_policy(*_columns(pairs), Policy(), risk=0.2, data="drawn")
    assert policy.calibrator is not None
    for sure in (0.1, 0.95):
        best = one_question(True, sure, right_rank=1)[0].candidates(policy.retrieval_weight)[0]
        assert abs(policy.calibrator.probability_of(best.features) - sure) < 0.12
    assert 0.5 < policy.threshold <= 0.97
    assert policy.fitted_on["questions"] == 400


def test_too_few_questions_leave_the_reader_to_speak_for_itself() -> None:
    pairs = [one_question(True, 0.9, right_rank=1), one_question(False, 0.2)]
    policy = fit_policy(*_columns(pairs), Policy(), risk=0.2)
    assert policy.calibrator is None
    assert policy.threshold >= 0.8


def test_without_questions_nothing_changes() -> None:
    base = Policy(threshold=0.42)
    assert fit_policy([], [], base, risk=0.1) is base


def _columns(pairs: list[tuple[Examined, Gold]]) -> tuple[list[Examined], list[Gold]]:
    return [examined for examined, _ in pairs], [gold for _, gold in pairs]
