"""Decides for each sentence of a generated answer whether the evidence supports it.

In: a text, the sources it was made from, and the question. Out: a `Verdict` for each sentence: supported by which
sentences of which source, or why not. Deterministic; needs no model. Knows nothing about who wrote the text.

A sentence is supported when one or two neighbouring sentences of one source hold its numbers with their units and
limits, its names and its words, deny what it denies and nothing else of it, and keep numbers and names beside the same
words. What is said in other words is refused, too: the span answer is there instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autogpt.answer.grounding.parts import Parsed, parse
from autogpt.answer.grounding.rules import Limits, Problem, Topic, coverage, problems
from autogpt.answer.grounding.window import Window
from autogpt.records import Span
from autogpt.text.sentences import sentences

#: Windows that are looked at closely: those that hold most of the sentence.
_CLOSE = 6
#: Sentences before a window that tell what it speaks of.
_BEFORE = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A text that may support a statement, with the titles above it."""

    text: str
    titles: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Verdict:
    """On one sentence.

    Attributes:
        sentence: its range in the text that was checked.
        source: number of the source that supports it; None when none does.
        span: the sentences of that source that do.
        problems: why the nearest window does not support it; empty when one does.
    """

    sentence: Span
    source: int | None = None
    span: Span | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def supported(self) -> bool:
        return self.source is not None


@dataclass(frozen=True, slots=True)
class _Place:
    """A window with where it stands."""

    source: int
    span: Span
    window: Window


class Evidence:
    """Sources, taken apart once for all the sentences that are checked against them."""

    def __init__(self, sources: Sequence[Source], limits: Limits = Limits()) -> None:  # noqa: B008
        self.limits = limits
        self._places = [one for number, source in enumerate(sources) for one in _places(number, source)]

    def check(self, text: str, question: str = "") -> list[Verdict]:
        """A verdict for each sentence of `text`."""
        topic = Topic.of(parse(question))
        return [self._judge(span, parse(span.of(text)), topic) for span in sentences(text)]

    def _judge(self, sentence: Span, said: Parsed, topic: Topic) -> Verdict:
        nearest: tuple[Problem, ...] = ()
        for place in self._ranked(said)[:_CLOSE]:
            found = tuple(problems(said, place.window, topic, self.limits))
            if not found:
                return Verdict(sentence, place.source, place.span)
            nearest = nearest or found
        return Verdict(sentence, problems=nearest or (Problem("nothing", said.text),))

    def _ranked(self, said: Parsed) -> list[_Place]:
        """Places by how much of the statement they hold; two sentences only where neither alone holds as much."""
        held = [coverage(said, one.window) for one in self._places]
        kept = [
            at
            for at, one in enumerate(self._places)
            if len(one.window.sentences) == 1 or held[at] > max(held[at - 1], held[at + 1])
        ]
        return [self._places[at] for at in sorted(kept, key=lambda at: (-held[at], at))]


def repeats(text: str, answer: str) -> bool:
    """Whether `text` says `answer`: all its numbers and names, and at least half of its words.

    >>> repeats("It costs forty-five euros a year.", "45 euros"), repeats("It is free.", "45 euros")
    (True, False)
    """
    window = Window(tuple(parse(span.of(text)) for span in sentences(text)))
    atoms = parse(answer).atoms
    if not atoms:
        return " ".join(answer.lower().split()) in " ".join(text.lower().split())
    words = [window.holds(atom) for atom in atoms if atom.kind == "word"]
    return all(window.holds(atom) for atom in atoms if atom.kind != "word") and 2 * sum(words) >= len(words)


def _places(number: int, source: Source) -> Iterator[_Place]:
    spans = sentences(source.text, source.language)
    parsed = [parse(span.of(source.text)) for span in spans]
    titles = tuple(map(parse, source.titles))
    for at, span in enumerate(spans):
        before = tuple(parsed[max(0, at - _BEFORE) : at])
        yield _Place(number, span, Window((parsed[at],), titles, before))
        if at + 1 < len(spans):
            both = Span(span.start, spans[at + 1].end)
            yield _Place(number, both, Window((parsed[at], parsed[at + 1]), titles, before))
