"""Measures the whole answer path of a workspace: retrieval, reading, the decision, the time it takes.

In: anything with `ask(question, labels) -> Answer`, and the examples to ask. Out: a `WorkspaceReport`. Knows nothing
about stores or models. F1, exact match and accuracy are in percent, times in milliseconds, the rest are shares.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from autogpt.answer.tune import Gold, is_right
from autogpt.evaluate.results import SliceResult
from autogpt.evaluate.workspace_report import Outcome, WorkspaceReport
from autogpt.metrics.answers import exact_match, f1
from autogpt.metrics.calibration import (
    area_under_risk_coverage,
    coverage_at_accuracy,
    expected_calibration_error,
    reliability,
)
from autogpt.metrics.ranking import recall_at_k, reciprocal_rank
from autogpt.progress import Sink, silent, track
from autogpt.records import Answer, AnswerKind, Example

#: Ranks at which recall is reported, as far as passages are retrieved.
RANKS = (1, 3, 5, 10, 20)
#: Kinds of answer that give none.
REFUSALS = {AnswerKind.ABSTAIN, AnswerKind.HANDOVER, AnswerKind.CLARIFY}
#: What differs between two notices of one kind.
_FIGURES = re.compile(r"\d[\d.,]*")


class Asks(Protocol):
    """What is measured."""

    def ask(self, question: str, labels: frozenset[str] | None = frozenset()) -> Answer: ...


class _Place(NamedTuple):
    text: str
    version_id: str
    start: int
    end: int


def evaluate_workspace(
    answerer: Asks,
    examples: Sequence[Example],
    *,
    labels: frozenset[str] | None = frozenset(),
    names: Mapping[str, str] | None = None,
    release: str = "",
    part: str = "test",
    sink: Sink = silent,
) -> WorkspaceReport:
    """Ask every example's question and compare.

    A passage counts as found when it overlaps a gold span of the same document version. An answer is a miss when it is
    no exact match; the blame says which stage lost it:

    - `retrieval`: no passage that was read holds the answer;
    - `reading`: a passage holds it, but another span came out on top;
    - `threshold`: the right span was on top and withheld, or something was answered that has no answer;
    - `faq`: a vetted answer was given that is not this example's.

    Args:
        labels: access labels to ask with; None asks as the owner.
        names: document id → what the report calls it.

    Raises ValueError without examples.
    """
    if not examples:
        raise ValueError("there are no examples to measure on")
    outcomes = [
        _outcome(example, answerer.ask(example.question, labels), names or {})
        for example in track(examples, "evaluate", sink)
    ]
    confidence = [one.confidence for one in outcomes]
    right = [one.right for one in outcomes]
    return WorkspaceReport(
        release=release,
        part=part,
        metrics={
            **_answers(outcomes),
            **_retrieval(outcomes),
            "expected_calibration_error": expected_calibration_error(confidence, right),
            "area_under_risk_coverage": area_under_risk_coverage(confidence, right),
            "coverage_at_80": coverage_at_accuracy(confidence, right, 0.80),
            "coverage_at_95": coverage_at_accuracy(confidence, right, 0.95),
            "latency_ms": _latency(outcomes),
            "blame": {
                stage: sum(one.blame == stage for one in outcomes)
                for stage in ("retrieval", "reading", "threshold", "faq")
            },
            "notices": _notices(outcomes),
        },
        slices=_slices(outcomes),
        reliability=tuple(reliability(confidence, right)),
        outcomes=tuple(outcomes),
    )


def _outcome(example: Example, answer: Answer, names: Mapping[str, str]) -> Outcome:
    golds = [span.text for span in example.spans] or ([example.answer_text] if example.answer_text else [])
    golds = golds if example.answerable else []
    answered = answer.kind not in REFUSALS
    text = answer.text if answered else ""
    candidates = [
        _Place(one["text"], one["version_id"], one["start"], one["end"])
        for one in answer.explanation.get("candidates", ())
    ]
    gold = Gold(example.version_id or "", example.spans)
    best_right = bool(candidates) and is_right(candidates[0], gold)
    rank = _rank(answer.explanation.get("passages", ()), example)
    exact = exact_match(text, golds)
    evidence = answer.evidence[0] if answer.evidence else None
    return Outcome(
        id=example.id,
        question=example.question,
        document=names.get(example.document_id or "", example.document_id or ""),
        golds=tuple(golds),
        kind=answer.kind.value,
        text=text,
        candidate=candidates[0].text if candidates else "",
        confidence=answer.confidence,
        right=best_right,
        exact_match=exact,
        f1=f1(text, golds),
        passages=len(answer.explanation.get("passages", ())),
        rank=rank,
        candidate_rank=next((at for at, one in enumerate(candidates, 1) if is_right(one, gold)), None),
        blame="" if exact == 1 else _blame(answer, golds, answered, best_right, rank),
        timings=dict(answer.timings),
        notices=answer.notices,
        before=evidence.context[: evidence.start - evidence.context_start] if evidence else "",
        after=evidence.context[evidence.end - evidence.context_start :] if evidence else "",
        asked_in=example.version_id or "",
        found_in=candidates[0].version_id if candidates else "",
    )


def _rank(passages: Sequence[Mapping[str, Any]], example: Example) -> int | None:
    """Place, from 1, of the first passage that overlaps a gold span; None without."""
    for place, passage in enumerate(passages, 1):
        if passage["version_id"] == example.version_id and any(
            passage["start"] < span.end and span.start < passage["end"] for span in example.spans
        ):
            return place
    return None


def _blame(answer: Answer, golds: Sequence[str], answered: bool, best_right: bool, rank: int | None) -> str:
    if answer.kind is AnswerKind.FAQ:
        return "faq"
    if not golds or (best_right and not answered):
        return "threshold"
    return "retrieval" if rank is None else "reading"


def _answers(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    with_answer = [one for one in outcomes if one.golds]
    without = [one for one in outcomes if not one.golds]
    given = [one for one in outcomes if one.answered]
    return {
        "questions": len(outcomes),
        "exact_match": _percent([one.exact_match for one in outcomes]),
        "f1": _percent([one.f1 for one in outcomes]),
        "has_answer_questions": len(with_answer),
        "has_answer_exact_match": _percent([one.exact_match for one in with_answer]),
        "has_answer_f1": _percent([one.f1 for one in with_answer]),
        "has_answer_forced_f1": _percent([f1(one.candidate or one.text, one.golds) for one in with_answer]),
        "no_answer_questions": len(without),
        "no_answer_accuracy": _percent([float(not one.answered) for one in without]),
        "answered": len(given) / len(outcomes),
        "answered_right": _percent([float(one.right or one.exact_match == 1) for one in given]),
        "abstained_though_right": sum(one.right and not one.answered for one in outcomes) / len(outcomes),
    }


def _retrieval(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Over the questions that went to retrieval and whose answer stands somewhere."""
    asked = [one for one in outcomes if one.golds and one.kind != AnswerKind.FAQ.value]
    deepest = max((one.passages for one in asked), default=0)
    rankings = [["gold" if place == one.rank else place for place in range(1, one.passages + 1)] for one in asked]
    ranks = sorted({rank for rank in RANKS if rank <= deepest} | ({deepest} if deepest else set()))
    return {
        "recall": {str(k): sum(recall_at_k(one, {"gold"}, k) for one in rankings) / len(asked) for k in ranks},
        "mrr": sum(reciprocal_rank(one, {"gold"}) for one in rankings) / len(asked) if asked else None,
    }


