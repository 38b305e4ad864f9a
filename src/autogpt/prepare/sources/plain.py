"""Reads plain text: paragraphs re-flowed, headings, lists and aligned columns recognised.

In: bytes. Out: a `ParsedDocument` mapped to the decoded text. Pages are those between form feeds.
"""

import re
import unicodedata
from collections.abc import Iterator

from autogpt.config import IngestSection
from autogpt.prepare.clean import WIDE, decode, mend, without_breaks_between_han
from autogpt.prepare.sources.pages import repeated_lines
from autogpt.prepare.sources.parsed import Assembler, ParsedDocument, document
from autogpt.prepare.sources.tables import guess_header_rows, rows
from autogpt.text.mapped import Mapped, join

PARSER = "text/2"
_BULLET = re.compile(
    r"\s*(?:(?:[-*•‣·○▪●+]|\d{1,3}[.)]|[a-zA-Z][.)]|\([a-z0-9]{1,3}\))\s+"
    r"|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]|\d{1,2}、|第[一二三四五六七八九十百]+[条條]\s)"
)
#: Chinese paragraphs begin with two wide spaces.
_INDENT = "\u3000"
#: What cannot be broken at the beginning of a line: a word, or one Chinese character.
_FIRST_WORD = re.compile(rf"\s*([{WIDE}]|[^\s{WIDE}]+)")
_RULE = re.compile(r"\s*(?:[-=_*~#+.]\s*){3,}")
_UNDERLINE = re.compile(r"\s*(=|-|~){3,}\s*")
_COLUMNS = re.compile(r"\s*\|\s*|\t+| {2,}")
#: A gap that nobody leaves between sentences: columns.
_GAP = re.compile(r"\S(?: {3,}|\t)\S|\s\|\s")
_HASHES = re.compile(r"#{1,6}(?= )")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_NUMBERED = re.compile(
    r"(?:(?:chapter|section|part|article|appendix)\s+[\dIVXA-Z]+|\d+(?:\.\d+)*\.?)\b[ :.\-–]*\S", re.IGNORECASE
)
_CHINESE_NUMBERED = re.compile(r"第[一二三四五六七八九十百\d]+[章节節条條部篇]\s*\S*|[一二三四五六七八九十]+、\S+")
_ASIDE = re.compile(r"\([^)]*\)")
_SENTENCE_END = ".!?:;,。！？：；，"
_LONGEST_HEADING = 90


def parse(data: bytes, name: str, limits: IngestSection, declared: str | None = None) -> ParsedDocument:
    """Parse plain text. Raises DataError when it holds none, or is binary."""
    whole = Mapped.of(decode(data, declared))
    whole = whole.sub(re.compile(r"\r\n?|\u2028|\x85"), lambda match: "\n")
    assembler = Assembler(limits)
    pages = _pages(whole)
    repeated = repeated_lines([[line.text.strip() for line in page] for page in pages])
    for number, page in enumerate(pages, 1):
        if len(pages) > 1:
            assembler.page(number)
        lines = [line for index, line in enumerate(page) if (number - 1, index) not in repeated]
        for block in _blocks(lines):
            _write(assembler, block)
    return document(assembler, title=_title(pages), media_type="text/plain", parser=PARSER)


def _title(pages: list[list[Mapped]]) -> str:
    """The first line, if it can be one."""
    first = next((line.text.strip() for page in pages for line in page if line.text.strip(" =-_*#~")), "")
    title = mend(Mapped.of(first)).text.strip(" =-_*#~")
    return title if len(title) <= _LONGEST_HEADING and title[-1:] not in _SENTENCE_END else ""


def _pages(whole: Mapped) -> list[list[Mapped]]:
    pages: list[list[Mapped]] = [[]]
    for line in whole.lines():
        start = 0
        for part in line.text.split("\f"):
            if start:
                pages.append([])
            pages[-1].append(line.cut(start, start + len(part)))
            start += len(part) + 1
    return pages


