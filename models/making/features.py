"""Which features a reader's calibrator should weigh, and how strongly they should be pulled towards 0.

    python models/recipe.py en features DATA

In: a reader, and the questions by domain that its confidence is fitted on; no others. Each domain is left out
in turn: a calibrator fitted on the others orders its answers. Out: a table of how much smaller the area under the
risk-coverage curve becomes than that of the better of two softmaxes, by exact match and by F1; more is better.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from making.confidence import Read, read_sets
from numpy.typing import NDArray

from autogpt.metrics.answers import f1
from autogpt.metrics.calibration import area_under_risk_coverage, expected_calibration_error
from autogpt.metrics.calibrator import Calibrator
from autogpt.read.calibrate import is_right
from autogpt.read.features import READER_FEATURES
from autogpt.records import ReaderExample

Floats = NDArray[np.float64]

_SOFTMAX = ("log_softmax", "span_log_probability")
_FIRST = (*_SOFTMAX, "null_margin", "start_entropy", "end_entropy")
_BOTH = ("sentence_log_probability", "near_log_probability")
#: Features tried, by name.
TRIED: dict[str, tuple[str, ...]] = {
    "both softmaxes": _SOFTMAX,
    "first look": _FIRST,
    "first look, windows": (*_FIRST, "windows", "agreement"),
    "first look, lengths": (*_FIRST, "answer_characters", "context_characters"),
    "first look, rivals": (*_FIRST, "second_margin", "rival_margin", "null_score"),
    "sentence again": (*_FIRST, "sentence_log_probability"),
    "neighbours again": (*_FIRST, "near_log_probability"),
    "both again": (*_FIRST, *_BOTH),
    "both again, lengths": (*_FIRST, *_BOTH, "answer_characters", "context_characters"),
    "both again, rivals": (*_FIRST, *_BOTH, "second_margin", "rival_margin", "null_score"),
    "shipped": READER_FEATURES,
}
#: Pulls tried, per answer, and straight pieces per feature.
PULLS = (0.0002, 0.002, 0.02, 0.06)
PIECES = (1, 3)


class Set:
    """The answers to one set's questions: features by name, and how right each answer is."""

    def __init__(self, read: Read) -> None:
        pairs = [(one, example) for one, example in zip(*read, strict=True) if one.best]
        self._features = [one.features for one, _ in pairs]
        self.right = np.array([float(is_right(*pair)) for pair in pairs])
        self.f1 = np.array(
            [
                f1(one.best.text, [answer.text for answer in example.answers])
                if one.best and example.answerable
                else 0.0
                for one, example in pairs
            ]
        )

    def table(self, names: Sequence[str]) -> Floats:
        return np.array([[one[name] for name in names] for one in self._features])

    def gains(self, confidence: Floats) -> tuple[float, float]:
        """By how much `confidence` has a smaller area than the better softmax, by exact match and by F1."""
        softmaxes = (
            self.table(["log_softmax"])[:, 0],
            self.table(["start_log_probability", "end_log_probability"]).sum(1),
        )
        exact, partly = (
            min(area_under_risk_coverage(one, right) for one in softmaxes) - area_under_risk_coverage(confidence, right)
            for right in (self.right, self.f1)
        )
        return exact, partly


def fit(sets: Sequence[Set], names: Sequence[str], pull: float, pieces: int) -> Calibrator:
    weight = np.concatenate([np.full(len(one.right), 1 / len(one.right)) for one in sets])
    table, right = np.vstack([one.table(names) for one in sets]), np.concatenate([one.right for one in sets])
    return Calibrator.fit(table, right, names, sample_weight=weight, l2=pull * len(right), pieces=pieces, rescale=True)


def search(reader: Path, examples: dict[str, list[ReaderExample]], backend: str, best: int) -> None:
    """Print the `best` choices, the one with the largest mean gain first."""
    sets = {name: Set(one) for name, one in read_sets(reader, examples, backend).items()}
    told = [name for name, one in sets.items() if one.right.any()]  # without a right answer there is no order
    lines = []
    for called, names in TRIED.items():
        for pull in PULLS:
            for pieces in PIECES:
                cells, gained = [], []
                for left in told:
                    others = [one for name, one in sets.items() if name != left]
                    confidence = fit(others, names, pull, pieces).probability(sets[left].table(names))
                    gains = sets[left].gains(confidence)
                    gained += gains
                    error = expected_calibration_error(confidence, sets[left].right)
                    cells.append(f"{gains[0]:+.4f} {gains[1]:+.4f} {error:.3f}")
                lines.append((float(np.mean(gained)), called, pull, pieces, cells))
    print("| features | pull | pieces | mean gain | " + " | ".join(f"{one}: gain, by F1, ECE" for one in told) + " |")
    print("|" + "---|" * (4 + len(told)))
    for mean, called, pull, pieces, cells in sorted(lines, reverse=True)[:best]:
        print(f"| {called} | {pull} | {pieces} | {mean:+.4f} | " + " | ".join(cells) + " |")
