"""Text that remembers where each of its characters came from.

In: an original text. Out: changed text with its `OffsetMap`. Knows nothing about why text is changed.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

from autogpt.records import Span
from autogpt.text.offsets import OffsetMap, Piece

#: Longest text whose changes are aligned character by character.
_ALIGNED = 2_000


@dataclass(frozen=True, slots=True)
class Mapped:
    """A text and the pieces that lead to its original; immutable.

    >>> text = Mapped.of("a  b").sub(re.compile(r" +"), lambda match: " ")
    >>> text.text, text.map.span(Span(2, 3))
    ('a b', Span(start=3, end=4))
    """

    text: str
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, text: str, at: int = 0) -> "Mapped":
        """`text` as it stands in the original at offset `at`."""
        return cls(text, (Piece(len(text), Span(at, at + len(text))),) if text else ())

    @classmethod
    def standing_for(cls, text: str, source: Span) -> "Mapped":
        """`text` that stands as a whole for the range `source`; an empty range: inserted there."""
        return cls(text, (Piece(len(text), source),) if text else ())

    @property
    def map(self) -> OffsetMap:
        return OffsetMap(self.pieces)

    def __len__(self) -> int:
        return len(self.text)

    def __bool__(self) -> bool:
        return bool(self.text)

    def __add__(self, other: "Mapped") -> "Mapped":
        return Mapped(self.text + other.text, self.pieces + other.pieces)

    def cut(self, start: int, end: int) -> "Mapped":
        """The characters [start, end)."""
        if start == 0 and end == len(self.text):
            return self
        return Mapped(self.text[start:end], tuple(self.map.cut(Span(start, end))))

    def strip(self) -> "Mapped":
        start = len(self.text) - len(self.text.lstrip())
        return self.cut(start, max(len(self.text.rstrip()), start))

    def lines(self) -> Iterator["Mapped"]:
        """The lines, without their line breaks ("\\n" alone)."""
        whole, start = self.map, 0
        for line in self.text.split("\n"):
            yield Mapped(line, tuple(whole.cut(Span(start, start + len(line)))))
            start += len(line) + 1

    def replaced(self, changes: Iterable[tuple[int, int, str]]) -> "Mapped":
        """With ranges [start, end) replaced; `changes` must be in order and must not overlap.

        A replacement of equal length stays mapped character by character; an inserted one stands for its place.
        """
        changes = list(changes)
        if not changes:
            return self
        texts: list[str] = []
        pieces: list[Piece] = []
        whole, at = self.map, 0
        for start, end, text in changes:
            texts += (self.text[at:start], text)
            pieces.extend(whole.cut(Span(at, start)))
            if len(text) == end - start:
                pieces.extend(whole.cut(Span(start, end)))
            elif text:
                pieces.append(Piece(len(text), whole.span(Span(start, end))))
            at = end
        texts.append(self.text[at:])
        pieces.extend(whole.cut(Span(at, len(self.text))))
        return Mapped("".join(texts), tuple(pieces))

    def sub(self, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]) -> "Mapped":
        """With every match replaced by what `replace` returns for it."""
        return self.replaced((match.start(), match.end(), replace(match)) for match in pattern.finditer(self.text))

    def rewritten(self, text: str) -> "Mapped":
        """With the whole text replaced by `text`; what the two share stays mapped character by character."""
        if text == self.text:
            return self
        if max(len(text), len(self.text)) > _ALIGNED:
            return self.replaced([(0, len(self.text), text)])
        matcher = SequenceMatcher(None, self.text, text, autojunk=False)
        return self.replaced(
            (start, end, text[new_start:new_end])
            for kind, start, end, new_start, new_end in matcher.get_opcodes()
            if kind != "equal"
        )


EMPTY = Mapped("", ())


def join(parts: Iterable[Mapped], separator: str = "") -> Mapped:
    """The parts in a row, with inserted separators between them."""
    row: list[Mapped] = []
    for part in parts:
        if row and separator:
            place = row[-1].pieces[-1].source.end if row[-1].pieces else 0
            row.append(Mapped.standing_for(separator, Span(place, place)))
        row.append(part)
    return Mapped("".join(part.text for part in row), tuple(chain.from_iterable(part.pieces for part in row)))
