"""The parity gate: whether a smaller form of a reader answers as well as the one it was made from.

In: both readers and questions with known answers. Out: a `Parity` with a verdict. Knows nothing about how the form was
made or what is done with the verdict. F1 in points (percent).
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from math import sqrt
from statistics import NormalDist
from typing import Any, Literal, Protocol

import numpy as np

from autogpt.metrics.answers import f1
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.significance import Difference, paired_bootstrap
from autogpt.progress import Progress, Sink, silent
from autogpt.read.decode import Decoded
from autogpt.records import ReaderExample

#: passed: the loss of F1 is below the tolerance, with 95% confidence. failed: it is above, with 95% confidence.
#: unproven: the questions do not tell, or would hardly tell if all were read. too_few: there are fewer questions than
#: the gate asks for.
Verdict = Literal["passed", "failed", "unproven", "too_few"]

#: Largest share of forms that lose more than the tolerance and pass all the same, over all looks together (Bonferroni).
#: Most of it is kept for the last look: the early ones are for what is clear.
_ERROR, _EARLY_ERROR = 0.05, 0.01
#: Questions after which the gate looks whether it can tell already, besides the fewest and all.
_LOOKS = (1_000, 2_000, 4_000)
#: The gate gives up at a look when an export that from there on lost nothing had less than this chance to pass.
_HOPELESS = 0.1
#: Questions that one reader reads before it is the other's turn, so that both meet the same load of the machine.
_TURN = 64


class Reads(Protocol):
    """What is compared; `calibrator` holds the threshold that the reader ships with, if it ships one."""

    @property
    def calibrator(self) -> Calibrator | None: ...

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Decoded]: ...


@dataclass(frozen=True, slots=True)
class Parity:
    """What the gate found.

    Attributes:
        questions: compared on; at most as many as were given.
        f1_source, f1_export: of the two readers, in points.
        difference: of F1, export minus source.
        lower: one-sided bound below which the true difference is not, at 95% confidence over all looks.
        tolerance: largest loss that passes.
        same_answers: share of questions answered by the same text.
        seconds_source, seconds_export: spent reading.
    """

    verdict: Verdict
    questions: int
    f1_source: float
    f1_export: float
    difference: float
    lower: float
    tolerance: float
    same_answers: float
    seconds_source: float
    seconds_export: float

    @property
    def passed(self) -> bool:
        return self.verdict == "passed"

    @property
    def speedup(self) -> float:
        """How many times faster the export read."""
        return self.seconds_source / self.seconds_export if self.seconds_export else 0.0

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "speedup": self.speedup}


def parity_gate(
    source: Reads,
    export: Reads,
    examples: Sequence[ReaderExample],
    *,
    tolerance: float = 0.5,
    fewest: int = 500,
    most: int = 0,
    sink: Sink = silent,
) -> Parity:
    """Read the same questions with both and compare, until it can be told, or hardly ever will be, or they end.

    The readers answer as they are shipped: they abstain below their threshold. One-sided: an export that is better
    passes. The export passes when the lower bound of the paired difference of F1 is at least `-tolerance`; the bound is
    a bootstrap's, at a confidence that holds over all looks together. Giving up early (stochastic curtailment: Lan,
    Simon and Halperin 1982) spends no error, since it lets nothing pass.

    Args:
        examples: questions that neither reader was trained or calibrated on; taken in an order that depends on their
            ids alone.
        fewest: fewest questions that say anything.
        most: questions to read at most, however many there are; 0: all of them.
    """
    ordered = sorted(examples, key=lambda one: sha256(f"{one.id} {one.question}".encode()).digest())
    ordered = ordered[: most or None]
    looks = sorted({fewest, *(look for look in _LOOKS if look > fewest), len(ordered)})
    looks = [look for look in looks if fewest <= look <= len(ordered)]
    race = _Race(source, export, ordered, sink)
    if not looks:
        race.until(len(ordered))
        return race.result("too_few", race.difference(1 - _ERROR) if ordered else None, tolerance)
    for look in looks:
        race.until(look)
        error = _ERROR - _EARLY_ERROR if look == looks[-1] else _EARLY_ERROR / (len(looks) - 1)
        difference = race.difference(1 - error)
        if difference.lower >= -tolerance:
            return race.result("passed", difference, tolerance)
        if difference.upper < -tolerance:
            return race.result("failed", difference, tolerance)
        if race.chance(tolerance) < _HOPELESS:
            break
    return race.result("unproven", difference, tolerance)


class Remembered:
    """A reader that reads every pair once, for a gate that several forms go through.

    Attributes:
        calibrator: of the reader.
    """

    def __init__(self, reader: Reads) -> None:
        self._reader = reader
        self.calibrator = reader.calibrator
        self._known: dict[tuple[str, str], tuple[Decoded, float]] = {}

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Decoded]:
        """What the reader finds."""
        return self.timed(pairs)[0]

    def timed(self, pairs: Sequence[tuple[str, str]]) -> tuple[list[Decoded], float]:
        """What the reader finds, and the seconds that it took when the pairs were read first."""
        new = [pair for pair in pairs if pair not in self._known]
        if new:
            decoded, seconds = _timed(self._reader, new)
            for pair, one in zip(new, decoded, strict=True):
                self._known[pair] = one, seconds / len(new)
        known = [self._known[pair] for pair in pairs]
        return [one for one, _ in known], sum(seconds for _, seconds in known)


class _Race:
    """Both readers on the same questions, in turns."""

    def __init__(self, source: Reads, export: Reads, examples: Sequence[ReaderExample], sink: Sink) -> None:
        self._readers = (source, export)
        self._examples = examples
        self._sink = sink
        self._scores: tuple[list[float], list[float]] = ([], [])
        self._seconds = [0.0, 0.0]
        self._same = 0
        self._done = 0

    def until(self, count: int) -> None:
        """Go on until `count` questions are read."""
        while self._done < count:
            part = self._examples[self._done : min(count, self._done + _TURN)]
            texts = [self._answers(number, part) for number in (0, 1)]
            self._same += sum(one == other for one, other in zip(*texts, strict=True))
            self._done += len(part)
            self._sink(Progress("parity", self._done, len(self._examples)))

    def difference(self, confidence: float) -> Difference:
        source, export = (100 * np.array(scores) for scores in self._scores)
        return paired_bootstrap(export, source, confidence=confidence)

    def chance(self, tolerance: float) -> float:
        """Chance to pass when all questions are read, for an export that loses nothing on those that are left."""
        gaps = 100 * np.subtract(self._scores[1], self._scores[0])
        total, done = len(self._examples), self._done
        spread = float(np.std(gaps))
        if done == total or not spread:
            return 1.0
        needed = NormalDist().inv_cdf(1 - _ERROR + _EARLY_ERROR) * spread / sqrt(total) - tolerance
        needed_of_rest = (needed * total - float(gaps.sum())) / (total - done)
        return 1 - NormalDist(0, spread / sqrt(total - done)).cdf(needed_of_rest)

    def result(self, verdict: Verdict, difference: Difference | None, tolerance: float) -> Parity:
        means = [100 * float(np.mean(scores)) if scores else 0.0 for scores in self._scores]
        return Parity(
            verdict=verdict,
            questions=self._done,
            f1_source=means[0],
            f1_export=means[1],
            difference=difference.value if difference else 0.0,
            lower=difference.lower if difference else float("-inf"),
            tolerance=tolerance,
            same_answers=self._same / self._done if self._done else 0.0,
            seconds_source=self._seconds[0],
            seconds_export=self._seconds[1],
        )

    def _answers(self, number: int, part: Sequence[ReaderExample]) -> list[str]:
        reader = self._readers[number]
        decoded, seconds = _timed(reader, [(one.question, one.context) for one in part])
        self._seconds[number] += seconds
        texts = [shipped_answer(one, reader.calibrator) for one in decoded]
        self._scores[number].extend(
            f1(text, [answer.text for answer in example.answers]) for text, example in zip(texts, part, strict=True)
        )
        return texts


def _timed(reader: Reads, pairs: Sequence[tuple[str, str]]) -> tuple[list[Decoded], float]:
    if isinstance(reader, Remembered):
        return reader.timed(pairs)
    began = time.perf_counter()
    decoded = reader.read(pairs)
    return decoded, time.perf_counter() - began


def shipped_answer(decoded: Decoded, calibrator: Calibrator | None) -> str:
    """The answer as shipped: empty below the threshold, or without a calibrator where nothing outscores the null."""
    best = decoded.best
    if best is None:
        return ""
    if calibrator is not None and decoded.confidence is not None:
        return best.text if decoded.confidence >= calibrator.threshold.value else ""
    return best.text if best.score >= 0 else ""
