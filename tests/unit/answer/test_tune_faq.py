"""How likely a vetted answer is the right one is fitted to a workspace's phrasings and documents."""

import random
from collections.abc import Sequence

import numpy as np
import pytest

from autogpt.answer.faq import FEATURES, FaqMatch, FaqMatcher, phrasings
from autogpt.answer.policy import Policy
from autogpt.answer.tune_faq import (
    FEWEST,
    FaqFit,
    Judged,
    answer_count,
    document_questions,
    enough,
    fit_faq,
    held_out_entries,
    known_questions,
)
from autogpt.metrics.calibrator import Calibrator
from autogpt.records import FaqEntry

#: What the encoder brings: an entry is as likely right as not at a cosine of 0.7.
OWN = Calibrator(FEATURES, (0.7, 0.5, 0.0), (0.1, 0.1, 0.1), ((), (), ()), (2.0, 0.0, 1.0), 0.0)
#: Answers at a cosine of 0.9, 0.1 ahead of the next.
SURE = {"question": 0.9, "answer": 0.5, "lead": 0.1}


def match(entry: str, question: float, lead: float) -> FaqMatch:
    features = {"question": question, "answer": 0.5, "lead": lead}
    return FaqMatch(FaqEntry(entry, (entry,), entry), entry, 0.0, features)


def asked(count: int, middle: float, kind: str = "phrasing", seed: int = 0, stretch: float = 1.0) -> list[Judged]:
    """Questions whose nearest entry is right the likelier, the further its cosine lies above `middle`.

    Those of another kind have a nearest entry as well, which is never right. All cosines are stretched away from 1.
    """
    draw = random.Random(seed)
    made = []
    for number in range(count):
        cosine, ahead = draw.uniform(0.5, 1.0), draw.uniform(0.0, 0.2)
        right = kind == "phrasing" and draw.random() < 1 / (1 + np.exp(-20 * (cosine - middle)))
        first = match("first", 1 - stretch * (1 - cosine), stretch * ahead)
        second = match("second", 1 - stretch * (1 - cosine + ahead), -stretch * ahead)
        made.append(Judged(kind, f"{kind} {number}", (first, second), (right, False)))
    return made


def probability(fit: FaqFit, **features: float) -> float:
    assert fit.calibrator is not None
    return fit.calibrator.probability_of({**SURE, **features})


def test_a_fit_moves_to_what_the_workspace_says() -> None:
    fit = fit_faq([*asked(300, 0.9), *asked(300, 0.9, "gone", 1)], OWN, 0.8)
    assert probability(fit) < 0.6
    assert OWN.probability_of(SURE) > 0.97
    assert fit.before is not None
    assert fit.after is not None
    assert fit.after.calibration_error < 0.1
    assert fit.before.calibration_error > 0.2
    assert fit.before.answered - fit.before.right > 100  # given at 80%, and wrong
    assert fit.after.answered - fit.after.right < 10
    assert fit.summary.startswith("fitted on 300 phrasings and 0 questions about documents; calibration error 0.0")


def test_what_documents_are_asked_makes_vetted_answers_less_likely() -> None:
    known = [*asked(100, 0.7), *asked(30, 0.7, "gone", 1)]
    without, beside = (fit_faq([*known, *asked(count, 0.7, "document", 2)], OWN, 0.8) for count in (0, 5_000))
    calm = without.calibrator or OWN
    assert 0.3 < probability(beside) < calm.probability_of(SURE) - 0.1  # and however many they are, not unlikely
    assert (beside.phrasings, beside.documents) == (100, 5_000)


def test_few_questions_change_nothing() -> None:
    few = [*asked(FEWEST - 1, 0.99), *asked(100, 0.9, "gone", 1)]
    assert fit_faq(few, OWN, 0.8).calibrator is None
    assert "20 of each are needed" in fit_faq(few, OWN, 0.8).summary
    assert fit_faq([], OWN, 0.8).to_json()["fitted"] is False
    assert fit_faq(asked(100, 0.5), OWN, 0.8).calibrator is None  # nothing that no entry answers


def test_little_data_stays_near_what_the_encoder_brings() -> None:
    shift = [
        abs(
            probability(fit_faq([*asked(count, 0.9), *asked(count, 0.9, "gone", 1)], OWN, 0.8))
            - OWN.probability_of(SURE)
        )
        for count in (150, 1_000)
    ]
    assert 0.1 < shift[0] < shift[1] - 0.05


