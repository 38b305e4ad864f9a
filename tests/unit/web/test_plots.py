"""Charts: curves come to the right places, axes have round numbers, and nothing odd breaks them."""

import math

import pytest

from autogpt.web.plots import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, plot, ticks


def test_points_stand_where_their_values_say() -> None:
    shown = plot({"loss": [(0, 0), (50, 1), (100, 2)]}, x_range=(0, 100), y_range=(0, 2))
    assert shown is not None
    (line,) = shown.lines
    middle = f"{(LEFT + WIDTH - RIGHT) / 2:.1f},{(TOP + HEIGHT - BOTTOM) / 2:.1f}"
    assert line.path.split() == [f"{LEFT:.1f},{HEIGHT - BOTTOM:.1f}", middle, f"{WIDTH - RIGHT:.1f},{TOP:.1f}"]
    assert [tick.label for tick in shown.x_ticks] == ["0", "20", "40", "60", "80", "100"]


def test_a_single_point_no_point_and_no_number_do_no_harm() -> None:
    assert plot({}) is None
    assert plot({"loss": [(1, math.nan)]}) is None
    one = plot({"loss": [(5, 0.0), (6, math.inf)]})
    assert one is not None
    assert len(one.lines[0].path.split()) == 1


@pytest.mark.parametrize(("start", "end"), [(0, 1), (0, 7), (0.003, 0.004), (120, 99_000), (-3, 3), (0, 1e-12)])
def test_ticks_are_few_round_and_inside(start: float, end: float) -> None:
    found = ticks(start, end, 6)
    assert len(found) <= 6
    assert all(start - 1e-9 <= one <= end + 1e-9 for one in found)
