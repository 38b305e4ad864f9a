"""Evaluations as pages: one HTML file each, readable without a network, in light and dark.

In: a report. Out: HTML with its charts inside. Texts of documents and questions are escaped, and the page allows no
script. Knows nothing about how results come about.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from autogpt import __version__
from autogpt.evaluate import charts, side_by_side
from autogpt.evaluate.compare import Comparison
from autogpt.evaluate.results import DIAGNOSTIC, ReaderReport, SliceResult
from autogpt.evaluate.side_by_side import SideBySide
from autogpt.evaluate.workspace_report import WorkspaceReport

#: Misses shown at most; the JSON lists all.
SHOWN_MISSES = 2_000
#: Slice values shown at most for each slice.
SHOWN_VALUES = 40


def reader_html(report: ReaderReport) -> str:
    """The page of a reader's evaluation. Raises MissingExtraError without matplotlib."""
    metrics = report.metrics
    curves = [(report.confidence, [(coverage, risk) for coverage, risk, _ in report.curve])]
    if report.confidence != "softmax":
        curves.append(("softmax", [(coverage, risk) for coverage, risk, _ in report.softmax_curve]))
    figures = [
        figure(
            "How many answers are wrong when only the surest are given",
            charts.risk_coverage_chart(curves),
            ("answered", "wrong", "confidence from"),
            [(f"{c:.0%}", f"{r:.1%}", f"{t:.3f}") for c, r, t in report.curve[:: max(1, len(report.curve) // 20)]],
        ),
        figure(
            "Whether confidence is what it says",
            charts.reliability_chart(report.reliability),
            ("questions", "confidence", "right"),
            [(one.count, f"{one.confidence:.1%}", f"{one.accuracy:.1%}") for one in report.reliability],
        ),
    ]
    for name in ("question word", "answer length"):
        bars = [(f"{one.value} ({one.questions:,})", one.f1) for one in report.slices if one.name == name][:12]
        if len(bars) > 1:
            title = f"F1 by {name}"
            figures.append(figure(title, charts.bar_chart(name.replace(" ", "-"), bars, "F1, % (questions)"), (), ()))
    return render(
        "reader.html",
        title=f"{report.model or 'Reader'} on {report.data or 'data'}",
        report=report,
        tiles=_reader_tiles(metrics, report),
        metrics=metrics,
        diagnostic=DIAGNOSTIC,
        figures=figures,
        slices=_grouped(report.slices),
        shown_values=SHOWN_VALUES,
        misses=report.misses[:SHOWN_MISSES],
        kinds=_counts(report),
    )


def workspace_html(report: WorkspaceReport) -> str:
    """The page of a workspace's evaluation. Raises MissingExtraError without matplotlib."""
    metrics = report.metrics
    lost = [(f"{stage} ({count:,})", 100 * count / metrics["questions"]) for stage, count in metrics["blame"].items()]
    stages = list(metrics["latency_ms"]["stages"].items())
    recall = [(int(k), 100 * share) for k, share in metrics["recall"].items()]
    figures = [
        figure("Misses by the stage that lost them", charts.bar_chart("blame", lost, "% of all questions"), (), ()),
        figure(
            "Whether confidence is what it says",
            charts.reliability_chart(report.reliability),
            ("questions", "confidence", "right"),
            [(one.count, f"{one.confidence:.1%}", f"{one.accuracy:.1%}") for one in report.reliability],
        ),
    ]
    if recall:
        drawn = charts.line_chart("recall", recall, "first k passages", "holding the answer, %")
        rows = [(k, f"{share:.1f}%") for k, share in recall]
        figures.append(figure("Passages that hold the answer", drawn, ("k", "recall"), rows))
    if stages:
        drawn = charts.bar_chart("latency", stages, "median, ms", limit=None)
        figures.append(figure("Time by stage", drawn, (), ()))
    return render(
        "workspace.html",
        title=f"Release {report.release} on {report.measured_on}",
        scorer=report.scorer,
        notices=report.notices,
        tiles=_workspace_tiles(metrics),
        figures=figures,
        slices=_grouped(report.slices),
        shown_values=SHOWN_VALUES,
        misses=report.misses,
    )


def comparison_html(comparison: Comparison) -> str:
    """The page of two results side by side."""
    verdict = comparison.verdict
    return render(
        "comparison.html",
        title=f"{comparison.after} against {comparison.before}",
        comparison=comparison,
        parts=[*([verdict.overall] if verdict.overall else []), *verdict.slices],
        shown=SHOWN_MISSES,
    )


def side_by_side_html(found: SideBySide) -> str:
    """The page of several models side by side. Raises MissingExtraError without matplotlib."""
    names = [line.contender.name for line in found.lines]
    scored = [(line.score, line.lower, line.upper) for line in found.lines]
    figures = [
        figure(
            f"{found.measure}, with 95% intervals",
            charts.interval_chart("quality", list(zip(names, scored, strict=True)), found.measure),
            (),
            (),
        ),
    ]
    timed = [(line.contender.name, line.contender.latency_ms, line.score) for line in found.lines]
    answered = [(name, latency, score) for name, latency, score in timed if latency is not None]
    if answered:
        drawn = charts.scatter_chart("speed", answered, "median, ms", found.measure)
        figures.append(figure("Quality and time to answer", drawn, (), ()))
    trained = [(line.contender.name, line.contender.costs, line.score) for line in found.lines]
    spent = [(name, costs.seconds / 60, score) for name, costs, score in trained if costs is not None]
    if len(spent) > 1:
        drawn = charts.scatter_chart("cost", spent, "minutes of training", found.measure)
        figures.append(figure("Quality and time to train", drawn, (), ()))
    return render(
        "side_by_side.html",
        title=f"{len(names)} models on {found.data}",
        found=found,
        heads=side_by_side.heads(found.measure),
        cells=side_by_side.cells,
        note=side_by_side.NOTE,
        figures=figures,
        measures=list(dict.fromkeys(name for line in found.lines for name in line.contender.measures)),
    )


def _workspace_tiles(metrics: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    latency, recall = metrics["latency_ms"], metrics["recall"]
    tiles = [
        ("F1", f"{metrics['f1']:.1f}", f"exact match {metrics['exact_match']:.1f}"),
        ("Questions", f"{metrics['questions']:,}", f"{metrics['no_answer_questions']:,} without answer"),
        ("Answered", f"{metrics['answered']:.0%}", _or_none("{:.0f}% of them right", metrics["answered_right"])),
        (
            "F1 where answerable",
            _or_none("{:.1f}", metrics["has_answer_f1"]),
            _or_none("{:.1f} were nothing withheld", metrics["has_answer_forced_f1"]),
        ),
        ("Refused rightly", _or_none("{:.0f}%", metrics["no_answer_accuracy"]), "of those without answer"),
    ]
    if recall:
        deepest = max(recall, key=int)
        tiles.append((f"Recall at {deepest}", f"{recall[deepest]:.0%}", f"mean reciprocal rank {metrics['mrr']:.2f}"))
    return [
        *tiles,
        (
            "Calibration error",
            f"{metrics['expected_calibration_error']:.3f}",
            f"answered at 95% right: {metrics['coverage_at_95']:.0%}",
        ),
        ("Median time", f"{latency['p50']:.0f} ms", f"95% within {latency['p95']:.0f} ms"),
    ]


def _or_none(form: str, value: float | None) -> str:
    return "none" if value is None else form.format(value)


def _reader_tiles(metrics: Mapping[str, Any], report: ReaderReport) -> list[tuple[str, str, str]]:
    """(name, value, remark) of the numbers to see first."""
    low, high = metrics["f1_interval"]
    tiles = [
        ("F1", f"{metrics['f1']:.1f}", f"95%: {low:.1f} to {high:.1f}"),
        ("Exact match", f"{metrics['exact_match']:.1f}", f"{metrics['questions']:,} questions"),
    ]
    if metrics["no_answer_accuracy"] is not None:
        tiles.append(
            (
                "Refused rightly",
                f"{metrics['no_answer_accuracy']:.1f}%",
                f"of {metrics['no_answer_questions']:,} without answer",
            )
        )
    if metrics["has_answer_f1"] is not None:
        tiles.append(
            ("F1 where answerable", f"{metrics['has_answer_f1']:.1f}", f"{metrics['has_answer_questions']:,} questions")
        )
    return [
        *tiles,
        (
            "Calibration error",
            f"{metrics['expected_calibration_error']:.3f}",
            f"softmax: {metrics['softmax']['expected_calibration_error']:.3f}",
        ),
        (
            "Answered at 80% right",
            f"{metrics['coverage_at_80']:.0%}",
            f"softmax: {metrics['softmax']['coverage_at_80']:.0%}",
        ),
        (
            "Answered at 95% right",
            f"{metrics['coverage_at_95']:.0%}",
            f"softmax: {metrics['softmax']['coverage_at_95']:.0%}",
        ),
        ("Answered", f"{metrics['answered']:.0%}", "always" if report.force_answer else _threshold(report)),
    ]


def _threshold(report: ReaderReport) -> str:
    return "where the span outscores null" if report.threshold is None else f"confidence from {report.threshold:.3f}"


def figure(title: str, svg: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str, Any]:
    """A chart as a page shows it, with the numbers behind it."""
    return {"title": title, "svg": svg, "columns": columns, "rows": rows}


def _grouped(slices: Sequence[SliceResult]) -> dict[str, list[SliceResult]]:
    """By slice; documents, of which there may be many, come last."""
    groups: dict[str, list[SliceResult]] = {}
    for one in sorted(slices, key=lambda one: one.name == "document"):
        groups.setdefault(one.name, []).append(one)
    return groups


def _counts(report: ReaderReport) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for miss in report.misses:
        counts[miss.kind] = counts.get(miss.kind, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])


def render(template: str, **values: Any) -> str:
    """A page of `evaluate/templates`."""
    environment = Environment(
        loader=PackageLoader("autogpt.evaluate"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(version=__version__, **values)
