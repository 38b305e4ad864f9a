"""Whatever changes what a parser reads raises its version, so that workspaces are read anew."""

import io
import json
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module

import docx
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from autogpt.config import IngestSection
from autogpt.prepare.sources import PARSERS, PARSERS_VERSION, is_outdated, parse_here
from autogpt.prepare.sources.parsed import ParsedDocument
from autogpt.store.documents import outline_to_json

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
FEES = (("Card", "Fee", "Since"), ("Gold", "$45", "2024"), ("金卡", "一百二十元", "2025年"))
RULES = ("第三条 本行不收费。", "下一条：持卡人应当妥善保管密码。", "上一篇：没有了", "返回顶部", "第 1 页 / 共 3 页")
WRAPPED = "短信\n服务，每月收取\n2 元。\nThe fee is charged\non the first of each month.\n"
#: What the parsers make of `SAMPLES`: digests of text and outline.
READ = {
    "html/3": "e9d6eadea1b7",
    "markdown/2": "fe9507ca02d2",
    "text/2": "1aaa1cce964d",
    "docx/2": "6e4cd63e095b",
    "pdf/2": "f40c194c4e9f",
}


def html() -> bytes:
    rows = "".join(f"<tr>{''.join(f'<td>{cell}' for cell in row)}" for row in FEES)
    around = ("Accept all cookies", "上一則：<a>年費</a> 下一則：没有了")
    body = "".join(f"<p>{text}</p>" for text in (*RULES, WRAPPED, *around, "Fees &amp; limits"))
    return f"<main><h1>Fees 费用</h1>{body}<ul><li>一<li>two</ul><table>{rows}</table></main>".encode()


def markdown() -> bytes:
    rows = ["| " + " | ".join(row) + " |" for row in FEES]
    rows.insert(1, "|---|---|---|")
    return "\n".join(
        ["# Fees 费用", "", WRAPPED, *(f"{text}\n" for text in RULES), "- 一", "- two", "", *rows]
    ).encode()


def text() -> bytes:
    return "\n\n".join(["FEES", WRAPPED, "一、费用", *RULES, "  1. one\n  2. two"]).encode()


def word() -> bytes:
    document = docx.Document()
    document.add_heading("Fees 费用", 1)
    for one in (*RULES, WRAPPED):
        document.add_paragraph(one)
    table = document.add_table(len(FEES), len(FEES[0]))
    for row, cells in zip(table.rows, FEES, strict=True):
        for cell, content in zip(row.cells, cells, strict=True):
            cell.text = content
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(72, 760, "Fees and limits")
    canvas.setFont("Helvetica", 10)
    for at, line in enumerate(("The fee is charged on the first of each", "month, with-", "out exception.")):
        canvas.drawString(72, 730 - 12 * at, line)
    for at, cells in enumerate(FEES[:2] * 2):
        for column, cell in enumerate(cells):
            canvas.drawString(72 + 120 * column, 660 - 14 * at, cell)
    canvas.setFont("STSong-Light", 10)
    for at, (indent, line) in enumerate(((20, RULES[1]), (0, "不得出借卡片给任何他人使用。"), (20, RULES[0]))):
        canvas.drawString(72 + indent, 560 - 14 * at, line)
    canvas.drawCentredString(300, 40, "1")
    canvas.save()
    return out.getvalue()


SAMPLES: dict[str, Callable[[], bytes]] = {
    "a.html": html,
    "a.md": markdown,
    "a.txt": text,
    "a.docx": word,
    "a.pdf": pdf,
}


def test_what_a_parser_reads_changes_with_its_version_alone() -> None:
    """Raise `PARSER` of those whose digest changed, and `PARSERS_VERSION`; then write the new digests down."""
    read = {}
    for name, sample in SAMPLES.items():
        document = parse_here(sample(), name, None, IngestSection())
        assert isinstance(document, ParsedDocument)
        outline = json.dumps(outline_to_json(document.outline), sort_keys=True)
        read[document.parser] = sha256(f"{document.text}\n{outline}".encode()).hexdigest()[:12]
    assert (PARSERS_VERSION, read) == (3, READ)


@pytest.mark.parametrize(
    ("parser", "outdated"),
    [("pdf/1", True), ("html/1", True), ("faq/1", False), ("", False), ("lyric/1", False)],
)
def test_what_an_earlier_version_read_is_outdated(parser: str, outdated: bool) -> None:
    assert is_outdated(parser) is outdated


@pytest.mark.parametrize("path", PARSERS.values())
def test_what_a_parser_reads_now_is_not_outdated(path: str) -> None:
    assert not is_outdated(import_module(path.partition(":")[0]).PARSER)
