"""Reads the words of PDF pages with their places and fonts, through pdfium.

In: an opened PDF. Out: words in the order of the page's own text. Coordinates are points from the top left corner of
the page as it is shown, turned upright. Knows nothing about lines or tables.
"""

import ctypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

#: What pdfium writes for a hyphen at the end of a line; the line break after it is left out.
LINE_HYPHENS = "\x02\ufffe\u00ad"
_WORD = re.compile(rf"[^\s\x00{LINE_HYPHENS}]+[{LINE_HYPHENS}]?")
_LEADERS = re.compile(r"(?:[.·…_]{4,}|(?:\s[.·]){4,})")
_LINE_BREAK = re.compile(r"[\r\n]")
_ITALIC = re.compile(rb"italic|oblique", re.IGNORECASE)
_BOLD = re.compile(rb"bold|black|heavy|semibold|demi", re.IGNORECASE)
_BOLD_WEIGHT = 600


@dataclass(frozen=True, slots=True)
class Word:
    """A word: `start` and `end` are the page's character indexes; `baseline` and the box are in points.

    `weight` is 2 for bold, 1 for italic type, else 0; `breaks` tells that pdfium sees a line break before it.
    """

    text: str
    start: int
    end: int
    left: float
    top: float
    right: float
    bottom: float
    baseline: float
    size: float
    weight: int
    breaks: bool


@dataclass(frozen=True, slots=True)
class PageWords:
    """The words of a page, the text their indexes refer to, and the size of the page in points."""

    words: list[Word]
    text: str
    width: float
    height: float


def read_page(document: Any, number: int) -> PageWords:
    """Words of the page with index `number`. Raises PdfiumError when the page is damaged."""
    page = document[number]
    try:
        textpage = page.get_textpage()
        try:
            width, height = page.get_size()
            text = _text(textpage.raw)
            return PageWords(list(_words(textpage.raw, text, _upright(page, width, height))), text, width, height)
        finally:
            textpage.close()
    finally:
        page.close()


def _text(raw: Any) -> str:
    """Text with exactly one character for every index."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFText_CountChars(raw)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(raw, 0, count, buffer)
    text = bytes(buffer)[: max(written - 1, 0) * 2].decode("utf-16-le", errors="replace")
    if len(text) == count:
        return text
    return "".join(_character(pdfium.FPDFText_GetUnicode(raw, index)) for index in range(count))


def _character(code: int) -> str:
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


Place = Callable[[float, float], tuple[float, float]]


def _upright(page: Any, width: float, height: float) -> Place:
    """Function from coordinates inside the page to those on the page as shown."""
    import pypdfium2.raw as pdfium

    scale = 1_000

    def shown(x: float, y: float) -> tuple[float, float]:
        column, line = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(page.raw, 0, 0, round(width * scale), round(height * scale), 0, x, y, column, line)
        return column.value / scale, line.value / scale

    (origin_x, origin_y), (right_x, right_y), (up_x, up_y) = shown(0, 0), shown(100, 0), shown(0, 100)
    xx, xy = (right_x - origin_x) / 100, (right_y - origin_y) / 100
    yx, yy = (up_x - origin_x) / 100, (up_y - origin_y) / 100
    return lambda x, y: (origin_x + x * xx + y * yx, origin_y + x * xy + y * yy)


def _words(raw: Any, text: str, place: Place) -> Iterator[Word]:
    import pypdfium2.raw as pdfium

    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    at = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        breaks = _LINE_BREAK.search(text, at, start) is not None or (at == start and at > 0)
        at = end
        shown = match[0]
        if (leaders := _LEADERS.search(shown)) is not None:
            end = start + leaders.start()
            shown = shown[: leaders.start()]
            if not shown:
                continue
        corners = []
        for index in (start, end - 1):
            pdfium.FPDFText_GetLooseCharBox(raw, index, box)
            corners += [place(box.left, box.top), place(box.right, box.bottom)]
        pdfium.FPDFText_GetCharOrigin(raw, start, x, y)
        length = pdfium.FPDFText_GetFontInfo(raw, start, name, 128, flags)
        font = name.raw[: min(length, 128)]
        if _BOLD.search(font) or pdfium.FPDFText_GetFontWeight(raw, start) >= _BOLD_WEIGHT:
            weight = 2
        else:
            weight = 1 if _ITALIC.search(font) else 0
        yield Word(
            shown,
            start,
            end,
            min(corner[0] for corner in corners),
            min(corner[1] for corner in corners),
            max(corner[0] for corner in corners),
            max(corner[1] for corner in corners),
            place(x.value, y.value)[1],
            pdfium.FPDFText_GetFontSize(raw, start),
            weight,
            breaks,
        )
