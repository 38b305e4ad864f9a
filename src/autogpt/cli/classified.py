"""Shows the evaluation of a classifier on a terminal.

In: a report. Out: tables. Knows nothing about how results come about.
"""

from typing import TYPE_CHECKING

from autogpt.cli.console import notice, say, table

if TYPE_CHECKING:
    from autogpt.evaluate.classifier import ClassifierReport

#: Classes and confused pairs shown; the page and the JSON list all.
_CLASSES, _PAIRS = 20, 10

#: Metrics, the words for them, and how they are written.
_METRICS = (
    ("accuracy", "accuracy", "{:.1%}"),
    ("macro_f1", "mean F1 of the classes", "{:.3f}"),
    ("micro_f1", "F1 over all labels", "{:.3f}"),
    ("expected_calibration_error", "calibration error", "{:.3f}"),
    ("in_scope_kept", "in-scope texts kept", "{:.1%}"),
    ("in_scope_accuracy", "right and kept", "{:.1%}"),
    ("out_of_scope_recall", "out-of-scope texts told", "{:.1%}"),
    ("out_of_scope_auroc", "area under ROC, out of scope", "{:.3f}"),
    ("spearman", "rank correlation", "{:.3f}"),
    ("mean_squared_error", "mean squared error", "{:.3f}"),
)


def show_classifier(report: "ClassifierReport") -> None:
    metrics = report.metrics
    say(f"{report.model} on {report.data}: {metrics['texts']:,} texts in {metrics['seconds']:.1f} s", "bold")
    table(["", ""], [(label, form.format(metrics[name])) for name, label, form in _METRICS if name in metrics])
    for one in report.notices:
        notice(one)
    if not report.classes:
        return
    lowest = sorted(report.classes, key=lambda one: one.f1)[:_CLASSES]
    say()
    say("All classes:" if len(lowest) == len(report.classes) else f"The {len(lowest)} classes with the lowest F1:")
    table(
        ["class", "texts", "precision", "recall", "F1"],
        [(one.label, one.support, f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}") for one in lowest],
    )
    if report.confusions:
        say()
        rows = [(one.label, one.said, one.count) for one in report.confusions[:_PAIRS]]
        table(["is", "was taken for", "texts"], rows)
