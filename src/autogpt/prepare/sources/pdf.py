"""Reads PDF: text in reading order, paragraphs re-flowed, headings by their fonts, tables as rows.

In: bytes. Out: a `ParsedDocument` whose source map leads to boxes on the pages. Pages without text are counted; a file
of nothing but scans is refused.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from autogpt.config import IngestSection
from autogpt.errors import DataError
from autogpt.prepare.sources.pages import counted_lines, repeated_lines
from autogpt.prepare.sources.parsed import Assembler, ParsedDocument, document
from autogpt.prepare.sources.pdf_blocks import BlockWriter, PageLines
from autogpt.prepare.sources.pdf_grids import grids
from autogpt.prepare.sources.pdf_lines import lines_of
from autogpt.prepare.sources.pdf_words import PageWords, read_page
from autogpt.records import Outline, Page, Span
from autogpt.text.boxes import Box, BoxMap, Placed
from autogpt.text.mapped import Mapped

PARSER = "pdf/2"
#: Part of a page's height at its top and bottom where running headers and footers stand.
_MARGIN = 0.11
_FEW_CHARACTERS = 10
_NO_TITLE = re.compile(
    r".*\.(?:docx?|pdf|xlsx?|pptx?|indd|tmp|html?)|untitled.*|document\d*|\S*\d\S*|microsoft \w+ - .*", re.IGNORECASE
)
_ONE_LINE_CELLS = 2


def parse(data: bytes, name: str, limits: IngestSection, declared: str | None = None) -> ParsedDocument:
    """Parse a PDF. Raises DataError when it is damaged, encrypted, too long or holds no text."""
    import pypdfium2

    try:
        opened = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise DataError("The PDF is encrypted.", "Save it without a password.") from error
        raise DataError("The PDF is damaged.", "Export or download it once more.") from error
    try:
        if len(opened) > limits.max_pages:
            raise DataError(
                f"The PDF has {len(opened):,} pages, more than {limits.max_pages:,}.",
                "Split it, or raise ingest.max_pages.",
            )
        return _parse(opened, limits)
    finally:
        opened.close()


def _parse(opened: Any, limits: IngestSection) -> ParsedDocument:
    pages = list(_readable_pages(opened))
    if not any(pages):
        raise DataError("The PDF is damaged: none of its pages can be read.", "Export or download it once more.")
    characters = sum(len(word.text) for page in pages if page for word in page.words)
    if characters < min(_FEW_CHARACTERS * len(pages), 200):
        raise DataError("The PDF holds no text: its pages are scans.", "Run text recognition (OCR) on it first.")
    bases = [0, *accumulate(len(page.text) + 1 if page else 1 for page in pages)]
    assembler = Assembler(limits)
    BlockWriter(assembler).write(_without_running_lines(pages, bases))
    info = opened.get_metadata_dict(skip_empty=True)
    metadata = {key.lower(): value for key, value in info.items() if key in {"Author", "Subject"}}
    parsed = document(
        assembler,
        title="" if _NO_TITLE.fullmatch(title := info.get("Title", "").strip()) else title,
        media_type="application/pdf",
        parser=PARSER,
        metadata=metadata | {"pages": len(pages)},
        warnings=_warnings(pages),
    )
    text, outline = assembler.finish()
    return replace(
        parsed,
        outline=Outline(outline.headings, tuple(_pages(text, bases)), outline.rows),
        source_map=_box_map(text, pages, bases).to_bytes(),
    )


def _readable_pages(opened: Any) -> Iterator[PageWords | None]:
    """The words of every page; None for a damaged one."""
    import pypdfium2

    for number in range(len(opened)):
        try:
            yield read_page(opened, number)
        except pypdfium2.PdfiumError:
            yield None


def _warnings(pages: Sequence[PageWords | None]) -> tuple[str, ...]:
    damaged = sum(page is None for page in pages)
    empty = sum(page is not None and not page.words for page in pages)
    warnings = []
    if damaged:
        warnings.append(f"{damaged} of {len(pages)} pages are damaged and left out")
    if empty:
        warnings.append(f"{empty} of {len(pages)} pages hold no text (scans or pictures)")
    return tuple(warnings)


def _without_running_lines(pages: Sequence[PageWords | None], bases: Sequence[int]) -> list[PageLines]:
    """Lines of every page, without running headers and footers and page numbers."""
    found = [
        _page_lines(number, base, page)
        for number, (page, base) in enumerate(zip(pages, bases, strict=False), 1)
        if page
    ]
    by_height = [sorted(range(len(page.lines)), key=lambda index: page.lines[index].baseline) for page in found]
    pairs = list(zip(found, by_height, strict=True))
    compared: list[list[str | None]] = []
    for page, order in pairs:
        words = pages[page.number - 1]
        assert words is not None
        margin = _MARGIN * words.height
        texts: list[str | None] = []
        for index in order:
            line = page.lines[index]
            inside = line.top > margin and line.bottom < words.height - margin
            text = None if inside or len(line.cells) > _ONE_LINE_CELLS else line.text
            texts.append(text)
        compared.append(texts)
    dropped = repeated_lines(compared)
    edges = [(page.lines[order[0]].text, page.lines[order[-1]].text) if order else () for page, order in pairs]
    dropped |= {(number, -position) for number, position in counted_lines(edges)}
    for number, (page, order) in enumerate(pairs):
        gone = {order[place] for on, place in dropped if on == number}
        page.lines = [line for index, line in enumerate(page.lines) if index not in gone]
    return found


def _page_lines(number: int, base: int, page: PageWords) -> PageLines:
    ruled, outside = grids(page.words, page.rules)
    return PageLines(number, base, lines_of(outside), ruled, page.rules)


def _pages(text: Mapped, bases: Sequence[int]) -> Iterator[Page]:
    """Pages by where their first character stands; each reaches to the next."""
    starts: list[tuple[int, int]] = []
    at = 0
    for piece in text.pieces:
        if len(piece.source):
            number = bisect_right(bases, piece.source.start)
            if not starts or number > starts[-1][0]:
                starts.append((number, at if starts else 0))
        at += piece.length
    for index, (number, start) in enumerate(starts):
        yield Page(number, Span(start, starts[index + 1][1] if index + 1 < len(starts) else at))


def _box_map(text: Mapped, pages: Sequence[PageWords | None], bases: Sequence[int]) -> BoxMap:
    """Boxes of the words under every piece of the text."""
    words = [
        (base + word.start, base + word.end, number, word)
        for number, (page, base) in enumerate(zip(pages, bases, strict=False), 1)
        if page
        for word in page.words
    ]
    ends = [end for _, end, _, _ in words]
    placed: list[Placed] = []
    at = 0
    for piece in text.pieces:
        index = bisect_right(ends, piece.source.start)
        while len(piece.source) and index < len(words) and words[index][0] < piece.source.end:
            start, end, number, word = words[index]
            first = max(start - piece.source.start, 0) if piece.exact else 0
            last = min(end - piece.source.start, piece.length) if piece.exact else piece.length
            if first < last:
                box = Box(number, word.left, word.top, word.right, word.bottom)
                placed.append(Placed(Span(at + first, at + last), box))
            index += 1
            if not piece.exact:
                break
        at += piece.length
    return BoxMap(placed, [(page.width, page.height) if page else (0.0, 0.0) for page in pages])
