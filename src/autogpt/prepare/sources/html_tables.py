"""Blocks of a page, and tables made of them.

In: cells with the blocks inside them. Out: a grid of cells, or that a table only lays things out. Knows nothing
about tags.
"""

from dataclasses import dataclass, field

from autogpt.prepare.sources.html_regions import Region
from autogpt.prepare.sources.tables import Cell, guess_header_rows
from autogpt.text.mapped import EMPTY, Mapped, join

WIDEST = 200
_LONGEST_DATA_CELL = 600


@dataclass(slots=True)
class Block:
    """One block: `kind` is heading, paragraph, item, row or code; blocks of one `group` follow without a gap."""

    kind: str
    text: Mapped
    level: int = 0
    group: object = None
    regions: tuple[Region, ...] = ()
    in_main: bool = False
    link_characters: int = 0


@dataclass(slots=True)
class TableCell:
    columns: int
    rows: int
    header: bool
    blocks: list[Block] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    rows: list[list[TableCell]] = field(default_factory=list)
    head_rows: int = 0
    in_head: bool = False
    layout: bool = False
    caption: Block | None = None


def is_layout(table: Table) -> bool:
    cells = [cell for row in table.rows for cell in row if cell.blocks]
    if table.layout or not cells:
        return True
    if max(len(row) for row in table.rows) < 2:
        return True
    return any(
        sum(len(block.text) for block in cell.blocks) > _LONGEST_DATA_CELL
        or any(block.kind in {"heading", "row"} for block in cell.blocks)
        for cell in cells
    )


def grid_of(table: Table) -> tuple[list[list[Cell]], int]:
    """Cells by row and column, and how many rows are header. Spanning header cells name every column they span."""
    texts = [[join([block.text for block in cell.blocks], " ") for cell in row] for row in table.rows]
    header_rows = table.head_rows
    if not header_rows:
        for row in table.rows:
            if not row or not all(cell.header for cell in row):
                break
            header_rows += 1
    grid: list[list[Cell]] = []
    hanging: dict[int, tuple[int, Cell]] = {}
    for number, (row, row_texts) in enumerate(zip(table.rows, texts, strict=True)):
        line: list[Cell] = []
        waiting = list(zip(row, row_texts, strict=True))
        while (waiting or len(line) in hanging) and len(line) < WIDEST:
            if len(line) in hanging:
                left, text = hanging.pop(len(line))
                if left > 1:
                    hanging[len(line)] = (left - 1, text)
                line.append(text)
                continue
            cell, text = waiting.pop(0)
            for index in range(cell.columns):
                shown = text if index == 0 or number < header_rows else EMPTY
                if cell.rows > 1:
                    hanging[len(line)] = (cell.rows - 1, shown)
                line.append(shown)
        grid.append(line)
    grid = [line for line in grid if any(line)]
    return grid, min(header_rows, len(grid)) if header_rows else guess_header_rows(grid)
