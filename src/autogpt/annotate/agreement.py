"""How far two annotators of one document agree.

In: what each marked, by question. Out: span F1, and Cohen's kappa on answerable or not and on tokens.

- Kappa: Cohen, "A coefficient of agreement for nominal scales" (1960): agreement beyond what chance gives.
- Span F1: the overlap that SQuAD scores answers by (Rajpurkar et al. 2016), on characters at their place; F1 stands for
  agreement where what nobody marked cannot be counted (Hripcsak and Rothschild 2005, "Agreement, the F-measure, and
  reliability in information retrieval").
- Kappa on tokens: each token of the document is in an answer or in none, whoever asked what (Artstein and Poesio 2008,
  "Inter-coder agreement for computational linguistics", on units of annotation).

Knows nothing about who they are.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from autogpt.records import Span
from autogpt.text.scripts import HAN

_TOKEN = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
#: What one annotator says: question → where its answers stand; none when it is unanswerable.
Marked = Mapping[str, Sequence[Span]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two annotators of a document agree.

    Attributes:
        shared: questions that both answered.
        only_one, only_other: questions that one of them asked alone.
        span_f1: mean over the shared questions, 0 to 1; None without any.
        answerable_kappa: on "answerable or not" of the shared questions, -1 to 1; None without any.
        token_kappa: on "in an answer or not" of the document's tokens; None where nobody marked anything.
    """

    shared: int
    only_one: int
    only_other: int
    span_f1: float | None
    answerable_kappa: float | None
    token_kappa: float | None


def agreement(text: str, one: Marked, other: Marked) -> Agreement:
    """How far two annotators of `text` agree."""
    shared = [question for question in one if question in other]
    scores = [span_f1(one[question], other[question]) for question in shared]
    answerable = [bool(one[question]) for question in shared], [bool(other[question]) for question in shared]
    return Agreement(
        shared=len(shared),
        only_one=len(one) - len(shared),
        only_other=len(other) - len(shared),
        span_f1=sum(scores) / len(scores) if scores else None,
        answerable_kappa=cohen_kappa(*answerable),
        token_kappa=_on_tokens(text, one, other),
    )


def span_f1(one: Collection[Span], other: Collection[Span]) -> float:
    """The best overlap of two answers, 0 to 1; of two that say "unanswerable" 1.

    >>> span_f1([Span(0, 10)], [Span(5, 10)])
    0.6666666666666666
    """
    if not one or not other:
        return float(not one and not other)
    return max(_overlap(a, b) for a in one for b in other)


def cohen_kappa(one: Sequence[bool], other: Sequence[bool]) -> float | None:
    """Agreement of two sequences of decisions beyond chance; None without any. Where chance alone would always agree
    (both always say the same one thing), it is 1.

    >>> cohen_kappa([True, True, False, False], [True, True, False, True])
    0.5
    """
    count = len(one)
    if not count:
        return None
    observed = sum(a == b for a, b in zip(one, other, strict=True)) / count
    first, second = sum(one) / count, sum(other) / count
    by_chance = first * second + (1 - first) * (1 - second)
    return 1.0 if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def _overlap(one: Span, other: Span) -> float:
    common = min(one.end, other.end) - max(one.start, other.start)
    return 2 * common / (len(one) + len(other)) if common > 0 else 0.0


def _on_tokens(text: str, one: Marked, other: Marked) -> float | None:
    places = [(match.start(), match.end()) for match in _TOKEN.finditer(text)]
    labels = [_inside(len(text), marked, places) for marked in (one, other)]
    return cohen_kappa(*labels) if any(map(any, labels)) else None


def _inside(length: int, marked: Marked, places: Sequence[tuple[int, int]]) -> list[bool]:
    """For each token, whether an answer holds a character of it."""
    held = bytearray(length)
    for spans in marked.values():
        for span in spans:
            end = min(span.end, length)
            held[span.start : end] = b"\1" * max(0, end - span.start)
    return [held.find(b"\1", start, end) >= 0 for start, end in places]
