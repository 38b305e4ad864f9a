"""Finds what repeats on the pages of a document: running headers and footers, page numbers.

In: the lines of every page. Out: which of them repeat. Knows nothing about fonts or formats.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

_EDGE = 4
_NEAR = 2
_FEWEST = 3
_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"\b[ivxlc]+\b", re.I)
PAGE_NUMBER = re.compile(
    r"[-–—~\s|·•]*(?:page|p\.|seite|第)?\s*(?:\d{1,4}|[ivxlc]{1,7}|[A-Z]{1,2}-\d{1,4})\s*[页頁]?"
    r"(?:\s*(?:/|of|[，,/|]?\s*共)\s*\d{1,4}\s*[页頁]?)?[-–—~\s|·•]*",
    re.I,
)


def repeated_lines(pages: Sequence[Sequence[str | None]]) -> set[tuple[int, int]]:
    """Page and line index of every line at the top or bottom of its page that repeats on pages near it.

    Lines are compared without their numbers. A page number alone needs no repetition, but another page.

    Args:
        pages: stripped lines from top to bottom; empty ones count for nothing, None is a line that cannot be a
            running one.
    """
    if len(pages) < 2:
        return set()
    seen: dict[tuple[str, str], list[int]] = defaultdict(list)
    edges: list[list[tuple[int, str, str]]] = []
    for number, lines in enumerate(pages):
        filled = [index for index, line in enumerate(lines) if line != ""]
        edge = [(index, "top", _key(lines[index])) for index in filled[:_EDGE]]
        edge += [(index, "bottom", _key(lines[index])) for index in reversed(filled[-_EDGE:])]
        edges.append(edge)
        for _, side, key in edge:
            if key and (not seen[side, key] or seen[side, key][-1] != number):
                seen[side, key].append(number)
    repeated = {found for found, on in seen.items() if _repeats(on, len(pages))}
    dropped: set[tuple[int, int]] = set()
    for number, edge in enumerate(edges):
        for wanted in ("top", "bottom"):
            for index, side, key in edge:
                if side != wanted:
                    continue
                if (side, key) not in repeated and not PAGE_NUMBER.fullmatch(pages[number][index] or "-"):
                    break
                dropped.add((number, index))
    return dropped


def counted_lines(edges: Sequence[Sequence[str]]) -> set[tuple[int, int]]:
    """Page and position of lines that count the pages, wherever on the page they stand.

    Args:
        edges: for each page its outermost lines; a line counts when its number grows with the pages.
    """
    seen: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for page, lines in enumerate(edges):
        for position, line in enumerate(lines):
            number = _DIGITS.search(line)
            if number and PAGE_NUMBER.fullmatch(line):
                seen[position, int(number[0]) - page].append((page, position))
    return {place for places in seen.values() if len(places) >= _FEWEST for place in places}


def _key(line: str | None) -> str:
    """What lines are compared by; empty for one that cannot be a running line."""
    return "" if line is None else _ROMAN.sub("#", _DIGITS.sub("#", line.lower())).strip()


def _repeats(on: Sequence[int], pages: int) -> bool:
    """Whether a line seen on these pages is a running one: on both of two, or on three near each other."""
    if pages == 2:
        return len(on) == 2
    return any(after - first <= _NEAR * (_FEWEST - 1) for first, after in zip(on, on[_FEWEST - 1 :], strict=False))
