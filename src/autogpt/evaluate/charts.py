"""Charts as SVG to be set into a page.

In: numbers. Out: SVG text whose colours are CSS variables (`--ink`, `--muted`, `--line`, `--one`, `--two`), so that a
page decides between light and dark. Drawn by matplotlib, imported when the first chart is drawn. Knows nothing about
reports.
"""

import re
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

from autogpt.errors import MissingExtraError
from autogpt.metrics.calibration import Bin

#: Colours drawn with, and the variables they become.
_COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--muted)",
    "#030303": "var(--line)",
    "#040404": "var(--one)",
    "#050505": "var(--two)",
}
_INK, _MUTED, _LINE, _ONE, _TWO = _COLOURS

Point = tuple[float, float]


def risk_coverage_chart(curves: Sequence[tuple[str, Sequence[Point]]]) -> str:
    """Share of wrong answers (vertical) against the share of questions answered, one line per (name, points)."""

    def draw(axes: Any) -> None:
        for (name, points), colour, style in zip(curves, (_ONE, _TWO), ("-", "--"), strict=False):
            axes.plot(
                [100 * x for x, _ in points], [100 * y for _, y in points], style, color=colour, label=name, linewidth=2
            )
        axes.set_xlim(0, 100)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("answered, % of the questions")
        axes.set_ylabel("wrong, % of the answers")

    return _chart("risk-coverage", draw, legend=len(curves) > 1)


def reliability_chart(bins: Sequence[Bin]) -> str:
    """Accuracy against confidence; on the dotted line confidence is what it says."""

    def draw(axes: Any) -> None:
        axes.plot([0, 100], [0, 100], ":", color=_MUTED, linewidth=1.5, label="exact")
        axes.plot(
            [100 * one.confidence for one in bins],
            [100 * one.accuracy for one in bins],
            "o-",
            color=_ONE,
            linewidth=2,
            label="measured",
        )
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 100)
        axes.set_xlabel("confidence, %")
        axes.set_ylabel("right, %")

    return _chart("reliability", draw, legend=True)


def bar_chart(name: str, bars: Sequence[tuple[str, float]], unit: str, limit: float | None = 100.0) -> str:
    """Horizontal bars with their values, the first at the top. `name` must differ between the charts of a page."""

    def draw(axes: Any) -> None:
        labels = [f"{label}\u2002" for label, _ in bars]
        drawn = axes.barh(range(len(bars)), [value for _, value in bars], color=_ONE, height=0.65)
        axes.set_yticks(range(len(bars)), labels)
        axes.bar_label(drawn, labels=[f"{value:,.1f}" for _, value in bars], padding=3, color=_INK, fontsize=9)
        axes.invert_yaxis()
        axes.set_xlim(0, limit or 1.15 * max((value for _, value in bars), default=1) or 1)
        axes.set_xlabel(unit)
        axes.grid(visible=False, axis="y")

    return _chart(name, draw, height=0.8 + 0.32 * len(bars))


def line_chart(name: str, points: Sequence[Point], horizontal: str, vertical: str) -> str:
    """One line with its points; the vertical axis is a percentage."""

    def draw(axes: Any) -> None:
        axes.plot([x for x, _ in points], [y for _, y in points], "o-", color=_ONE, linewidth=2)
        axes.set_ylim(0, 100)
        axes.set_xlabel(horizontal)
        axes.set_ylabel(vertical)

    return _chart(name, draw)


def interval_chart(name: str, bars: Sequence[tuple[str, tuple[float, float, float]]], unit: str) -> str:
    """A point with its interval for each (label, (value, lower, upper)), the first at the top."""

    def draw(axes: Any) -> None:
        places = range(len(bars))
        values = [value for _, (value, _, _) in bars]
        below = [value - lower for _, (value, lower, _) in bars]
        above = [upper - value for _, (value, _, upper) in bars]
        axes.errorbar(values, places, xerr=[below, above], fmt="o", color=_ONE, capsize=4, linewidth=2)
        axes.set_yticks(places, [label for label, _ in bars])
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.set_xlabel(unit)

    return _chart(name, draw, height=1.1 + 0.34 * len(bars))


def scatter_chart(name: str, points: Sequence[tuple[str, float, float]], horizontal: str, vertical: str) -> str:
    """A labelled point for each (label, x, y)."""

    def draw(axes: Any) -> None:
        axes.scatter([x for _, x, _ in points], [y for _, _, y in points], color=_ONE)
        for label, x, y in points:
            axes.annotate(label, (x, y), xytext=(5, 4), textcoords="offset points", color=_INK, fontsize=9)
        axes.margins(x=0.25, y=0.2)
        axes.set_xlabel(horizontal)
        axes.set_ylabel(vertical)

    return _chart(name, draw)


def _chart(name: str, draw: Callable[[Any], None], height: float = 3.2, legend: bool = False) -> str:
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise MissingExtraError("Drawing the charts of a report", "train") from None
    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "axes.edgecolor": _LINE,
        "axes.labelcolor": _MUTED,
        "xtick.color": _MUTED,
        "ytick.color": _INK,
        "text.color": _INK,
        "grid.color": _LINE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "font.size": 10,
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=(5.2, height), layout="constrained")
        axes = figure.add_subplot()
        axes.grid(visible=True, linewidth=0.6)
        draw(axes)
        if legend:
            axes.legend(frameon=False)
        figure.patch.set_visible(False)
        axes.patch.set_visible(False)
        written = StringIO()
        FigureCanvasSVG(figure).print_svg(
            written, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    return _for_a_page(written.getvalue(), name)


def _for_a_page(svg: str, name: str) -> str:
    """The `<svg>` element alone, with names of its own and the page's colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    for drawn, variable in _COLOURS.items():
        svg = svg.replace(drawn, variable)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
