"""Writes the rows of a table so that each can be read alone: `Account: Gold | Fee: $5 | Minimum: $500`.

In: a grid of cells. Out: one line of mapped text a row; names of columns are repeated in every row and lead back to the
cell they come from. Knows nothing about where tables come from.
"""

import re
from collections.abc import Sequence

from autogpt.records import Span
from autogpt.text.mapped import EMPTY, Mapped, join

Cell = Mapped
Grid = Sequence[Sequence[Cell]]

SEPARATOR = " | "
_SIGNS = r"\s$€£¥￥%％‰()+\-–—−.,:/\d"
_NUMERIC = re.compile(
    rf"[{_SIGNS}]*\d[{_SIGNS}]*(?:[百千万萬亿億]{{0,2}}(?:[港美欧歐日]?[元圆圓])?)|[-–—]|n/?a", re.IGNORECASE
)
_YEAR = re.compile(r"(?:FY\s*)?(?:19|20)\d\d[A-Z]?|(?:19|20)\d\d[年度]*")
#: Longer names of columns would drown the row.
_LONGEST_NAME = 80
_LONGEST_HEADER_CELL = 120


def is_numeric(text: str) -> bool:
    """Whether a cell holds a number, an amount, a dash or nothing but such signs."""
    return _NUMERIC.fullmatch(text.strip()) is not None


def guess_header_rows(grid: Grid) -> int:
    """How many rows at the top name the columns, judged by their content: 0 or 1."""
    if not grid or len(grid) < (3 if len(grid[0]) == 2 else 2):
        return 0
    first, body = [cell.text.strip() for cell in grid[0]], grid[1:]
    named = [text for text in first if text]
    if len(named) < 2 or any(len(text) > _LONGEST_HEADER_CELL for text in named):
        return 0
    if any(is_numeric(text) and not _YEAR.fullmatch(text) for text in first[1:] if text):
        return 0
    if len(first) > 2 and not any(_YEAR.fullmatch(text) for text in first):
        return 1
    return int(any(_mostly_numeric(body, column) for column in range(1, len(first))))


def rows(grid: Grid, header_rows: int) -> list[Mapped]:
    """One readable line for every row below the header; for a table that is all header, the header's own cells.

    Args:
        header_rows: rows at the top that name the columns; a name of several rows is read downwards.
    """
    width = max((len(row) for row in grid), default=0)
    if header_rows >= len(grid):
        return [line for row in grid if (line := _plain(row))]
    names = [_name([row[column] for row in grid[:header_rows] if column < len(row)]) for column in range(width)]
    if not any(names):
        names = []
    lines = (_line(row, names) for row in grid[header_rows:])
    return [line for line in lines if line]


def _line(row: Sequence[Cell], names: Sequence[Mapped]) -> Mapped:
    filled = [(column, cell) for column, cell in enumerate(row) if cell.text.strip()]
    if not names:
        cells = [cell for _, cell in filled]
        if len(row) == 2 and len(cells) == 2 and len(cells[0].text) <= _LONGEST_HEADER_CELL:
            return _pair(cells[0], cells[1])
        return join(cells, SEPARATOR)
    if len(filled) == 1 and len(row) > 1:
        return filled[0][1]
    return join((_named(cell, names[column]) for column, cell in filled), SEPARATOR)


def _named(cell: Cell, name: Mapped) -> Mapped:
    return cell if not name or name.text == cell.text else _pair(name, cell)


def _pair(name: Mapped, cell: Cell) -> Mapped:
    place = cell.pieces[0].source.start
    text = name.text.rstrip()
    sign = " " if text.endswith((":", "：", "?", "？")) else ": "
    return name.cut(0, len(text)) + Mapped.standing_for(sign, Span(place, place)) + cell


def _plain(row: Sequence[Cell]) -> Mapped:
    return join((cell for cell in row if cell.text.strip()), SEPARATOR)


def _name(cells: Sequence[Cell]) -> Mapped:
    """Name of a column from its header cells, top to bottom, each once."""
    parts: list[Mapped] = []
    for cell in cells:
        if cell.text.strip() and all(cell.text != part.text for part in parts):
            parts.append(cell)
    while len(parts) > 1 and sum(len(part) for part in parts) > _LONGEST_NAME:
        parts.pop(0)
    return join(parts, " ") if parts else EMPTY


def _mostly_numeric(body: Grid, column: int) -> bool:
    texts = [row[column].text.strip() for row in body if column < len(row) and row[column].text.strip()]
    return bool(texts) and sum(map(is_numeric, texts)) * 2 > len(texts)
