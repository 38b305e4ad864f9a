"""Finds where an answer stands in a text.

In: the text of a document version, an answer and hints. Out: exact spans of the text. Searches exactly first, then
past differences of case, white space, punctuation, accents, character width, and simplified and traditional Chinese.
Knows nothing about files.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from autogpt.annotate.raw import RawExample
from autogpt.records import AnswerSpan, Outline, Span
from autogpt.text.chinese import simplified_character

#: Characters of context kept around an answer, on each side.
CONTEXT = 80
_AROUND_QUESTION = 200
_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛`´′", "'"),
        **dict.fromkeys("“”„‟″«»「」『』《》〈〉", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("。｡", "."),
        **dict.fromkeys("、､", ","),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", None),
    }
)
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003134f]")
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_EDGES = " \t\n\r\"'“”‘’.,;:。，；：、"


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known about an answer's place.

    Attributes:
        start: the offset stated; wins when the answer stands there, and the nearest occurrence otherwise.
        quote: text around or equal to the answer.
        heading, page: the section and page it stands in.
        question: its words are compared with the words around each occurrence.
    """

    start: int | None = None
    quote: str = ""
    heading: str = ""
    page: int | None = None
    question: str = ""


class Text:
    """A text to be searched many times.

    >>> Text("Fees — “per year”: 20 €").find('"PER  YEAR"')
    [Span(start=7, end=17)]
    """

    def __init__(self, text: str, outline: Outline | None = None) -> None:
        self.text = text
        self.outline = outline or Outline()

    def find(self, wanted: str) -> list[Span]:
        """All occurrences, in order: exact ones, or else those that differ in form only; whole words, or else parts."""
        wanted = wanted.strip()
        exact = [Span(at, at + len(wanted)) for at in _positions(self.text, wanted)]
        for found in (exact, self._loosely(wanted), self._loosely(wanted.strip(_EDGES))):
            whole = [span for span in found if _whole_words(self.text, span)]
            if whole:
                return whole
        # "dollar" in "dollars" is accepted; "an" in "answer" and 1 in 15 are not.
        part = len(wanted) > 2 and wanted[-1].isalpha()
        return [span for span in exact if part and not joined(self.text, span.start)]

    def locate(self, answer: str, hints: Hints) -> AnswerSpan | None:
        """The occurrence of `answer` that fits the hints best, in the characters of the text; None without any."""
        indent = len(answer) - len(answer.lstrip())
        answer = answer.strip()
        if not answer:
            return None
        if hints.start is not None and hints.start >= 0:
            for start in (hints.start, hints.start + indent):
                if self.text.startswith(answer, start):
                    return AnswerSpan(answer, start)
        found = self.find(answer)
        if not found:
            return None
        best = found[0] if len(found) == 1 else min(found, key=self._ranking(hints))
        return AnswerSpan(best.of(self.text), best.start)

    def _ranking(self, hints: Hints) -> "_Rank":
        quotes = self.find(hints.quote) if hints.quote.strip() else []
        return _Rank(self, hints, quotes, Counter(_words(hints.question)))

    def _loosely(self, wanted: str) -> list[Span]:
        form, origin = self._form
        key = loose(wanted)[0].strip()
        return [Span(origin[at], origin[at + len(key) - 1] + 1) for at in _positions(form, key)]

    @cached_property
    def _form(self) -> tuple[str, Sequence[int]]:
        return loose(self.text)

    @cached_property
    def heading_names(self) -> list[str]:
        """Loose form of each heading of the outline, in its order."""
        return [loose(heading.span.of(self.text))[0].strip() for heading in self.outline.headings]


class _Rank:
    """Orders occurrences: inside the quote, under the heading, on the page, near the offset, near the question's words,
    and then the first."""

    def __init__(self, text: Text, hints: Hints, quotes: list[Span], question: Counter[str]) -> None:
        self._text, self._hints, self._quotes, self._question = text, hints, quotes, question

    def __call__(self, span: Span) -> tuple[float, ...]:
        hints, outline = self._hints, self._text.outline
        quoted = any(quote.start <= span.start and span.end <= quote.end for quote in self._quotes)
        titled = bool(hints.heading) and self._under_heading(span)
        paged = hints.page is not None and outline.page_at(span.start) == hints.page
        distance = abs(span.start - hints.start) if hints.start is not None else 0
        shared = 0
        if self._question and hints.start is None:
            around = self._text.text[max(0, span.start - _AROUND_QUESTION) : span.end + _AROUND_QUESTION]
            shared = (self._question & Counter(_words(around))).total()
        return (-quoted, -titled, -paged, distance, -shared, span.start)

    def _under_heading(self, span: Span) -> bool:
        wanted = loose(self._hints.heading)[0].strip()
        above = self._text.outline.headings_at(span.start)
        names = self._text.heading_names
        return any(wanted == names[self._text.outline.headings.index(heading)] for heading in above)


