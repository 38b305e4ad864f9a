"""A part of a document's text as a page shows it: in pieces, each with its heading level and the examples that mark it.

In: a view of the text and places in it. Out: pieces that together are the text, character by character, as a browser
keeps it. Knows nothing about examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from autogpt.services.documents import SourceView

#: What a parser of HTML would change, and with it every offset behind it.
_KEPT = {"\r": Markup("&#13;"), "\0": Markup("\N{REPLACEMENT CHARACTER}")}


@dataclass(frozen=True, slots=True)
class Place:
    """A range of the document with a name; `kind` tells how it is marked."""

    start: int
    end: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that belong together. `level`: of a heading, else 0. `marks`: the places that hold them."""

    text: Markup
    level: int
    marks: tuple[Place, ...]


def pieces(view: SourceView, places: Sequence[Place]) -> list[Piece]:
    """The text of a view, cut where a heading or a place begins or ends."""
    first, last = view.text_start, view.text_start + len(view.text)
    near = [one for one in places if one.start < last and one.end > first]
    borders = {first, last}
    for start, end in [*((one.start, one.end) for one in view.headings), *((one.start, one.end) for one in near)]:
        borders |= {max(first, min(last, start)), max(first, min(last, end))}
    cuts = sorted(borders)
    made = []
    for start, end in pairwise(cuts):
        level = next((one.level for one in view.headings if one.start <= start and end <= one.end), 0)
        marks = tuple(one for one in near if one.start <= start and end <= one.end)
        made.append(Piece(exact(view.text[start - first : end - first]), level, marks))
    return made


def exact(text: str) -> Markup:
    """Text as HTML that a browser reads back character by character."""
    safe = escape(text)
    for character, kept in _KEPT.items():
        safe = safe.replace(character, kept)
    return safe
