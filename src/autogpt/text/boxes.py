"""The map from cleaned text to places on pages.

In: words of the cleaned text with their boxes. Out: for a range of the text, boxes to draw. Coordinates are points from
the top left corner of the page as it is shown. Knows nothing about PDF.
"""

import zlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from autogpt.records import Span
from autogpt.text.offsets import OffsetMap, pack_integers, unpacked

_MAGIC = b"boxes001"
#: Coordinates are kept in tenths of a point.
_SCALE = 10


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on page `page` (counted from 1): left, top, right, bottom in points."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Placed:
    """`span` of the cleaned text stands in `box`."""

    span: Span
    box: Box


class BoxMap:
    """Where the words of a text stand.

    Args:
        words: in the order of the text, not overlapping there.
        sizes: width and height of each page, points, from page 1 on.
    """

    def __init__(self, words: Iterable[Placed], sizes: Iterable[tuple[float, float]]) -> None:
        self.words = tuple(words)
        self.sizes = tuple(sizes)
        self._starts = [word.span.start for word in self.words]

    def boxes(self, span: Span) -> list[Box]:
        """Boxes that together cover `span`: one for every line it touches, cut to its characters."""
        found: list[Box] = []
        at = max(bisect_right(self._starts, span.start) - 1, 0)
        while at < len(self.words) and self._starts[at] < span.end:
            word = self.words[at]
            if word.span.overlaps(span):
                box = _part(word, span)
                if found and _same_line(found[-1], box):
                    box = _hull(found.pop(), box)
                found.append(box)
            at += 1
        return found

    def to_bytes(self) -> bytes:
        """Compact form: differences as variable-length integers, compressed."""
        numbers = [len(self.sizes), len(self.words)]
        for size in self.sizes:
            numbers += (_scaled(size[0]), _scaled(size[1]))
        at, before = 0, [0, 0, 0, 0, 0]
        for word in self.words:
            box = word.box
            now = [box.page, *map(_scaled, (box.left, box.top, box.right, box.bottom))]
            changes = (word.span.start - at, len(word.span), *(new - old for new, old in zip(now, before, strict=True)))
            numbers += (number * 2 if number >= 0 else -number * 2 - 1 for number in changes)
            at, before = word.span.end, now
        return _MAGIC + zlib.compress(pack_integers(numbers), 6)

    @classmethod
    def from_bytes(cls, data: bytes, within: Span | None = None) -> "BoxMap":
        """Read `to_bytes` back; with `within` only the words that stand there, which is faster.

        Raises ValueError when `data` is something else.
        """
        if not data.startswith(_MAGIC):
            raise ValueError("not a map of boxes")
        numbers = unpacked(zlib.decompress(data[len(_MAGIC) :]))
        pages, count = int(numbers[0]), int(numbers[1])
        sizes = (numbers[2 : 2 + 2 * pages] / _SCALE).reshape(-1, 2).tolist()
        rows = numbers[2 + 2 * pages :][: 7 * count].reshape(-1, 7)
        signed = np.where(rows % 2 == 0, rows // 2, -(rows + 1) // 2)
        ends = np.cumsum(signed[:, 0] + signed[:, 1])
        starts = ends - signed[:, 1]
        places = np.cumsum(signed[:, 2:], axis=0)
        kept = slice(None) if within is None else (starts < within.end) & (ends > within.start)
        words = [
            Placed(Span(start, end), Box(page, *(number / _SCALE for number in box)))
            for start, end, (page, *box) in zip(
                starts[kept].tolist(), ends[kept].tolist(), places[kept].tolist(), strict=True
            )
        ]
        return cls(words, [(width, height) for width, height in sizes])


SourceMap = OffsetMap | BoxMap


def load_source_map(data: bytes) -> SourceMap:
    """The map stored with a document version, whichever kind it is. Raises ValueError for other bytes."""
    return BoxMap.from_bytes(data) if data.startswith(_MAGIC) else OffsetMap.from_bytes(data)


def _scaled(points: float) -> int:
    return round(points * _SCALE)


def _part(word: Placed, span: Span) -> Box:
    """The part of a word's box under `span`, as if its characters were equally wide."""
    box, length = word.box, len(word.span)
    width = (box.right - box.left) / length
    left = box.left + max(span.start - word.span.start, 0) * width
    right = box.right - max(word.span.end - span.end, 0) * width
    return Box(box.page, left, box.top, right, box.bottom)


def _same_line(one: Box, other: Box) -> bool:
    middle = (other.top + other.bottom) / 2
    height = max(one.bottom - one.top, other.bottom - other.top)
    near = -height < other.left - one.right < 2 * height
    return one.page == other.page and one.top <= middle <= one.bottom and near


def _hull(one: Box, other: Box) -> Box:
    return Box(
        one.page,
        min(one.left, other.left),
        min(one.top, other.top),
        max(one.right, other.right),
        max(one.bottom, other.bottom),
    )
