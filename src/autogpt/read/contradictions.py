"""Which stored answers a reader contradicts with confidence.

In: examples, and what a reader found for each. Out: `Contradictions`. How sure the reader has to be follows from how
sure it is of the examples with the same kind of label (Northcutt, Jiang and Chuang 2021, "Confident learning:
estimating uncertainty in dataset labels"). Knows nothing about models, nor about where examples come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autogpt.metrics.answers import f1
from autogpt.read.decode import Decoded
from autogpt.records import ReaderExample

#: Least confidence that counts, and what counts always, whatever the examples say: where a reader is certain of all
#: its answers, which of them are above the mean tells nothing. And what counts in a class without examples.
_LEAST, _CERTAIN, _WITHOUT = 0.5, 0.99, 0.9


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


def contradictions(examples: Sequence[ReaderExample], decoded: Sequence[Decoded]) -> Contradictions:
    """What a reader contradicts of `examples`, by what it found for each of them."""
    sure = [_confidence(one) for one in decoded]
    answered, without = _thresholds(examples, sure)
    found = [
        Contradiction(
            example=example,
            kind=kind,
            said=one.best.text if one.best and kind != "unanswered" else "",
            confidence=1 - confidence if kind == "unanswered" else confidence,
        )
        for example, one, confidence in zip(examples, decoded, sure, strict=True)
        if (kind := _kind(example, one, confidence, answered, without))
    ]
    found.sort(key=lambda one: (-one.confidence, one.example.id))
    return Contradictions(tuple(found), answered, without)


def _thresholds(examples: Sequence[ReaderExample], sure: Sequence[float]) -> tuple[float, float]:
    """From what confidence an answer counts, and from what that there is none: what the examples of each label get on
    average, within limits.
    """
    answered = [one for example, one in zip(examples, sure, strict=True) if example.answerable]
    without = [1 - one for example, one in zip(examples, sure, strict=True) if not example.answerable]
    return _mean(answered), _mean(without)


def _kind(example: ReaderExample, decoded: Decoded, confidence: float, answered: float, without: float) -> str:
    """How a reader contradicts an example; empty where it does not, or is not sure of it."""
    best = decoded.best
    if best is not None and best.score > 0 and confidence >= answered:
        if not example.answerable:
            return "answered"
        if f1(best.text, [answer.text for answer in example.answers]) == 0:
            return "another answer"
    elif example.answerable and (best is None or best.score < 0) and 1 - confidence >= without:
        return "unanswered"
    return ""


def _mean(values: Sequence[float]) -> float:
    return min(_CERTAIN, max(_LEAST, sum(values) / len(values))) if values else _WITHOUT


def _confidence(decoded: Decoded) -> float:
    """Probability that the best span answers."""
    if decoded.confidence is not None:
        return decoded.confidence
    return decoded.best.probability if decoded.best else 0.0
