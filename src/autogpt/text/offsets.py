"""The map from cleaned text back to the text it was made from.

In: pieces, in the order of the cleaned text. Out: for a range of the cleaned text, the range of the original. Offsets
are code points. Knows nothing about why text was changed.
"""

import zlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from autogpt.records import Span

_MAGIC = b"offsets1"


@dataclass(frozen=True, slots=True)
class Piece:
    """`length` characters of cleaned text that stand for the range `source` of the original.

    A piece of equal length on both sides maps character by character; any other maps as a whole. An empty `source`
    marks inserted text.
    """

    length: int
    source: Span

    @property
    def exact(self) -> bool:
        return self.length == len(self.source)

    def part(self, start: int, end: int) -> "Piece":
        """The piece cut to its characters [start, end)."""
        if self.exact:
            return Piece(end - start, Span(self.source.start + start, self.source.start + end))
        return Piece(end - start, self.source)


class OffsetMap:
    """Piecewise map from cleaned text to its original.

    >>> OffsetMap([Piece(5, Span(0, 5)), Piece(1, Span(5, 9)), Piece(4, Span(9, 13))]).span(Span(4, 7))
    Span(start=4, end=10)
    """

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces: tuple[Piece, ...] = tuple(_merged(pieces))
        self._starts = [0, *accumulate(piece.length for piece in self.pieces)]

    @classmethod
    def identity(cls, length: int) -> "OffsetMap":
        return cls([Piece(length, Span(0, length))])

    def __len__(self) -> int:
        """Length of the cleaned text."""
        return self._starts[-1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OffsetMap) and self.pieces == other.pieces

    def __hash__(self) -> int:
        return hash(self.pieces)

    def cut(self, span: Span) -> list[Piece]:
        """The pieces under a range of the cleaned text, cut to it. Raises ValueError beyond its end."""
        if span.end > len(self):
            raise ValueError(f"[{span.start}, {span.end}) is beyond the {len(self)} characters of the map")
        found: list[Piece] = []
        at = max(bisect_right(self._starts, span.start) - 1, 0)
        while at < len(self.pieces) and self._starts[at] < span.end:
            start, piece = self._starts[at], self.pieces[at]
            first, last = max(span.start - start, 0), min(span.end - start, piece.length)
            if first < last:
                found.append(piece.part(first, last))
            at += 1
        return found

    def spans(self, span: Span) -> list[Span]:
        """The ranges of the original that `span` stands for: in its order, joined where they touch."""
        joined: list[Span] = []
        for piece in self.cut(span):
            if not len(piece.source):
                continue
            if joined and joined[-1].start <= piece.source.start <= joined[-1].end:
                joined[-1] = Span(joined[-1].start, max(joined[-1].end, piece.source.end))
            else:
                joined.append(piece.source)
        return joined

    def span(self, span: Span) -> Span:
        """The smallest range of the original that holds everything `span` stands for.

        For inserted or empty text: the empty range at its place.
        """
        found = self.spans(span)
        if found:
            return Span(min(one.start for one in found), max(one.end for one in found))
        if not self.pieces:
            return Span(0, 0)
        at = max(bisect_right(self._starts, span.start) - 1, 0)
        if at < len(self.pieces):
            place = self.pieces[at].part(span.start - self._starts[at], span.start - self._starts[at]).source.start
        else:
            place = self.pieces[-1].source.end
        return Span(place, place)

    def after(self, source: "OffsetMap") -> "OffsetMap":
        """The map through both: `self` leads to a text that `source` leads on from."""
        pieces: list[Piece] = []
        for piece in self.pieces:
            if piece.exact:
                pieces.extend(source.cut(piece.source))
            else:
                pieces.append(Piece(piece.length, source.span(piece.source)))
        return OffsetMap(pieces)

    def to_bytes(self) -> bytes:
        """Compact form: variable-length integers, compressed."""
        numbers = [len(self.pieces)]
        at = 0
        for piece in self.pieces:
            numbers += (piece.length, _zigzag(piece.source.start - at), _zigzag(len(piece.source) - piece.length))
            at = piece.source.end
        return _MAGIC + zlib.compress(pack_integers(numbers), 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> "OffsetMap":
        """Read `to_bytes` back. Raises ValueError when `data` is something else."""
        if not data.startswith(_MAGIC):
            raise ValueError("not an offset map")
        numbers = unpack_integers(zlib.decompress(data[len(_MAGIC) :]))
        pieces: list[Piece] = []
        at = 0
        for index in range(numbers[0]):
            length, start, extra = numbers[1 + index * 3 : 4 + index * 3]
            first = at + _unzigzag(start)
            at = first + length + _unzigzag(extra)
            pieces.append(Piece(length, Span(first, at)))
        return cls(pieces)


def pack_integers(numbers: Iterable[int]) -> bytes:
    """Non-negative integers as little-endian base 128 (LEB128)."""
    out = bytearray()
    for number in numbers:
        rest = number
        while rest > 127:
            out.append(rest & 127 | 128)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def unpacked(data: bytes) -> NDArray[np.int64]:
    """Read `pack_integers` back: int64[N]."""
    parts = np.frombuffer(data, np.uint8)
    last = np.flatnonzero(parts < 128)
    first = np.concatenate(([0], last[:-1] + 1)) if len(last) else last
    numbers = np.zeros(len(last), np.int64)
    for place in range(int((last - first).max(initial=-1)) + 1):
        present = first + place <= last
        numbers[present] |= (parts[first[present] + place] & 127).astype(np.int64) << 7 * place
    return numbers


def unpack_integers(data: bytes) -> list[int]:
    """`unpacked` as a list."""
    found: list[int] = unpacked(data).tolist()
    return found


def _zigzag(number: int) -> int:
    return number * 2 if number >= 0 else -number * 2 - 1


def _unzigzag(number: int) -> int:
    return number // 2 if number % 2 == 0 else -(number + 1) // 2


def _merged(pieces: Iterable[Piece]) -> Sequence[Piece]:
    """Pieces without empty ones; neighbours that both map character by character become one."""
    joined: list[Piece] = []
    start = end = -1
    for piece in pieces:
        if not piece.length:
            continue
        exact = piece.length == piece.source.end - piece.source.start
        if exact and piece.source.start == end:
            end = piece.source.end
            joined[-1] = Piece(end - start, Span(start, end))
            continue
        joined.append(piece)
        start, end = (piece.source.start, piece.source.end) if exact else (-1, -1)
    return joined
