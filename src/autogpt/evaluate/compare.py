"""Two results side by side: what changed, and whether it is more than luck.

In: two reports of one kind, on the same questions. Out: a `Comparison`. Knows nothing about releases or pages.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autogpt.config import PromoteSection
from autogpt.errors import UsageError
from autogpt.evaluate.gate import Verdict, promotion_gate
from autogpt.evaluate.results import ReaderReport
from autogpt.evaluate.workspace_report import WorkspaceReport

Report = ReaderReport | WorkspaceReport

#: Metrics set side by side, where both reports have them.
COMPARED = (
    "f1",
    "exact_match",
    "has_answer_f1",
    "has_answer_forced_f1",
    "no_answer_accuracy",
    "answered",
    "expected_calibration_error",
    "area_under_risk_coverage",
    "coverage_at_80",
    "coverage_at_95",
    "mrr",
)


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose F1 changed: what was answered before and after; empty texts are abstentions."""

    id: str
    question: str
    golds: tuple[str, ...]
    before: str
    after: str
    f1_before: float
    f1_after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Outcome of `compare`.

    Attributes:
        before, after: names of the two.
        metrics: (name, before, after), each over all questions of its own report.
        changes: questions both have, the greatest losses first.
        left_out: questions that only one of the two has.
    """

    before: str
    after: str
    verdict: Verdict
    metrics: tuple[tuple[str, float, float], ...]
    changes: tuple[Change, ...]
    left_out: int

    @property
    def lost(self) -> int:
        return sum(one.f1_after < one.f1_before for one in self.changes)

    @property
    def gained(self) -> int:
        return len(self.changes) - self.lost

    def to_json(self) -> dict[str, Any]:
        return {"format_version": 1, "kind": "comparison", **asdict(self)}


def compare(before: Report, after: Report, settings: PromoteSection | None = None) -> Comparison:
    """Compare two reports by the rule of the promotion gate.

    Raises UsageError when they are of different kinds or have no question in common.
    """
    if type(before) is not type(after):
        raise UsageError("One result measures a reader, the other a workspace.", "Compare two of one kind.")
    old, new = _answers(before), _answers(after)
    shared = [id_ for id_ in old if id_ in new]
    if not shared:
        raise UsageError("The two results have no question in common.", "Measure both on the same questions.")
    verdict = promotion_gate(
        [old[id_].f1 for id_ in shared],
        [new[id_].f1 for id_ in shared],
        [new[id_].slices for id_ in shared],
        settings,
    )
    texts = {**_missed(after), **_missed(before)}
    changes = [
        Change(id_, *texts[id_], old[id_].text, new[id_].text, old[id_].f1, new[id_].f1)
        for id_ in shared
        if old[id_].f1 != new[id_].f1
    ]
    return Comparison(
        before=_name(before),
        after=_name(after),
        verdict=verdict,
        metrics=tuple(
            (name, before.metrics[name], after.metrics[name])
            for name in COMPARED
            if before.metrics.get(name) is not None and after.metrics.get(name) is not None
        ),
        changes=tuple(sorted(changes, key=lambda one: one.f1_after - one.f1_before)),
        left_out=len(old) + len(new) - 2 * len(shared),
    )


def _answers(report: Report) -> Mapping[str, Any]:
    """By question: something with `text`, `f1` and `slices`."""
    given = report.predictions if isinstance(report, ReaderReport) else report.outcomes
    return {one.id: one for one in given}


def _missed(report: Report) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Question and golds of every miss; a question whose F1 changed is a miss in one of the two reports."""
    return {one.id: (one.question, one.golds) for one in report.misses}


def _name(report: Report) -> str:
    if isinstance(report, ReaderReport):
        return f"{report.model} ({report.decoder}, {'forced' if report.force_answer else 'own threshold'})"
    return f"release {report.release}"
