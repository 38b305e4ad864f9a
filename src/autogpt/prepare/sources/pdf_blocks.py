"""Turns the lines of PDF pages into blocks: paragraphs re-flowed, headings, lists and tables.

In: lines of all pages, without what repeats. Out: calls of an assembler. Text is mapped to the character indexes of the
pages, one page after the other. Knows nothing about pdfium.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autogpt.prepare.clean import without_spaces_between_han
from autogpt.prepare.sources import tables
from autogpt.prepare.sources.parsed import Assembler
from autogpt.prepare.sources.pdf_grids import Grid
from autogpt.prepare.sources.pdf_lines import Cell, Line
from autogpt.prepare.sources.pdf_margins import HAN, Margins, opens_item
from autogpt.prepare.sources.pdf_tables import Table, regions
from autogpt.prepare.sources.pdf_words import LINE_HYPHENS, Rule, Word
from autogpt.records import Span
from autogpt.text.mapped import EMPTY, Mapped, join

_LONGEST_HEADING = 150
_HEADING_LINES = 3
_LARGER = 1.12
_LEVELS = 6
_SENTENCE_END = re.compile(r"[.!?。！？；;:：][\"'”’)\]]*$")
_BULLET_SIGN = re.compile(r"[^\w(\"“'‘\[]")
_BROKEN_CELL = re.compile(rf"(?<=\w)[{LINE_HYPHENS}] (?=[a-z])")
_MARK = re.compile(rf"[{LINE_HYPHENS}\ue000-\uf8ff]")
_SPACE_IN_AMOUNT = re.compile(r"(?<=[$€£¥(]) (?=[\d(])|(?<=[\d)]) (?=[%)])")


@dataclass(slots=True)
class PageLines:
    """Lines of page `number`, its ruled tables, and the rules drawn on it.

    `base` is the offset of the page's characters in the text of all pages.
    """

    number: int
    base: int
    lines: list[Line]
    grids: Sequence[Grid] = ()
    rules: Sequence[Rule] = ()

    def parts(self) -> Iterator[Line | Table]:
        """Lines and tables in the order of the page's text."""
        at = 0
        for grid in self.grids:
            end = at
            while end < len(self.lines) and self.lines[end].words[0].start < grid.start:
                end += 1
            yield from regions(self.lines[at:end], self.rules)
            yield grid.table
            at = end
        yield from regions(self.lines[at:], self.rules)


