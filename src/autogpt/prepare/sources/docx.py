"""Reads DOCX: paragraphs, headings, lists, tables and notes, as Word would show them with all changes accepted.

In: bytes. Out: a `ParsedDocument` mapped to the document's own text: its paragraphs in order, a line each. The archive
is checked before anything in it is unpacked.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from autogpt.config import IngestSection
from autogpt.errors import DataError
from autogpt.prepare.sources.parsed import Assembler, ParsedDocument, document
from autogpt.prepare.sources.tables import guess_header_rows, rows
from autogpt.text.mapped import EMPTY, Mapped, join

PARSER = "docx/2"
_LARGEST_RATIO = 200
_MOST_PARTS = 20_000
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_TEXT_OF = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_SKIPPED = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}delText", f"{_MC}Fallback"})
_WRAPPERS = frozenset({f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml", f"{_W}smartTag"})
_NUMBER = re.compile(r"\d+")
_NOTES = ("footnotes", "endnotes")


def parse(data: bytes, name: str, limits: IngestSection, declared: str | None = None) -> ParsedDocument:
    """Parse a DOCX file. Raises DataError when it is damaged, hostile or without text."""
    check_archive(data, limits)
    import docx
    from lxml.etree import LxmlError

    try:
        opened = docx.Document(io.BytesIO(data))
        writer = _Writer(opened, Assembler(limits))
        writer.body(opened.element.body)
        writer.notes()
        title = (opened.core_properties.title or "").strip()
        author = (opened.core_properties.author or "").strip()
    except (KeyError, ValueError, AttributeError, LxmlError, ParseError, zipfile.BadZipFile, OSError) as error:
        raise DataError(
            f"The DOCX file is damaged ({type(error).__name__}).", "Open it in a word processor and save it again."
        ) from error
    metadata = {"author": author} if author else {}
    return document(writer.assembler, title=title, media_type=_MEDIA_TYPE, parser=PARSER, metadata=metadata)


_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def check_archive(data: bytes, limits: IngestSection) -> None:
    """Refuse an archive that is damaged, encrypted, a bomb, or holds names that lead outside it. Raises DataError."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise DataError("The DOCX file is damaged.", "Open it in a word processor and save it again.") from error
    if not any(part.filename.replace("\\", "/").startswith("word/") for part in parts):
        raise DataError("The file is a ZIP archive, not a DOCX file.", "Unpack it first.")
    for part in parts:
        path = part.filename.replace("\\", "/")
        if path.startswith("/") or ".." in path.split("/") or re.match(r"[A-Za-z]:", path):
            raise DataError(
                f"The archive holds a name that leads outside it ({part.filename[:60]!r}).", "Do not trust this file."
            )
        if part.flag_bits & 1:
            raise DataError("The file is encrypted.", "Save it without a password.")
    size = sum(part.file_size for part in parts)
    largest = limits.max_file_mb * 2**20
    if size > largest or len(parts) > _MOST_PARTS or size > max(len(data), 50_000) * _LARGEST_RATIO:
        raise DataError(
            f"The archive unpacks to {size / 2**20:,.0f} MB from {len(data) / 2**20:,.1f} MB.",
            "It looks like a zip bomb; if it is genuine, save it as PDF.",
        )


