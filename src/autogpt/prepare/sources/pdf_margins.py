"""Tells where the paragraphs of a page begin and how far their lines reach, by the edges of the lines.

In: the lines of a page. Out: whether a line begins a paragraph, or has room for what follows it. Knows nothing about
fonts or tables.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from autogpt.prepare.sources.pdf_lines import BULLET, Line

#: Chinese characters with their punctuation and wide forms.
HAN = re.compile(r"[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]")
_ITEM = re.compile(
    r"[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十百\d]+[条條章节節款項项]|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,2}[.、](?!\d)"
)
#: How far Chinese paragraphs are indented, font sizes.
_INDENT = (1.5, 2.7)
#: Lines that begin this near to each other begin at one edge, font sizes.
_LEVEL = 0.5
#: So many filled lines below another at its edge are one body with it.
_FEWEST_OF_BODY = 2


class Margins:
    """Where the lines of a page's paragraphs begin, and how far to the right they reach."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = [line for line in lines if len(line.cells) == 1]
        #: Line → the Chinese line that stands below it where it is filled to its end.
        self._below = {
            id(line): below
            for line, below in pairwise(self._lines)
            if HAN.match(below.text)
            and 0 < below.baseline - line.baseline < 2.2 * line.size
            and not self.has_room(line, below)
        }

    def indents(self, line: Line, gathered: Sequence[Line]) -> bool:
        """Whether a Chinese line begins two characters right of where the lines of its paragraph would, as paragraphs
        do.

        What stands left of a body that is indented throughout tells nothing. So a line is compared with the one above
        it, or, where both begin at one edge, with the lines below it, and at last with the page's other second lines.

        Args:
            gathered: the paragraph that `line` may go on; what hangs below the sign of an item is not indented.
        """
        last = gathered[-1]
        if HAN.match(line.text) is None or (len(gathered) == 1 and opens_item(last)):
            return False
        if len(gathered) > 1 or not _are_level(line.left, last.left, line.size):
            return _is_indented(line, last.left)
        level, below = self._run_below(line)
        if below is not None:
            return _is_indented(line, below.left)
        return level < _FEWEST_OF_BODY and self._begins_as_first_lines_do(line)

    def _run_below(self, line: Line) -> tuple[int, Line | None]:
        """How many filled lines follow `line` at its edge, and the line after them that begins elsewhere."""
        count = 0
        below = self._below.get(id(line))
        while below is not None and _are_level(line.left, below.left, line.size):
            count += 1
            below = self._below.get(id(below))
        return count, below

    def _begins_as_first_lines_do(self, line: Line) -> bool:
        """Whether more second lines of the page begin left of `line`, by an indent, than where it does."""
        if not any(_is_indented(line, one.left) for one in self._lines if HAN.match(one.text)):
            return False
        seconds = [one.left for one in self._below.values() if one is not line]
        level = sum(_are_level(line.left, left, line.size) for left in seconds)
        return sum(_is_indented(line, left) for left in seconds) >= level

    def has_room(self, line: Line, following: Line) -> bool:
        """Whether the first word of `following` would have fitted on `line`."""
        width = following.words[0].right - following.words[0].left
        if HAN.match(following.text):
            # Chinese lines break after any character.
            width = min(width, following.size)
        beside = [one.right for one in self._lines if abs(one.left - line.left) < 6 * line.size]
        return line.right + width + 0.5 * line.size < max(beside, default=line.right) - 0.5 * line.size


def opens_item(line: Line) -> bool:
    """Whether a line begins with the bullet or the number of an item."""
    return BULLET.fullmatch(line.words[0].text) is not None or _ITEM.match(line.words[0].text) is not None


def _are_level(one: float, other: float, size: float) -> bool:
    """Whether lines that begin at `one` and `other` begin at one edge."""
    return abs(one - other) <= _LEVEL * size


def _is_indented(line: Line, left: float) -> bool:
    """Whether a line begins right of `left` by what Chinese paragraphs are indented."""
    fewest, most = _INDENT
    return fewest * line.size < line.left - left < most * line.size
