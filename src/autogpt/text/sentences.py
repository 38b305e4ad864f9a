"""Finds sentences.

In: text. Out: spans that together hold every character that is not white space, in order. A line break always ends a
sentence: cleaned text keeps a paragraph on one line. Knows nothing about headings or tables.
"""

import re
from collections.abc import Iterator

from autogpt.records import Span

#: Where a sentence may end: Latin marks before white space, Chinese marks anywhere, line breaks.
_END = re.compile(r"[.!?]+[\"'”’»)\]]*(?=\s)|[。！？；…]+[”’」』）》\"')\]]*|[\n\v\f\r\x85\u2028\u2029]+")
_LINE_BREAKS = frozenset("\n\v\f\r\x85\u2028\u2029")
_NEXT = re.compile(r"\s*(\S)")
_LETTERS = re.compile(r"[^\W\d_]+")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]+$")
_INITIALS = re.compile(r"(?:[A-Za-z]\.)*[A-Za-z]")
_LOOK_BACK = 24

#: Abbreviations whose full stop hardly ever ends a sentence.
_NEVER_LAST_TEXT = (
    "mr mrs ms dr prof sr st rev gen sen rep gov hon capt col lt sgt vs e.g i.e cf viz resp approx ca fig figs eq no "
    "nos vol vols pp ed eds al op sec art para ch tel ext est messrs mt ft"
)
_NEVER_LAST = frozenset(_NEVER_LAST_TEXT.split())
#: Those of them that are words elsewhere ("The answer is no.").
_BEFORE_A_NUMBER = frozenset({"no", "fig", "figs", "art", "ch", "vol"})
#: Abbreviations that may end one; then the next word decides.
_MAYBE_LAST_TEXT = (
    "inc corp co ltd llc plc dept univ assn bros etc jr jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed "
    "thu fri sat sun a.m p.m u.s u.k u.n e.u d.c ph.d b.a m.a m.d"
)
_MAYBE_LAST = frozenset(_MAYBE_LAST_TEXT.split())
_STARTERS_TEXT = (
    "the a an this that these those it its in on at for from by with as if when while where after before since "
    "although however but and or so we you he she they i our your his her their there here what who how why is are to "
    "all any each no not some such please see"
)
_STARTERS = frozenset(_STARTERS_TEXT.split())


def sentences(text: str, language: str = "en") -> list[Span]:
    """Sentences of `text`, without the white space around them.

    Args:
        language: kept for languages with rules of their own; those of English and Chinese do not disturb each other.

    >>> [span.of("Dr. Wu left. It rained 1.5 cm.") for span in sentences("Dr. Wu left. It rained 1.5 cm.")]
    ['Dr. Wu left.', 'It rained 1.5 cm.']
    """
    return list(_trimmed(text, _borders(text)))


def _borders(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        if text[match.start()] not in ".!?" or _ends_sentence(text, match):
            yield match.end()
    yield len(text)


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Whether the Latin mark at `match` ends a sentence."""
    following = _NEXT.match(text, match.end())
    if following is None or not _LINE_BREAKS.isdisjoint(text[match.end() : following.start(1)]):
        return True
    if following[1].islower():
        return False
    before = _LAST_WORD.search(text, max(0, match.start() - _LOOK_BACK), match.start())
    if match[0] != "." or before is None:
        return True
    return _word_ends_sentence(text, before, following)


def _word_ends_sentence(text: str, before: re.Match[str], following: re.Match[str]) -> bool:
    """Whether a full stop between the word `before` and what follows ends a sentence."""
    word = before[0].lower()
    if word in _NEVER_LAST:
        return word in _BEFORE_A_NUMBER and not following[1].isdigit()
    if word.isdigit():
        # The number of a list item stands at the beginning of a line.
        line = text.rfind("\n", 0, before.start()) + 1
        return bool(text[line : before.start()].strip())
    if word in _MAYBE_LAST or (_INITIALS.fullmatch(word) and before[0] != "I"):
        starter = _LETTERS.match(text, following.start(1))
        return starter is not None and starter[0].istitle() and starter[0].lower() in _STARTERS
    return True


def _trimmed(text: str, borders: Iterator[int]) -> Iterator[Span]:
    start = 0
    for border in borders:
        part = text[start:border]
        stripped = part.strip()
        if stripped:
            first = start + len(part) - len(part.lstrip())
            yield Span(first, first + len(stripped))
        start = border
