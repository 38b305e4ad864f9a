"""The parity gate: what passes, what fails, and when it cannot tell."""

from collections.abc import Sequence

import numpy as np
import pytest

from autogpt.compress.parity import Parity, parity_gate
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.threshold import Threshold
from autogpt.progress import Progress
from autogpt.read.decode import Candidate, Decoded
from autogpt.records import AnswerSpan, ReaderExample


def questions(count: int) -> list[ReaderExample]:
    return [
        ReaderExample(f"q{n}", f"question {n}", f"answer{n} and more", (AnswerSpan(f"answer{n}", 0),))
        for n in range(count)
    ]


class Answers:
    """A reader that answers rightly but for the questions of which `wrong` says so."""

    def __init__(self, wrong: frozenset[int] = frozenset(), confidence: float | None = None) -> None:
        self.wrong = wrong
        self.confidence = confidence
        self.calibrator: Calibrator | None = None
        self.read_so_far = 0

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Decoded]:
        self.read_so_far += len(pairs)
        return [self._one(int(question.split()[1]), context) for question, context in pairs]

    def _one(self, number: int, context: str) -> Decoded:
        text = "more" if number in self.wrong else f"answer{number}"
        start = context.index(text)
        return Decoded((Candidate(start, start + len(text), text, 3.0),), 0.0, {}, self.confidence)


def some(share: float, of: int, seed: int = 0) -> frozenset[int]:
    return frozenset(np.random.default_rng(seed).choice(of, round(share * of), replace=False).tolist())


def test_the_same_answers_pass_as_soon_as_the_fewest_questions_are_read() -> None:
    source, export = Answers(some(0.2, 3000)), Answers(some(0.2, 3000))
    parity = parity_gate(source, export, questions(3000))
    assert parity.verdict == "passed"
    assert parity.questions == source.read_so_far == export.read_so_far == 500
    assert parity.same_answers == 1
    assert parity.difference == parity.lower == 0


def test_an_export_that_answers_better_passes() -> None:
    parity = parity_gate(Answers(some(0.3, 600)), Answers(some(0.1, 600)), questions(600))
    assert parity.passed
    assert parity.difference == pytest.approx(20, abs=4)


def test_an_export_that_answers_much_worse_fails_early() -> None:
    export = Answers(some(0.2, 3000))
    parity = parity_gate(Answers(), export, questions(3000))
    assert parity.verdict == "failed"
    assert not parity.passed
    assert export.read_so_far == 500
    assert parity.f1_source == 100
    assert parity.f1_export == pytest.approx(80, abs=5)


def test_noise_is_not_taken_for_parity_and_more_questions_are_asked() -> None:
    wrong_here, wrong_there = some(0.005, 5000, seed=1), some(0.005, 5000, seed=2)
    parity = parity_gate(Answers(wrong_here), Answers(wrong_there), questions(5000))
    assert parity.verdict == "passed"
    assert parity.questions > 500
    few = parity_gate(Answers(wrong_here), Answers(wrong_there), questions(5000)[:600])
    assert few.verdict == "unproven"
    assert few.lower < -0.5


def test_a_loss_above_the_tolerance_hardly_ever_passes() -> None:
    lost = [frozenset(np.random.default_rng(seed).choice(2000, 16, replace=False).tolist()) for seed in range(25)]
    passed = sum(parity_gate(Answers(), Answers(wrong), questions(2000)).passed for wrong in lost)
    assert passed <= 3


def test_the_gate_gives_up_where_all_questions_would_hardly_tell() -> None:
    export = Answers(some(0.2, 1500, seed=1))
    parity = parity_gate(Answers(some(0.2, 1500, seed=2)), export, questions(1500))
    assert parity.verdict == "unproven"
    assert export.read_so_far == parity.questions == 500


def test_the_gate_goes_on_where_all_questions_may_well_tell() -> None:
    export = Answers(some(0.005, 5000, seed=1))
    parity = parity_gate(Answers(some(0.005, 5000, seed=2)), export, questions(5000))
    assert parity.passed
    assert export.read_so_far > 500


def test_no_more_questions_are_read_than_allowed() -> None:
    export = Answers()
    parity = parity_gate(Answers(), export, questions(3000), fewest=600, most=700)
    assert export.read_so_far == parity.questions == 600
    assert parity_gate(Answers(), Answers(some(0.3, 900)), questions(900), fewest=100, most=100).questions == 100
    assert parity_gate(Answers(), Answers(), questions(3000), most=400).verdict == "too_few"


def test_fewer_questions_than_asked_for_never_pass() -> None:
    parity = parity_gate(Answers(), Answers(), questions(499))
    assert parity.verdict == "too_few"
    assert not parity.passed
    nothing = parity_gate(Answers(), Answers(), [])
    assert nothing.verdict == "too_few"
    assert nothing.questions == 0


def test_the_tolerance_is_the_callers() -> None:
    wrong = some(0.05, 1000)
    assert parity_gate(Answers(), Answers(wrong), questions(1000), tolerance=10).passed
    assert parity_gate(Answers(), Answers(wrong), questions(1000), tolerance=0.5).verdict == "failed"


def test_answers_below_the_shipped_threshold_count_as_abstentions() -> None:
    def calibrated(confidence: float) -> Answers:
        reader = Answers(confidence=confidence)
        table = np.array([[0.0], [1.0], [0.2], [0.9]])
        fitted = Calibrator.fit(table, [False, True, False, True], ["x"])
        reader.calibrator = fitted.with_threshold(Threshold(0.5))
        return reader

    parity = parity_gate(calibrated(0.9), calibrated(0.4), questions(500))
    assert parity.f1_source == 100
    assert parity.f1_export == 0
    assert parity.same_answers == 0


def test_unanswerable_questions_reward_abstaining() -> None:
    unanswerable = [ReaderExample(f"q{n}", f"question {n}", f"answer{n} and more") for n in range(500)]
    parity = parity_gate(Answers(), Answers(), unanswerable)
    assert parity.f1_source == parity.f1_export == 0


def test_the_order_of_the_questions_changes_nothing() -> None:
    asked = questions(1200)
    source, export = Answers(some(0.02, 1200, 1)), Answers(some(0.02, 1200, 2))
    one, other = (parity_gate(source, export, order) for order in (asked, asked[::-1]))
    assert (one.verdict, one.questions, one.lower) == (other.verdict, other.questions, other.lower)


def test_progress_is_reported_and_the_result_is_json() -> None:
    reports: list[Progress] = []
    parity = parity_gate(Answers(), Answers(), questions(500), sink=reports.append)
    assert [reports[-1].stage, reports[-1].done] == ["parity", 500]
    raw = parity.to_json()
    assert Parity(**{name: value for name, value in raw.items() if name != "speedup"}) == parity
    assert raw["speedup"] > 0
