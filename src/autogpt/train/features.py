"""Turns reader examples into labelled windows, and windows into rows of a batch.

In: examples and a window builder. Out: `LabelledWindow`s and rows of them. Knows nothing about torch or models.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autogpt.progress import Sink, silent, track
from autogpt.read.windows import Window, WindowBuilder
from autogpt.records import AnswerSpan, ReaderExample

#: Examples tokenised together.
_BATCH = 512


@dataclass(frozen=True, slots=True)
class LabelledWindow:
    """A window with the token positions a reader should find.

    `start` and `end` are the first and last token of the answer, or both `null_index` when the window has none.
    `inside` is the half-open range of positions that hold context.
    """

    input_ids: list[int]
    type_ids: list[int]
    inside: tuple[int, int]
    null_index: int
    start: int
    end: int

    def __len__(self) -> int:
        return len(self.input_ids)


#: What one row of a batch holds: one window, or several packed side by side.
Row = tuple[LabelledWindow, ...]


def labelled_windows(
    examples: Sequence[ReaderExample], builder: WindowBuilder, sink: Sink = silent
) -> list[LabelledWindow]:
    """Every window of every example. A window that cuts the answer counts as one without it."""
    batches = [examples[at : at + _BATCH] for at in range(0, len(examples), _BATCH)]
    labelled: list[LabelledWindow] = []
    for batch in track(batches, "tokenise", sink):
        built = builder.build_many([(one.question, one.context) for one in batch])
        for example, windows in zip(batch, built, strict=True):
            labelled.extend(label(window, example.answers) for window in windows)
    return labelled


def label(window: Window, answers: Sequence[AnswerSpan]) -> LabelledWindow:
    """The window with the first of `answers` that lies whole inside it."""
    start = end = window.null_index
    for answer in answers:
        found = token_range(window, answer.start, answer.end)
        if found is not None:
            start, end = found
            break
    return LabelledWindow(
        input_ids=window.input_ids,
        type_ids=window.type_ids,
        inside=window.context_range,
        null_index=window.null_index,
        start=start,
        end=end,
    )


def token_range(window: Window, start: int, end: int) -> tuple[int, int] | None:
    """First and last token (inclusive) that cover code points [start, end), or None when they are not all inside."""
    first = last = None
    for position, offset in enumerate(window.offsets):
        if offset is None:
            continue
        if offset[0] <= start < offset[1] and first is None:
            first = position
        if offset[0] < end <= offset[1]:
            last = position
    return (first, last) if first is not None and last is not None and first <= last else None


def pack(windows: Sequence[LabelledWindow], width: int, seed: int) -> list[Row]:
    """Rows of at most `width` tokens, filled from a shuffled order, longest windows of a pool first (best fit).

    Pools of 2,048 windows keep the order random on the scale of an epoch while leaving little padding. The method is
    best-fit-decreasing bin packing, as for BERT pre-training in Krell et al. 2021 (arXiv:2107.02027).
    """
    order = list(windows)
    random.Random(seed).shuffle(order)
    rows: list[Row] = []
    for at in range(0, len(order), 2048):
        rows.extend(_fill(order[at : at + 2048], width))
    random.Random(seed + 1).shuffle(rows)
    return rows


def _fill(windows: list[LabelledWindow], width: int) -> Iterator[Row]:
    open_rows: dict[int, list[list[LabelledWindow]]] = {}  # room left → rows with that room
    for window in sorted(windows, key=len, reverse=True):
        room = next((room for room in range(len(window), width) if open_rows.get(room)), None)
        row = open_rows[room].pop() if room is not None else []
        row.append(window)
        left = (width if room is None else room) - len(window)
        open_rows.setdefault(left, []).append(row)
    for rows in open_rows.values():
        yield from (tuple(row) for row in rows)
