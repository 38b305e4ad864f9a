"""Build the HTML, PDF and DOCX files of the sample workspaces from their Markdown sources.

In: `tools/samples/<workspace>/<file>.md`, Markdown with a few `key: value` lines on top; `workspace.toml` beside them
gives the settings that all of them share, `templates/` the pages around their text. Out: the same files, ready to be
committed, in `examples/<workspace>/documents/`: the same bytes each time for the same versions of the libraries. Knows
nothing about Auto-GPT. Usage: python tools/build_samples.py [--check]
"""

import argparse
import html
import io
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "tools" / "samples"
EXAMPLES = ROOT / "examples"

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


@dataclass(frozen=True)
class Typography:
    """How a language is set: fonts of PDF (`wrap` is reportlab's wordWrap, sizes in points) and of Word."""

    font: str
    bold: str
    wrap: str | None
    size: float
    leading: float
    page: str
    east_asian: str = ""


#: By `lang`. The Chinese fonts of PDF are those that every reader brings: they come without bold, and in no file.
TYPOGRAPHY = {
    "en": Typography("Helvetica", "Helvetica-Bold", None, 9.5, 12.5, "Page {page}"),
    "zh-Hans": Typography("STSong-Light", "STSong-Light", "CJK", 10.5, 17, "第 {page} 页 / 共 {pages} 页", "宋体"),
    "zh-Hant": Typography("MSung-Light", "MSung-Light", "CJK", 10.5, 17, "第 {page} 頁", "新細明體"),
}


