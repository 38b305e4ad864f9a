"""The evaluation of a classifier as a page; see `evaluate.report`.

In: a report. Out: HTML. Knows nothing about how results come about.
"""

from typing import Any

from autogpt.evaluate import charts
from autogpt.evaluate.classifier import ClassifierReport
from autogpt.evaluate.report import SHOWN_MISSES, figure, render


def classifier_html(report: ClassifierReport) -> str:
    """The page of a classifier's evaluation. Raises MissingExtraError without matplotlib."""
    figures = []
    if report.reliability:
        rows = [(one.count, f"{one.confidence:.1%}", f"{one.accuracy:.1%}") for one in report.reliability]
        drawn = charts.reliability_chart(report.reliability)
        figures.append(figure("Whether confidence is what it says", drawn, ("texts", "confidence", "right"), rows))
    worst = sorted((one for one in report.classes if one.support), key=lambda one: one.f1)[:12]
    if len(worst) > 1:
        bars = [(f"{one.label} ({one.support:,})", 100 * one.f1) for one in worst]
        figures.append(figure("The classes with the lowest F1", charts.bar_chart("f1", bars, "F1, % (texts)"), (), ()))
    return render(
        "classifier.html",
        title=f"{report.model or 'Classifier'} on {report.data or 'data'}",
        report=report,
        tiles=_tiles(report),
        figures=figures,
        misses=report.misses[:SHOWN_MISSES],
    )


def _tiles(report: ClassifierReport) -> list[tuple[str, str, str]]:
    """(name, value, remark) of the numbers to see first."""
    metrics: Any = report.metrics
    if report.kind == "similarity":
        return [
            ("Rank correlation", f"{metrics['spearman']:.3f}", f"{metrics['texts']:,} pairs"),
            ("Mean squared error", f"{metrics['mean_squared_error']:.3f}", ""),
        ]
    tiles = [
        ("Accuracy", f"{metrics['accuracy']:.1%}", f"{metrics['texts']:,} texts"),
        ("Mean F1", f"{metrics['macro_f1']:.3f}", f"of {len(report.classes):,} classes"),
        ("Calibration error", f"{metrics['expected_calibration_error']:.3f}", ""),
    ]
    if "in_scope_accuracy" in metrics:
        kept = f"{metrics['in_scope_kept']:.1%} kept"
        tiles.append(("Right in scope", f"{metrics['in_scope_accuracy']:.1%}", kept))
    if "out_of_scope_recall" in metrics:
        remark = f"of {metrics['out_of_scope_texts']:,}"
        tiles.append(("Out of scope told", f"{metrics['out_of_scope_recall']:.1%}", remark))
    if "out_of_scope_auroc" in metrics:
        tiles.append(("Area under ROC", f"{metrics['out_of_scope_auroc']:.3f}", "out of scope or not"))
    return tiles
