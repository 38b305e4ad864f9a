"""Shows how a document was cut into passages, and finds words in it.

In: a document that the asker may see. Out: frozen values with offsets of its current version. Knows nothing about the
index: passages are cut as it cuts them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autogpt.errors import UsageError
from autogpt.records import DocumentVersion
from autogpt.services.documents import current_version
from autogpt.services.index_recipe import passages_of
from autogpt.store import Store
from autogpt.text.matched import occurrences

#: Code points shown before and after a place that was found; most code points of what is searched for.
AROUND, LONGEST_SEARCH = 80, 200


@dataclass(frozen=True, slots=True)
class CutPassage:
    """A passage as the index holds it: `number` counts from 1, `shared` code points repeat the one before."""

    number: int
    start: int
    end: int
    text: str
    heading_path: tuple[str, ...]
    page: int | None
    shared: int


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place that holds what was searched for, with some text around it."""

    start: int
    end: int
    before: str
    text: str
    after: str
    heading_path: tuple[str, ...]
    page: int | None


def cut_passages(
    store: Store, document_id: str, labels: frozenset[str] = frozenset(), limit: int = 25, offset: int = 0
) -> tuple[list[CutPassage], int]:
    """Some passages of a document, and how many it has in all. Raises NotFoundError."""
    version = current_version(store, document_id, labels)
    made = passages_of(version, store.config.ingest)
    ends = [0, *(one.end for one in made)]
    shown = [
        CutPassage(
            number=at + 1,
            start=one.start,
            end=one.end,
            text=one.text,
            heading_path=one.heading_path,
            page=one.page,
            shared=max(0, ends[at] - one.start),
        )
        for at, one in enumerate(made)
    ]
    return shown[offset : offset + limit], len(shown)


def find_in(
    store: Store,
    document_id: str,
    words: str,
    labels: frozenset[str] = frozenset(),
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[FoundPlace], int]:
    """Places that hold `words` one after the other, in any case, accents, width and Chinese script; and how many.

    Raises:
        NotFoundError: there is no such document for this asker.
        UsageError: more is searched for than `LONGEST_SEARCH`.
    """
    if len(words) > LONGEST_SEARCH:
        raise UsageError(f"At most {LONGEST_SEARCH} characters can be searched for.", "Search for less.")
    version = current_version(store, document_id, labels)
    spans = occurrences(version.text, words)
    return [_found(version, one.start, one.end) for one in spans[offset : offset + limit]], len(spans)


def _found(version: DocumentVersion, start: int, end: int) -> FoundPlace:
    text, outline = version.text, version.outline
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    return FoundPlace(
        start=start,
        end=end,
        before=("…" if first else "") + _line(text[first:start]),
        text=text[start:end],
        after=_line(text[end:last]) + ("…" if last < len(text) else ""),
        heading_path=tuple(one.span.of(text) for one in outline.headings_at(start)),
        page=outline.page_at(start),
    )


def _line(text: str) -> str:
    """White space as one space; that at the ends stays one."""
    parts: Sequence[str] = text.split()
    told = " ".join(parts)
    return f"{' ' if text[:1].isspace() else ''}{told}{' ' if told and text[-1:].isspace() else ''}"
