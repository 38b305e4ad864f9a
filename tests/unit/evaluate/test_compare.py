import json
from dataclasses import replace

import pytest

from autogpt.config import PromoteSection
from autogpt.errors import UsageError
from autogpt.evaluate.compare import compare
from autogpt.evaluate.reader import evaluate_reader
from autogpt.evaluate.report import comparison_html
from autogpt.evaluate.results import ReaderReport
from autogpt.evaluate.workspace_report import WorkspaceReport
from autogpt.read.decode import Candidate, Decoded
from autogpt.records import AnswerSpan, ReaderExample

CONTEXT = "left right"
EXAMPLES = [
    ReaderExample(
        f"q{at}", f"Who is {at}?", CONTEXT, (AnswerSpan("right", 5),), title=f"{'even' if at % 2 == 0 else 'odd'}"
    )
    for at in range(120)
]


def report(wrong: set[int], examples: list[ReaderExample] = EXAMPLES, model: str = "reader") -> ReaderReport:
    """A reader that says "left" to the questions of these numbers."""

    class Scripted:
        def read(self, pairs):
            return [self.one("left" if int(question[7:-1]) in wrong else "right") for question, _ in pairs]

        def one(self, text: str) -> Decoded:
            start = CONTEXT.index(text)
            return Decoded((Candidate(start, start + len(text), text, 3.0),), 0.0, {"softmax": 0.8, "null_margin": 3.0})

    return evaluate_reader(Scripted(), examples, model=model)


def test_changes_are_listed_losses_first() -> None:
    found = compare(report({1, 2, 3}), report({3, 50}))
    assert [(one.id, one.before, one.after) for one in found.changes] == [
        ("q50", "right", "left"),
        ("q1", "left", "right"),
        ("q2", "left", "right"),
    ]
    assert (found.lost, found.gained, found.left_out) == (1, 2, 0)
    assert found.changes[0].question == "Who is 50?"
    assert found.changes[0].golds == ("right",)
    assert {name: (old, new) for name, old, new in found.metrics}["f1"] == (97.5, pytest.approx(100 * 118 / 120))


def test_verdict_is_the_gates() -> None:
    half = set(range(0, 120, 3))
    assert compare(report(half), report(set())).verdict.verdict == "better"
    worse = compare(report(set()), report({at for at in half if at % 2 == 0}))
    assert worse.verdict.verdict == "worse"
    assert "document" in {part.name for part in worse.verdict.slices}
    assert compare(report({1}), report({1}), PromoteSection(margin=1.0)).verdict.verdict == "equal"


def test_only_questions_of_both_count() -> None:
    found = compare(report({1}, EXAMPLES[:100]), report({1}, EXAMPLES[20:]))
    assert found.left_out == 40
    assert found.verdict.overall is not None
    assert found.verdict.overall.difference.questions == 80


def test_what_cannot_be_compared_is_told() -> None:
    with pytest.raises(UsageError, match="no question in common"):
        compare(report(set(), EXAMPLES[:10]), report(set(), EXAMPLES[10:20]))
    with pytest.raises(UsageError, match="other a workspace"):
        compare(report(set()), WorkspaceReport("r", "test", {}, (), (), ()))


def test_page_and_json_hold_the_changes() -> None:
    hostile = replace(EXAMPLES[0], question="Who is 0?", answers=(AnswerSpan("right", 5),), title="<img src=x>")
    found = compare(report({0}, [hostile, *EXAMPLES[1:]], "<b>old</b>"), report(set(), [hostile, *EXAMPLES[1:]]))
    page = comparison_html(found)
    assert "<b>old" not in page
    assert "Who is 0?" in page
    raw = json.loads(json.dumps(found.to_json()))
    assert raw["changes"][0]["before"] == "left"
    assert raw["verdict"]["verdict"] == found.verdict.verdict