class BlockWriter:
    """Writes the blocks of a document, page after page."""

    def __init__(self, assembler: Assembler) -> None:
        self._assembler = assembler
        self._vocabulary: Counter[str] = Counter()
        self._body = 10.0
        self._levels: dict[tuple[float, int], int] = {}
        self._paragraph: list[tuple[Line, int]] = []

    def write(self, pages: Sequence[PageLines]) -> None:
        """Write all pages."""
        self._vocabulary = Counter(
            word.text.strip(".,;:()\"'“”’").lower() for page in pages for line in page.lines for word in line.words
        )
        self._body = _body_size(pages)
        self._levels = self._heading_styles(pages)
        for page in pages:
            leading = _leading(page.lines)
            rights = Margins(page.lines)
            for part in page.parts():
                if isinstance(part, Table):
                    self._end_paragraph()
                    self._table(part, page.base)
                else:
                    if self._paragraph and not self._goes_on(part, page.base, leading, rights):
                        self._end_paragraph()
                    self._paragraph.append((part, page.base))
        self._end_paragraph()

    def _heading_styles(self, pages: Sequence[PageLines]) -> dict[tuple[float, int], int]:
        """Level of every style that headings have: larger before smaller, bold before plain."""
        used = {_style(line) for page in pages for line in page.lines if self._may_head(line)}
        return {style: min(level, _LEVELS) for level, style in enumerate(sorted(used, reverse=True), 1)}

    def _may_head(self, line: Line) -> bool:
        text = line.text
        if len(line.cells) > 2 or len(text) > _LONGEST_HEADING or not any(map(str.isalpha, text)):
            return False
        if line.size >= self._body * _LARGER:
            return True
        if _BULLET_SIGN.fullmatch(line.words[0].text):
            return False
        emphasised = line.weight > 0 or (text.isupper() and len(line.words) > 1 and not HAN.search(text))
        return emphasised and line.size >= self._body * 0.9 and not text.endswith((",", ";", "；", "，"))

    def _goes_on(self, line: Line, base: int, leading: float, margins: Margins) -> bool:
        """Whether `line` continues the paragraph that is being gathered."""
        last, last_base = self._paragraph[-1]
        if self._is_emphasis(line, base, leading, margins):
            return True
        if self._may_head(last) or self._may_head(line):
            same = _style(last) == _style(line) and self._may_head(last) and self._may_head(line)
            near = 0 < line.baseline - last.baseline < 1.6 * line.size and last_base == base
            return same and near and len(self._paragraph) < _HEADING_LINES and not _SENTENCE_END.search(last.text)
        if abs(last.size - line.size) > 0.1 * last.size or opens_item(line):
            return False
        if margins.indents(line, [gathered for gathered, _ in self._paragraph]):
            return False
        unfinished = not _SENTENCE_END.search(last.text) and line.text[0].islower()
        jumps = last_base != base or line.baseline <= last.baseline
        if jumps or len(last.cells) > 1 or len(line.cells) > 1:
            return unfinished and (jumps or _is_near(last, line, leading))
        return _is_near(last, line, leading) and (unfinished or not margins.has_room(last, line))

    def _is_emphasis(self, line: Line, base: int, leading: float, margins: Margins) -> bool:
        """Whether a line that looks like a heading is the emphasised end of the sentence above it."""
        last, last_base = self._paragraph[-1]
        if self._may_head(last) or last_base != base or line.size >= self._body * _LARGER:
            return False
        near = 0 < line.baseline - last.baseline <= 1.2 * leading
        return near and not _SENTENCE_END.search(last.text) and not margins.has_room(last, line)

    def _end_paragraph(self) -> None:
        gathered, self._paragraph = self._paragraph, []
        if not gathered:
            return
        text = self._reflowed(gathered)
        lines = [line for line, _ in gathered]
        if all(self._may_head(line) for line in lines) and self._is_heading(lines):
            self._assembler.heading(text, self._levels[_style(lines[0])])
        elif opens_item(lines[0]):
            self._assembler.line(text, "list")
        else:
            self._assembler.paragraph(text)

    def _is_heading(self, lines: Sequence[Line]) -> bool:
        text = " ".join(line.text for line in lines)
        larger = lines[0].size >= self._body * _LARGER
        return len(text) <= _LONGEST_HEADING and (larger or not re.search(r"[.。:：]$", text))

    def _reflowed(self, gathered: Iterable[tuple[Line, int]]) -> Mapped:
        """Lines as one text: hyphens at line ends resolved, no space between Chinese characters."""
        text = EMPTY
        for line, base in gathered:
            following = _mapped(line.words, base)
            if not text:
                text = following
            elif text.text[-1] in LINE_HYPHENS or (
                text.text.endswith("-") and len(text) > 1 and text.text[-2].isalpha()
            ):
                text = self._unhyphenated(text, following)
            elif _goes_on_unspaced(text.text, following.text):
                text = text + following
            else:
                text = join([text, following], " ")
        return _readable(text)

    def _unhyphenated(self, text: Mapped, following: Mapped) -> Mapped:
        """Both parts of a word broken at its hyphen, which stays when the document writes it so elsewhere."""
        before = re.split(r"[\s(\"“]", text.text[:-1])[-1].lower()
        after = re.split(r"[\s,.;:)\"”]", following.text)[0].lower()
        whole, hyphenated = self._vocabulary[before + after], self._vocabulary[f"{before}-{after}"]
        plain = before.isalpha() and after[:1].isalpha() and following.text[0].islower()
        if plain and (whole > hyphenated or (whole == hyphenated and text.text[-1] in LINE_HYPHENS)):
            return text.cut(0, len(text) - 1) + following
        return text.replaced([(len(text) - 1, len(text), "-")]) + following

    def _table(self, table: Table, base: int) -> None:
        for caption in table.captions:
            self._assembler.paragraph(_readable(_mapped(caption.words, base)))
        depth = max((len(cells) for cells in table.names), default=0)
        padded = [[None] * (depth - len(cells)) + cells for cells in table.names]
        header = [[_cell(cell, base) if cell else EMPTY for cell in level] for level in zip(*padded, strict=True)]
        grid = [[_cell(cell, base) if cell else EMPTY for cell in row] for row in table.rows]
        group = object()
        for row in tables.rows([*header, *grid], depth):
            self._assembler.row(row, group)


def _body_size(pages: Sequence[PageLines]) -> float:
    """Font size most characters have."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _leading(lines: Sequence[Line]) -> float:
    """Usual distance of baselines on a page, points."""
    gaps = [
        round(line.baseline - before.baseline, 1)
        for before, line in pairwise(lines)
        if 0.8 * line.size < line.baseline - before.baseline < 2.2 * line.size
    ]
    return Counter(gaps).most_common(1)[0][0] if gaps else 12.0


def _is_near(last: Line, line: Line, leading: float) -> bool:
    return line.baseline - last.baseline <= max(1.45 * leading, 1.2 * line.size)


def _style(line: Line) -> tuple[float, int]:
    """What tells headings of one level from those of another: size in half points, and weight."""
    return round(line.size * 2) / 2, max(line.weight, 1)


def _goes_on_unspaced(text: str, following: str) -> bool:
    """Whether a line goes on in the next without a space: inside Chinese, and between a number and its unit."""
    return HAN.match(following) is not None and (HAN.match(text[-1]) is not None or text[-1].isdigit())


def _cell(cell: Cell, base: int) -> Mapped:
    return _readable(_mapped(cell.words, base))


def _mapped(words: Sequence[Word], base: int) -> Mapped:
    """Words with single spaces between them."""
    return join(list(_spaced(words, base)))


def _spaced(words: Sequence[Word], base: int) -> Iterator[Mapped]:
    """Runs of words that follow each other in the page's text, and inserted spaces between runs."""
    first = 0
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else None
        if following is not None and following.start == word.end + 1:
            continue
        start, place = base + words[first].start, base + word.end
        yield Mapped.of(" ".join(one.text for one in words[first : index + 1]), start)
        if following is not None and not (following.breaks and _goes_on_unspaced(word.text, following.text)):
            yield Mapped.standing_for(" ", Span(place, place))
        first = index + 1


def _readable(text: Mapped) -> Mapped:
    """Without pdfium's own marks, symbols of private fonts, and the spaces inside amounts and Chinese."""
    text = text.sub(_BROKEN_CELL, lambda match: "-")
    text = text.sub(_MARK, lambda match: "-" if match[0] in LINE_HYPHENS else "•")
    text = text.sub(_SPACE_IN_AMOUNT, lambda match: "")
    return text if text.text.isascii() else without_spaces_between_han(text)
