"""Where the paragraphs of Chinese PDF pages begin."""

import io

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate

from parsing import parsed

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
SIZE = 9
#: Characters in a line that begins at the page's edge.
WIDTH = 48
CLAUSE = "持卡人应当在账单日之后按照约定的期限归还欠款，逾期将按照规定计收利息，还款之后即行停止，特此"


def filled(*indents: int) -> str:
    """A sentence for each line, which it fills: then only where the lines begin tells what they belong to."""
    return "".join(f"{CLAUSE[: WIDTH - indent - 3]}说明。" for indent in indents)


def blocks(*paragraphs: tuple[str, int, int]) -> list[str]:
    """What is read below a heading at the page's left edge. Paragraphs: text, indent of all lines and of the first."""
    style = ParagraphStyle("chinese", fontName="STSong-Light", fontSize=SIZE, leading=14, wordWrap="CJK")
    flowables = [Paragraph("费用说明", style)]
    for text, left, first in paragraphs:
        indents = {"leftIndent": SIZE * left, "firstLineIndent": SIZE * first}
        flowables.append(Paragraph(text, ParagraphStyle("own", parent=style, **indents)))
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A4).build(flowables)
    heading, *found = parsed(out.getvalue(), "fees.pdf").text.split("\n\n")
    assert heading == "费用说明"
    return found


@pytest.mark.parametrize("lines", [2, 3, 6])
def test_lines_of_a_body_that_is_indented_throughout_are_joined(lines: int) -> None:
    texts = [filled(*[2] * lines) + "第一段完。", filled(*[2] * lines) + "第二段完。"]
    assert blocks(*((text, 2, 0) for text in texts)) == texts


def test_first_lines_begin_paragraphs_of_a_body_that_is_indented_throughout() -> None:
    texts = [filled(4, 2, 2), filled(4, 2) + "第二段完。", filled(4), filled(4, 2), "末段。"]
    assert blocks(*((text, 2, 2) for text in texts)) == texts


def test_first_lines_begin_paragraphs_that_fill_their_last_line() -> None:
    texts = [filled(2, 0, 0), filled(2), filled(2), filled(2, 0), "末段。"]
    assert blocks(*((text, 0, 2) for text in texts)) == texts


def test_a_paragraph_below_an_item_begins_where_its_first_line_is_indented() -> None:
    item, paragraph = f"（一）{filled(5, 0)}", filled(2, 0)
    assert blocks((item, 0, 2), (paragraph, 0, 2)) == [item, paragraph]


def test_items_whose_lines_hang_below_their_sign_stay_whole() -> None:
    items = [f"{sign}、{filled(2, 2, 2)}" for sign in "一二"]
    (found,) = blocks(*((item, 2, -2) for item in items))
    assert found.split("\n") == items
