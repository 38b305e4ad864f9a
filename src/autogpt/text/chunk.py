"""Cuts a document version into overlapping passages.

In: a document version with its outline. Out: passages of about `size` code points that begin and end on borders of
sentences, headings and table rows. Knows nothing about the index.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autogpt.records import DocumentVersion, Heading, Passage, Span
from autogpt.text.sentences import sentences

#: Where a unit longer than a passage is cut: after white space, or after Chinese punctuation.
_SOFT_BORDER = re.compile(r"\s+|[，、：；。！？,;:|](?=\S)")


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is kept whole: a sentence, a row or a heading."""

    span: Span
    heading: bool = False


def passages(version: DocumentVersion, size: int, overlap: int) -> list[Passage]:
    """Passages of `version`, in order. `passage.text == version.text[passage.start:passage.end]`.

    A heading begins a new passage once the one before is a third full; where the size ends a passage, the next one
    begins up to `overlap` code points earlier. Only a unit longer than `size` is cut.

    Args:
        size: largest length of a passage, code points; > 0.
        overlap: largest overlap of neighbours, code points; less than `size`.

    Raises:
        ValueError: `overlap` is not below `size`.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"overlap: expected 0 <= overlap < size ({size}), got {overlap}")
    units = list(_fitting(version.text, _units(version), size))
    context = _Context(version)
    return [context.passage(window) for window in _windows(units, size, overlap)]


def _units(version: DocumentVersion) -> Iterator[_Unit]:
    """Headings and rows as the outline has them, sentences between them."""
    headings = {heading.span for heading in version.outline.headings}
    whole = sorted(headings | set(version.outline.rows), key=lambda span: (span.start, -span.end))
    at = 0
    for span in (*whole, Span(len(version.text), len(version.text))):
        if span.start < at:
            continue
        for sentence in sentences(version.text[at : span.start], version.language):
            yield _Unit(sentence.shifted(at))
        trimmed = _trim(version.text, span)
        if trimmed:
            yield _Unit(trimmed, span in headings)
        at = span.end


def _trim(text: str, span: Span) -> Span | None:
    part = span.of(text)
    stripped = part.strip()
    start = span.start + len(part) - len(part.lstrip())
    return Span(start, start + len(stripped)) if stripped else None


def _fitting(text: str, units: Iterator[_Unit], size: int) -> Iterator[_Unit]:
    """Units of at most `size`: longer ones are cut at the last soft border that fits, or else anywhere."""
    for unit in units:
        start, end = unit.span.start, unit.span.end
        while end - start > size:
            borders = [match.end() for match in _SOFT_BORDER.finditer(text, start + size // 2, start + size)]
            cut = borders[-1] if borders else start + size
            part = _trim(text, Span(start, cut))
            if part:
                yield _Unit(part, unit.heading)
            start = cut
        rest = _trim(text, Span(start, end))
        if rest:
            yield _Unit(rest, unit.heading)


def _windows(units: Sequence[_Unit], size: int, overlap: int) -> Iterator[Sequence[_Unit]]:
    first = 0
    while first < len(units):
        begin = units[first].span.start
        after = first + 1
        while after < len(units) and units[after].span.end - begin <= size:
            if units[after].heading and not units[after - 1].heading and units[after].span.start - begin >= size // 3:
                break
            after += 1
        while after < len(units) and after - first > 1 and units[after - 1].heading:
            after -= 1
        yield units[first:after]
        if after >= len(units):
            return
        first = after if units[after].heading else _stepped_back(units, first, after, size, overlap)


def _stepped_back(units: Sequence[_Unit], first: int, after: int, size: int, overlap: int) -> int:
    """Where the next window begins: as far back as overlap allows, with room for what is new."""
    start = after
    while (
        start - 1 > first
        and units[after].span.start - units[start - 1].span.start <= overlap
        and units[after].span.end - units[start - 1].span.start <= size
    ):
        start -= 1
    return start


class _Context:
    """Heading path and page for offsets that only grow."""

    def __init__(self, version: DocumentVersion) -> None:
        self._version = version
        self._headings = sorted(version.outline.headings, key=lambda heading: heading.span.start)
        self._pages = sorted(version.outline.pages, key=lambda page: page.span.start)
        self._path: list[Heading] = []
        self._next_heading = 0
        self._page = -1

    def passage(self, window: Sequence[_Unit]) -> Passage:
        version, start, end = self._version, window[0].span.start, window[-1].span.end
        path = self._path_at(start)
        return Passage(
            id=f"{version.id}-{start}-{end}",
            document_id=version.document_id,
            version_id=version.id,
            start=start,
            end=end,
            text=version.text[start:end],
            title=version.title,
            heading_path=tuple(" ".join(heading.span.of(version.text).split()) for heading in path),
            page=self._page_at(start),
            language=version.language,
            labels=version.labels,
        )

    def _path_at(self, offset: int) -> list[Heading]:
        while self._next_heading < len(self._headings):
            heading = self._headings[self._next_heading]
            if heading.span.start > offset:
                break
            self._path = [above for above in self._path if above.level < heading.level]
            self._path.append(heading)
            self._next_heading += 1
        return self._path

    def _page_at(self, offset: int) -> int | None:
        while self._page + 1 < len(self._pages) and self._pages[self._page + 1].span.start <= offset:
            self._page += 1
        return self._pages[self._page].number if self._page >= 0 else None
