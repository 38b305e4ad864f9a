"""Finds out what the offsets of an annotation tool count, and makes code points of them.

Tools count what their programming language counts: UTF-16 units in a browser, sometimes whole grapheme clusters, line
ends as one character; some name the last character of a span, others the one after it. In: texts and places as stated.
Out: spans of code points, with what had to be put right. Knows no tool.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from autogpt.annotate.anchor import joined
from autogpt.records import Span

#: Places that are looked at to find out how a file counts.
_SAMPLE = 2_000
_ZERO_WIDTH_JOINER = "\u200d"
_ZERO_WIDTH = "\u200c\u200d"
#: In Unicode 10: emojis that a zero-width joiner joins to the one before, and those that take a skin tone.
_JOINED = re.compile("[♀♂⚕⚖✈❤🌈🌾🍳🎓🎤🎨🏫🏭👦-👩💋💻💼🔧🔬🗨🚀🚒]")
_TONED = re.compile(
    "[☝⛹✊-✍🎅🏂-🏄🏇🏊-🏌👂👃👆-👐👦-👩👮👰-👸👼💁-💃💅-💇💪🕴🕵🕺🖐🖕🖖🙅-🙇🙋-🙏🚣🚴-🚶🛀🛌🤘-🤜🤞🤟🤦🤰-🤹🤽🤾🧑-🧝]"
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A place as a tool states it: `quote` is the text that stands there, where the tool says so."""

    start: int
    end: int
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Counting:
    """A way to count: the unit, and whether the end is the last unit of the place or the one after it."""

    unit: str
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a stated place is, and what was put right; no span where the quote stands elsewhere, or nowhere."""

    span: Span | None
    reasons: tuple[str, ...] = ()


class Counted:
    """A text whose places are stated in units other than code points.

    >>> Counted("👍 Fee").span(Stated(3, 6), Counting("UTF-16 units"))
    Span(start=2, end=5)
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def span(self, stated: Stated, counting: Counting) -> Span | None:
        """The place in code points; None when it reaches beyond the text or is none."""
        end = stated.end + counting.inclusive
        borders = self._borders(counting.unit)
        length = len(self.text) if borders is None else len(borders) - 1
        if not 0 <= stated.start <= end <= length:
            return None
        if borders is None:
            return Span(stated.start, end)
        # An end inside a character takes the whole of it.
        half = end > 0 and borders[end] == borders[end - 1]
        return Span(borders[stated.start], borders[end] + half)

    def offset(self, at: int, unit: str) -> int:
        """A number of code points in another unit."""
        borders = self._borders(unit)
        return at if borders is None else bisect_left(borders, at)

    def place(self, stated: Stated, ways: Sequence[Counting], habit: Counting) -> Placed:
        """The place by the first way that gives its quote; without a quote by the first way.

        White space at its ends is left out of it.

        Args:
            habit: how the tool counts by itself; that its ends are inclusive is then nothing to put right.
        """
        for way in ways:
            span = self.span(stated, way)
            if span is None or (stated.quote and _plain(span.of(self.text)) != _plain(stated.quote)):
                if stated.quote:
                    continue
                return Placed(None, ("Its offsets are beyond the end of the text.",))
            return self._trimmed(span, stated, way, habit)
        return Placed(None, ("Its offsets lead elsewhere, so its text was looked for.",))

    def _trimmed(self, span: Span, stated: Stated, way: Counting, habit: Counting) -> Placed:
        found = span.of(self.text)
        start = span.start + len(found) - len(found.lstrip())
        end = max(start, span.end - (len(found) - len(found.rstrip())))
        alike = (unit for unit in _UNIT_REASONS if self.span(stated, Counting(unit, way.inclusive)) == span)
        simplest = _UNIT_REASONS[next(alike, way.unit)]
        reasons = [simplest] if simplest else []
        if way.inclusive != habit.inclusive:
            reasons.append("Its end is its last character." if way.inclusive else "Its end is the character after it.")
        reasons += ["White space at its ends was left out."] if (start, end) != (span.start, span.end) else []
        return Placed(Span(start, end), tuple(reasons))

    def _borders(self, unit: str) -> list[int] | None:
        """Offset in code points of each unit, and of the end; None where units are code points in this text."""
        return self._made[unit]() if unit in self._made else None

    @cached_property
    def _made(self) -> dict[str, Callable[[], list[int]]]:
        made: dict[str, list[int]] = {}

        def once(unit: str, make: Callable[[str], list[int]]) -> Callable[[], list[int]]:
            def borders() -> list[int]:
                if unit not in made:
                    made[unit] = make(self.text)
                return made[unit]

            return borders

        if self.text.isascii() and "\r\n" not in self.text:
            return {}
        return {unit: once(unit, make) for unit, make in _BORDERS.items()}


