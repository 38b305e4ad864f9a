"""Which stored answers a reader contradicts with confidence.

In: examples, and what a reader found for each. Out: `Contradictions`. How sure the reader has to be follows from how
sure it is of the examples with the same kind of label (Northcutt, Jiang and Chuang 2021, "Confident learning:
estimating uncertainty in dataset labels"), and from how often it agrees where it is that sure: of one that does not
know this kind of text nothing is believed. Knows nothing about models, nor about where examples come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autogpt.metrics.answers import f1
from autogpt.read.decode import Decoded
from autogpt.records import ReaderExample

#: Least confidence that counts, and what counts always, whatever the examples say: where a reader is certain of all
#: its answers, which of them are above the mean tells nothing. And what counts in a class without examples.
_LEAST, _CERTAIN, _WITHOUT = 0.5, 0.99, 0.9
#: The largest share of contradictions that is believed: of more, it is the reader that is likely wrong.
BELIEVED = 0.25


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An example whose stored answer a reader contradicts.

    Attributes:
        example: the one.
        kind: "another answer", "answered" (it is marked as unanswerable), or "unanswered" (it has an answer, and the
            reader finds none).
        said: the reader's answer; empty when it finds none.
        confidence: of the reader in what it says, 0 to 1.
    """

    example: ReaderExample
    kind: str
    said: str
    confidence: float

    @property
    def stored(self) -> str:
        """The answer that the example has; empty when it is unanswerable."""
        return self.example.answers[0].text if self.example.answers else ""


@dataclass(frozen=True, slots=True)
class Contradictions:
    """What a reader contradicts, the most confident first.

    Attributes:
        answer_threshold, null_threshold: confidence from which an answer, or that there is none, counts.
    """

    found: tuple[Contradiction, ...]
    answer_threshold: float
    null_threshold: float


@dataclass(frozen=True, slots=True)
class _Said:
    """What a reader says of an example: an answer, or that there is none; how sure it is; how it contradicts."""

    answers: bool
    certain: float
    kind: str


def contradictions(examples: Sequence[ReaderExample], decoded: Sequence[Decoded]) -> Contradictions:
    """What a reader contradicts of `examples`, by what it found for each of them."""
    sure = [_confidence(one) for one in decoded]
    usual = _usual(examples, sure)
    said = [_said(*one) for one in zip(examples, decoded, sure, strict=True)]
    least = {kind: max(usual[kind], _believed([one for one in said if one.answers == kind])) for kind in usual}
    found = [
        Contradiction(example, one.kind, told.best.text if told.best and one.answers else "", one.certain)
        for example, told, one in zip(examples, decoded, said, strict=True)
        if one.kind and one.certain >= least[one.answers]
    ]
    found.sort(key=lambda one: (-one.confidence, one.example.id))
    return Contradictions(tuple(found), least[True], least[False])


def _said(example: ReaderExample, decoded: Decoded, confidence: float) -> _Said:
    best = decoded.best
    if best is not None and best.score > 0:
        if not example.answerable:
            return _Said(True, confidence, "answered")
        agrees = f1(best.text, [answer.text for answer in example.answers]) > 0
        return _Said(True, confidence, "" if agrees else "another answer")
    unanswered = example.answerable and (best is None or best.score < 0)
    return _Said(False, 1 - confidence, "unanswered" if unanswered else "")


def _usual(examples: Sequence[ReaderExample], sure: Sequence[float]) -> dict[bool, float]:
    """How sure a reader is on average that there is an answer (True) where one is stored, and none (False) where none
    is, within limits.
    """
    answered = [one for example, one in zip(examples, sure, strict=True) if example.answerable]
    without = [1 - one for example, one in zip(examples, sure, strict=True) if not example.answerable]
    return {True: _mean(answered), False: _mean(without)}


def _believed(said: Sequence[_Said]) -> float:
    """The lowest confidence from which on no more than `BELIEVED` of what is said contradicts the examples, and one
    more: of few examples one can be named. 0 where nothing is said.
    """
    least, against = 0.0, 0
    for count, one in enumerate(sorted(said, key=lambda one: -one.certain), 1):
        against += bool(one.kind)
        if against <= BELIEVED * count + 1:
            least = one.certain
    return least


def _mean(values: Sequence[float]) -> float:
    return min(_CERTAIN, max(_LEAST, sum(values) / len(values))) if values else _WITHOUT


def _confidence(decoded: Decoded) -> float:
    """Probability that the best span answers."""
    if decoded.confidence is not None:
        return decoded.confidence
    return decoded.best.probability if decoded.best else 0.0
