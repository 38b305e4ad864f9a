"""Finds tables among the lines of a page, by cells that stand below each other.

In: lines of a page. Out: tables as grids of cells with the names of their columns, and the lines that are none. Needs
no ruled lines: reports seldom draw them. Knows nothing about how rows are written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from autogpt.prepare.sources.pdf_headers import (
    LABEL_LINES,
    LONGEST_VALUE,
    ROW_GAP,
    Columns,
    header_above,
    is_header,
    is_late_header,
    named,
    names_column,
    without_rows,
)
from autogpt.prepare.sources.pdf_lines import Cell, Line
from autogpt.prepare.sources.pdf_words import Rule

#: Narrow cells this near to a column, in font sizes, belong to it: a dash may stand right of its numbers.
_TOUCHING = 0.3
_ENDS_LABEL = (":", "：", ".", "。")


@dataclass(slots=True)
class Table:
    """Rows of cells by column; `names` are the header cells of each column, top to bottom.

    `captions` are header lines over the whole table. A row of one filled first column is a label for those below.
    """

    names: list[list[Cell]]
    captions: list[Line]
    rows: list[list[Cell | None]]
    columns: Columns


def regions(lines: Sequence[Line], rules: Sequence[Rule] = ()) -> Iterator[Line | Table]:
    """Lines and tables of a page in order.

    Args:
        rules: drawn lines of the page: one below a name tells how many columns it is for.
    """
    lines = list(lines)
    at = 0
    waiting: list[Line] = []
    before: Table | None = None
    while at < len(lines):
        end = _region_end(lines, at)
        body = [line for line in lines[at:end] if len(line.cells) > 1]
        columns = _columns(body) if len(body) > 1 else []
        if len(columns) < 2 or not _looks_tabular(body):
            waiting.append(lines[at])
            at += 1
            continue
        header, labels = header_above(waiting, columns, lines[at])
        yield from waiting[: len(waiting) - len(header) - len(labels)]
        waiting = []
        late = [line for line in lines[end:] if is_late_header(line, lines[at], columns)]
        table = _table([*header, *late], [*labels, *lines[at:end]], columns, rules)
        if before is not None and not any(table.names) and _same_columns(before, table):
            table.names = before.names
        yield table
        lines[end:] = [line for line in lines[end:] if not any(line is one for one in late)]
        before, at = table, end
    yield from waiting


def _region_end(lines: Sequence[Line], at: int) -> int:
    """Where the run of tabular lines that begins at `at` ends; `at` when it is no tabular line."""
    if len(lines[at].cells) < 2:
        return at
    last = at
    for index in range(at + 1, len(lines)):
        line, before = lines[index], lines[index - 1]
        gap = line.baseline - before.baseline
        if not 0 < gap < ROW_GAP * max(line.size, before.size) or index - last > LABEL_LINES:
            break
        if len(line.cells) > 1:
            last = index
    return last + 1


def _same_columns(one: Table, other: Table) -> bool:
    """Whether two tables of a page have their values below each other."""
    if len(one.columns) != len(other.columns):
        return False
    pairs = zip(one.columns[1:], other.columns[1:], strict=True)
    return all(min(a[1], b[1]) > max(a[0], b[0]) for a, b in pairs)


def _looks_tabular(body: Sequence[Line]) -> bool:
    """Whether lines of several cells are rows: their later cells are numbers, or short and at least three lines."""
    values = [cell for line in body for cell in line.cells[1:]]
    numeric = sum(cell.numeric for cell in values)
    if numeric * 5 >= len(values) * 2:
        return True
    longest = max(len(cell.text) for cell in values)
    return len(body) >= 3 and longest <= LONGEST_VALUE


def _columns(body: Sequence[Line]) -> list[tuple[float, float]]:
    """Left and right edge of each column: extents of cells that overlap, widest apart first column included."""
    data = [line for line in body if any(cell.numeric and not names_column(cell.text) for cell in line.cells[1:])]
    cells = sorted((cell for line in data or body for cell in line.cells), key=lambda cell: cell.left)
    widest = max(len(line.cells) for line in data or body)
    columns: list[list[float]] = []
    for cell in cells:
        size = cell.words[0].size
        slack = _TOUCHING * size if cell.right - cell.left < size else -0.5
        if columns and cell.left < columns[-1][1] + slack:
            columns[-1][1] = max(columns[-1][1], cell.right)
        else:
            columns.append([cell.left, cell.right])
    if len(columns) > widest + 2:
        return []
    return [(left, right) for left, right in columns]


def _table(header: Sequence[Line], lines: Sequence[Line], columns: Columns, rules: Sequence[Rule]) -> Table:
    heading = list(header)
    body = list(lines)
    while body and len(body) > 1 and is_header(body[0], columns):
        heading.append(body.pop(0))
    heading, mistaken = without_rows(heading, columns)
    body = [*mistaken, *body]
    names, captions = named(heading, columns, rules)
    return Table(names, captions, [_row(line, columns) for line in _unwrapped(body)], columns)


def _column_of(cell: Cell, columns: Columns) -> int:
    """The column a cell overlaps most, or stands nearest to."""
    return max(
        range(len(columns)),
        key=lambda index: min(cell.right, columns[index][1]) - max(cell.left, columns[index][0]),
    )


def _row(line: Line, columns: Columns) -> list[Cell | None]:
    row: list[Cell | None] = [None] * len(columns)
    for cell in line.cells:
        column = _column_of(cell, columns)
        present = row[column]
        row[column] = cell if present is None else Cell([*present.words, *cell.words])
    return row


def _unwrapped(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines with labels that run over several of them joined."""
    gaps = [after.baseline - line.baseline for line, after in pairwise(lines) if len(line.cells) > 1 < len(after.cells)]
    usual = median(gaps) if gaps else 0.0
    waiting: Line | None = None
    for line in lines:
        whole = line
        if waiting is not None:
            if _runs_on(waiting, line, usual):
                whole = Line([Cell([*waiting.words, *line.cells[0].words]), *line.cells[1:]])
            else:
                yield waiting
            waiting = None
        if len(whole.cells) == 1:
            waiting = whole
        else:
            yield whole
    if waiting is not None:
        yield waiting


def _runs_on(label: Line, line: Line, usual: float) -> bool:
    """Whether the label alone on its line goes on in `line`: by its words, or by a gap closer than rows are apart."""
    if label.text.endswith(_ENDS_LABEL) or label.weight != line.cells[0].words[0].weight:
        return False
    if 0 < line.baseline - label.words[-1].baseline < 0.88 * usual:
        return True
    return line.text[0].islower() or label.text.endswith((",", " of", " and", " to", " for", " in", " the", "-"))