def usual(texts: Iterable[tuple[Counted, Sequence[Stated]]], ways: Sequence[Counting]) -> list[Counting]:
    """The ways to count, what a file does first: the tool's habit, unless another way fits its places clearly better.

    Places with a quote need no guess and are passed over. A way fits where places begin and end with words.
    """
    sample: list[tuple[Counted, Stated]] = []
    for text, places in texts:
        sample += [(text, one) for one in places if not one.quote]
        if len(sample) >= _SAMPLE:
            break
    if not sample:
        return list(ways)
    wrong = {way: [_misfit(text, one, way) for text, one in sample] for way in ways}
    best = min(ways, key=lambda way: sum(wrong[way]))
    habit = wrong[ways[0]]
    better = sum(habit) - sum(wrong[best])
    if better >= 2 or (better > 0 and 2 * sum(map(bool, habit)) > len(habit)):
        return [best, *(way for way in ways if way != best)]
    return list(ways)


def _misfit(text: Counted, stated: Stated, way: Counting) -> int:
    """How unlikely it is that somebody marked this."""
    span = text.span(stated, way)
    if span is None:
        return 3
    found = span.of(text.text)
    if not found.strip():
        return 2
    edges = (joined(text.text, span.start), joined(text.text, span.end), found[0].isspace(), found[-1].isspace())
    return sum(edges)


def _plain(text: str) -> str:
    """A quote as it is compared: some tools write line ends as a backslash with an n, or as spaces."""
    return " ".join(text.replace("\\n", "\n").split())


def _units_of_16_bits(text: str) -> list[int]:
    borders = []
    for at, character in enumerate(text):
        borders += [at, at] if ord(character) > 0xFFFF else [at]
    return [*borders, len(text)]


def _joining_line_ends(make: Callable[[str], list[int]]) -> Callable[[str], list[int]]:
    """The same with each CR LF as one unit."""

    def borders(text: str) -> list[int]:
        return [at for at in make(text) if not (0 < at < len(text) and text[at - 1 : at + 1] == "\r\n")]

    return borders


def _clusters(text: str) -> list[int]:
    """Borders of grapheme clusters, by the rules of UAX 29 that matter for what people mark.

    As of Unicode 10, which the pages of tools keep to: what younger emojis are joined of counts one by one.
    """
    borders: list[int] = []
    flags = 0
    for at, character in enumerate(text):
        before = text[at - 1] if at else ""
        flag = 0x1F1E6 <= ord(character) <= 0x1F1FF
        flags = flags + 1 if flag else 0
        joins = (
            (before == "\r" and character == "\n")
            or unicodedata.category(character) in {"Mn", "Me", "Mc"}
            or character in _ZERO_WIDTH
            or (before == _ZERO_WIDTH_JOINER and _JOINED.match(character))
            or (0x1F3FB <= ord(character) <= 0x1F3FF and _TONED.match(before))
            or 0xE0020 <= ord(character) <= 0xE007F
            or (flag and flags % 2 == 0)
        )
        if not (at and joins):
            borders.append(at)
    return [*borders, len(text)]


def _characters(text: str) -> list[int]:
    return list(range(len(text) + 1))


#: Unit → borders of a text in it; `characters` needs none.
_BORDERS: dict[str, Callable[[str], list[int]]] = {
    "UTF-16 units": _units_of_16_bits,
    "grapheme clusters": _clusters,
    "UTF-16 units, line ends as one": _joining_line_ends(_units_of_16_bits),
    "characters, line ends as one": _joining_line_ends(_characters),
}
#: What is said of each unit, the simplest first.
_UNIT_REASONS = {
    "characters": "",
    "UTF-16 units": "It counts UTF-16 units.",
    "characters, line ends as one": "It counts line ends as one character.",
    "UTF-16 units, line ends as one": "It counts UTF-16 units, and line ends as one.",
    "grapheme clusters": "It counts grapheme clusters.",
}
#: All units, those of browsers first.
UNITS = (
    "UTF-16 units",
    "characters",
    "UTF-16 units, line ends as one",
    "characters, line ends as one",
    "grapheme clusters",
)
EXCLUSIVE = tuple(Counting(unit) for unit in UNITS)
INCLUSIVE = tuple(Counting(unit, inclusive=True) for unit in UNITS)
