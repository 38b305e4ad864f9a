"""Suggests questions that a document answers, each with the place that answers it.

In: a text with its outline, and vetted answers. Out: `Suggestion`s in the order of the text. By rules over headings,
definitions, names, table rows, quantities and FAQ entries: they are for a person to accept, mend or reject. Knows no
model.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autogpt.annotate.anchor import Text
from autogpt.annotate.question_patterns import questions_of
from autogpt.records import FaqEntry, Outline, Span
from autogpt.text.sentences import sentences

#: Kind of what a vetted answer asks.
FAQ = "faq"
#: Code points of an answer, and of what may be a heading or the name of a row in a question.
LONGEST_ANSWER, SHORTEST_ANSWER = 300, 2
_LONGEST_NAME = 60
_SEPARATOR = re.compile(r" \| ")
_PAIR = re.compile(r"^(?P<name>[^:：|]{1,60})(?:: |：)(?P<value>.+)$")
_NUMBERED = re.compile(
    r"^\s*(?:\d+(?:\.\d+)*[.)、]?|[一二三四五六七八九十]+、|第[一二三四五六七八九十百\d]+[章节条]|[（(][^)）]{1,4}[)）])\s*"
)
_BULLET = re.compile(r"(?:[-–•*·]|\d{1,2}[.)、](?!\d))\s*")
_IS_QUESTION = re.compile(r"[?？]\s*$")
_ASKS = re.compile(
    r"(?i)^(?:(?:how|what|when|where|why|who|which)(?: \w+){0,2}? "
    r"(?:do|does|is|are|can|should|must|may|will|happens?|to)"
    r"|(?:can|do|does|is|are|should|must|may|will) (?:i|we|you|the|an?|my|your))\b.*"
    r"|.*(?:吗|如何|怎么|怎样|什么|哪|谁|多少|多久|何时)"
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question and the range of the text that answers it.

    Attributes:
        kind: the rule: faq, heading, table, definition, name or quantity; "model" where a language model wrote it.
        phrasings: other ways to put it.
        confidence: of a reader that marks this place, too, 0 to 1; None where none does.
    """

    question: str
    start: int
    end: int
    kind: str
    phrasings: tuple[str, ...] = ()
    confidence: float | None = None


def suggest(
    text: str,
    language: str,
    outline: Outline | None = None,
    faq: Sequence[FaqEntry] = (),
    within: Span | None = None,
    limit: int = 50,
) -> list[Suggestion]:
    """Questions that `text` answers, at most `limit`, in its order; no question twice.

    Args:
        language: "en", "zh" or "und".
        faq: entries whose answers may stand in the text.
        within: only answers in this range.

    >>> [one.question for one in suggest("A standing order is a payment of the same sum.", "en")]
    ['What is a standing order?']
    """
    outline = outline or Outline()
    shown = within or Span(0, len(text))
    found = [
        *_faq(text, faq),
        *_headings(text, language, outline, shown),
        *_tables(text, language, outline, shown),
        *_sentences(text, language, outline, shown),
    ]
    kept: dict[str, Suggestion] = {}
    for one in found:
        fits = shown.start <= one.start and one.end <= shown.end and one.end - one.start >= SHORTEST_ANSWER
        if fits and one.end - one.start <= LONGEST_ANSWER:
            kept.setdefault(one.question.casefold(), one)
    return sorted(kept.values(), key=lambda one: (one.start, one.end))[:limit]


def _faq(text: str, faq: Sequence[FaqEntry]) -> Iterator[Suggestion]:
    """Entries whose answer, or whose longest sentence, stands in the text."""
    searched = Text(text)
    for entry in faq:
        parts = [
            entry.answer,
            *sorted((one.of(entry.answer) for one in sentences(entry.answer)), key=len, reverse=True),
        ]
        for part in parts[:2]:
            places = searched.find(part) if len(part.strip()) > 1 else []
            if len(places) == 1:
                yield Suggestion(entry.questions[0], places[0].start, places[0].end, FAQ, entry.questions[1:])
                break


def _headings(text: str, language: str, outline: Outline, shown: Span) -> Iterator[Suggestion]:
    """What stands under a heading; a heading that is a question asks it itself."""
    borders = [one.span for one in outline.headings]
    for number, heading in enumerate(borders):  # the first one is the title
        end = borders[number + 1].start if number + 1 < len(borders) else len(text)
        if not shown.start <= heading.end < shown.end:
            continue
        name = _NUMBERED.sub("", heading.of(text)).strip(" \n\t:：.。")
        body = text[heading.end : min(end, heading.end + 2_000)]
        first = next(iter(sentences(body, language)), None)
        if first is None or not number or not 3 <= len(name) <= 2 * _LONGEST_NAME:
            continue
        bullet = _BULLET.match(first.of(body))
        start, stop = heading.end + first.start + (bullet.end() if bullet else 0), heading.end + first.end
        if any(row.start <= start < row.end for row in outline.rows):
            continue
        if _IS_QUESTION.search(heading.of(text)) or _ASKS.match(name):
            mark = "？" if language == "zh" else "?"
            yield Suggestion(f"{name.rstrip('?？')}{mark}", start, stop, "heading")
        elif len(name) <= _LONGEST_NAME:
            name = name.capitalize() if name.isascii() and name.isupper() else name
            question = f"关于“{name}”是怎么规定的？" if language == "zh" else f"What is said about “{name}”?"
            yield Suggestion(question, start, stop, "heading")


def _tables(text: str, language: str, outline: Outline, shown: Span) -> Iterator[Suggestion]:
    """The cells of rows that name their columns: `Account: Gold | Fee: $5` asks for the fee of Gold."""
    for row in outline.rows:
        if not (shown.start <= row.start and row.end <= shown.end):
            continue
        cells, at = [], row.start
        for part in _SEPARATOR.split(row.of(text)):
            cells.append((part, at))
            at += len(part) + 3
        first = _PAIR.match(cells[0][0])
        subject = (first["value"] if first else cells[0][0]).strip()
        if len(cells) == 1 and first:
            name, value, start = first["name"].strip(), first["value"], cells[0][1] + first.start("value")
            yield _cell(name, "", value, start, language)
            continue
        for part, begin in cells[1:]:
            pair = _PAIR.match(part)
            if pair and len(subject) <= _LONGEST_NAME:
                yield _cell(pair["name"].strip(), subject, pair["value"], begin + pair.start("value"), language)


def _cell(column: str, subject: str, value: str, start: int, language: str) -> Suggestion:
    bare = value.strip()
    start += value.index(bare) if bare else 0
    if language == "zh":
        question = f"{subject}的{column}是什么？" if subject else f"{column}是什么？"
    else:
        name = column if any(one.isupper() for one in column[1:]) else column.lower()
        question = f"What is the {name} for {subject}?" if subject else f"What does it say for “{column}”?"
    return Suggestion(question, start, start + len(bare), "table")


def _sentences(text: str, language: str, outline: Outline, shown: Span) -> Iterator[Suggestion]:
    taken = [*(one.span for one in outline.headings), *outline.rows]
    starts = {one.start for one in taken}
    for one in sentences(shown.of(text), language):
        sentence = one.shifted(shown.start)
        if sentence.start in starts or len(sentence) > 2 * LONGEST_ANSWER:
            continue
        for asked in questions_of(sentence.of(text), language):
            yield Suggestion(asked.question, sentence.start + asked.start, sentence.start + asked.end, asked.kind)
