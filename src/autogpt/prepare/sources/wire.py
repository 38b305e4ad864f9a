"""The form in which a parsed file leaves the process that parsed it: plain data, checked where it arrives.

In: a parsed file. Out: values JSON can hold, and back. Offsets beyond the text are refused.
"""

from dataclasses import asdict
from typing import Any

from autogpt.prepare.sources.parsed import FaqPair, Parsed, ParsedDocument, ParsedFaq
from autogpt.records import Heading, Outline, Page, Span

_FIELDS = ("text", "title", "language", "media_type", "parser", "metadata", "warnings")


def to_plain(parsed: Parsed) -> dict[str, Any]:
    """Plain form of a parsed file, without the bytes of its source map."""
    if isinstance(parsed, ParsedFaq):
        return {"faq": asdict(parsed)}
    outline = {
        "headings": [[one.span.start, one.span.end, one.level] for one in parsed.outline.headings],
        "pages": [[one.number, one.span.start, one.span.end] for one in parsed.outline.pages],
        "rows": [[one.start, one.end] for one in parsed.outline.rows],
    }
    return {
        "document": {name: getattr(parsed, name) for name in _FIELDS}
        | {"outline": outline, "sketch": parsed.sketch.hex()}
    }


def from_plain(plain: dict[str, Any], source_map: bytes) -> Parsed:
    """Read `to_plain` back. Raises ValueError for offsets that are none."""
    if "faq" in plain:
        raw = plain["faq"]
        pairs = tuple(
            FaqPair(tuple(one["questions"]), one["answer"], one["language"], tuple(one["labels"]))
            for one in raw["pairs"]
        )
        return ParsedFaq(pairs, raw["parser"], tuple(raw["warnings"]))
    raw = plain["document"]
    outline = Outline(
        tuple(Heading(Span(start, end), level) for start, end, level in raw["outline"]["headings"]),
        tuple(Page(number, Span(start, end)) for number, start, end in raw["outline"]["pages"]),
        tuple(Span(start, end) for start, end in raw["outline"]["rows"]),
    )
    spans = [*(one.span for one in outline.headings), *(one.span for one in outline.pages), *outline.rows]
    if any(span.end > len(raw["text"]) for span in spans):
        raise ValueError("the outline reaches beyond the text")
    fields = {name: raw[name] for name in _FIELDS} | {"warnings": tuple(raw["warnings"])}
    return ParsedDocument(**fields, outline=outline, source_map=source_map, sketch=bytes.fromhex(raw["sketch"]))