def as_said(count: int, seed: int) -> list[Judged]:
    """Questions whose nearest entry is right as often as `OWN` says, and as many far from any entry."""
    draw = random.Random(seed)
    likely = [(one, OWN.probability_of(one.matches[0].features)) for one in asked(count, 0.7, seed=seed)]
    known = [Judged(one.kind, one.group, one.matches, (draw.random() < said, False)) for one, said in likely]
    far = (match("first", 0.4, 0.0),)
    return [*known, *(Judged("gone", one.group, far, (False,)) for one in known)]


def test_an_encoder_that_fits_the_workspace_stays_as_it_is() -> None:
    questions = as_said(900, 0)
    calibrator = fit_faq(questions, OWN, 0.8).calibrator or OWN
    for cosine in (0.5, 0.6, 0.7, 0.8, 0.9):
        features = {**SURE, "question": cosine}
        assert calibrator.probability_of(features) == pytest.approx(OWN.probability_of(features), abs=0.06)


def test_what_does_no_better_on_other_questions_is_not_taken() -> None:
    fits = [fit_faq(as_said(40, seed), OWN, 0.8) for seed in range(8)]
    kept = [fit for fit in fits if fit.calibrator is None]
    assert kept
    assert all(fit.summary.startswith("not fitted, which gained nothing on 40 phrasings") for fit in kept)
    assert all(fit.after is not None for fit in kept)


def test_a_fine_tuned_encoder_whose_cosines_lie_elsewhere_is_fitted_as_well() -> None:
    def told(stretch: float) -> tuple[FaqFit, list[float]]:
        known = [*asked(60, 0.7, stretch=stretch), *asked(60, 0.7, "gone", 1, stretch)]
        fit = fit_faq(known, OWN, 0.8)
        calibrator = fit.calibrator or OWN
        return fit, [calibrator.probability_of(one.matches[0].features) for one in known]

    stretched, apart = told(2.5)
    assert stretched.after is not None
    assert stretched.before is not None
    assert stretched.after.calibration_error < stretched.before.calibration_error / 2
    assert np.abs(np.array(apart) - np.array(told(1.0)[1])).mean() < 0.1


@pytest.mark.parametrize("own", [None, Calibrator(FEATURES, OWN.means, OWN.scales, ((0.5,), (), ()), (1.0,) * 4, 0.0)])
def test_without_a_straight_calibrator_to_start_from_nothing_is_fitted(own: Calibrator | None) -> None:
    assert fit_faq([*asked(100, 0.9), *asked(100, 0.9, "gone")], own, 0.8).calibrator is None


class Encoder:
    """Gives each text the vector of the first word that it holds."""

    id = "words"
    words = ("fee", "limit", "hours")

    def encode(self, texts: Sequence[str], prompt: str = "document") -> np.ndarray:
        rows = [[float(word in text) + 0.01 * (len(text) % 7) for word in self.words] for text in texts]
        return np.array(rows, dtype=np.float32)


def matcher(*entries: FaqEntry) -> FaqMatcher:
    encoder = Encoder()
    answers = encoder.encode([one.answer for one in entries])
    return FaqMatcher(entries, encoder.encode(phrasings(entries)), answers, encoder, None)


FEE = FaqEntry("fee", ("What is the fee?", "How high is the fee?", "what is the FEE"), "5 euros a month")
LIMIT = FaqEntry("limit", ("What is the limit?", "What limit is there?"), "500 euros a day")
HOURS = FaqEntry("hours", ("What are your hours?",), "Nine to five.")


def test_phrasings_are_asked_as_though_nobody_had_written_them_down() -> None:
    judged = list(known_questions(matcher(FEE, LIMIT, HOURS)))
    # Two phrasings of the fee are letter by letter the same; the hours have one alone.
    assert [one.kind for one in judged] == ["phrasing", "gone", "phrasing", "gone", "phrasing", "gone", "gone"]
    for one in judged:
        entries = [match.entry.id for match in one.matches]
        assert (one.kind == "phrasing") == any(one.right)
        assert one.right == tuple(one.kind == "phrasing" and entry == entries[0] for entry in entries)
    assert {match.phrasing for match in judged[0].matches} >= {"What is the fee?"}  # not the one that is asked
    assert {match.entry.id for match in judged[1].matches} == {"limit", "hours"}


