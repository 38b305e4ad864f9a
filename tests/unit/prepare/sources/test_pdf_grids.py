"""Ruled tables of PDF pages."""

import io
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

from autogpt.config import IngestSection
from autogpt.prepare.sources import parse_here
from autogpt.prepare.sources.parsed import ParsedDocument

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
CHINESE = ParagraphStyle("chinese", fontName="STSong-Light", fontSize=9, leading=14, wordWrap="CJK")
PLAIN = ParagraphStyle("plain", fontName="Helvetica", fontSize=9, leading=11)
BOLD = ParagraphStyle("bold", parent=PLAIN, fontName="Helvetica-Bold")


def read(*flowables: Flowable) -> ParsedDocument:
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A4).build(list(flowables))
    parsed = parse_here(out.getvalue(), "fees.pdf", None, IngestSection())
    assert isinstance(parsed, ParsedDocument)
    return parsed


def table(rows: Sequence[Sequence[str]], *styles: tuple[object, ...], widths: Sequence[float] | None = None) -> Table:
    cells = [[Paragraph(text, BOLD if not at else PLAIN) for text in row] for at, row in enumerate(rows)]
    return Table(cells, colWidths=widths, style=[("GRID", (0, 0), (-1, -1), 0.5, "black"), *styles])


def rows(parsed: ParsedDocument) -> list[str]:
    return [span.of(parsed.text) for span in parsed.outline.rows]


def test_words_without_a_number_are_rows_below_a_bold_header() -> None:
    parsed = read(table([["Service", "Fee"], ["Opening an account", "No fee"], ["Closing an account", "No fee"]]))
    assert rows(parsed) == ["Service: Opening an account | Fee: No fee", "Service: Closing an account | Fee: No fee"]


def test_cells_that_run_over_lines_stay_whole() -> None:
    long = "Sending money to a country that does not use the same currency"
    parsed = read(table([["Service", "Up to 60% of the limit", "Above"], [long, "12", "14"]], widths=[90, 60, 60]))
    assert rows(parsed) == [f"Service: {long} | Up to 60% of the limit: 12 | Above: 14"]


def test_a_cell_joined_over_columns_is_read_once() -> None:
    parsed = read(
        table(
            [["Card", "Gold", "Silver"], ["Fee", "30", "20"], ["Offer", "ended in May", ""]], ("SPAN", (1, 2), (2, 2))
        )
    )
    assert rows(parsed)[-1] == "Card: Offer | Gold: ended in May"


def test_text_around_a_table_keeps_its_place() -> None:
    parsed = read(
        Paragraph("Before the table there is a sentence.", PLAIN),
        table([["Term", "Rate"], ["One year", "4.05%"]]),
        Paragraph("After the table there is another.", PLAIN),
    )
    assert parsed.text == (
        "Before the table there is a sentence.\n\nTerm: One year | Rate: 4.05%\n\nAfter the table there is another."
    )


def test_a_frame_around_text_is_no_table() -> None:
    parsed = read(table([["A notice in a box, which says something that matters to everybody."]]))
    assert not parsed.outline.rows
    assert parsed.text.startswith("A notice in a box")


def test_chinese_cells_run_on_without_spaces() -> None:
    cells = [["项目", "收费"], ["境外汇款手续费", "最低收费20元，最高收费100元人民币"], ["密码重置", "免费"]]
    grid = Table(
        [[Paragraph(text, CHINESE) for text in row] for row in cells],
        colWidths=[48, 127],
        style=[("GRID", (0, 0), (-1, -1), 0.5, "black")],
    )
    parsed = read(grid)
    assert "境外汇款手续费" in parsed.text
    assert "最低收费20元，最高收费100元人民币" in parsed.text


def test_indented_chinese_paragraphs_stay_apart_and_articles_keep_their_space() -> None:
    indented = ParagraphStyle("indented", parent=CHINESE, firstLineIndent=18)
    full = "第一段写到行末恰好写满，" * 7 + "到这里正好写满了行。"
    parsed = read(
        *(Paragraph(text, indented) for text in (full, "第二段另起一行，开头空两格。", "第三条 本行不收费。"))
    )
    assert parsed.text.split("\n\n") == [full, "第二段另起一行，开头空两格。", "第三条 本行不收费。"]
