"""Finds where in a text the words stand that a search matched.

In: a text, analysed words and the glossary they were taken with. Out: half-open ranges of code points. Analyses as
`analyse.terms` and the glossary do, and follows each character through folding and simplifying back to its place. Knows
nothing about searching.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from difflib import SequenceMatcher
from itertools import accumulate

from autogpt.records import Span
from autogpt.text import chinese
from autogpt.text.analyse import folded, placed
from autogpt.text.glossary import NO_GLOSSARY, Glossary

#: Above so many characters the rewording of a text is followed less exactly, as that takes long.
_EXACT = 2_000


def matched_spans(text: str, wanted: Collection[str], glossary: Glossary = NO_GLOSSARY) -> list[Span]:
    """The places of `text` that give one of the words `wanted`, in order; those that touch are one.

    A date is marked as a whole, and so is a term of the `glossary` that the words were taken with. Accents and other
    marks belong to the character before them.

    >>> matched_spans("The fee for transfers: 1,200", ["transfer", "1200"])
    [Span(start=12, end=21), Span(start=23, end=28)]
    >>> matched_spans("信用卡的年費", ["年费"])
    [Span(start=4, end=6)]
    """
    words = frozenset(wanted)
    if not words:
        return []
    found = sorted((start, end) for word, start, end in placed_terms(text, glossary) if word in words)
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return [Span(start, end) for start, end in joined]


def occurrences(text: str, words: str) -> list[Span]:
    """The places of `text` where `words` stand one after the other, in order, none overlapping the one before.

    Case, accents, width, Chinese script and white space may differ.

    >>> occurrences("The Annual\n  fee, the annual FEE", "annual fee")
    [Span(start=4, end=16), Span(start=22, end=32)]
    >>> occurrences("金卡的年費", "年费")
    [Span(start=3, end=5)]
    """
    wanted = chinese.simplified(folded(words)).split()
    if not wanted:
        return []
    pattern = re.compile(r"\s+".join(map(re.escape, wanted)))
    found: list[Span] = []
    overlap = 2 * len(words) + 100  # white space between the words included
    for first in range(0, len(text), _EXACT):
        part = text[first : first + _EXACT + overlap]
        simple, starts, ends = _simplified(part)
        for match in pattern.finditer(simple):
            place = Span(first + starts[match.start()], first + max(ends[match.start() : match.end()]))
            if not found or place.start >= found[-1].end:
                found.append(place)
    return found


def placed_terms(text: str, glossary: Glossary = NO_GLOSSARY) -> Iterator[tuple[str, int, int]]:
    """The words of `Glossary.terms`, each with the range of `text` that gives it, in another order."""
    simple, starts, ends = _simplified(text)
    found = list(placed(simple))
    for term, start, end in (*found, *glossary.added(simple, [word for word, _, _ in found])):
        yield term, starts[start], max(ends[start:end])


def _simplified(text: str) -> tuple[str, list[int], list[int]]:
    """`text` folded and simplified, and for each of its characters where the range of `text` begins and ends."""
    plain, starts, ends = _folded(text)
    simple = chinese.simplified(plain)
    by_character = plain if simple == plain else "".join(map(chinese.simplified_character, plain))
    if simple == by_character:
        return simple, starts, ends
    # What is left are words of another region, which may be longer or shorter than those they stand for.
    matcher = SequenceMatcher(None, by_character, simple, autojunk=len(simple) > _EXACT)
    new_starts: list[int] = []
    new_ends: list[int] = []
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal" or end - start == new_end - new_start:
            new_starts += starts[start:end]
            new_ends += ends[start:end]
        else:
            first = starts[start] if start < len(starts) else len(text)
            last = ends[end - 1] if end > start else first
            new_starts += [first] * (new_end - new_start)
            new_ends += [last] * (new_end - new_start)
    return simple, new_starts, new_ends


def _folded(text: str) -> tuple[str, list[int], list[int]]:
    """`analyse.folded`, and for each of its characters where the range of `text` begins and ends."""
    plain = folded(text)
    if text.isascii():
        return plain, list(range(len(text))), list(range(1, len(text) + 1))
    lowered, starts, ends, at = text.lower(), [], [], 0
    for place, character in enumerate(text):
        width = len(character.lower())
        for one in unicodedata.normalize("NFKD", lowered[at : at + width]):
            if not unicodedata.combining(one):
                starts.append(place)
                ends.append(place + 1)
            elif ends:  # a mark of the character before it
                ends[-1] = place + 1
        at += width
    # Composing joins what decomposing took apart: syllables of Hangul.
    lengths = [len(unicodedata.normalize("NFKD", character)) for character in plain]
    if sum(lengths) > len(lengths):
        borders = [0, *accumulate(lengths)]
        starts, ends = [starts[one] for one in borders[:-1]], [ends[one - 1] for one in borders[1:]]
    return plain, starts, ends
