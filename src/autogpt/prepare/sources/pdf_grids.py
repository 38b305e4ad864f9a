"""Finds tables whose cells are ruled: lines that cross make a grid, and each word stands in one of its cells.

In: words and drawn lines of a page. Out: tables with where they begin, and the words outside of them. Cells that run
over several lines, and cells joined over columns or rows, stay whole. Knows nothing about pdfium.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autogpt.prepare.sources.pdf_lines import Cell
from autogpt.prepare.sources.pdf_tables import Table
from autogpt.prepare.sources.pdf_words import Rule, Word
from autogpt.prepare.sources.tables import is_numeric

#: Rules this near count as one place, and as touching, points.
_NEAR = 2.5
#: Fewest columns and rows; anything less is a frame.
_FEWEST = 2
_MOST_RULES = 20_000


@dataclass(frozen=True, slots=True)
class Grid:
    """A table and the index of its first word in the page's text."""

    start: int
    table: Table


def grids(words: Sequence[Word], rules: Sequence[Rule]) -> tuple[list[Grid], list[Word]]:
    """The ruled tables of a page, and the words that stand in none."""
    found: list[Grid] = []
    left = list(words)
    if len(rules) <= _MOST_RULES:
        for group in _touching(rules):
            frame = _Frame(group)
            if frame.columns < _FEWEST or frame.rows < _FEWEST:
                continue
            inside = [word for word in left if frame.holds(word)]
            table = _table(frame, inside)
            if table is not None:
                found.append(Grid(min(word.start for word in inside), table))
                taken = set(map(id, inside))
                left = [word for word in left if id(word) not in taken]
    return sorted(found, key=lambda grid: grid.start), left


class _Frame:
    """Crossing rules as a grid of rows and columns."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._upright = [rule for rule in rules if rule.upright]
        self._level = [rule for rule in rules if not rule.upright]
        self.xs = _places(rule.at for rule in self._upright)
        self.ys = _places(rule.at for rule in self._level)

    @property
    def columns(self) -> int:
        return len(self.xs) - 1

    @property
    def rows(self) -> int:
        return len(self.ys) - 1

    def holds(self, word: Word) -> bool:
        x, y = _middle(word)
        return self.xs[0] < x < self.xs[-1] and self.ys[0] < y < self.ys[-1]

    def cell(self, word: Word) -> tuple[int, int]:
        """Row and column of a word; of joined cells the first."""
        x, y = _middle(word)
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        while column and not _drawn(self._upright, self.xs[column], y):
            column -= 1
        while row and not _drawn(self._level, self.ys[row], x):
            row -= 1
        return row, column


def _middle(word: Word) -> tuple[float, float]:
    return (word.left + word.right) / 2, (word.top + word.bottom) / 2


def _drawn(rules: Iterable[Rule], at: float, across: float) -> bool:
    """Whether a rule at `at` passes `across`."""
    return any(abs(rule.at - at) <= _NEAR and rule.first - _NEAR <= across <= rule.last + _NEAR for rule in rules)


def _places(values: Iterable[float]) -> list[float]:
    """Sorted values, those near each other once."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _NEAR:
            places.append(value)
    return places


def _touching(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """Groups of rules that cross or meet."""
    parent = list(range(len(rules)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    upright = [index for index, rule in enumerate(rules) if rule.upright]
    level = sorted((index for index, rule in enumerate(rules) if not rule.upright), key=lambda index: rules[index].at)
    heights = [rules[index].at for index in level]
    for one in upright:
        rule = rules[one]
        for place in range(bisect_right(heights, rule.first - _NEAR), bisect_right(heights, rule.last + _NEAR)):
            other = rules[level[place]]
            if other.first - _NEAR <= rule.at <= other.last + _NEAR:
                parent[root(level[place])] = root(one)
    groups: dict[int, list[Rule]] = {}
    for index, rule in enumerate(rules):
        groups.setdefault(root(index), []).append(rule)
    yield from groups.values()


def _table(frame: _Frame, inside: Sequence[Word]) -> Table | None:
    """The words as rows of cells; None when they fill a single row or column, as in a form or a drawing."""
    filled: dict[tuple[int, int], list[Word]] = {}
    for word in inside:
        filled.setdefault(frame.cell(word), []).append(word)
    used_rows, used_columns = sorted({row for row, _ in filled}), sorted({column for _, column in filled})
    if len(used_rows) < _FEWEST or len(used_columns) < _FEWEST:
        return None
    rows = [
        [Cell(filled[row, column]) if (row, column) in filled else None for column in used_columns] for row in used_rows
    ]
    columns = [(frame.xs[column], frame.xs[column + 1]) for column in used_columns]
    if _is_header(rows[0], rows[1]):
        return Table([[cell] if cell else [] for cell in rows[0]], [], rows[1:], columns)
    return Table([[] for _ in columns], [], rows, columns)


def _is_header(first: Sequence[Cell | None], second: Sequence[Cell | None]) -> bool:
    """Whether a row names the columns: words alone, for every value below, and bold, wider or beside a number."""
    if any(below is not None and name is None for name, below in zip(first[1:], second[1:], strict=True)):
        return False
    named = [cell for cell in first if cell is not None]
    if len(named) < len(first) - 1 or any(is_numeric(cell.text) for cell in named if not _is_year(cell.text)):
        return False
    bold = all(word.weight == 2 for cell in named for word in cell.words)
    plain = any(word.weight != 2 for cell in second if cell is not None for word in cell.words)
    return (bold and plain) or len(first) > _FEWEST or any(is_numeric(cell.text) for cell in second[1:] if cell)


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdigit() and text[:2] in {"19", "20"}
