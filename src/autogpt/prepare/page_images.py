"""Draws one page of a PDF as a picture, with places on it marked.

In: the bytes of a PDF, a page, boxes on it as the source map tells them. Out: the bytes of a PNG. Runs where files are
parsed (`prepare/worker.py`), within its limits; a page of any size gives a picture of a bounded one.
"""

import math
from collections.abc import Sequence
from io import BytesIO

from autogpt.errors import DataError

#: Raised when pages are drawn differently, so that no browser keeps an old picture.
VERSION = 1
#: Pixels of a picture at most: in width, in height, and in all.
WIDEST, HIGHEST, MOST_PIXELS = 2_400, 8_000, 6_000_000
#: Colours of a marked place: what it is covered with, as ink that lets the text through, and its border.
_INK, _BORDER = (255, 226, 122), (180, 83, 9)
#: Room left around a marked place, points.
_ROOM = 1.5

#: Left, top, right and bottom on the page as shown, points.
Edges = tuple[float, float, float, float]


def draw(data: bytes, number: int, boxes: Sequence[Edges], width: int) -> bytes:
    """The page `number` (from 1) about `width` pixels wide; see `limited` for pages of unusual form.

    Raises DataError when there is no such page, or it is damaged or encrypted.
    """
    import pypdfium2
    from PIL import Image, ImageChops, ImageDraw

    try:
        opened = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise DataError("The original cannot be opened: it is encrypted or damaged.") from error
    try:
        if not 1 <= number <= len(opened):
            raise DataError(f"The document has {len(opened):,} pages; page {number:,} was asked for.")
        page = opened[number - 1]
        across, down = page.get_size()
        scale = limited(across, down, width)
        picture = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    except pypdfium2.PdfiumError as error:
        raise DataError("This page is damaged.") from error
    finally:
        opened.close()
    if boxes:
        ink = Image.new("RGB", picture.size, "white")
        places = [_pixels(box, scale) for box in boxes]
        for place in places:
            ImageDraw.Draw(ink).rectangle(place, fill=_INK)
        picture = ImageChops.multiply(picture, ink)
        for place in places:
            ImageDraw.Draw(picture).rectangle(place, outline=_BORDER, width=max(1, round(scale)))
    out = BytesIO()
    # As grey as most pages are, 64 colours lose nothing that is read.
    picture.quantize(64, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


def limited(width: float, height: float, wanted: int) -> float:
    """Pixels a point at which a page of so many points is about `wanted` pixels wide, but for the limits.

    Raises DataError for a page without any extent.
    """
    if not (width > 0 and height > 0 and math.isfinite(width * height)):
        raise DataError("This page has no extent.")
    return min(min(wanted, WIDEST) / width, HIGHEST / height, math.sqrt(MOST_PIXELS / (width * height)))


def _pixels(box: Edges, scale: float) -> list[float]:
    left, top, right, bottom = box
    return [(left - _ROOM) * scale, (top - _ROOM) * scale, (right + _ROOM) * scale, (bottom + _ROOM) * scale]
