"""Progress as lines, results as JSON and tables."""

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from autogpt.cli import console
from autogpt.cli.console import ProgressLines, duration, print_json, progress, progress_line, table
from autogpt.progress import Progress
from autogpt.records import Split


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_tells_share_metrics_and_time_left() -> None:
    report = Progress("train", 120, 1000, {"loss": 1.2034, "f1": 71.23, "tokens_per_second": 2310.4})
    assert progress_line(report, 60) == "train 120/1,000 (12%) · loss 1.203 · f1 71.2 · 2,310 tokens/s · 7 min left"


def test_lines_come_at_most_every_interval_and_the_last_of_a_stage_always() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = ProgressLines(stream, interval=5, clock=clock)
    for done in range(12):
        lines(Progress("parse", done, 11))
        clock.now += 1
    lines(Progress("embed", 1, 4))
    lines.flush()
    assert [line.split(" (")[0] for line in stream.getvalue().splitlines()] == [
        "parse 5/11",
        "parse 10/11",
        "parse 11/11",
        "embed 1/4",
    ]


def test_progress_is_silent_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(as_json=True) as sink:
        sink(Progress("parse", 1, 1))
    assert capsys.readouterr() == ("", "")


def test_progress_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as sink:
        sink(Progress("parse", 1, 1))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "parse 1/1" in shown.err


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(console, "on_terminal", lambda stream=None: True)
    with progress() as sink:
        sink(Progress("train [1]", 1, 2, {"f1": 50.0}, "[bold]name"))
        sink(Progress("train [1]", 2, 2, {"f1": 70.0}))
    assert "train [1]" in stream.getvalue()
    assert "f1 70.0" in stream.getvalue()


def test_durations_read_like_speech() -> None:
    assert [duration(seconds) for seconds in (4.4, 89, 200, 3900)] == ["4 s", "89 s", "3 min", "1 h 05 min"]


@dataclass(frozen=True)
class Report:
    path: Path
    split: Split
    labels: frozenset[str]
    scores: object


def test_json_holds_what_the_records_are_made_of(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(Report(Path("a/b"), Split.TEST, frozenset({"b", "a"}), np.array([1.5])))
    expected = {"path": "a/b", "split": "test", "labels": ["a", "b"], "scores": [1.5]}
    assert json.loads(capsys.readouterr().out) == expected


def test_rows_stay_on_their_line_away_from_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table(["name", "questions"], [["[red] " + "很长" * 100, 1234], ["short", 7]])
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["name", "questions"]
    assert first.startswith("[red] 很长")
    assert first.endswith("1,234")
    assert second.endswith("    7")