def _latency(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    total = np.array([one.timings.get("total", 0.0) for one in outcomes])
    stages = sorted({stage for one in outcomes for stage in one.timings} - {"total"})
    return {
        "mean": float(total.mean()),
        **{f"p{share}": float(np.percentile(total, share)) for share in (50, 90, 95, 99)},
        "stages": {
            stage: float(np.median([one.timings[stage] for one in outcomes if stage in one.timings]))
            for stage in stages
        },
    }


def _notices(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """What went less well than it should, without the figures, and in how many answers; the most frequent first."""
    kinds = (kind for one in outcomes for kind in {_FIGURES.sub("…", notice) for notice in one.notices})
    return dict(Counter(kinds).most_common())


def _slices(outcomes: Sequence[Outcome]) -> tuple[SliceResult, ...]:
    members: dict[tuple[str, str], list[Outcome]] = {}
    for one in outcomes:
        for name, value in one.slices.items():
            members.setdefault((name, value), []).append(one)
    return tuple(
        SliceResult(
            name=name,
            value=value,
            questions=len(those),
            exact_match=_percent([one.exact_match for one in those]) or 0.0,
            f1=_percent([one.f1 for one in those]) or 0.0,
            answered=sum(one.answered for one in those) / len(those),
            confidence=sum(one.confidence for one in those) / len(those),
            right=sum(one.right for one in those) / len(those),
        )
        for (name, value), those in sorted(members.items(), key=lambda item: (item[0][0], -len(item[1]), item[0][1]))
    )


def _percent(values: Sequence[float]) -> float | None:
    return 100 * sum(values) / len(values) if values else None
