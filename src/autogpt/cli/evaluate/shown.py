"""What `autogpt evaluate` says of a report.

In: a report. Out: lines on the terminal. Knows nothing about how it came about.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autogpt.cli.console import say, table

if TYPE_CHECKING:
    from autogpt.evaluate.results import ReaderReport
    from autogpt.evaluate.workspace_report import WorkspaceReport

#: Misses listed on a terminal; the page and the JSON list all.
SHOWN_MISSES = 20


def show_reader(report: "ReaderReport") -> None:
    metrics = report.metrics
    say(f"{report.model} on {report.data}: {metrics['questions']:,} questions", "bold")
    say(f"({report.scorer})")
    softmax = metrics["softmax"]
    low, high = metrics["f1_interval"]
    rows: list[tuple[str, str, str]] = [
        ("F1", f"{metrics['f1']:.2f}", f"95% interval {low:.1f} to {high:.1f}"),
        ("exact match", f"{metrics['exact_match']:.2f}", ""),
        ("F1 where answerable", _number(metrics["has_answer_f1"]), f"{metrics['has_answer_questions']:,} questions"),
        (
            "refused rightly",
            _number(metrics["no_answer_accuracy"], "%"),
            f"{metrics['no_answer_questions']:,} questions",
        ),
        ("answered", f"{metrics['answered']:.1%}", _threshold(report)),
        ("best F1 (diagnostic)", f"{metrics['best_f1']:.2f}", f"at {metrics['best_threshold']:.3f}"),
    ]
    for name, key, form in (
        ("calibration error", "expected_calibration_error", "{:.3f}"),
        ("area under risk-coverage", "area_under_risk_coverage", "{:.4f}"),
        ("answered at 80% right", "coverage_at_80", "{:.1%}"),
        ("answered at 95% right", "coverage_at_95", "{:.1%}"),
    ):
        rows.append((name, form.format(metrics[key]), f"softmax: {form.format(softmax[key])}"))
    rows.append(
        (
            "time",
            f"{metrics['seconds']:.1f} s",
            f"{metrics['questions'] / max(metrics['seconds'], 1e-9):,.0f} questions/s",
        )
    )
    table(["", "", ""], rows)
    kinds: dict[str, int] = {}
    for miss in report.misses:
        kinds[miss.kind] = kinds.get(miss.kind, 0) + 1
    say(f"{len(report.misses):,} misses: " + ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()) + ".")


def show_workspace(report: "WorkspaceReport") -> None:
    metrics: Mapping[str, Any] = report.metrics
    say(f"Release {report.release} on {report.measured_on}: {metrics['questions']:,} questions", "bold")
    if report.left_out:
        say(f"({report.left_out:,} questions were not asked: their texts stand in no document of the workspace)")
    latency = metrics["latency_ms"]
    rows: list[tuple[str, str, str]] = [
        ("F1", f"{metrics['f1']:.2f}", f"exact match {metrics['exact_match']:.2f}"),
        ("F1 where answerable", _number(metrics["has_answer_f1"]), f"{metrics['has_answer_questions']:,} questions"),
        ("  were nothing withheld", _number(metrics["has_answer_forced_f1"]), ""),
        (
            "refused rightly",
            _number(metrics["no_answer_accuracy"], "%"),
            f"{metrics['no_answer_questions']:,} questions",
        ),
        ("answered", f"{metrics['answered']:.1%}", f"right: {_number(metrics['answered_right'], '%')}"),
        *((f"recall at {k}", f"{share:.1%}", "") for k, share in metrics["recall"].items()),
        ("mean reciprocal rank", "none" if metrics["mrr"] is None else f"{metrics['mrr']:.3f}", ""),
        ("calibration error", f"{metrics['expected_calibration_error']:.3f}", ""),
        ("time, median", f"{latency['p50']:.0f} ms", f"95% within {latency['p95']:.0f} ms"),
    ]
    table(["", "", ""], rows)
    for notice in report.notices:
        say(notice, "yellow")
    misses = report.misses
    blamed = ", ".join(f"{count:,} by {stage}" for stage, count in metrics["blame"].items() if count)
    say(f"{len(misses):,} misses" + (f", lost {blamed}:" if blamed else "."))
    if misses:
        table(
            ["lost by", "question", "should be", "best span", "confidence"],
            [
                (
                    one.blame,
                    one.question,
                    " / ".join(one.golds) or "(no answer)",
                    one.candidate or one.text,
                    f"{one.confidence:.0%}",
                )
                for one in misses[:SHOWN_MISSES]
            ],
        )
    if len(misses) > SHOWN_MISSES:
        say(f"… and {len(misses) - SHOWN_MISSES:,} more: see --html or --json.")


def _threshold(report: "ReaderReport") -> str:
    if report.force_answer:
        return "always, as asked"
    return (
        "where the span outscores null" if report.threshold is None else f"from a confidence of {report.threshold:.3f}"
    )


def _number(value: float | None, unit: str = "") -> str:
    return "none" if value is None else f"{value:.2f}{unit}"
