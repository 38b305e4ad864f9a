"""From confidence to a decision: the lowest confidence that is answered.

In: confidence and correctness of validation questions. Out: a `Threshold` with what is promised of it. Knows nothing
about readers or releases. N is the number of questions.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autogpt.metrics.calibration import risk_coverage

#: Coverages tried: 2.5%, 5% … 100% of the questions.
STEPS = 40
#: Answers below which a share of errors says nothing.
FEWEST = 30


@dataclass(frozen=True, slots=True)
class Threshold:
    """The lowest confidence that is answered.

    Attributes:
        value: answer when confidence >= value; above 1 means never.
        rule: how it was chosen, in words.
        guard: "bound": the risk holds with probability 0.95; "added_error": seen on validation with one error added;
            "none": too few questions for either, so 1 - risk is asked of each answer.
        risk: share of wrong answers asked for.
        coverage, observed_risk, questions: as seen on the validation questions.
    """

    value: float
    rule: str = ""
    guard: str = "none"
    risk: float | None = None
    coverage: float = 0.0
    observed_risk: float = 0.0
    questions: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Threshold":
        """Raises TypeError for unknown or missing values."""
        return cls(**raw)


def threshold_for_risk(confidence: ArrayLike, correct: ArrayLike, risk: float, delta: float = 0.05) -> Threshold:
    """The threshold that answers most questions while at most `risk` of the answers are wrong.

    A threshold picked because it looked good on a sample is worse on the next one, so the risk is guarded. First by
    tests that together err with probability `delta`: coverage grows in steps from the first with `FEWEST` answers for
    as long as the exact binomial test finds the risk kept (fixed sequence testing, Angelopoulos et al. 2021, "Learn
    then test"). Where the sample is too small for that, by counting one error more than there was (the correction of
    conformal risk control, Angelopoulos et al. 2024; an estimate here, no promise). Should neither find a threshold,
    `1 - risk` is taken, which is right as far as confidence is a probability.
    """
    curve = risk_coverage(confidence, correct)
    total = len(np.asarray(confidence))
    rule = f"at most {risk:.0%} of the answers wrong"
    answered = np.rint(curve.coverage * total).astype(int)
    errors = curve.risk * answered

    def chosen(place: int, guard: str) -> Threshold:
        return Threshold(
            float(curve.threshold[place]),
            rule,
            guard,
            risk,
            float(curve.coverage[place]),
            float(curve.risk[place]),
            total,
        )

    passed: int | None = None
    for place in _steps(answered, total):
        if binomial_tail(int(answered[place]), math.ceil(errors[place] - 1e-9), risk) > delta:
            break
        passed = place
    if passed is not None:
        return chosen(passed, "bound")
    fine = np.flatnonzero((errors + 1) / (answered + 1) <= risk)
    if len(fine):
        return chosen(int(fine[-1]), "added_error")
    at = np.flatnonzero(curve.threshold >= 1 - risk)
    coverage, observed = (float(curve.coverage[at[-1]]), float(curve.risk[at[-1]])) if len(at) else (0.0, 0.0)
    return Threshold(1 - risk, rule, "none", risk, coverage, observed, total)


def _steps(answered: NDArray[np.int64], total: int) -> list[int]:
    """Places on the curve for 2.5%, 5% … 100% of the questions, from the first with `FEWEST` answers on."""
    aimed = np.arange(1, STEPS + 1) / STEPS * total
    places = np.unique(np.searchsorted(answered, aimed[aimed >= FEWEST] - 1e-9))
    return [int(place) for place in places if place < len(answered)]


def best_threshold(confidence: ArrayLike, if_answered: ArrayLike, if_not: ArrayLike) -> tuple[float, float]:
    """The threshold with the highest mean score, and that score.

    Args:
        if_answered, if_not: float[N], each question's score when answered and when not (for SQuAD 2.0: F1 of the best
            candidate, and 1 for unanswerable questions).

    On the data that is reported this is a diagnostic: no threshold chosen beforehand can do better.
    """
    confidence = np.asarray(confidence, dtype=np.float64)
    answered, refused = np.asarray(if_answered, dtype=np.float64), np.asarray(if_not, dtype=np.float64)
    if not len(confidence):
        return 0.0, 0.0
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    totals = refused.sum() + np.append(0.0, np.cumsum((answered - refused)[order]))
    allowed = np.append(True, np.append(np.diff(ranked) != 0, True))
    best = int(np.where(allowed, totals, -np.inf).argmax())
    if best == 0:
        return float(np.nextafter(ranked[0], np.inf)), float(totals[0] / len(ranked))
    # Half way to the next confidence, so that rounding cannot move a question across.
    below = ranked[best] if best < len(ranked) else ranked[best - 1]
    return float((ranked[best - 1] + below) / 2), float(totals[best] / len(ranked))


def binomial_tail(trials: int, errors: int, rate: float) -> float:
    """P(at most `errors` of `trials`) when each fails with probability `rate`.

    >>> round(binomial_tail(10, 1, 0.2), 4)
    0.3758
    """
    if errors >= trials or rate <= 0:
        return 1.0
    if rate >= 1:
        return 0.0
    logs = [
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(rate)
        + (trials - k) * math.log1p(-rate)
        for k in range(errors + 1)
    ]
    top = max(logs)
    return min(1.0, math.exp(top) * math.fsum(math.exp(one - top) for one in logs))
