"""Finds tables among the lines of a page, by cells that stand below each other.

In: lines of a page. Out: tables as grids of cells with the names of their columns, and the lines that are none. Needs
no ruled lines: reports seldom draw them. Knows nothing about how rows are written.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from autogpt.prepare.sources.pdf_lines import Cell, Line
from autogpt.prepare.sources.pdf_words import Rule

_HEADER_LINES = 24
#: So many lines in a row may be labels alone, inside a table and between its header and first row.
_LABEL_LINES = 3
#: Lines of a table are at most so many font sizes apart.
_ROW_GAP = 3.2
_LONGEST_VALUE = 60
#: Narrow cells this near to a column, in font sizes, belong to it: a dash may stand right of its numbers.
_TOUCHING = 0.3
#: A name may begin so many font sizes left of the values below it.
_OVERHANG = 5
#: Lines of one header cell follow each other closer than rows do; both in font sizes.
_CELL_LEADING, _HEADER_HEIGHT = 1.45, 4.5
_UNITS = re.compile(r"\(.*\)|.*\bin (?:thousands|millions|billions)\b.*", re.IGNORECASE)
_YEAR = re.compile(r"(?:FY\s*|Q\d\s*)?(?:19|20)\d\d[A-Z]?(?:\s*[-–]\s*(?:19|20)?\d\d)?(?:\s*\(\w\))?|(?:1\d\d)年.*")
_PERIOD = re.compile(r"\d|\b(?:years?|quarters?|months?|weeks?|fiscal|ended|as (?:of|at))\b", re.IGNORECASE)
_DATE = re.compile(
    r"(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2},?(?:\s+(?:19|20)\d\d)?|(?:19|20)\d\d年.*",
    re.IGNORECASE,
)
_ENDS_LABEL = (":", "：", ".", "。")


#: Left and right edge of every column, from left to right.
Columns = Sequence[tuple[float, float]]


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
        header, labels = _header_above(waiting, columns, lines[at])
        yield from waiting[: len(waiting) - len(header) - len(labels)]
        waiting = []
        late = [line for line in lines[end:] if _is_late_header(line, lines[at], columns)]
        table = _table([*header, *late], [*labels, *lines[at:end]], columns, rules)
        if before is not None and not any(table.names) and _same_columns(before, table):
            table.names = before.names
        yield table
        lines[end:] = [line for line in lines[end:] if not any(line is one for one in late)]
        before, at = table, end
    yield from waiting


def _is_late_header(line: Line, first: Line, columns: Columns) -> bool:
    """Whether a line that the page writes after a table names its columns by years or dates, above its `first` row."""
    near = 0 < first.baseline - line.baseline < 5 * _ROW_GAP * first.size
    return near and all(_names_column(cell.text) for cell in line.cells) and _is_header(line, columns)


def _region_end(lines: Sequence[Line], at: int) -> int:
    """Where the run of tabular lines that begins at `at` ends; `at` when it is no tabular line."""
    if len(lines[at].cells) < 2:
        return at
    last = at
    for index in range(at + 1, len(lines)):
        line, before = lines[index], lines[index - 1]
        gap = line.baseline - before.baseline
        if not 0 < gap < _ROW_GAP * max(line.size, before.size) or index - last > _LABEL_LINES:
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
    return len(body) >= 3 and longest <= _LONGEST_VALUE


def _columns(body: Sequence[Line]) -> list[tuple[float, float]]:
    """Left and right edge of each column: extents of cells that overlap, widest apart first column included."""
    data = [line for line in body if any(cell.numeric and not _names_column(cell.text) for cell in line.cells[1:])]
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


def _names_column(text: str) -> bool:
    return _YEAR.fullmatch(text) is not None or _DATE.fullmatch(text) is not None


def _header_above(above: Sequence[Line], columns: Columns, first: Line) -> tuple[list[Line], list[Line]]:
    """Of the lines above a table, those that head its columns, and after them the labels of its first rows."""
    header = _wrapped_header(above, columns, first)
    labels: list[Line] = []
    for line in reversed(above[: len(above) - len(header)][-_HEADER_LINES:]):
        distance = first.baseline - line.baseline
        if not 0 < distance < 5 * _ROW_GAP * first.size:
            break
        if _is_header(line, columns):
            header.insert(0, line)
        elif header or len(labels) == _LABEL_LINES or not _is_label(line):
            break
        else:
            labels.insert(0, line)
    return header, labels if header else []


def _wrapped_header(above: Sequence[Line], columns: Columns, first: Line) -> list[Line]:
    """The last lines above a table that head its columns only when put side by side.

    Where header cells run over several lines, pages write them cell by cell, and no line of theirs holds all columns.
    """
    near = len(above)
    while near and 0 < first.baseline - above[near - 1].baseline < _HEADER_HEIGHT * first.size:
        near -= 1
    header: list[Line] = []
    levels = 0
    for level in reversed(list(_levels(above[near:]))):
        if not _is_header(_beside(level), columns):
            break
        header += level
        levels += 1
    last = above[len(above) - len(header) :]
    return list(last) if len(header) > levels and {id(one) for one in last} == {id(one) for one in header} else []


def _beside(level: Sequence[Line]) -> Line:
    """Lines of one baseline as one."""
    return Line(sorted((cell for line in level for cell in line.cells), key=lambda cell: cell.left))


def _is_label(line: Line) -> bool:
    return len(line.cells) == 1 and not line.text.endswith((".", "。"))


def _table(header: Sequence[Line], lines: Sequence[Line], columns: Columns, rules: Sequence[Rule]) -> Table:
    heading = list(header)
    body = list(lines)
    while body and len(body) > 1 and _is_header(body[0], columns):
        heading.append(body.pop(0))
    heading, mistaken = _without_rows(heading, columns)
    body = [*mistaken, *body]
    names, captions = _named(heading, columns, rules)
    return Table(names, captions, [_row(line, columns) for line in _unwrapped(body)], columns)


def _without_rows(heading: Sequence[Line], columns: Columns) -> tuple[list[Line], list[Line]]:
    """Header lines, and the rows after them that hold words alone: only one level of a header has a first cell."""
    kept: list[Line] = []
    cornered = False
    levels = list(_levels(heading))
    for index, level in enumerate(levels):
        line = _beside(level)
        corner = line.left < columns[1][0] - _OVERHANG * line.size and _UNITS.fullmatch(line.cells[0].text) is None
        apart = bool(kept) and line.baseline - kept[-1].baseline > _CELL_LEADING * line.size
        if corner and cornered and apart and len(line.cells) > 1:
            return kept, [one for later in levels[index:] for one in later]
        cornered = cornered or corner
        kept += level
    return kept, []


def _is_header(line: Line, columns: Columns) -> bool:
    """Whether a line names columns: cells over the values, none of them an amount; before them at most a corner."""
    values = [cell for cell in line.cells if cell.left > columns[1][0] - _OVERHANG * line.size]
    if not values or len(line.cells) - len(values) > 1 or any(len(cell.text) > _LONGEST_VALUE for cell in values):
        return False
    if len(values) < len(line.cells) < 3 and len(columns) > 2 and not line.weight:
        return False
    return all(_names_column(cell.text) or not cell.numeric for cell in values)


def _named(heading: Sequence[Line], columns: Columns, rules: Sequence[Rule]) -> tuple[list[list[Cell]], list[Line]]:
    """Header cells of each column, and the header lines that are about all of them."""
    names: list[list[Cell]] = [[] for _ in columns]
    levels = list(_levels(heading))
    titles = _titles(levels, columns, rules)
    captions = [line for level in levels[:titles] for line in level]
    for level in levels[titles:]:
        cells = sorted((cell for line in level for cell in line.cells), key=lambda cell: cell.left)
        values = [cell for cell in cells if cell.left > columns[1][0] - _OVERHANG * cell.words[0].size]
        for corner in cells[: len(cells) - len(values)]:
            if _UNITS.fullmatch(corner.text):
                captions.append(Line([corner]))
            else:
                names[0].append(corner)
        if len(columns) > 2 and _is_about_all(values, columns, rules):
            captions.append(Line(values[:1]))
        elif values:
            for column, cell in _shared(values, columns, rules):
                names[column].append(cell)
    return names, captions


def _titles(levels: Sequence[Sequence[Line]], columns: Columns, rules: Sequence[Rule]) -> int:
    """How many levels at the top are titles: one text each, above another such, and no period of time."""
    count = 0
    for level, following in pairwise(levels):
        cells = [cell for line in level for cell in line.cells]
        single = len(cells) == sum(len(line.cells) for line in following) == 1
        if not single or _PERIOD.search(cells[0].text) or _underlined(cells[0], columns, rules):
            break
        count += 1
    return count


def _is_about_all(values: Sequence[Cell], columns: Columns, rules: Sequence[Rule]) -> bool:
    """Whether a level of the header says one thing for all columns."""
    if len({cell.text for cell in values}) != 1:
        return False
    return len(values) > 1 or (_spans_all(values[0], columns) and not _underlined(values[0], columns, rules))


def _shared(values: Sequence[Cell], columns: Columns, rules: Sequence[Rule]) -> Iterator[tuple[int, Cell]]:
    """Which header cells of one level name which columns: one each, a group each, or those they stand over."""
    count = len(columns) - 1
    if count % len(values) == 0 and len(values) > 1:
        size = count // len(values)
        groups = [(1 + index * size, 1 + (index + 1) * size) for index in range(len(values))]
        if all(
            columns[first][0] - cell.words[0].size < cell.middle < columns[after - 1][1] + cell.words[0].size
            for cell, (first, after) in zip(values, groups, strict=True)
        ):
            yield from ((at, cell) for cell, group in zip(values, groups, strict=True) for at in range(*group))
            return
    for cell in values:
        left, right = _underlined(cell, columns, rules) or (cell.left, cell.right)
        over = [at for at in range(1, len(columns)) if min(right, columns[at][1]) > max(left, columns[at][0])]
        nearest = min(range(1, len(columns)), key=lambda at: abs(cell.middle - sum(columns[at]) / 2))
        yield from ((at, cell) for at in over or [nearest])


def _underlined(cell: Cell, columns: Columns, rules: Sequence[Rule]) -> tuple[float, float] | None:
    """From where to where the line drawn below a name reaches, if it is for some columns and not for all."""
    size = cell.words[0].size
    below = sorted(
        (rule.first, rule.last)
        for rule in rules
        if not rule.upright and -0.3 * size < rule.at - cell.words[0].baseline < 1.2 * size
    )
    reach: list[float] = []
    for first, last in below:
        if reach and first <= reach[1] + 0.3 * size:
            reach[1] = max(reach[1], last)
        elif not reach or reach[1] < cell.middle:
            reach = [first, last]
    if not reach or not reach[0] <= cell.middle <= reach[1] or reach[0] < columns[1][0] - _OVERHANG * size:
        return None
    return reach[0], reach[1]


def _levels(heading: Sequence[Line]) -> Iterator[list[Line]]:
    """Header lines of one baseline together, top to bottom."""
    level: list[Line] = []
    for line in sorted(heading, key=lambda one: one.baseline):
        if level and line.baseline - level[0].baseline > 0.5 * line.size:
            yield level
            level = []
        level.append(line)
    if level:
        yield level


def _spans_all(cell: Cell, columns: Columns) -> bool:
    left, right = columns[1][0], columns[-1][1]
    return abs(cell.middle - (left + right) / 2) < 0.2 * (right - left)


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
