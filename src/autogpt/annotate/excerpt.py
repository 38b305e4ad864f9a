"""Cuts what a reader trains on out of a long document.

In: the text of a document version, and an answer or a question. Out: the range to show, on sentence borders. The answer
stands anywhere in it: were it always in the middle, the reader would learn the middle. Knows nothing about tokens.
"""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from functools import cached_property
from random import Random

from autogpt.records import AnswerSpan, Span
from autogpt.text.analyse import terms
from autogpt.text.sentences import sentences

#: Aimed length of an excerpt, code points: a little more than a passage, which is what the reader gets when it answers.
LENGTH = 1_200


class Excerpts:
    """A document to cut excerpts from.

    Args:
        text: of the document version.
        language: "en", "zh" or "und".
        length: largest length of an excerpt, code points; only an answer longer than it makes a longer one.
    """

    def __init__(self, text: str, language: str = "en", length: int = LENGTH) -> None:
        self.text, self.language, self.length = text, language, length

    def around(self, answer: AnswerSpan, seed: str) -> Span:
        """A range that holds `answer`, which stands at a place in it that `seed` decides."""
        if len(self.text) <= self.length:
            return Span(0, len(self.text))
        room = max(0, self.length - len(answer.text))
        begin = max(0, min(answer.start - int(Random(seed).random() * room), len(self.text) - self.length))  # noqa: S311
        end = max(begin + self.length, answer.end)
        first = bisect_left(self._starts, begin)
        if first < len(self._starts) and self._starts[first] <= answer.start:
            begin = self._starts[first]
        last = bisect_right(self._ends, end) - 1
        if last >= 0 and self._ends[last] >= answer.end:
            end = self._ends[last]
        return Span(begin, min(end, len(self.text)))

    def about(self, question: str) -> Span:
        """The range that shares most with a question: its words, weighed by how few ranges hold them."""
        return self.most_about(question)[0]

    def most_about(self, question: str) -> tuple[Span, float]:
        """As `about`, with the weight of the shared words."""
        wanted = set(terms(question))
        windows = self._windows
        best = max(windows, key=lambda window: (self._weight(wanted & window[1]), -window[0].start))
        return best[0], self._weight(wanted & best[1])

    def _weight(self, shared: set[str]) -> float:
        count = len(self._windows)
        return sum(math.log(1 + count / self._frequencies[term]) for term in shared)

    @cached_property
    def _spans(self) -> list[Span]:
        return sentences(self.text, self.language)

    @cached_property
    def _starts(self) -> list[int]:
        return [span.start for span in self._spans]

    @cached_property
    def _ends(self) -> list[int]:
        return [span.end for span in self._spans]

    @cached_property
    def _windows(self) -> list[tuple[Span, set[str]]]:
        """Ranges of whole sentences that overlap by half, each with its words."""
        if len(self.text) <= self.length or not self._spans:
            return [(Span(0, min(len(self.text), self.length)), set(terms(self.text[: self.length])))]
        found: list[tuple[Span, set[str]]] = []
        first = 0
        while first < len(self._spans):
            begin = self._starts[first]
            last = max(first, bisect_right(self._ends, begin + self.length) - 1)
            window = Span(begin, min(self._ends[last], begin + self.length))
            found.append((window, set(terms(window.of(self.text)))))
            if last + 1 >= len(self._spans):
                break
            first = max(first + 1, bisect_left(self._starts, begin + self.length // 2))
        return found

    @cached_property
    def _frequencies(self) -> Counter[str]:
        return Counter(term for _, held in self._windows for term in held)