@dataclass(frozen=True)
class Run:
    """Some characters of one style."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class Block:
    """A heading, paragraph, list, table or page break; `rows` are list items or table rows of cells of runs."""

    kind: str
    level: int = 0
    rows: tuple[tuple[tuple[Run, ...], ...], ...] = ()


@dataclass(frozen=True)
class Source:
    """One source file: where it goes, its settings and its text, and the folder of its templates."""

    target: Path
    settings: dict[str, str]
    text: str
    templates: Path

    @property
    def typography(self) -> Typography:
        return TYPOGRAPHY[self.settings["lang"]]


def read_sources() -> list[Source]:
    """All sources of all workspaces, in the order of their names. Raises ValueError for one without settings."""
    shared = {path.parent: tomllib.loads(path.read_text(encoding="utf-8")) for path in SOURCES.glob("*/workspace.toml")}
    found = []
    for path in sorted(SOURCES.glob("*/*.md")):
        opening, head, text = path.read_text(encoding="utf-8").split("---\n", 2)
        if opening:
            raise ValueError(f"{path}: expected --- on the first line")
        settings = shared[path.parent] | dict(line.split(": ", 1) for line in head.strip().splitlines())
        target = EXAMPLES / path.parent.name / "documents" / path.stem
        found.append(Source(target, settings, text.strip() + "\n", path.parent / "templates"))
    return found


def build(source: Source) -> bytes:
    """The bytes of the file that `source` describes."""
    makers: dict[str, Callable[[Source], bytes]] = {".html": build_html, ".pdf": build_pdf, ".docx": build_docx}
    return makers[source.target.suffix](source)


def build_html(source: Source) -> bytes:
    """A page with what pages have around their text: navigation, a cookie banner, a sidebar, scripts, a footer."""
    crumbs = source.settings["breadcrumb"].split(" > ")
    related = source.settings["related"].split("|")
    page = Template((source.templates / f"{source.settings['layout']}.html").read_text(encoding="utf-8"))
    values = {
        "title": html.escape(source.settings["title"]),
        "updated": source.settings["updated"],
        "slug": source.target.stem,
        "breadcrumb": "\n".join(f'<li><a href="/{_slug(crumb)}">{html.escape(crumb)}</a></li>' for crumb in crumbs),
        "related": "\n".join(f'<li><a href="/{_slug(name)}">{html.escape(name)}</a></li>' for name in related),
        "content": MARKDOWN.render(source.text),
    }
    return page.substitute(values).encode()


def _slug(name: str) -> str:
    return "-".join(name.lower().split())


def build_pdf(source: Source) -> bytes:
    """A4 pages with a running header and footer and page numbers; uncompressed, so that the bytes never vary."""
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import (
        Flowable,
        ListFlowable,
        ListItem,
        PageBreak,
        Paragraph,
        SimpleDocTemplate,
        Spacer,
        Table,
        TableStyle,
    )

    look = source.typography
    _register(look)
    styles = getSampleStyleSheet()
    wrap = {"wordWrap": look.wrap}
    chinese = {"firstLineIndent": 2 * look.size, "spaceBefore": 0} if look.wrap else {}
    item = ParagraphStyle(
        "item", parent=styles["BodyText"], fontName=look.font, fontSize=look.size, leading=look.leading, **wrap
    )
    body = ParagraphStyle("body", parent=item, **chinese)
    cell = ParagraphStyle("cell", parent=item, fontSize=look.size - 1, leading=look.leading - 2)
    name = ParagraphStyle("name", parent=cell, fontName=look.bold)
    headings = {
        level: ParagraphStyle(f"heading{level}", parent=styles[f"Heading{level}"], fontName=look.bold, **wrap)
        for level in range(1, 5)
    }
    width = A4[0] - 40 * mm

    def table(block: Block) -> Flowable:
        columns = len(block.rows[0])
        first = 0.34 if columns > 2 else 0.5
        widths = [width * first] + [width * (1 - first) / (columns - 1)] * (columns - 1)
        made = Table(
            [[Paragraph(_markup(one), cell if index else name) for one in row] for index, row in enumerate(block.rows)],
            colWidths=widths,
            repeatRows=1,
        )
        made.setStyle(
            TableStyle(
                [
                    ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
                    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ]
            )
        )
        return made

    def flowables() -> Iterator[Flowable]:
        for block in blocks(source.text):
            if block.kind == "heading":
                yield Paragraph(_markup(block.rows[0][0]), headings[block.level])
            elif block.kind == "paragraph":
                yield Paragraph(_markup(block.rows[0][0]), body)
            elif block.kind in {"bullet", "ordered"}:
                items = [ListItem(Paragraph(_markup(row[0]), item)) for row in block.rows]
                yield ListFlowable(items, bulletType="bullet" if block.kind == "bullet" else "1", bulletFontSize=8)
            elif block.kind == "table":
                yield table(block)
                yield Spacer(1, 3 * mm)
            else:
                yield PageBreak()

    def written(pages: int) -> tuple[bytes, int]:
        """The file, with `pages` as the number of all pages, and how many there are."""

        def margins(canvas: Canvas, document: SimpleDocTemplate) -> None:
            canvas.saveState()
            canvas.setFont(look.font, 7.5)
            canvas.drawString(20 * mm, A4[1] - 12 * mm, source.settings["header"])
            canvas.drawString(20 * mm, 11 * mm, source.settings["footer"])
            canvas.drawRightString(A4[0] - 20 * mm, 11 * mm, look.page.format(page=document.page, pages=pages))
            canvas.restoreState()

        out = io.BytesIO()
        document = SimpleDocTemplate(
            out,
            pagesize=A4,
            leftMargin=20 * mm,
            rightMargin=20 * mm,
            topMargin=20 * mm,
            bottomMargin=20 * mm,
            title=source.settings["title"],
            author=source.settings["author"],
            invariant=1,
            pageCompression=0,
        )
        document.build(list(flowables()), onFirstPage=margins, onLaterPages=margins)
        return out.getvalue(), document.page

    made, pages = written(0)
    return written(pages)[0] if "{pages}" in look.page else made


def _register(look: Typography) -> None:
    """Make the Chinese fonts known to reportlab, which has only those of Latin letters from the start."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    if look.wrap == "CJK":
        pdfmetrics.registerFont(UnicodeCIDFont(look.font))
        pdfmetrics.registerFontFamily(look.font, look.font, look.bold, look.font, look.bold)


def _markup(runs: Sequence[Run]) -> str:
    marked = ""
    for run in runs:
        text = html.escape(run.text, quote=False)
        text = f"<b>{text}</b>" if run.bold else text
        marked += f"<i>{text}</i>" if run.italic else text
    return marked