def find_answers(text: Text, raw: RawExample) -> tuple[AnswerSpan, ...]:
    """Where the answers of an example stand in `text`: by their offsets, or else by their text and what is hinted."""
    found = (
        text.locate(answer.text, Hints(answer.start, raw.quote, raw.heading, raw.page, raw.question))
        for answer in raw.answers
    )
    return tuple(dict.fromkeys(span for span in found if span is not None))


def loose(text: str) -> tuple[str, list[int]]:
    """`text` without differences of form, and for each of its characters the offset it comes from.

    Case, width, accents, quotation marks, dashes, Chinese punctuation and characters are unified (NFKD; simplified);
    white space is one space, none beside Chinese.
    """
    characters: list[str] = []
    origin: list[int] = []
    for offset, raw in enumerate(text):
        same = simplified_character(raw).translate(_SAME)
        for character in unicodedata.normalize("NFKD", same).casefold().translate(_SAME):
            if unicodedata.combining(character):
                continue
            if not character.isspace():
                if (
                    characters
                    and characters[-1] == " "
                    and (_CJK.match(character) or (len(characters) > 1 and _CJK.match(characters[-2])))
                ):
                    characters.pop()
                    origin.pop()
                characters.append(character)
            elif characters and characters[-1] != " ":
                characters.append(" ")
            else:
                continue
            origin.append(offset)
    return "".join(characters), origin


def core_of(wanted: str) -> str:
    """What the loose form of every text holds in which `wanted` is found."""
    return loose(wanted.strip().strip(_EDGES))[0].strip()


def context_of(text: str, span: AnswerSpan) -> str:
    """The answer with `CONTEXT` characters on each side; the answer begins at `min(CONTEXT, span.start)` in it."""
    return text[max(0, span.start - CONTEXT) : span.end + CONTEXT]


def relocate(new: Text, answer: AnswerSpan, context: str, least: float = 0.4) -> AnswerSpan | None:
    """Where an answer of an earlier version stands in a new one; None when it is gone.

    Args:
        context: what `context_of` gave for the earlier version.
        least: share of the words around the answer that must be around the occurrence too, 0 to 1. An answer as long
            as a sentence is its own context.
    """
    begin = min(CONTEXT, answer.start)
    before, after = context[:begin], context[begin + len(answer.text) :]
    best: tuple[float, Span] | None = None
    for span in new.find(answer.text):
        near_before, near_after = new.text[max(0, span.start - CONTEXT) : span.start], new.text[span.end :][:CONTEXT]
        kept = _kept(before, near_before, after, near_after)
        if best is None or kept > best[0]:
            best = (kept, span)
    if best is None or (best[0] < least and len(answer.text) < CONTEXT):
        return None
    return AnswerSpan(best[1].of(new.text), best[1].start)


def _kept(before: str, near_before: str, after: str, near_after: str) -> float:
    """How much of the surroundings is kept, 0 to 1: the share of words on both sides together."""
    old = Counter(_words(f"{before} {after}"))
    new = Counter(_words(f"{near_before} {near_after}"))
    return (old & new).total() / old.total() if old else 1.0


def _words(text: str) -> list[str]:
    """Words, with every Chinese character a word of its own."""
    return _WORD.findall(text.casefold())


def _positions(text: str, wanted: str) -> list[int]:
    found: list[int] = []
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + 1)
    return found


def _whole_words(text: str, span: Span) -> bool:
    return not joined(text, span.start) and not joined(text, span.end)


def joined(text: str, at: int) -> bool:
    """Whether the characters before and after the border `at` belong to one word or number."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if _CJK.match(before) or _CJK.match(after):
        return False
    if before.isalnum() and after.isalnum():
        return True
    # The border may also lie beside the point of a number: 5 is not in 1.5, nor in 5,000.
    if before in ".," and after.isdigit():
        return at > 1 and text[at - 2].isdigit()
    return before.isdigit() and after in ".," and text[at + 1 : at + 2].isdigit()
