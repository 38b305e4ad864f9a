"""Pages of PDFs as pictures: the boxed place is where the words are, however the page is turned or cropped."""

from io import BytesIO

import pytest
from PIL import Image

from autogpt.config import IngestSection
from autogpt.errors import DataError
from autogpt.prepare.page_images import MOST_PIXELS, WIDEST, draw, limited
from autogpt.prepare.sandbox import Sandbox
from autogpt.prepare.sources import ParsedDocument, parse_here
from autogpt.records import Span
from autogpt.text.boxes import BoxMap
from pdf_files import pdf_of

LINES = ["The first line of the page.", "A fee of 45 euro a year is charged.", "The last line of the page."]
QUOTE = "45 euro a year"


def boxed(data: bytes, width: int = 800) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """The picture of page 1 with `QUOTE` boxed, and the box in pixels."""
    parsed = parse_here(data, "a.pdf", None, IngestSection())
    assert isinstance(parsed, ParsedDocument)
    at = parsed.text.index(QUOTE)
    found = BoxMap.from_bytes(parsed.source_map, Span(at, at + len(QUOTE)))
    [box] = found.boxes(Span(at, at + len(QUOTE)))
    edges = (box.left, box.top, box.right, box.bottom)
    picture = Image.open(BytesIO(draw(data, 1, [edges], width))).convert("RGB")
    scale = width / found.sizes[0][0]
    return picture, (edges[0] * scale, edges[1] * scale, edges[2] * scale, edges[3] * scale)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [False, True])
def test_the_box_is_drawn_around_the_words(rotate: int, crop: bool) -> None:
    picture, (left, top, right, bottom) = boxed(pdf_of([LINES], rotate=rotate, crop=crop))
    assert right - left > 2 * (bottom - top)
    inside = picture.crop((round(left), round(top), round(right), round(bottom)))
    yellow = sum(count for count, (_, _, blue) in inside.getcolors(10_000) or () if 60 < blue < 190)  # type: ignore[misc]
    black = sum(count for count, (red, _, _) in inside.getcolors(10_000) or () if red < 90)  # type: ignore[misc]
    whole = inside.width * inside.height
    assert yellow > 0.5 * whole
    assert 0.03 * whole < black < 0.5 * whole
    marked = [
        (x, y)
        for x in range(picture.width)
        for y in range(picture.height)
        if picture.getpixel((x, y))[2] < 160 < picture.getpixel((x, y))[0]  # type: ignore[index, operator]
    ]
    room = 6
    assert min(x for x, _ in marked) > left - room
    assert max(x for x, _ in marked) < right + room
    assert min(y for _, y in marked) > top - room
    assert max(y for _, y in marked) < bottom + room


@pytest.mark.parametrize(
    ("size", "wanted", "pixels"),
    [
        ((600, 800), 1_200, (1_200, 1_600)),
        ((600, 800), 100_000, (2_121, 2_828)),
        ((14_400, 14_400), 1_200, (1_200, 1_200)),
        ((10, 14_400), 1_200, (6, 8_000)),
    ],
)
def test_a_picture_is_never_large(size: tuple[float, float], wanted: int, pixels: tuple[int, int]) -> None:
    scale = limited(*size, wanted)
    assert (round(size[0] * scale), round(size[1] * scale)) == pixels
    assert pixels[0] <= WIDEST
    assert pixels[0] * pixels[1] <= 1.01 * MOST_PIXELS


@pytest.mark.parametrize("size", [(0, 800), (600, 0), (float("inf"), 800), (float("nan"), 800), (-600, 800)])
def test_a_page_without_extent_is_refused(size: tuple[float, float]) -> None:
    with pytest.raises(DataError, match="no extent"):
        limited(*size, 1_200)


def test_what_cannot_be_drawn_says_so_and_the_process_goes_on() -> None:
    with Sandbox(IngestSection()) as sandbox:
        with pytest.raises(DataError, match="encrypted or damaged"):
            sandbox.draw(pdf_of([LINES], password="secret"), 1, [], 400)
        with pytest.raises(DataError, match="encrypted or damaged"):
            sandbox.draw(b"%PDF-1.7 and nothing", 1, [], 400)
        with pytest.raises(DataError, match="1 pages; page 2"):
            sandbox.draw(pdf_of([LINES]), 2, [], 400)
        drawn = Image.open(BytesIO(sandbox.draw(pdf_of([LINES]), 1, [(-50, -50, 9_999, 60)], 400)))
        assert drawn.format == "PNG"
        assert drawn.width == 400
        assert isinstance(sandbox.parse(pdf_of([LINES]), "a.pdf"), ParsedDocument)
