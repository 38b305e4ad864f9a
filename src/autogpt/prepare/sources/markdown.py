"""Reads Markdown (CommonMark with tables): markup goes, structure stays.

In: bytes. Out: a `ParsedDocument` mapped to the decoded source.
"""

import re
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from autogpt.config import IngestSection
from autogpt.prepare.clean import decode, mend, without_breaks_between_han
from autogpt.prepare.sources.html import write_blocks
from autogpt.prepare.sources.html_blocks import read_page
from autogpt.prepare.sources.parsed import Assembler, ParsedDocument, document
from autogpt.prepare.sources.tables import rows
from autogpt.records import Span
from autogpt.text.mapped import Mapped, join

PARSER = "markdown/2"
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S)
_FIELD = re.compile(r"^([A-Za-z][\w-]*)[ \t]*:[ \t]*(.+?)[ \t]*$", re.M)
_KEPT_FIELDS = frozenset({"author", "date", "description", "version", "tags", "category"})


@dataclass(slots=True)
class _List:
    ordered: bool
    number: int
    group: object


def parse(data: bytes, name: str, limits: IngestSection, declared: str | None = None) -> ParsedDocument:
    """Parse Markdown. Raises DataError when it holds no text, or is binary."""
    source = decode(data, declared)
    fields: dict[str, str] = {}
    body = 0
    if match := _FRONT_MATTER.match(source):
        fields = {found[1].lower(): found[2].strip("\"'") for found in _FIELD.finditer(match[1])}
        body = match.end()
    assembler = Assembler(limits)
    _Writer(source, body, assembler).write()
    metadata: dict[str, Any] = {key: value for key, value in fields.items() if key in _KEPT_FIELDS}
    return document(
        assembler, title=fields.get("title", ""), media_type="text/markdown", parser=PARSER, metadata=metadata
    )


class _Writer:
    """Walks the tokens of a source and writes its blocks."""

    def __init__(self, source: str, body: int, assembler: Assembler) -> None:
        self._source, self._assembler = source, assembler
        # markdown-it counts lines by "\n" after turning "\r\n" and "\r" into it.
        text = source[body:]
        ends = [found.end() for found in re.finditer(r"\r\n|\r|\n", text)]
        self._starts = [body, *(body + end for end in ends), len(source)]
        # Joined text would hide which of its characters are entities and escapes in the source.
        parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")
        self._tokens = parser.parse(text)
        self._lists: list[_List] = []
        self._mark = ""
        self._place = body

    def write(self) -> None:
        index = 0
        while index < len(self._tokens):
            token = self._tokens[index]
            if token.type == "table_open":
                index = self._table(index)
            elif token.type == "heading_open":
                self._assembler.heading(self._inline(self._tokens[index + 1]), int(token.tag[1]))
                index += 2
            else:
                self._block(token)
            index += 1

    def _block(self, token: Token) -> None:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            group = self._lists[0].group if self._lists else object()
            start = int(token.attrGet("start") or 1)
            self._lists.append(_List(token.type == "ordered_list_open", start - 1, group))
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            self._lists.pop()
        elif token.type == "list_item_open":
            above = self._lists[-1]
            above.number += 1
            self._mark = f"{above.number}. " if above.ordered else "- "
        elif token.type == "inline":
            self._paragraph(self._inline(token))
        elif token.type in {"fence", "code_block"}:
            self._code(token)
        elif token.type == "html_block":
            start, end = self._range(token)
            write_blocks(self._assembler, read_page(self._source[start:end], start).blocks)

    def _paragraph(self, text: Mapped) -> None:
        if not self._lists:
            self._assembler.paragraph(text)
            return
        mark, self._mark = self._mark, ""
        if text and mark:
            place = text.pieces[0].source.start
            text = Mapped.standing_for(mark, Span(place, place)) + text
        self._assembler.line(text, self._lists[0].group)

    def _code(self, token: Token) -> None:
        start, end = self._range(token)
        place = self._source.find(token.content.rstrip("\n"), start, end)
        if place >= 0:
            content = self._source[place : place + len(token.content.rstrip("\n"))]
            self._assembler.paragraph(mend(Mapped.of(content, place)), tidied=True)
        else:
            lines = []
            for line in token.content.rstrip("\n").split("\n"):
                # Indentation may be written otherwise in the source: with tabs, or inside a list or quotation.
                code = line.lstrip()
                found = self._source.find(code, start, end)
                at = found if found >= 0 else start
                indent = Mapped.standing_for(line[: len(line) - len(code)], Span(at, at))
                lines.append(indent + (Mapped.of(code, at) if found >= 0 else Mapped.standing_for(code, Span(at, at))))
                start = at + len(code) if found >= 0 else start
            self._assembler.paragraph(mend(join(lines, "\n")), tidied=True)

    def _table(self, index: int) -> int:
        """Write the table whose opening token is at `index`; return where it closes."""
        grid: list[list[Mapped]] = []
        while self._tokens[index].type != "table_close":
            token = self._tokens[index]
            if token.type == "tr_open":
                grid.append([])
                self._place = self._range(token)[0]
            elif token.type == "inline":
                grid[-1].append(self._inline(token, self._place))
            index += 1
        table = object()
        for row in rows(grid, 1):
            self._assembler.row(row, table)
        return index

    def _range(self, token: Token) -> tuple[int, int]:
        first, after = token.map or (0, len(self._starts) - 1)
        return self._starts[first], self._starts[min(after, len(self._starts) - 1)]

    def _inline(self, token: Token, place: int | None = None) -> Mapped:
        """Text of inline content. Each piece is looked up in the source, in order, from where the last one ended."""
        start, end = self._range(token)
        at = start if place is None else place
        parts: list[Mapped] = []
        for child in _flat(token.children or []):
            if child.type in {"softbreak", "hardbreak"}:
                parts.append(Mapped.standing_for("\n" if child.type == "softbreak" else " ", Span(at, at)))
                continue
            raw = child.markup if child.type == "text_special" else child.content
            if not raw:
                continue
            found = self._source.find(raw, at, end)
            if child.type == "html_inline":
                at = found + len(raw) if found >= 0 else at
                parts += [Mapped.standing_for(" ", Span(at, at))] * raw.lower().startswith("<br")
                continue
            if found < 0:
                parts.append(Mapped.standing_for(child.content, Span(at, at)))
                continue
            at = found + len(raw)
            if child.content == raw:
                parts.append(Mapped.of(raw, found))
            else:
                parts.append(Mapped.standing_for(child.content, Span(found, at)))
        self._place = at
        return without_breaks_between_han(join(parts))


def _flat(tokens: list[Token]) -> list[Token]:
    """Inline tokens with those of images in place of the images (their alternative text)."""
    flat: list[Token] = []
    for token in tokens:
        flat += _flat(token.children or []) if token.type == "image" else [token]
    return flat