def test_entries_with_the_same_answer_are_one() -> None:
    twin = FaqEntry("twin", ("Is there a fee?",), "5 euros a MONTH!")
    alone = FaqEntry("alone", ("Which fee is due?",), "5 euros a month")
    assert [one.kind for one in known_questions(matcher(twin, HOURS))] == ["gone", "gone"]
    first, gone, *_ = known_questions(matcher(twin, alone, HOURS))
    assert [match.entry.id for match, right in zip(first.matches, first.right, strict=True) if right] == ["alone"]
    assert {match.entry.id for match in gone.matches} == {"hours"}


def test_a_phrasing_is_asked_by_somebody_who_may_see_its_entry_and_no_more() -> None:
    secret = FaqEntry("secret", ("Which fee do staff pay?",), "None.", labels=frozenset({"staff"}))
    judged = list(known_questions(matcher(FEE, LIMIT, secret)))
    assert all("secret" not in [match.entry.id for match in one.matches] for one in judged[:-1])
    assert {match.entry.id for match in judged[-1].matches} == {"fee", "limit"}


def test_phrasings_of_some_entries_are_put_to_all() -> None:
    judged = list(known_questions(matcher(FEE, LIMIT, HOURS), asked=[LIMIT]))
    assert [one.kind for one in judged] == ["phrasing", "gone"] * 2
    assert {match.entry.id for match in judged[0].matches} == {"fee", "limit", "hours"}


def entries_about(count: int) -> list[FaqEntry]:
    return [FaqEntry(str(at), (f"What is {at}?", f"And {at}?", f"Why {at}?"), f"It is {at}.") for at in range(count)]


def test_a_fifth_of_the_answers_is_held_out_and_more_entries_do_not_change_which() -> None:
    entries = entries_about(200)
    held = held_out_entries(entries)
    assert 20 < len(held) < 60
    assert held == [one for one in held_out_entries(entries_about(400)) if one in entries]
    assert held == [one for one in entries if one in held_out_entries(entries[::-1])]


def test_entries_with_the_same_answer_are_held_out_together() -> None:
    entries = entries_about(200)
    twins = [FaqEntry(f"twin {one.id}", ("Else?",), one.answer.upper()) for one in entries]
    held = {one.id for one in held_out_entries([*entries, *twins])}
    assert held == {name for one in held_out_entries(entries) for name in (one.id, f"twin {one.id}")}
    assert answer_count([one for one in (*entries, *twins) if one.id in held]) == len(held) / 2


def test_few_entries_are_all_trained_on() -> None:
    assert held_out_entries(entries_about(20)) == []
    (at,) = (int(one.id) for one in held_out_entries(entries_about(200))[:1])
    asked = tuple(f"Why {'so ' * more}?" for more in range(FEWEST))
    assert held_out_entries([FaqEntry("one", asked, f"It is {at}.")]) == []  # more than half of them


def test_questions_of_documents_that_an_entry_may_answer_are_left_out() -> None:
    judged = document_questions(
        matcher(FEE, LIMIT),
        [
            ("What does it cost?", ["5 euros"]),
            ("How much a day?", ["EUR 500 a day", "the 500 euros"]),
            ("What is the limit", []),
            ("Which fee is due for cheques?", ["2 euros"]),
            ("Who sets the limit?", []),
        ],
    )
    found = list(judged)
    assert [one.group for one in found] == ["Which fee is due for cheques?", "Who sets the limit?"]
    assert not any(right for one in found for right in one.right)


@pytest.mark.parametrize("entries", [(), (HOURS,), (FEE, LIMIT, HOURS)])
def test_few_entries_or_phrasings_are_asked_nothing(entries: tuple[FaqEntry, ...]) -> None:
    assert not enough(entries)
    own = FaqEntry("one", tuple(f"fee {word}" for word in "abcdefghijklmnopqrstuv"), "5 euros")
    assert enough((*entries, own))
    assert (
        fit_faq([*known_questions(matcher(own))], OWN, 0.8).calibrator is None
    )  # alone there is nothing to tell apart


def test_a_policy_says_its_calibrator_again_and_an_older_one_has_none() -> None:
    raw = Policy(faq_calibrator=OWN).to_json()
    assert Policy.from_json(raw).faq_calibrator == OWN
    del raw["faq_calibrator"]
    assert Policy.from_json(raw).faq_calibrator is None
