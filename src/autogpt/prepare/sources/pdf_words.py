"""Reads the words of PDF pages with their places and fonts, and the lines drawn around them, through pdfium.

In: an opened PDF. Out: words in the order of the page's own text, and straight rules. Coordinates are points from the
top left corner of the page as it is shown, turned upright. Knows nothing about lines or tables.
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
#: Usual height of a character's box, in font sizes.
_LOOSE = 1.15
#: Filled rectangles thinner than this are lines, points.
_THICKEST = 2.5
#: Drawn objects of a page that are looked at; a page with more holds a drawing.
_MOST_OBJECTS = 20_000


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
class Rule:
    """A straight line: upright ones stand at x `at` from y `first` to y `last`, level ones the other way round."""

    upright: bool
    at: float
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class PageWords:
    """The words of a page, the text their indexes refer to, the size of the page in points, and its rules."""

    words: list[Word]
    text: str
    width: float
    height: float
    rules: list[Rule]


def read_page(document: Any, number: int) -> PageWords:
    """Words of the page with index `number`. Raises PdfiumError when the page is damaged."""
    page = document[number]
    try:
        textpage = page.get_textpage()
        try:
            width, height = page.get_size()
            text = _text(textpage.raw)
            place = _upright(page, width, height)
            return PageWords(list(_words(textpage.raw, text, place)), text, width, height, list(_rules(page, place)))
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


def _rules(page: Any, place: Place) -> Iterator[Rule]:
    """Level and upright lines: strokes, and filled rectangles thinner than `_THICKEST`."""
    import pypdfium2.raw as pdfium

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for index in range(min(pdfium.FPDFPage_CountObjects(page.raw), _MOST_OBJECTS)):
        drawn = pdfium.FPDFPage_GetObject(page.raw, index)
        if pdfium.FPDFPageObj_GetType(drawn) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        pdfium.FPDFPath_GetDrawMode(drawn, fill, stroke)
        if stroke.value:
            yield from _strokes(drawn, place)
        elif fill.value and pdfium.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
            yield from _rule(place(left.value, top.value), place(right.value, bottom.value))


def _strokes(drawn: Any, place: Place) -> Iterator[Rule]:
    """The straight pieces of a stroked path."""
    import pypdfium2.raw as pdfium

    matrix, x, y = pdfium.FS_MATRIX(), ctypes.c_float(), ctypes.c_float()
    pdfium.FPDFPageObj_GetMatrix(drawn, matrix)
    begin = before = (0.0, 0.0)
    for index in range(pdfium.FPDFPath_CountSegments(drawn)):
        segment = pdfium.FPDFPath_GetPathSegment(drawn, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = place(
            matrix.a * x.value + matrix.c * y.value + matrix.e, matrix.b * x.value + matrix.d * y.value + matrix.f
        )
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            begin = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield from _rule(before, point)
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield from _rule(point, begin)
        before = point


def _rule(one: tuple[float, float], other: tuple[float, float]) -> Iterator[Rule]:
    """The line between two points if it is level or upright, and longer than a dot."""
    width, height = abs(one[0] - other[0]), abs(one[1] - other[1])
    if min(width, height) < _THICKEST < max(width, height):
        upright = height > width
        across, along = (0, 1) if upright else (1, 0)
        yield Rule(upright, (one[across] + other[across]) / 2, *sorted((one[along], other[along])))


def _words(raw: Any, text: str, place: Place) -> Iterator[Word]:
    glyphs = _Glyphs(raw, place)
    at = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        breaks = _LINE_BREAK.search(text, at, start) is not None or (at == start and at > 0)
        at = end
        if (leaders := _LEADERS.search(match[0])) is not None:
            end = start + leaders.start()
        for first, after in glyphs.level_parts(start, end):
            yield glyphs.word(text[first:after], first, after, breaks or first > start)


class _Glyphs:
    """Places and fonts of the characters of a page."""

    def __init__(self, raw: Any, place: Place) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium, self._raw, self._place = pdfium, raw, place
        self._box, self._x, self._y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
        self._name, self._flags = ctypes.create_string_buffer(128), ctypes.c_int()

    def level_parts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The characters [start, end) cut where they jump: pdfium runs narrow columns of digits together."""
        if end - start < 2:
            if start < end:
                yield start, end
            return
        size = self._size(start)
        if not _jumps(self._origin(start), self._origin(end - 1), size):
            yield start, end
            return
        before = self._origin(start)
        for index in range(start + 1, end):
            origin = self._origin(index)
            if _jumps(before, origin, size):
                yield start, index
                start = index
            before = origin
        yield start, end

    def word(self, text: str, start: int, end: int, breaks: bool) -> Word:
        """The word of the characters [start, end)."""
        corners = [*self._corners(start), *self._corners(end - 1)]
        return Word(
            text,
            start,
            end,
            min(corner[0] for corner in corners),
            min(corner[1] for corner in corners),
            max(corner[0] for corner in corners),
            max(corner[1] for corner in corners),
            self._origin(start)[1],
            self._size(start),
            self._weight(start),
            breaks,
        )

    def _corners(self, index: int) -> tuple[tuple[float, float], tuple[float, float]]:
        self._pdfium.FPDFText_GetLooseCharBox(self._raw, index, self._box)
        return self._place(self._box.left, self._box.top), self._place(self._box.right, self._box.bottom)

    def _origin(self, index: int) -> tuple[float, float]:
        self._pdfium.FPDFText_GetCharOrigin(self._raw, index, self._x, self._y)
        return self._place(self._x.value, self._y.value)

    def _size(self, index: int) -> float:
        """Font size as shown. pdfium's own leaves out what the page scales its text by."""
        size = float(self._pdfium.FPDFText_GetFontSize(self._raw, index))
        one, other = self._corners(index)
        height = abs(one[1] - other[1])
        return size if 0.8 * size < height < 1.8 * size else height / _LOOSE

    def _weight(self, index: int) -> int:
        length = self._pdfium.FPDFText_GetFontInfo(self._raw, index, self._name, 128, self._flags)
        font = self._name.raw[: min(length, 128)]
        if _BOLD.search(font) or self._pdfium.FPDFText_GetFontWeight(self._raw, index) >= _BOLD_WEIGHT:
            return 2
        return 1 if _ITALIC.search(font) else 0


def _jumps(one: tuple[float, float], other: tuple[float, float], size: float) -> bool:
    return abs(other[1] - one[1]) > 0.6 * size or other[0] < one[0] - 0.2 * size
