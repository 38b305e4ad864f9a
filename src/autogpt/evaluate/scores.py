"""What a report says first: scores with their 95% intervals, and what a threshold would give.

In: a report. Out: `Score`s, and a `Point` for each threshold of a scale. Knows nothing about pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autogpt.evaluate.results import ReaderReport
from autogpt.evaluate.slices import answer_length
from autogpt.evaluate.workspace_report import WorkspaceReport
from autogpt.metrics.significance import paired_bootstrap

Report = ReaderReport | WorkspaceReport

#: Thresholds that are told: 0, 0.01 … 1.
STEPS = 100


@dataclass(frozen=True, slots=True)
class Score:
    """A score in percent with the ends of its 95% interval, and the questions that it is the mean of."""

    name: str
    value: float
    lower: float
    upper: float
    questions: int


@dataclass(frozen=True, slots=True)
class Point:
    """What answering from a confidence on would give: questions answered, how many of them wrongly, and how many right
    answers would be withheld.
    """

    threshold: float
    answered: int
    wrong: int
    withheld: int

    def coverage(self, questions: int) -> float:
        """Share of all questions that is answered."""
        return self.answered / questions if questions else 0.0

    @property
    def error(self) -> float:
        """Share of the answers that is wrong; 0 without any."""
        return self.wrong / self.answered if self.answered else 0.0


def scores(report: Report) -> list[Score]:
    """F1, exact match, how much is answered and how much of that is right, what is refused rightly."""
    answers = report.predictions if isinstance(report, ReaderReport) else report.outcomes
    unanswerable = [one for one in answers if one.slices["answer length"] == answer_length(())]
    given = [one for one in answers if one.answered]
    found = [
        _score("F1", [one.f1 for one in answers]),
        _score("exact match", [one.exact_match for one in answers]),
        _score("answered", [float(one.answered) for one in answers]),
        _score("right, of those answered", [float(one.right or one.exact_match == 1) for one in given]),
        _score("refused rightly", [float(not one.answered) for one in unanswerable]),
    ]
    return [one for one in found if one is not None]


def threshold_points(report: Report) -> list[Point]:
    """What each threshold of the scale would give, from 0 up.

    A question counts as rightly answered when its best span is right, whether it was given or not.
    """
    answers = report.predictions if isinstance(report, ReaderReport) else report.outcomes
    confidence = np.array([one.confidence for one in answers])
    right = np.array([one.right or (one.answered and bool(one.text) and one.exact_match == 1) for one in answers])
    points = []
    for step in range(STEPS + 1):
        passed = confidence >= step / STEPS
        points.append(
            Point(step / STEPS, int(passed.sum()), int((passed & ~right).sum()), int((~passed & right).sum()))
        )
    return points


def _score(name: str, values: Sequence[float]) -> Score | None:
    if not values:
        return None
    percent = [100 * one for one in values]
    spread = paired_bootstrap(percent, [0.0] * len(percent), confidence=0.975)
    return Score(name, spread.value, spread.lower, spread.upper, len(percent))
