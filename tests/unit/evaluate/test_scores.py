"""Scores with intervals, and what each threshold would give."""

from dataclasses import replace

import pytest

from autogpt.evaluate.scores import scores, threshold_points
from autogpt.evaluate.workspace_report import Outcome, WorkspaceReport

GIVEN = Outcome(
    id="1", question="When?", document="d", golds=("1850",), kind="span", text="1850", candidate="1850",
    confidence=0.8, right=True, exact_match=1.0, f1=1.0, passages=1, rank=1, candidate_rank=1, blame="", timings={},
)  # fmt: skip
WRONG = replace(GIVEN, id="2", text="1900", candidate="1900", confidence=0.6, right=False, exact_match=0.0, f1=0.0)
WITHHELD = replace(GIVEN, id="3", kind="abstain", text="", confidence=0.2, exact_match=0.0, f1=0.0)
REFUSED = replace(WRONG, id="4", golds=(), kind="abstain", text="", confidence=0.1, exact_match=1.0, f1=1.0)


def report(*outcomes: Outcome) -> WorkspaceReport:
    return WorkspaceReport("r1", "validation", {"questions": len(outcomes)}, (), (), outcomes)


def test_a_score_lies_in_its_interval_and_shares_have_their_own_questions() -> None:
    found = {one.name: one for one in scores(report(GIVEN, WRONG, WITHHELD, REFUSED))}
    assert (found["F1"].value, found["F1"].questions) == (50.0, 4)
    assert (found["right, of those answered"].value, found["right, of those answered"].questions) == (50.0, 2)
    assert (found["refused rightly"].value, found["refused rightly"].questions) == (100.0, 1)
    for one in found.values():
        assert 0 <= one.lower <= one.value <= one.upper <= 100
    assert found["F1"].lower < 50 < found["F1"].upper
    assert "refused rightly" not in {one.name for one in scores(report(GIVEN))}


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0, (4, 2, 0)), (20, (3, 1, 0)), (21, (2, 1, 1)), (70, (1, 0, 1)), (100, (0, 0, 2))]
)
def test_a_threshold_answers_withholds_and_errs(threshold: int, expected: tuple[int, int, int]) -> None:
    point = threshold_points(report(GIVEN, WRONG, WITHHELD, REFUSED))[threshold]
    assert (point.answered, point.wrong, point.withheld) == expected
    assert point.coverage(4) == expected[0] / 4
    assert point.error == (expected[1] / expected[0] if expected[0] else 0)