class _Writer:
    def __init__(self, opened: Any, assembler: Assembler) -> None:
        self._opened, self.assembler = opened, assembler
        self._raw = 0
        self._list: tuple[object, object] = ("", None)
        self._levels: dict[str, int] = {}

    def body(self, element: Any) -> None:
        """Write what stands in a body, a content control or a text box, in order."""
        for child in element:
            if child.tag == f"{_W}p":
                self._paragraph(child)
            elif child.tag == f"{_W}tbl":
                self._table(child)
            elif child.tag in _WRAPPERS and not _is_contents(child):
                self.body(child)

    def notes(self) -> None:
        """Write the footnotes and endnotes that Word keeps in parts of their own."""
        from docx.oxml import parse_xml

        for relation in self._opened.part.rels.values():
            if not relation.is_external and relation.reltype.rsplit("/", 1)[-1] in _NOTES:
                for note in parse_xml(relation.target_part.blob):
                    if note.get(f"{_W}type") is None:
                        self.body(note)

    def _paragraph(self, element: Any) -> None:
        text = self._text(element)
        level = self._level(element)
        if level:
            self.assembler.heading(text, level)
        elif (numbering := element.find(f"{_W}pPr/{_W}numPr/{_W}numId")) is not None:
            number = numbering.get(f"{_W}val")
            if self._list[0] != number:
                self._list = (number, object())
            self.assembler.line(text, self._list[1])
        elif text:
            self._list = ("", None)
            self.assembler.paragraph(text)
        for box in element.iter(f"{_W}txbxContent"):
            if not any(above.tag == f"{_MC}Fallback" for above in box.iterancestors()):
                self.body(box)

    def _text(self, element: Any) -> Mapped:
        """Text of a paragraph, taken from the running text of the document."""
        text = "".join(_runs(element))
        mapped = Mapped.of(text, self._raw)
        self._raw += len(text) + 1
        return mapped

    def _level(self, element: Any) -> int:
        """Level of a heading by its outline level or its style; 0 for other paragraphs."""
        outline = element.find(f"{_W}pPr/{_W}outlineLvl")
        if outline is not None:
            return _outline_level(outline)
        style = element.find(f"{_W}pPr/{_W}pStyle")
        if style is None:
            return 0
        identifier = style.get(f"{_W}val")
        if identifier not in self._levels:
            self._levels[identifier] = self._style_level(identifier)
        return self._levels[identifier]

    def _style_level(self, identifier: str) -> int:
        """Outline level of a style or of those it is based on; "Title" and "Heading N" by name."""
        by_id = {style.style_id: style for style in self._opened.styles}
        style, seen = by_id.get(identifier), 0
        while style is not None and seen < 20:
            name = (style.name or "").lower()
            if name == "title":
                return 1
            if name.startswith("heading") and (match := _NUMBER.search(name)):
                return min(int(match[0]), 9)
            outline = style.element.find(f"{_W}pPr/{_W}outlineLvl")
            if outline is not None:
                return _outline_level(outline)
            style, seen = getattr(style, "base_style", None), seen + 1
        return 0

    def _table(self, element: Any) -> None:
        grid: list[list[Mapped]] = []
        header_rows = 0
        layout = False
        above: dict[int, Mapped] = {}
        cells_of: list[list[Any]] = []
        for row in element.iter(f"{_W}tr"):
            if _table_of(row) is not element:
                layout = True
                continue
            line: list[Mapped] = []
            cells_of.append([])
            is_header = row.find(f"{_W}trPr/{_W}tblHeader") is not None
            header_rows += is_header
            for cell in row.iter(f"{_W}tc"):
                if next(cell.iterancestors(f"{_W}tr")) is not row:
                    continue
                cells_of[-1].append(cell)
                span = cell.find(f"{_W}tcPr/{_W}gridSpan")
                columns = min(int(span.get(f"{_W}val") or 1), 200) if span is not None else 1
                merge = cell.find(f"{_W}tcPr/{_W}vMerge")
                if merge is not None and merge.get(f"{_W}val") != "restart":
                    text = above.get(len(line), EMPTY)
                else:
                    text = join((self._text(paragraph) for paragraph in cell.iter(f"{_W}p")), " ").strip()
                above[len(line)] = text
                line += [text] + [text if is_header else EMPTY] * (columns - 1)
            grid.append(line)
        if layout or max((len(row) for row in grid), default=0) < 2:
            for cells in cells_of:
                for cell in cells:
                    self.body(cell)
            return
        grid = [line for line in grid if any(cell.text.strip() for cell in line)]
        table = object()
        for written in rows(grid, min(header_rows, len(grid)) or guess_header_rows(grid)):
            self.assembler.row(written, table)


def _runs(element: Any) -> Iterator[str]:
    """Pieces of a paragraph's text. Deleted text, field codes and text boxes inside it are left out."""
    for child in element:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _TEXT_OF:
            yield _TEXT_OF[child.tag]
        elif child.tag not in _SKIPPED and child.tag != f"{_W}txbxContent" and isinstance(child.tag, str):
            yield from _runs(child)


def _outline_level(element: Any) -> int:
    level = int(element.get(f"{_W}val") or 9)
    return level + 1 if level < 9 else 0


def _is_contents(element: Any) -> bool:
    """Whether a content control holds the table of contents."""
    gallery = element.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
    return gallery is not None and gallery.get(f"{_W}val") == "Table of Contents"


def _table_of(row: Any) -> Any:
    return next(row.iterancestors(f"{_W}tbl"))
