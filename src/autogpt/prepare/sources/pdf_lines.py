"""Puts the words of a page into lines, and the words of a line into cells.

In: words in the order of the page's text. Out: lines in that order; a wide gap inside a line begins a new cell. Knows
nothing about tables or paragraphs.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from autogpt.prepare.sources.pdf_words import Word
from autogpt.prepare.sources.tables import is_numeric

#: Gaps and tolerances, in font sizes.
_CELL_GAP = 1.1
_AMOUNT_GAP = 0.45
_SAME_BASELINE = 0.35
_OPENS_AMOUNT = re.compile(r"[(\-–]?(?:[$€£¥]|US\$|NT\$|HK\$|RMB|USD|EUR|GBP)\(?|\(")
BULLET = re.compile(r"[•‣▪●○■□▶➢✓◦·*–—-]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]")
_FOOTNOTE = re.compile(r"\(?[\d*†‡a-z]{1,2}\)?(?:,\s*\(?\d\)?)?")
_CLOSES_AMOUNT = re.compile(r"\)?%?\)?|pts?\.?|bps")
#: How many lines back a number may belong to, where a page writes its tables by column.
_LOOK_BACK = 120


@dataclass(slots=True)
class Cell:
    """Words with no wide gap between them."""

    words: list[Word]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def left(self) -> float:
        return self.words[0].left

    @property
    def right(self) -> float:
        return self.words[-1].right

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def numeric(self) -> bool:
        return is_numeric(self.text)


@dataclass(slots=True)
class Line:
    """Words on one baseline, as cells from left to right."""

    cells: list[Cell]
    baseline: float = 0.0
    size: float = 0.0
    weight: int = 0
    words: list[Word] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Recompute what follows from the cells."""
        self.words = [word for cell in self.cells for word in cell.words]
        self.baseline = self.words[0].baseline
        self.size = max(set(sizes := [word.size for word in self.words]), key=sizes.count)
        self.weight = min((word.weight for word in self.words if word.text[0].isalnum()), default=0)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def left(self) -> float:
        return self.cells[0].left

    @property
    def right(self) -> float:
        return self.cells[-1].right

    @property
    def top(self) -> float:
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        return max(word.bottom for word in self.words)


def lines_of(words: Sequence[Word]) -> list[Line]:
    """Lines of a page. Numbers that the page writes column by column are put beside the text of their line."""
    lines = [Line(_cells(run)) for run in _runs(words)]
    return _gathered(lines)


def _runs(words: Iterable[Word]) -> Iterator[list[Word]]:
    """Words that follow each other on one baseline."""
    run: list[Word] = []
    for word in words:
        if run and not _continues(run[-1], word):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _continues(before: Word, word: Word) -> bool:
    size = max(before.size, word.size, 1)
    off = abs(word.baseline - before.baseline)
    if word.breaks or word.left < before.left:
        return off <= _SAME_BASELINE * size and word.left >= before.right - 0.2 * size
    return off <= 0.8 * size


def _cells(run: Sequence[Word]) -> list[Cell]:
    cells = [Cell([run[0]])]
    for before, word in pairwise(run):
        if _begins_cell(before, word):
            cells.append(Cell([word]))
        else:
            cells[-1].words.append(word)
    if len(cells) > 1 and BULLET.fullmatch(cells[0].text):
        cells[:2] = [Cell([*cells[0].words, *cells[1].words])]
    return joined_amounts(cells)


def _begins_cell(before: Word, word: Word) -> bool:
    """Whether the gap between two words is too wide for a space; amounts stand closer than words do."""
    gap, size = word.left - before.right, max(word.size, 1)
    if gap > _CELL_GAP * size:
        return True
    amounts = is_numeric(before.text) and (is_numeric(word.text) or _OPENS_AMOUNT.fullmatch(word.text) is not None)
    return amounts and gap > _AMOUNT_GAP * size


def joined_amounts(cells: list[Cell]) -> list[Cell]:
    """Cells with signs put to their numbers: "$" before, "%" and ")" after."""
    joined: list[Cell] = []
    for cell in cells:
        before = joined[-1] if joined else None
        if before is not None and (
            _is_mark(before, cell)
            or (_OPENS_AMOUNT.fullmatch(before.text) and is_numeric(cell.text))
            or _CLOSES_AMOUNT.fullmatch(cell.text)
        ):
            before.words.extend(cell.words)
        else:
            joined.append(cell)
    return joined


def _is_mark(before: Cell, cell: Cell) -> bool:
    """Whether a cell is the small number of a footnote to the one before."""
    small = cell.words[0].size < 0.8 * before.words[-1].size
    near = cell.left - before.right < _CELL_GAP * before.words[-1].size
    return small and near and _FOOTNOTE.fullmatch(cell.text) is not None


def _gathered(lines: list[Line]) -> list[Line]:
    """Lines of nothing but a number, moved to the end of the line left of them."""
    kept: list[Line] = []
    for line in lines:
        target = _line_left_of(line, kept) if len(line.cells) == 1 and line.cells[0].numeric else None
        if target is None:
            kept.append(line)
        else:
            target.cells = joined_amounts([*target.cells, *line.cells])
            target.refresh()
    return kept


def _line_left_of(line: Line, earlier: Sequence[Line]) -> Line | None:
    for candidate in reversed(earlier[-_LOOK_BACK:]):
        near = abs(candidate.baseline - line.baseline) <= _SAME_BASELINE * max(line.size, 1)
        if near and candidate.right <= line.left:
            return candidate
    return None
