"""Progress of long work, as data.

In: `Progress` values from whoever works. Out: calls of a sink (console bar, events file, job row, page).
Knows nothing about terminals or databases. A sink stops the work by raising `CancelledError`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """One report.

    Attributes:
        stage: what is being done, in the words of the command ("parse", "embed", "train").
        done: units finished so far.
        total: units in all, or None when it is not known.
        metrics: numbers worth showing beside the bar (loss, f1, tokens_per_second).
        message: a line for people: a file's name, a warning.
    """

    stage: str
    done: float = 0
    total: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    message: str = ""


Sink = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """The sink that shows nothing."""


def fan_out(*sinks: Sink) -> Sink:
    """One sink that passes every report to each of `sinks`, in order."""

    def send(progress: Progress) -> None:
        for sink in sinks:
            sink(progress)

    return send


def track(items: Iterable[T], stage: str, sink: Sink, total: int | None = None) -> Iterator[T]:
    """Yield `items`, reporting to `sink` before the first and after each."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    sink(Progress(stage, 0, total))
    for done, item in enumerate(items, 1):
        yield item
        sink(Progress(stage, done, total))
