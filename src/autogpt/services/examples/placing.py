"""Questions that come with their own texts, at the places where those stand in the documents of a workspace.

In: a store, questions of a file. Out: examples anchored in current document versions. Nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from autogpt.annotate.anchor import Hints, Text, context_of, relocate
from autogpt.progress import Sink, silent, track
from autogpt.records import AnswerSpan, Example, ReaderExample
from autogpt.services.examples.contexts import Library, Place
from autogpt.store import Store

#: Share of the words around an answer that must be around it in a document which does not hold the whole text.
_ALIKE = 0.6
#: Texts whose documents are remembered: questions about one follow each other.
_TEXTS = 256


@dataclass(frozen=True, slots=True)
class _Standing:
    """A document that a text stands in, and where; `start` is None when it differs in form."""

    place: Place
    start: int | None


def placed(store: Store, questions: Sequence[ReaderExample], sink: Sink = silent) -> list[Example]:
    """Those of the questions whose text stands in a current document, each with its answers there.

    A text may differ in form (white space, case, width, quotation marks). An answer whose whole text stands nowhere is
    taken where it stands between the same words. Without an answer, a question belongs to the document with its text.
    """
    work = _Placing(Library(store))
    found = (work.example(one) for one in track(questions, "documents", sink))
    return [one for one in found if one is not None]


class _Placing:
    def __init__(self, library: Library) -> None:
        self._library = library
        self._standing = lru_cache(maxsize=_TEXTS)(self._look)

    def example(self, one: ReaderExample) -> Example | None:
        standing = self._standing(one.context)
        if not one.answers:
            return _example(one, standing[0].place, ()) if standing else None
        for held in standing:
            if spans := self._within(one, held):
                return _example(one, held.place, spans)
        return None if standing else self._by_surroundings(one)

    def _look(self, context: str) -> tuple[_Standing, ...]:
        if not context.strip():
            return ()
        found = []
        for place in self._library.holding(context):
            span = self._text(place).find(context)[0]
            same = self._text(place).text.startswith(context.strip(), span.start)
            found.append(_Standing(place, span.start - (len(context) - len(context.lstrip())) if same else None))
        return tuple(found)

    def _within(self, one: ReaderExample, held: _Standing) -> tuple[AnswerSpan, ...]:
        """The answers inside the text of the question."""
        text = self._text(held.place)
        spans = (
            text.locate(
                answer.text,
                Hints(
                    start=None if held.start is None else held.start + answer.start,
                    quote=one.context,
                    question=one.question,
                ),
            )
            for answer in one.answers
        )
        return tuple(dict.fromkeys(span for span in spans if span is not None))

    def _by_surroundings(self, one: ReaderExample) -> Example | None:
        """In the first document in which an answer stands between the words that it stands between in its own text."""
        for answer in one.answers:
            around = context_of(one.context, answer)
            for place in self._library.holding(answer.text):
                span = relocate(self._text(place), answer, around, _ALIKE)
                if span is not None:
                    return _example(one, place, (span,))
        return None

    def _text(self, place: Place) -> Text:
        text: Text = self._library.text(place.version_id)
        return text


def _example(one: ReaderExample, place: Place, spans: tuple[AnswerSpan, ...]) -> Example:
    return Example(
        id=one.id,
        question=one.question,
        answerable=one.answerable,
        document_id=place.document_id,
        version_id=place.version_id,
        spans=spans,
        answer_text=spans[0].text if spans else "",
        language=one.language,
    )
