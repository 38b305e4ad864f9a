"""Turns questions with known answers into what a generator is shown and what it is to write.

In: reader examples with passages to show beside their own, or vetted answers. Out: `GeneratorExample`s. Knows nothing
about tokens.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from autogpt.answer.composer import Message, messages, refusal
from autogpt.metrics.answers import holds
from autogpt.records import FaqEntry, ReaderExample, Span
from autogpt.text.analyse import terms
from autogpt.text.sentences import sentences


@dataclass(frozen=True, slots=True)
class GeneratorExample:
    """A question that an answer is written to.

    Attributes:
        passages: what is shown, that with the answer first, as a composer gets them.
        answer: what is to be written.
        golds: spans that answer; empty where the passages do not.
        kept: range of the first passage that must be shown for `answer` to be true.
        title: the unit of splitting.
    """

    id: str
    question: str
    passages: tuple[str, ...]
    answer: str
    golds: tuple[str, ...] = ()
    kept: tuple[int, int] = (0, 0)
    title: str = ""
    language: str = "en"

    @property
    def messages(self) -> list[Message]:
        """What the generator is told: the composer's own words."""
        return messages(self.question, self.passages)


def worded(example: ReaderExample, others: Sequence[str] = (), target: str = "sentence") -> GeneratorExample:
    """What a generator learns of a reader example.

    Args:
        others: passages shown after its own.
        target: "sentence", the sentences of the context that hold the answer, or "span", the answer. A question
            without one is answered by the refusal that composers are told to give.
    """
    answer, kept = refusal(example.question), (0, 0)
    if example.answers:
        span = example.answers[0]
        place = _sentences_around(example.context, Span(span.start, span.end), example.language)
        kept = (place.start, place.end)
        answer = span.text if target == "span" else " ".join(place.of(example.context).split())
    return GeneratorExample(
        id=example.id,
        question=example.question,
        passages=(example.context, *others),
        answer=answer,
        golds=tuple(dict.fromkeys(one.text for one in example.answers)),
        kept=kept,
        title=example.title,
        language=example.language,
    )


def vetted(entry: FaqEntry) -> Iterator[GeneratorExample]:
    """What a generator learns of a vetted answer, once for each phrasing: to repeat it where it is the passage."""
    for number, question in enumerate(entry.questions):
        yield GeneratorExample(
            id=f"{entry.id}-{number}",
            question=question,
            passages=(entry.answer,),
            answer=" ".join(entry.answer.split()),
            golds=(entry.answer,),
            kept=(0, len(entry.answer)),
            language=entry.language,
        )


def beside(examples: Sequence[ReaderExample], count: int) -> list[tuple[str, ...]]:
    """For each example the `count` other contexts of its title that share most words with the question and do not hold
    its answer: what stands in for a search, where there are files alone.
    """
    contexts: dict[str, dict[str, None]] = defaultdict(dict)
    for one in examples:
        contexts[one.title][one.context] = None
    found = []
    for one in examples:
        golds, wanted = [answer.text for answer in one.answers], set(terms(one.question))
        others = [text for text in contexts[one.title] if text != one.context]
        ranked = sorted(others, key=lambda text: -len(wanted & _words(text))) if count else []
        found.append(tuple(islice((text for text in ranked if not holds(text, golds)), count)))
    return found


@lru_cache(maxsize=4_096)
def _words(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def _sentences_around(text: str, span: Span, language: str) -> Span:
    """The whole sentences of `text` that `span` stands in."""
    touched = [one for one in sentences(text, language) if one.start < span.end and span.start < one.end]
    return Span(min([span.start, *(one.start for one in touched)]), max([span.end, *(one.end for one in touched)]))
