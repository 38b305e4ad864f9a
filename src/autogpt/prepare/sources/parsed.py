"""What a parser returns, and the table-free way to build it.

In: blocks of mapped text, in reading order. Out: a `ParsedDocument`. Knows nothing about formats.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from autogpt.config import IngestSection
from autogpt.errors import DataError
from autogpt.prepare.clean import tidy
from autogpt.records import Heading, Outline, Page, Span
from autogpt.text.language import detect
from autogpt.text.mapped import Mapped, join

#: Where a heading may stand to be the title, and headings that are none.
_EARLY = 2_000
_SAYS_NOTHING = re.compile(
    r"(?:united states(?: securities.*)?|securities (?:and exchange commission|registered).*|washington, d\.?c.*"
    r"|form \d+-?\w*|(?:table of )?contents|for immediate release|press release|index|page \d+)$",
    re.IGNORECASE,
)


class EmptyError(DataError):
    """A file without any text."""


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document read from its original.

    Attributes:
        source_map: bytes of an `OffsetMap` to the decoded original, or of a `BoxMap` to its pages.
        parser: name and version of what read it ("pdf/1").
        warnings: what was left out and why, for people.
        sketch: bytes of a `deduplicate.Sketch` of the text, made where it was parsed.
    """

    text: str
    title: str
    language: str
    outline: Outline
    media_type: str
    source_map: bytes
    parser: str
    metadata: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    sketch: bytes = b""


@dataclass(frozen=True, slots=True)
class FaqPair:
    """A vetted answer with its phrasings, as read from a file."""

    questions: tuple[str, ...]
    answer: str
    language: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedFaq:
    """Question-answer pairs read from a file."""

    pairs: tuple[FaqPair, ...]
    parser: str
    warnings: tuple[str, ...] = ()


Parsed = ParsedDocument | ParsedFaq


class Assembler:
    """Puts blocks together: text, headings, pages and rows.

    Args:
        limits: `max_characters` is held while building.
    """

    def __init__(self, limits: IngestSection) -> None:
        self._limit = limits.max_characters
        self._blocks: list[Mapped] = []
        self._headings: list[Heading] = []
        self._rows: list[Span] = []
        self._page_starts: list[tuple[int, int]] = []
        self._length = 0
        self._group: object = None

    def __len__(self) -> int:
        return self._length

    def heading(self, text: Mapped, level: int) -> None:
        """A heading; 1 is the outermost level."""
        span = self._add(tidy(text), None)
        if span:
            self._headings.append(Heading(span, level))

    def paragraph(self, text: Mapped, tidied: bool = False) -> None:
        """A paragraph, or any block; with `tidied` its white space stays as it is (code)."""
        self._add(text if tidied else tidy(text), None)

    def line(self, text: Mapped, group: object) -> None:
        """A line of a list: lines of one group follow each other without a gap."""
        self._add(tidy(text), group)

    def row(self, text: Mapped, table: object) -> None:
        """A row of a table, kept whole when chunking."""
        span = self._add(tidy(text), table)
        if span:
            self._rows.append(span)

    def page(self, number: int) -> None:
        """What follows stands on page `number`."""
        self._page_starts.append((number, self._length))

    def finish(self) -> tuple[Mapped, Outline]:
        """The whole text and its outline. Pages leave no gaps: each reaches to the next."""
        pages = []
        for index, (number, start) in enumerate(self._page_starts):
            last = index + 1 == len(self._page_starts)
            pages.append(Page(number, Span(start, self._length if last else self._page_starts[index + 1][1])))
        return join(self._blocks), Outline(tuple(self._headings), tuple(pages), tuple(self._rows))

    def _add(self, text: Mapped, group: object) -> Span | None:
        if not text:
            return None
        if self._length:
            gap = "\n" if group is not None and group == self._group else "\n\n"
            place = self._blocks[-1].pieces[-1].source.end
            self._blocks.append(Mapped.standing_for(gap, Span(place, place)))
            self._length += len(gap)
        self._group = group
        start = self._length
        self._blocks.append(text)
        self._length += len(text)
        if self._length > self._limit:
            raise DataError(
                f"The text is longer than {self._limit:,} characters.",
                "Split the file, or raise ingest.max_characters.",
            )
        return Span(start, self._length)


def document(
    assembler: Assembler,
    *,
    title: str,
    media_type: str,
    parser: str,
    metadata: dict[str, Any] | None = None,
    warnings: tuple[str, ...] = (),
) -> ParsedDocument:
    """The document of what `assembler` holds, mapped to the decoded original.

    Raises EmptyError when there is no text.
    """
    text, outline = assembler.finish()
    if not text.text.strip():
        raise EmptyError("The file holds no text.", "Leave it out, or check that it was saved properly.")
    return ParsedDocument(
        text=text.text,
        title=title or first_heading(text.text, outline),
        language=detect(text.text),
        outline=outline,
        media_type=media_type,
        source_map=text.map.to_bytes(),
        parser=parser,
        metadata=metadata or {},
        warnings=warnings,
    )


def first_heading(text: str, outline: Outline) -> str:
    """The first heading of the highest level, if it is near the beginning; else nothing."""
    early = [
        heading
        for heading in outline.headings
        if heading.span.start < _EARLY and not _SAYS_NOTHING.match(heading.span.of(text))
    ]
    if not early:
        return ""
    return min(early, key=lambda heading: (heading.level, heading.span.start)).span.of(text)[:300]
