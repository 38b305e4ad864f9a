"""What the tests of the parsers share."""

from autogpt.config import IngestSection
from autogpt.prepare.sources import ParsedDocument, parse_here
from autogpt.records import Span
from autogpt.text.offsets import OffsetMap


def parsed(data: bytes | str, name: str, **limits: int) -> ParsedDocument:
    """A document parsed in this process."""
    raw = data.encode() if isinstance(data, str) else data
    found = parse_here(raw, name, None, IngestSection(**limits))
    assert isinstance(found, ParsedDocument)
    return found


def headings(document: ParsedDocument) -> list[tuple[int, str]]:
    return [(one.level, one.span.of(document.text)) for one in document.outline.headings]


def rows(document: ParsedDocument) -> list[str]:
    return [one.of(document.text) for one in document.outline.rows]


def source_of(document: ParsedDocument, original: str, quote: str) -> str:
    """What stands in the original where `quote` comes from."""
    start = document.text.index(quote)
    return OffsetMap.from_bytes(document.source_map).span(Span(start, start + len(quote))).of(original)


def assert_mapped(document: ParsedDocument, original: str) -> None:
    """The map covers the text, and nearly all of its letters lead to themselves."""
    found = OffsetMap.from_bytes(document.source_map)
    assert len(found) == len(document.text)
    letters = same = 0
    for at, character in enumerate(document.text):
        place = found.span(Span(at, at + 1))
        assert place.end <= len(original)
        if character.isalnum():
            letters += 1
            same += place.of(original) == character
    assert same >= 0.9 * letters
