"""PDF: reading order, paragraphs, headings, tables without rules, pages, and boxes to highlight."""

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from autogpt.records import Span
from autogpt.text.boxes import Box, BoxMap, Placed, load_source_map
from parsing import headings, parsed, rows

Draw = Callable[[Canvas, int], None]
BODY = [
    "The Gold account is made for people who travel. It comes with a card that is free",
    "of charge in all countries, and with an insurance that covers the whole family dur-",
    "ing the journey. You can close it at any time.",
]


def pdf(draw: Draw, pages: int = 1, size: tuple[float, float] = A4, rotate: int = 0) -> bytes:
    """A PDF whose pages `draw` fills."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    for number in range(1, pages + 1):
        canvas.setPageRotation(rotate)
        draw(canvas, number)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def lines(
    canvas: Canvas, texts: list[str], top: float, left: float = 72, font: str = "Helvetica", size: float = 10
) -> float:
    canvas.setFont(font, size)
    for text in texts:
        canvas.drawString(left, top, text)
        top -= 1.2 * size
    return top


def report(canvas: Canvas, number: int) -> None:
    """A page with running lines, a heading, a paragraph and a table of figures."""
    lines(canvas, ["Northwind Bank, Annual report"], 810)
    top = lines(canvas, [f"Chapter {'ABCDE'[number - 1]}"], 760, font="Helvetica-Bold", size=16)
    top = lines(canvas, BODY, top - 10)
    top = lines(canvas, [f"Another paragraph, of page {number} alone."], top - 10)
    for right, text in ((400, "2023"), (480, "2022")):
        canvas.drawRightString(right, top - 20, text)
    for row, (label, new, old) in enumerate(
        (("Interest income", "1,200", "1,100"), ("Fees", "(80)", "(75)"), ("Total", "1,120", "1,025"))
    ):
        at = top - 40 - 14 * row
        canvas.drawString(72, at, label)
        canvas.drawString(350, at, "$")
        canvas.drawRightString(400, at, new)
        canvas.drawRightString(480, at, old)
    canvas.drawCentredString(300, 40, str(number))


def test_paragraphs_headings_and_figures_are_read_as_they_look() -> None:
    document = parsed(pdf(report, 4), "report.pdf")
    paragraph = " ".join(BODY).replace("dur- ing", "during")
    first = document.outline.pages[0].span.of(document.text).strip()
    assert first == (
        f"Chapter A\n\n{paragraph}\n\nAnother paragraph, of page 1 alone.\n\n"
        "Interest income | 2023: $1,200 | 2022: 1,100\nFees | 2023: $(80) | 2022: (75)\n"
        "Total | 2023: $1,120 | 2022: 1,025"
    )
    assert [text for _, text in headings(document)] == ["Chapter A", "Chapter B", "Chapter C", "Chapter D"]
    assert document.title == "Chapter A"


def test_running_lines_and_page_numbers_go_and_pages_stay() -> None:
    document = parsed(pdf(report, 4), "report.pdf")
    assert "Annual report" not in document.text
    assert [page.number for page in document.outline.pages] == [1, 2, 3, 4]
    for number in (1, 2, 3, 4):
        assert document.outline.page_at(document.text.index(f"of page {number} alone")) == number
    assert document.outline.pages[0].span.start == 0
    assert document.outline.pages[-1].span.end == len(document.text)
    for one, other in zip(document.outline.pages, document.outline.pages[1:], strict=False):
        assert one.span.end == other.span.start


def boxes_of(data: bytes, quote: str) -> tuple[BoxMap, list[Box]]:
    document = parsed(data, "a.pdf")
    found = load_source_map(document.source_map)
    assert isinstance(found, BoxMap)
    start = document.text.index(quote)
    return found, found.boxes(Span(start, start + len(quote)))


def test_a_citation_has_a_box_on_its_page() -> None:
    found, boxes = boxes_of(pdf(report, 3), "of page 3 alone")
    assert found.sizes == ((595.3, 841.9),) * 3
    (box,) = boxes
    assert box.page == 3
    assert 72 < box.left < box.right < 300
    assert 100 < box.top < box.bottom < 200
    assert 8 < box.bottom - box.top < 16


def test_a_citation_over_two_lines_has_two_boxes() -> None:
    _, boxes = boxes_of(pdf(report), "card that is free of charge")
    assert [round(box.left) > 72 for box in boxes] == [True, False]
    assert boxes[0].bottom <= boxes[1].top + 4
    (word,) = boxes_of(pdf(report), "duri")[1][:1]
    assert word.page == 1


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_turned_pages_have_their_boxes_where_they_are_seen(rotate: int) -> None:
    def draw(canvas: Canvas, number: int) -> None:
        # Drawn so that it reads upright once the page is turned.
        width, height = landscape(A4)
        canvas.saveState()
        canvas.translate(*{0: (0, 0), 90: (height, 0), 180: (width, height), 270: (0, width)}[rotate])
        canvas.rotate(rotate)
        lines(canvas, ["A line of words near the left edge."], 300, left=40)
        canvas.restoreState()

    found, (box,) = boxes_of(pdf(draw, size=landscape(A4), rotate=rotate), "A line of words")
    height = found.sizes[0][1]
    assert 38 < box.left < 42
    assert box.top < height - 300 < box.bottom


def test_two_columns_are_read_one_after_the_other() -> None:
    left = ["The left column begins here and", "goes on for some lines, as text", "in two columns does."]
    right = ["The right column comes after it", "and has its own sentences that", "must not be mixed in."]

    def draw(canvas: Canvas, number: int) -> None:
        lines(canvas, left, 700, left=72)
        lines(canvas, right, 700, left=320)

    text = parsed(pdf(draw), "columns.pdf").text
    assert text.index("in two columns does.") < text.index("The right column")
    assert "The left column begins here and goes on" in text


def test_numbers_written_column_by_column_come_to_their_lines() -> None:
    def draw(canvas: Canvas, number: int) -> None:
        lines(canvas, ["Income", "Costs", "Profit"], 700)
        for right, values in ((400, ["10", "7", "3"]), (480, ["9", "8", "1"])):
            for row, value in enumerate(values):
                canvas.drawRightString(right, 700 - 12 * row, value)

    assert rows(parsed(pdf(draw), "columns.pdf")) == ["Income | 10 | 9", "Costs | 7 | 8", "Profit | 3 | 1"]


def test_lists_keep_their_items() -> None:
    def draw(canvas: Canvas, number: int) -> None:
        top = lines(canvas, ["You need:"], 700)
        for item in ("an identity card,", "a proof of where you live, such as a bill that is"):
            canvas.drawString(72, top, "\u2022")
            canvas.drawString(90, top, item)
            top -= 12
        lines(canvas, ["not older than three months."], top, left=90)

    assert parsed(pdf(draw), "list.pdf").text.split("\n") == [
        "You need:",
        "",
        "• an identity card,",
        "• a proof of where you live, such as a bill that is not older than three months.",
    ]


def test_pages_without_text_are_counted() -> None:
    def draw(canvas: Canvas, number: int) -> None:
        if number == 2:
            canvas.rect(100, 100, 200, 200, fill=1)
        else:
            lines(canvas, [f"Page {'one' if number == 1 else 'three'} has words, and quite a number of them."], 700)

    document = parsed(pdf(draw, 3), "mixed.pdf")
    assert document.warnings == ("1 of 3 pages hold no text (scans or pictures)",)
    assert document.outline.page_at(document.text.index("three")) == 3


words = st.lists(
    st.builds(
        lambda gap, length, page, left, top: (gap, length, Box(page, left, top, left + length, top + 9)),
        st.integers(0, 3),
        st.integers(1, 9),
        st.integers(1, 4),
        st.integers(0, 500).map(float),
        st.integers(0, 800).map(float),
    ),
    max_size=30,
)


@given(words, st.data())
def test_boxes_are_stored_and_cover_what_is_asked_for(drawn: list[tuple[int, int, Box]], data: st.DataObject) -> None:
    placed, at = [], 0
    for gap, length, box in drawn:
        placed.append(Placed(Span(at + gap, at + gap + length), box))
        at += gap + length
    found = BoxMap.from_bytes(BoxMap(placed, [(595.3, 841.9)] * 4).to_bytes())
    assert list(found.words) == placed
    assert found.sizes == ((595.3, 841.9),) * 4
    start = data.draw(st.integers(0, at))
    span = Span(start, data.draw(st.integers(start, at)))
    boxes = found.boxes(span)
    touched = [one for one in placed if one.span.overlaps(span)]
    assert {one.box.page for one in touched} == {box.page for box in boxes}
    for one in touched:
        assert any(
            box.page == one.box.page and box.top <= one.box.top and box.bottom >= one.box.bottom for box in boxes
        )