def _blocks(lines: list[Mapped]) -> Iterator[list[Mapped]]:
    """Runs of lines without an empty one between them."""
    block: list[Mapped] = []
    for line in lines:
        if line.text.strip():
            block.append(mend(line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _write(assembler: Assembler, block: list[Mapped]) -> None:
    if len(block) >= 2 and (match := _UNDERLINE.fullmatch(block[1].text)) and len(block[0]) <= _LONGEST_HEADING:
        assembler.heading(block[0], 1 if match[1] == "=" else 2)
        block = block[2:]
    lines = [line for line in block if line.text.strip() and not _RULE.fullmatch(line.text)]
    if lines and _write_table(assembler, lines):
        return
    # Lines in capitals may stand right above what they head.
    while lines and (level := _heading_level(lines[0].text.strip(), alone=len(lines) == 1)):
        assembler.heading(lines.pop(0), level)
    if not lines or _write_table(assembler, lines):
        return
    group = object()
    for line in _reflowed(lines):
        assembler.line(line, group)


def _heading_level(text: str, alone: bool) -> int:
    """Level of a line that opens a block; 0 when it is no heading. Only capitals head what stands right below them."""
    if len(text) > _LONGEST_HEADING or text[-1] in _SENTENCE_END or _GAP.search(text):
        return 0
    letters = [character for character in _ASIDE.sub("", text) if character.isalpha()]
    if len(letters) >= 3 and all(character.isupper() and character.isascii() for character in letters):
        return 1
    return _level_by_mark(text) if alone and letters else 0


def _level_by_mark(text: str) -> int:
    """Level by a mark at the beginning: "##", "1.2", "Section 3", "第二章"; else 0."""
    if match := _HASHES.match(text):
        return len(match[0])
    if match := _NUMBER.match(text):
        return 2 + match[0].count(".") if _NUMBERED.match(text) else 0
    return 2 if _NUMBERED.match(text) or _CHINESE_NUMBERED.fullmatch(text) else 0


def _write_table(assembler: Assembler, lines: list[Mapped]) -> bool:
    """Write lines as rows when they hold the same two or more columns; say whether they did."""
    if len(lines) < 3 and not (len(lines) == 2 and all(_GAP.search(line.text.strip()) for line in lines)):
        return False
    grid = [_cells(line) for line in lines]
    width = len(grid[0])
    if width < 2 or any(len(row) != width for row in grid):
        return False
    if any(len(cell.text) > 60 for row in grid for cell in row[:-1]):
        return False
    table = object()
    for row in rows(grid, guess_header_rows(grid)):
        assembler.row(row, table)
    return True


def _cells(line: Mapped) -> list[Mapped]:
    text = line.strip()
    first = text.text.startswith("|")
    text = text.cut(int(first), len(text) - (len(text) > first and text.text.endswith("|")))
    cells: list[Mapped] = []
    at = 0
    text = text.strip()
    for match in _COLUMNS.finditer(text.text):
        cells.append(text.cut(at, match.start()).strip())
        at = match.end()
    cells.append(text.cut(at, len(text)).strip())
    return cells


def _reflowed(lines: list[Mapped]) -> Iterator[Mapped]:
    """Lines as paragraphs: wrapped lines joined, list items and short lines kept apart."""
    widest = max(_columns(line.text.rstrip()) for line in lines)
    wrapped = 40 <= widest <= 140
    paragraph: list[Mapped] = []
    for line in lines:
        if paragraph and not (wrapped and _runs_on(paragraph[-1].text, line.text, widest)):
            yield without_breaks_between_han(join(paragraph, "\n"))
            paragraph = []
        paragraph.append(line.strip())
    yield without_breaks_between_han(join(paragraph, "\n"))


def _columns(text: str) -> int:
    """Width of a text in a font of fixed width, where Chinese characters take two columns."""
    return len(text) + sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def _runs_on(line: str, following: str, widest: int) -> bool:
    """Whether `following` continues the paragraph of `line`: it would not have fitted on that line."""
    if _BULLET.match(following) or following.startswith(_INDENT):
        return False
    if _GAP.search(line.strip()) or _GAP.search(following.strip()):
        return False
    match = _FIRST_WORD.match(following)
    first_word = match[1] if match else ""
    # Chinese lines are full but for a character or two.
    ragged = 4 if _columns(first_word) > len(first_word) else 12
    return _columns(line.strip()) + 1 + _columns(first_word) > widest - ragged or following.lstrip()[0].islower()