def build_docx(source: Source) -> bytes:
    """A Word document with headings, lists and tables; its zip entries carry no dates."""
    import docx

    document = docx.Document()
    document.core_properties.title = source.settings["title"]
    document.core_properties.author = source.settings["author"]
    document.sections[0].header.paragraphs[0].text = source.settings["header"]
    document.sections[0].footer.paragraphs[0].text = source.settings["footer"]
    if source.typography.east_asian:
        _set_east_asian(document, source.typography.east_asian, source.settings["lang"])
    for block in blocks(source.text):
        if block.kind == "table":
            table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
            for row in block.rows:
                for made, runs in zip(table.add_row().cells, row, strict=True):
                    _write_runs(made.paragraphs[0], runs)
            continue
        for row in block.rows:
            if block.kind == "heading":
                paragraph = document.add_heading("", level=block.level)
            else:
                style = {"bullet": "List Bullet", "ordered": "List Number"}.get(block.kind)
                paragraph = document.add_paragraph(style=style)
            _write_runs(paragraph, row[0])
    written = io.BytesIO()
    document.save(written)
    return _without_dates(written)


def _set_east_asian(document: Any, font: str, language: str) -> None:
    """Name the font of Chinese characters, which Word keeps beside that of Latin ones, and their language."""
    from docx.oxml.ns import qn

    defaults = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    fonts = defaults.find(qn("w:rFonts"))
    fonts.attrib.pop(qn("w:eastAsiaTheme"), None)
    fonts.set(qn("w:eastAsia"), font)
    defaults.find(qn("w:lang")).set(qn("w:eastAsia"), language)


def _write_runs(paragraph: object, runs: Sequence[Run]) -> None:
    for run in runs:
        made = paragraph.add_run(run.text)  # type: ignore[attr-defined]
        made.bold, made.italic = run.bold or None, run.italic or None


def _without_dates(written: io.BytesIO) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(written) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in sorted(given.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            kept.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), given.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def blocks(text: str) -> Iterator[Block]:
    """The blocks of some Markdown. Raises ValueError for what the builders do not write."""
    tokens = iter(MARKDOWN.parse(text))
    for token in tokens:
        if token.type == "heading_open":
            yield Block("heading", int(token.tag[1]), ((_runs(next(tokens)),),))
        elif token.type == "paragraph_open":
            yield Block("paragraph", 0, ((_runs(next(tokens)),),))
        elif token.type in {"bullet_list_open", "ordered_list_open"}:
            kind = token.type.partition("_")[0]
            closing = f"{kind}_list_close"
            yield Block(kind, 0, tuple((_runs(one),) for one in _until(tokens, closing) if one.type == "inline"))
        elif token.type == "table_open":
            rows: list[list[tuple[Run, ...]]] = []
            for one in _until(tokens, "table_close"):
                if one.type == "tr_open":
                    rows.append([])
                elif one.type == "inline":
                    rows[-1].append(_runs(one))
            yield Block("table", 0, tuple(tuple(row) for row in rows))
        elif token.type == "hr":
            yield Block("break")
        elif not token.type.endswith("_close"):
            raise ValueError(f"no builder for {token.type}: {token.content[:60]!r}")


def _until(tokens: Iterator[Token], closing: str) -> Iterator[Token]:
    for token in tokens:
        if token.type == closing:
            return
        yield token


def _runs(inline: Token) -> tuple[Run, ...]:
    runs = []
    bold = italic = False
    for child in inline.children or ():
        if child.type in {"strong_open", "strong_close"}:
            bold = child.type == "strong_open"
        elif child.type in {"em_open", "em_close"}:
            italic = child.type == "em_open"
        elif child.type == "softbreak":
            runs.append(Run(" ", bold, italic))
        elif child.content:
            runs.append(Run(child.content, bold, italic))
    return tuple(runs)


def main() -> int:
    """Build all files, or with --check only say which differ. Exit code 1 when some do."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a committed file differs")
    check = parser.parse_args().check
    stale = 0
    for source in read_sources():
        made = build(source)
        if source.target.is_file() and source.target.read_bytes() == made:
            continue
        stale += 1
        print(("differs: " if check else "wrote ") + str(source.target.relative_to(ROOT)))
        if not check:
            source.target.parent.mkdir(parents=True, exist_ok=True)
            source.target.write_bytes(made)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
