"""Reads HTML into blocks of text, each character mapped to the source.

In: decoded HTML, however broken. Out: blocks in order, with what is known of the region each stands in. Iterative, so
that nesting costs no stack. Knows nothing about which blocks are worth keeping.
"""

from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from itertools import accumulate

from autogpt.errors import DataError
from autogpt.prepare.clean import tidy, without_breaks_between_han
from autogpt.prepare.sources.html_regions import Region, region_of
from autogpt.prepare.sources.html_tables import WIDEST, Block, Table, TableCell, grid_of, is_layout
from autogpt.prepare.sources.tables import rows
from autogpt.records import Span
from autogpt.text.mapped import Mapped, join

_DEEPEST = 1_000

_SKIPPED_TEXT = (
    "script style noscript template svg canvas iframe object embed audio video select button textarea datalist map math"
)
_SKIPPED = frozenset(_SKIPPED_TEXT.split())
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_BLOCKS_TEXT = (
    "html head title body main article section nav aside header footer div p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd "
    "table caption thead tbody tfoot tr td th pre blockquote figure figcaption form fieldset legend address details "
    "summary dialog center menu hgroup search"
)
_BLOCKS = frozenset(_BLOCKS_TEXT.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
#: A start tag closes the open elements named first, looking no further up than those named second.
_IMPLIED_END = {
    "li": ({"li"}, {"ul", "ol", "menu"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
    "tr": ({"tr"}, {"table"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
    "thead": ({"thead", "tbody", "tfoot"}, {"table"}),
    "tbody": ({"thead", "tbody", "tfoot"}, {"table"}),
    "tfoot": ({"thead", "tbody", "tfoot"}, {"table"}),
}


@dataclass(slots=True)
class Page:
    """What a page holds: blocks, title and the contents of its meta elements."""

    blocks: list[Block]
    title: str
    meta: dict[str, str]
    language: str
    depth: int


@dataclass(slots=True)
class _Open:
    tag: str
    region: Region | None = None
    main: bool = False
    number: int = 0
    group: object = None


def read_page(source: str, at: int = 0) -> Page:
    """Blocks of an HTML page or fragment.

    Args:
        source: decoded HTML.
        at: where it begins in the original, for HTML inside other formats.

    Raises:
        DataError: its elements are nested too deeply.
    """
    reader = _Reader(source, at)
    reader.feed(source)
    reader.close()
    return reader.page()


class _Reader(HTMLParser):
    def __init__(self, source: str, at: int) -> None:
        super().__init__(convert_charrefs=False)
        self._source, self._at = source, at
        self._line_starts = [0, *accumulate(len(line) + 1 for line in source.split("\n"))]
        self._stack: list[_Open] = []
        self._open_count: dict[str, int] = {}
        self._blocks: list[Block] = []
        self._tables: list[Table] = []
        self._cells: list[TableCell] = []
        self._parts: list[Mapped] = []
        self._link_characters = 0
        self._skipping = ""
        self._in_link = False
        self._title: list[str] = []
        self._meta: dict[str, str] = {}
        self._language = ""
        self._depth = 0
        self._term: Mapped | None = None

    def page(self) -> Page:
        self._flush()
        while self._stack:
            self._pop()
        title = " ".join("".join(self._title).split())
        return Page(self._blocks, title, self._meta, self._language, self._depth)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipping:
            return
        if tag in _SKIPPED:
            self._skipping = tag
            return
        if tag == "br":
            self._text(Mapped.standing_for("\n", self._here(0)))
        elif tag == "hr":
            self._flush()
        elif tag == "meta":
            values = dict(attrs)
            name = values.get("property") or values.get("name") or values.get("itemprop")
            if name and values.get("content"):
                self._meta.setdefault(name.lower(), values["content"] or "")
        elif tag == "a":
            self._in_link = True
        elif tag not in _VOID and (tag in _BLOCKS or "-" in tag):
            self._push(tag, {name: value or "" for name, value in attrs})

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            if tag == self._skipping:
                self._skipping = ""
            return
        if tag == "a":
            self._in_link = False
        elif tag == "p" and not self._open_count.get("p"):
            self._flush()
        elif self._open_count.get(tag):
            while self._pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            start = self._offset()
            text = Mapped.of(data, self._at + start)
            self._text(text if self._open_count.get("pre") else without_breaks_between_han(text))

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name}")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name}")

    def _reference(self, raw: str) -> None:
        if self._skipping:
            return
        start = self._offset()
        if self._source[start + len(raw) : start + len(raw) + 1] == ";":
            raw += ";"
        text = unescape(raw)
        self._text(Mapped.standing_for(text, Span(self._at + start, self._at + start + len(raw))))

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column

    def _here(self, length: int) -> Span:
        start = self._at + self._offset()
        return Span(start, start + length)

    def _text(self, text: Mapped) -> None:
        if self._open_count.get("title") and not self._open_count.get("body"):
            self._title.append(text.text)
            return
        self._parts.append(text)
        if self._in_link:
            self._link_characters += len(text.text.strip())

    def _push(self, tag: str, attributes: dict[str, str]) -> None:
        self._flush()
        self._close_implied(tag)
        if tag == "html":
            self._language = attributes.get("lang", "")
        opened = _Open(tag, region_of(tag, attributes, self._open_count), group=object())
        opened.main = tag == "main" or attributes.get("role") == "main"
        if opened.main or tag == "h1":
            for above in self._stack:
                if above.region:
                    above.region.holds_main = True
        if tag == "table":
            self._tables.append(Table(layout=attributes.get("role") in {"presentation", "none"}))
        elif self._tables:
            self._open_table_part(tag, attributes)
        self._stack.append(opened)
        self._open_count[tag] = self._open_count.get(tag, 0) + 1
        self._depth = max(self._depth, len(self._stack))
        if len(self._stack) > _DEEPEST:
            raise DataError(
                f"Its elements are nested more than {_DEEPEST:,} deep.", "Save the page from a browser and try again."
            )

    def _open_table_part(self, tag: str, attributes: dict[str, str]) -> None:
        table = self._tables[-1]
        if tag == "thead":
            table.in_head = True
        elif tag in {"tbody", "tfoot"}:
            table.in_head = False
        elif tag == "tr":
            table.rows.append([])
            table.head_rows += table.in_head
        elif tag in {"td", "th"}:
            if not table.rows:
                table.rows.append([])
            cell = TableCell(_number(attributes.get("colspan")), _number(attributes.get("rowspan")), tag == "th")
            table.rows[-1].append(cell)
            self._cells.append(cell)

    def _close_implied(self, tag: str) -> None:
        if self._stack and self._stack[-1].tag == "p":
            self._pop()
        closed, limit = _IMPLIED_END.get(tag, (set(), set()))
        for index in range(len(self._stack) - 1, -1, -1):
            if self._stack[index].tag in limit or not closed:
                return
            if self._stack[index].tag in closed:
                while len(self._stack) > index:
                    self._pop()
                return

    def _pop(self) -> str:
        self._flush()
        opened = self._stack.pop()
        self._open_count[opened.tag] -= 1
        if opened.tag in {"td", "th"} and self._cells:
            self._cells.pop()
        elif opened.tag == "table" and self._tables:
            self._close_table(self._tables.pop())
        elif opened.tag == "thead" and self._tables:
            self._tables[-1].in_head = False
        elif opened.tag == "dl":
            self._flush_term()
        return opened.tag

    def _flush(self) -> None:
        """End the present block."""
        if not self._parts:
            return
        joined, self._parts = join(self._parts), []
        links, self._link_characters = self._link_characters, 0
        tag = next((one.tag for one in reversed(self._stack) if one.tag in _DECISIVE), "")
        if tag == "pre":
            text = joined.cut(0, len(joined.text.rstrip()))
            if text.text.strip():
                self._emit(Block("code", text))
            return
        text = tidy(joined)
        if not text:
            return
        if tag in _HEADINGS:
            self._emit(Block("heading", text, _HEADINGS[tag], link_characters=links))
        elif tag == "caption" and self._tables:
            self._tables[-1].caption = self._placed(Block("paragraph", text))
        elif tag == "dt":
            self._flush_term()
            self._term = text
        elif tag == "dd" and self._term is not None:
            term, self._term = self._term, None
            self._emit(Block("row", _described(term, text), group=self._group("dl"), link_characters=links))
        elif tag == "li":
            self._emit(Block("item", self._marked(text), group=self._group("ul", "ol", "menu"), link_characters=links))
        else:
            self._emit(Block("paragraph", text, link_characters=links))

    def _flush_term(self) -> None:
        if self._term is not None:
            term, self._term = self._term, None
            self._emit(Block("paragraph", term))

    def _group(self, *tags: str) -> object:
        return next((one.group for one in reversed(self._stack) if one.tag in tags), None)

    def _marked(self, text: Mapped) -> Mapped:
        """The first block of a list item gets its number or dash."""
        for index in range(len(self._stack) - 1, -1, -1):
            item = self._stack[index]
            if item.tag == "li":
                if item.number:
                    return text
                item.number = 1
                above = next((one for one in reversed(self._stack[:index]) if one.tag in {"ul", "ol", "menu"}), None)
                if above is None:
                    return text
                above.number += 1
                mark = f"{above.number}. " if above.tag == "ol" else "- "
                place = text.pieces[0].source.start
                return Mapped.standing_for(mark, Span(place, place)) + text
        return text

    def _placed(self, block: Block) -> Block:
        block.regions = tuple(one.region for one in self._stack if one.region)
        block.in_main = any(one.main for one in self._stack)
        for region in block.regions:
            region.characters += len(block.text)
        return block

    def _emit(self, block: Block) -> None:
        self._placed(block)
        (self._cells[-1].blocks if self._cells else self._blocks).append(block)

    def _close_table(self, table: Table) -> None:
        target = self._cells[-1].blocks if self._cells else self._blocks
        if table.caption:
            target.append(table.caption)
        if is_layout(table):
            for row in table.rows:
                for cell in row:
                    target.extend(cell.blocks)
            return
        grid, header_rows = grid_of(table)
        group = object()
        every = [block for row in table.rows for cell in row for block in cell.blocks]
        regions = every[0].regions if every else ()
        links = sum(block.link_characters for block in every) // max(len(table.rows), 1)
        for line in rows(grid, header_rows):
            in_main = bool(every) and every[0].in_main
            target.append(Block("row", line, 0, group, regions, in_main, min(links, len(line))))


_DECISIVE = frozenset(
    {*_HEADINGS, "pre", "caption", "dt", "dd", "li", "td", "th", "figcaption", "table", "article", "section"}
)


def _number(value: str | None) -> int:
    return min(int(value), WIDEST) if value and value.isascii() and value.isdigit() and int(value[:9]) > 0 else 1


def _described(term: Mapped, description: Mapped) -> Mapped:
    place = description.pieces[0].source.start
    sign = " " if term.text.endswith((":", "?", "：", "？")) else ": "
    return term + Mapped.standing_for(sign, Span(place, place)) + description
