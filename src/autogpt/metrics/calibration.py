"""How far confidence can be trusted: calibration error, and risk against coverage.

In: a confidence and a correctness (0 to 1) per question. Out: numbers and curves. Knows nothing about where the
confidence came from. N is the number of questions; equal confidences are never told apart.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of neighbouring confidence: how many, their mean confidence, their mean correctness."""

    count: int
    confidence: float
    accuracy: float


def reliability(confidence: ArrayLike, correct: ArrayLike, bins: int = 15) -> list[Bin]:
    """Questions in bins of equal mass: sorted by confidence and cut into `bins` parts of (nearly) equal size.

    Equal confidences go into one bin, so a bin may be larger, and there may be fewer.

    >>> reliability([0.0, 0.5, 0.75, 1.0], [0, 0, 1, 1], bins=2)[1]
    Bin(count=2, confidence=0.875, accuracy=1.0)
    """
    confidence, correct = _pair(confidence, correct)
    if not len(confidence):
        return []
    order = np.argsort(confidence, kind="stable")
    confidence, correct = confidence[order], correct[order]
    aimed = np.linspace(0, len(confidence), min(bins, len(confidence)) + 1).round().astype(int)
    # A cut inside a run of equal confidences moves to the run's beginning.
    cuts = np.unique(np.searchsorted(confidence, confidence[aimed[:-1]], side="left"))
    edges = [*cuts.tolist(), len(confidence)]
    return [
        Bin(right - left, float(confidence[left:right].mean()), float(correct[left:right].mean()))
        for left, right in pairwise(edges)
    ]


def expected_calibration_error(confidence: ArrayLike, correct: ArrayLike, bins: int = 15) -> float:
    """Mean distance of accuracy from confidence over equal-mass bins, weighted by their size; 0 without questions.

    Guo et al. 2017, section 2, with the equal-mass bins of Nguyen and O'Connor 2015.
    """
    parts = reliability(confidence, correct, bins)
    total = sum(part.count for part in parts)
    return sum(part.count * abs(part.accuracy - part.confidence) for part in parts) / total if total else 0.0


def brier_score(confidence: ArrayLike, correct: ArrayLike) -> float:
    """Mean squared distance of confidence from correctness; 0 without questions."""
    confidence, correct = _pair(confidence, correct)
    return float(((confidence - correct) ** 2).mean()) if len(confidence) else 0.0


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Risk against coverage, by falling threshold: float[M] each, M different confidences.

    Attributes:
        coverage: share of the questions at or above the threshold, rising to 1.
        risk: mean error among them.
        threshold: the confidence itself.
    """

    coverage: Floats
    risk: Floats
    threshold: Floats


def risk_coverage(confidence: ArrayLike, correct: ArrayLike) -> RiskCoverage:
    """The curve of El-Yaniv and Wiener 2010: answer only the questions with a confidence of at least t, for every t."""
    confidence, correct = _pair(confidence, correct)
    if not len(confidence):
        empty = np.zeros(0)
        return RiskCoverage(empty, empty, empty)
    order = np.argsort(-confidence, kind="stable")
    confidence, errors = confidence[order], np.cumsum(1 - correct[order])
    last = np.append(np.flatnonzero(np.diff(confidence)), len(confidence) - 1)
    answered = last + 1
    return RiskCoverage(answered / len(confidence), errors[last] / answered, confidence[last])


def area_under_risk_coverage(confidence: ArrayLike, correct: ArrayLike) -> float:
    """Mean risk over all coverages 1/N, 2/N … 1: 0 is perfect; equal confidences count as in random order."""
    confidence, correct = _pair(confidence, correct)
    if not len(confidence):
        return 0.0
    order = np.argsort(-confidence, kind="stable")
    confidence, errors = confidence[order], 1 - correct[order]
    starts = np.append(0, np.flatnonzero(np.diff(confidence)) + 1)
    counts = np.diff(np.append(starts, len(confidence)))
    expected = np.repeat(np.add.reduceat(errors, starts) / counts, counts)
    return float((np.cumsum(expected) / np.arange(1, len(errors) + 1)).mean())


def coverage_at_accuracy(confidence: ArrayLike, correct: ArrayLike, accuracy: float) -> float:
    """Largest share of the questions that one threshold answers with at least `accuracy`; 0 when none does."""
    curve = risk_coverage(confidence, correct)
    fine = curve.risk <= 1 - accuracy + 1e-12
    return float(curve.coverage[fine].max()) if fine.any() else 0.0


def _pair(confidence: ArrayLike, correct: ArrayLike) -> tuple[Floats, Floats]:
    confidence, correct = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if confidence.shape != correct.shape or confidence.ndim != 1:
        raise ValueError(f"expected two lists of one length, got shapes {confidence.shape} and {correct.shape}")
    return confidence, correct
