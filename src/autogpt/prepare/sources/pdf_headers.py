"""Tells which lines head a table, and which of its columns each of their cells names.

In: the columns of a table and the lines around it. Out: header lines, labels of its first rows, and the names of each
column. Knows nothing about how rows are read.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from autogpt.prepare.sources.pdf_lines import Cell, Line
from autogpt.prepare.sources.pdf_words import Rule

#: So many lines in a row may be labels alone, inside a table and between its header and first row.
LABEL_LINES = 3
#: Lines of a table are at most so many font sizes apart.
ROW_GAP = 3.2
LONGEST_VALUE = 60
_HEADER_LINES = 24
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

#: Left and right edge of every column, from left to right.
Columns = Sequence[tuple[float, float]]


def header_above(above: Sequence[Line], columns: Columns, first: Line) -> tuple[list[Line], list[Line]]:
    """Of the lines above a table, those that head its columns, and after them the labels of its first rows."""
    header = _wrapped_header(above, columns, first)
    labels: list[Line] = []
    for line in reversed(above[: len(above) - len(header)][-_HEADER_LINES:]):
        distance = first.baseline - line.baseline
        if not 0 < distance < 5 * ROW_GAP * first.size:
            break
        if is_header(line, columns):
            header.insert(0, line)
        elif header or len(labels) == LABEL_LINES or not _is_label(line):
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
        if not is_header(_beside(level), columns):
            break
        header += level
        levels += 1
    last = above[len(above) - len(header) :]
    return list(last) if len(header) > levels and {id(one) for one in last} == {id(one) for one in header} else []


def _is_label(line: Line) -> bool:
    return len(line.cells) == 1 and not line.text.endswith((".", "。"))


def is_late_header(line: Line, first: Line, columns: Columns) -> bool:
    """Whether a line that the page writes after a table names its columns by years or dates, above its `first` row."""
    near = 0 < first.baseline - line.baseline < 5 * ROW_GAP * first.size
    return near and all(names_column(cell.text) for cell in line.cells) and is_header(line, columns)


def without_rows(heading: Sequence[Line], columns: Columns) -> tuple[list[Line], list[Line]]:
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


def named(heading: Sequence[Line], columns: Columns, rules: Sequence[Rule]) -> tuple[list[list[Cell]], list[Line]]:
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


def _spans_all(cell: Cell, columns: Columns) -> bool:
    left, right = columns[1][0], columns[-1][1]
    return abs(cell.middle - (left + right) / 2) < 0.2 * (right - left)


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


def _beside(level: Sequence[Line]) -> Line:
    """Lines of one baseline as one."""
    return Line(sorted((cell for line in level for cell in line.cells), key=lambda cell: cell.left))


def is_header(line: Line, columns: Columns) -> bool:
    """Whether a line names columns: cells over the values, none of them an amount; before them at most a corner."""
    values = [cell for cell in line.cells if cell.left > columns[1][0] - _OVERHANG * line.size]
    if not values or len(line.cells) - len(values) > 1 or any(len(cell.text) > LONGEST_VALUE for cell in values):
        return False
    if len(values) < len(line.cells) < 3 and len(columns) > 2 and not line.weight:
        return False
    return all(names_column(cell.text) or not cell.numeric for cell in values)


def names_column(text: str) -> bool:
    """Whether a text that looks like a number is a year or a date, as names of columns are."""
    return _YEAR.fullmatch(text) is not None or _DATE.fullmatch(text) is not None
