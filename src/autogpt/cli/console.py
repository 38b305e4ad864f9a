"""How commands speak: progress, tables, results.

In: `Progress` reports, rows, values. Out: a bar on a terminal, plain lines elsewhere, JSON when asked. Progress and
notices go to stderr, results to stdout. Knows nothing about where the values come from.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TextIO

from autogpt.progress import Progress, Sink, silent

#: Seconds between two lines of progress where there is no terminal.
LINE_INTERVAL = 5.0

#: How metrics are written beside the bar; others get three significant digits.
UNITS = {"f1": "{:.1f}", "exact_match": "{:.1f}", "tokens_per_second": "{:,.0f}", "loss": "{:.3f}", "epoch": "{:.2f}"}


#: What JSON has no form of, and the form it gets.
FORMS: dict[Any, Callable[[Any], Any]] = {
    Enum: lambda value: value.value,
    Path: str,
    datetime: datetime.isoformat,
    set: sorted,
    frozenset: sorted,
    Mapping: dict,
}


def on_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person sees `stream` (by default stdout) and it can be drawn on."""
    return (stream or sys.stdout).isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress(as_json: bool = False) -> Iterator[Sink]:
    """A sink for the length of a `with` block: a bar on a terminal, lines elsewhere, nothing with `as_json`."""
    if as_json:
        yield silent
    elif on_terminal(sys.stderr):
        with _bar() as sink:
            yield sink
    else:
        lines = ProgressLines(sys.stderr)
        yield lines
        lines.flush()


class ProgressLines:
    """A sink that writes a line at most every `interval` seconds, and always the last one of a stage."""

    def __init__(
        self, stream: TextIO, interval: float = LINE_INTERVAL, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream, self._interval, self._clock = stream, interval, clock
        self._waiting: Progress | None = None
        self._stage, self._began, self._written = "", 0.0, 0.0

    def __call__(self, report: Progress) -> None:
        now = self._clock()
        if report.stage != self._stage:
            self.flush()
            self._stage, self._began, self._written = report.stage, now, now
        self._waiting = report
        if now - self._written >= self._interval:
            self.flush()
            self._written = now

    def flush(self) -> None:
        """Write the report that waits, if one does."""
        if self._waiting is not None:
            print(progress_line(self._waiting, self._clock() - self._began), file=self._stream, flush=True)
        self._waiting = None


def progress_line(report: Progress, elapsed: float) -> str:
    """`train 120/1,000 (12%) · loss 1.203 · f1 71.2 · 2,310 tokens/s · 3 min left`. `elapsed` in seconds."""
    head = report.stage
    left = ""
    if report.total:
        head += f" {report.done:,.0f}/{report.total:,.0f} ({min(report.done / report.total, 1):.0%})"
        if 0 < report.done < report.total:
            left = f"{duration(elapsed / report.done * (report.total - report.done))} left"
    elif report.done:
        head += f" {report.done:,.0f}"
    return " · ".join(part for part in (head, format_metrics(report.metrics), left, report.message) if part)


def format_metrics(metrics: Mapping[str, float]) -> str:
    """`loss 1.203 · f1 71.2 · 2,310 tokens/s`."""
    parts = []
    for name, value in metrics.items():
        number = UNITS.get(name, "{:.3g}").format(value)
        rate = name.removesuffix("_per_second")
        parts.append(f"{number} {rate}/s" if rate != name else f"{name.replace('_', ' ')} {number}")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """`45 s`, `3 min`, `1 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


@contextmanager
def _bar() -> Iterator[Sink]:
    from rich import progress as bars
    from rich.console import Console
    from rich.markup import escape

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(bar_width=24),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.fields[metrics]}", style="cyan"),
        bars.TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        bars.TextColumn("{task.fields[message]}", style="dim"),
    )
    with bars.Progress(*columns, console=Console(stderr=True), speed_estimate_period=120) as shown:
        tasks: dict[str, bars.TaskID] = {}

        def sink(report: Progress) -> None:
            if report.stage not in tasks:
                tasks[report.stage] = shown.add_task(escape(report.stage), total=None, metrics="", message="")
            finished = report.total is not None and report.done >= report.total
            shown.update(
                tasks[report.stage],
                completed=int(report.done),
                total=None if report.total is None else int(report.total),
                metrics=format_metrics(report.metrics),
                message="" if finished else escape(report.message[:60]),
            )

        yield sink


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout: dataclasses, enums, paths, moments and sets included."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def say(line: str = "", style: str = "") -> None:
    """Print a line on stdout as it is; `style` (rich's words) is used on a terminal only."""
    if style and on_terminal():
        from rich.console import Console
        from rich.text import Text

        Console(highlight=False, soft_wrap=True).print(Text(line, style=style))
    else:
        print(line)


def notice(line: str) -> None:
    """Print a remark on stderr, so that it never mixes with a result."""
    if on_terminal(sys.stderr):
        from rich.console import Console
        from rich.text import Text

        Console(stderr=True, highlight=False, soft_wrap=True).print(Text(line, style="yellow"))
    else:
        print(line, file=sys.stderr)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Print rows under their columns. On a terminal cells wrap; elsewhere every row stays on its line.

    Numbers are set right and written with thousands separators; None is shown as an empty cell.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD if on_terminal() else None,
        pad_edge=False,
        header_style="bold",
    )
    for index, column in enumerate(columns):
        numbers = [row[index] for row in rows if row[index] is not None]
        right = bool(numbers) and all(isinstance(number, int | float) for number in numbers)
        drawn.add_column(column, justify="right" if right else "left", overflow="fold", no_wrap=not on_terminal())
    for row in rows:
        drawn.add_row(*(Text(_cell(value)) for value in row))
    width = None if on_terminal() else 10_000
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(drawn)
    text = captured.get()
    print(text if on_terminal() else "\n".join(line.rstrip() for line in text.splitlines()))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    for kind, form in FORMS.items():
        if isinstance(value, kind):
            return form(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
