"""Line charts for pages: curves brought to the coordinates of a drawing, with round numbers at its axes.

In: points by name. Out: a `Plot` that `plots.html` draws as SVG. Knows nothing about what the points mean.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Units of the drawing, and what its axes and their numbers take of it.
WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 24, 12, 28

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Tick:
    """A number at an axis, and where it stands."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: its coordinates as SVG writes them, and its last point."""

    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart. `x_from` and `x_to` are the values at its left and right edge."""

    lines: Sequence[Line]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    x_from: float
    x_to: float
    y_from: float
    y_to: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM

    def x(self, value: float) -> float:
        """Where a value stands between left and right."""
        return _placed(value, self.x_from, self.x_to, self.left, self.right)

    def y(self, value: float) -> float:
        """Where a value stands between bottom and top."""
        return _placed(value, self.y_from, self.y_to, self.bottom, self.top)


def plot(
    curves: Mapping[str, Points],
    *,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    percent: bool = False,
) -> Plot | None:
    """A chart of some curves; None where there is no point.

    Args:
        x_range, y_range: of the axes; None: as far as the points reach, from 0 where they are not far from it.
        percent: the numbers at the axes are shares.
    """
    points = [point for curve in curves.values() for point in curve if math.isfinite(point[0] + point[1])]
    if not points:
        return None
    x_from, x_to = x_range or _range([x for x, _ in points])
    y_from, y_to = y_range or _range([y for _, y in points])
    empty = Plot((), (), (), x_from, x_to, y_from, y_to)
    lines = []
    for name, curve in curves.items():
        placed = [(empty.x(x), empty.y(y)) for x, y in curve if math.isfinite(x + y)]
        if placed:
            lines.append(Line(name, " ".join(f"{x:.1f},{y:.1f}" for x, y in placed), *placed[-1]))
    x_ticks = [Tick(empty.x(one), _label(one, percent)) for one in ticks(x_from, x_to, 6)]
    y_ticks = [Tick(empty.y(one), _label(one, percent)) for one in ticks(y_from, y_to, 5)]
    return Plot(lines, x_ticks, y_ticks, x_from, x_to, y_from, y_to)


def ticks(start: float, end: float, most: int) -> list[float]:
    """Round numbers from `start` to `end`, at most `most`: 1, 2 or 5 apart, or ten times that.

    >>> ticks(0, 100, 6), ticks(0.12, 0.31, 5)
    ([0.0, 20.0, 40.0, 60.0, 80.0, 100.0], [0.15, 0.2, 0.25, 0.3])
    """
    span = max(end - start, 1e-9)
    size = 10 ** math.floor(math.log10(span))
    step = next(size * part for part in (0.1, 0.2, 0.5, 1, 2, 5, 10) if span / (size * part) <= most - 1 + 1e-9)
    first = math.ceil(start / step - 1e-9)
    last = math.floor(end / step + 1e-9)
    return [round(at * step, 10) for at in range(first, last + 1)]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if 0 <= low <= high / 2:
        low = 0.0
    if high == low:
        low, high = (0.0, high) if high > 0 else (low - 1, high + 1)
    return low, high + (high - low) * 0.05


def _placed(value: float, low: float, high: float, start: float, end: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.0
    return start + min(1.0, max(0.0, share)) * (end - start)


def _label(value: float, percent: bool) -> str:
    return f"{100 * value:.0f}%" if percent else f"{value:,.10g}"
