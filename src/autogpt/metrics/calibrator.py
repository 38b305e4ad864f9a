"""Confidence as a probability: features of an answer in, the probability that it is right out.

In: named features and, to fit, whether each answer was right. Out: a `Calibrator` that goes to JSON and back exactly.
Needs numpy alone. Knows nothing about readers or pipelines; both make calibrators of this kind.

N answers, F features.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autogpt.errors import DataError
from autogpt.metrics.threshold import Threshold

Floats = NDArray[np.float64]
FORMAT_VERSION = 1
#: Standardised features are cut to this many standard deviations: a strange input must not outvote the rest.
LARGEST = 5.0
#: Strength of the pull of a bias that is free.
_FREE = 1e-9


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Logistic regression over standardised features, with straight pieces where a feature's effect bends.

    Attributes:
        names: the F features, in order.
        means, scales: float[F] that standardise them.
        knots: for each feature the standardised values at which its slope may change.
        weights: one per feature, followed by one per knot in the order of `knots`.
        bias: added to the weighted sum.
        threshold: the lowest probability that is answered, and how it was chosen.
        fitted_on: what it was fitted on: one entry per data set with its name and numbers.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    knots: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    bias: float
    threshold: Threshold = field(default_factory=lambda: Threshold(0.5))
    fitted_on: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def fit(
        cls,
        features: ArrayLike,
        correct: ArrayLike,
        names: Sequence[str],
        *,
        sample_weight: ArrayLike | None = None,
        l2: float = 1.0,
        pieces: int = 4,
        prior: Mapping[str, float] | None = None,
        start: "Calibrator | None" = None,
        rescale: bool = False,
        fitted_on: Sequence[Mapping[str, Any]] = (),
    ) -> "Calibrator":
        """Fit to float[N, F] features and N right or wrong answers, by Newton's method.

        Fit on questions the reader was not trained on, out-of-domain ones among them (Kamath et al. 2020: a calibrator
        that has seen only one domain is overconfident in every other).

        Args:
            sample_weight: float[N]; how much each answer counts.
            l2: strength of the pull of the standardised weights towards their prior.
            prior: slope that a feature has before any data, in its own units; 0 for the others. A calibrator fitted
                to little data on top of another one starts from trusting that one.
            start: in place of `prior` a calibrator of the same features without knots, which is what little data gives
                again: the bias too is pulled towards it.
            pieces: straight pieces per feature; 1 is plain logistic regression. Knots are quantiles of the data.
            rescale: stretch and shift the weighted sum once more, hardly pulled: a strong `l2` then shapes the order of
                the answers without making them all look alike (Platt 1999).

        Raises:
            DataError: without both right and wrong answers there is nothing to tell apart.
            ValueError: when the shapes do not fit together, a feature is not finite, or `start` is another kind.
        """
        table, right = np.asarray(features, dtype=np.float64), np.asarray(correct, dtype=np.float64)
        if table.ndim != 2 or table.shape != (len(right), len(names)):
            raise ValueError(f"{len(right)} answers and {len(names)} names with features of shape {table.shape}")
        if not np.isfinite(table).all():
            raise ValueError("features must be finite")
        if not 0 < right.sum() < len(right):
            raise DataError(
                f"A calibrator cannot be fitted: of {len(right)} answers {int(right.sum())} are right.",
                "It needs right and wrong answers; take other or more validation questions.",
            )
        counts = np.ones(len(right)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        counts = counts * len(counts) / counts.sum()
        means = np.average(table, axis=0, weights=counts)
        scales = np.sqrt(np.average((table - means) ** 2, axis=0, weights=counts))
        scales = np.where(scales > 1e-9, scales, 1.0)
        standard = _standardised(table, means, scales)
        knots = tuple(_quantiles(standard[:, column], pieces) for column in range(len(names)))
        design = _design(standard, knots)
        expected, penalty = np.zeros(design.shape[1]), np.full(design.shape[1], l2)
        slopes = np.array([(prior or {}).get(name, 0.0) for name in names])
        if start is None:
            penalty[0] = _FREE
        else:
            slopes = start.slopes(names)
            expected[0] = start.bias + slopes @ (means - np.array(start.means))
        expected[1 : 1 + len(names)] = slopes * scales
        weights = _newton(design, right, counts, penalty, expected)
        if rescale:
            total = np.column_stack([np.ones(len(design)), design @ weights])
            shift, stretch = _newton(total, right, counts, np.array([_FREE, 1.0]), np.array([0.0, 1.0]))
            weights = stretch * weights
            weights[0] += shift
        return cls(
            names=tuple(names),
            means=tuple(means.tolist()),
            scales=tuple(scales.tolist()),
            knots=knots,
            weights=tuple(weights[1:].tolist()),
            bias=float(weights[0]),
            fitted_on=tuple(fitted_on),
        )

    def slopes(self, names: Sequence[str]) -> Floats:
        """float[F]: by how much a feature raises the weighted sum, in its own units.

        Raises ValueError when these are not the features, or one has knots.
        """
        if self.names != tuple(names) or any(self.knots):
            raise ValueError(f"straight lines over {', '.join(names)} are needed, these are over {self.names}")
        return np.asarray(np.array(self.weights) / np.array(self.scales))

    def probability(self, features: ArrayLike) -> Floats:
        """Probability that each answer is right, float[N], from float[N, F]; NaN counts as the mean."""
        table = np.asarray(features, dtype=np.float64).reshape(-1, len(self.names))
        table = np.where(np.isnan(table), self.means, table)
        design = _design(_standardised(table, np.array(self.means), np.array(self.scales)), self.knots)
        return _sigmoid(design @ np.array([self.bias, *self.weights]))

    def probability_of(self, features: Mapping[str, float]) -> float:
        """Probability for one answer's features by name. Raises DataError when one is missing."""
        return float(self.probability([self.row(features)])[0])

    def row(self, features: Mapping[str, float]) -> list[float]:
        """The features in the calibrator's order. Raises DataError when one is missing."""
        try:
            return [features[name] for name in self.names]
        except KeyError as error:
            raise DataError(
                f"The calibrator needs the feature {error}, which this reader does not give.",
                "The model and its calibration.json do not belong together: fit the calibration again.",
            ) from None

    def with_threshold(self, threshold: Threshold) -> "Calibrator":
        """A copy that ships another threshold."""
        return replace(self, threshold=threshold)

    def to_json(self) -> dict[str, Any]:
        """Plain values; floats survive JSON exactly."""
        return {
            "format_version": FORMAT_VERSION,
            "names": list(self.names),
            "means": list(self.means),
            "scales": list(self.scales),
            "knots": [list(points) for points in self.knots],
            "weights": list(self.weights),
            "bias": self.bias,
            "threshold": self.threshold.to_json(),
            "fitted_on": [dict(one) for one in self.fitted_on],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Calibrator":
        """Raises DataError when a value is missing or wrong, or a newer program wrote it."""
        try:
            if raw["format_version"] > FORMAT_VERSION:
                raise DataError(
                    f"The calibration has format {raw['format_version']}; this program reads up to {FORMAT_VERSION}.",
                    "Update with: pip install -U autogpt-qa",
                )
            made = cls(
                names=tuple(raw["names"]),
                means=tuple(map(float, raw["means"])),
                scales=tuple(map(float, raw["scales"])),
                knots=tuple(tuple(map(float, points)) for points in raw["knots"]),
                weights=tuple(map(float, raw["weights"])),
                bias=float(raw["bias"]),
                threshold=Threshold.from_json(raw["threshold"]),
                fitted_on=tuple(raw["fitted_on"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"The calibration is broken: {error!r}.", "Fit it again.") from None
        expected = len(made.names) + sum(map(len, made.knots))
        lengths = (len(made.means), len(made.scales), len(made.knots))
        if len(made.weights) != expected or set(lengths) - {len(made.names)}:
            raise DataError(
                f"The calibration is broken: {len(made.weights)} weights where {expected} are needed.", "Fit it again."
            )
        return made

    def save(self, path: Path) -> None:
        """Write to a file; a kill leaves the old file or the new one."""
        waiting = path.with_name(path.name + ".part")
        waiting.write_text(json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        waiting.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Calibrator":
        """Raises DataError when there is no such file or it is broken."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"The calibration {path} cannot be read: {error}.", "Fit it again.") from None
        return cls.from_json(raw)


def _standardised(table: Floats, means: Floats, scales: Floats) -> Floats:
    return np.clip((table - means) / scales, -LARGEST, LARGEST)


def _quantiles(column: Floats, pieces: int) -> tuple[float, ...]:
    """Inner quantiles, without those that coincide with each other or with an end of the data."""
    points = np.unique(np.quantile(column, np.arange(1, pieces) / pieces)) if pieces > 1 else np.zeros(0)
    return tuple(points[(points > column.min()) & (points < column.max())].tolist())


def _design(standard: Floats, knots: Sequence[Sequence[float]]) -> Floats:
    """float[N, 1 + F + knots]: a one, the features, and how far each exceeds each of its knots."""
    bends = [np.maximum(standard[:, column] - point, 0.0) for column, points in enumerate(knots) for point in points]
    return np.column_stack([np.ones(len(standard)), standard, *bends])


def _newton(
    design: Floats, right: Floats, counts: Floats, penalty: Floats, expected: Floats, steps: int = 100
) -> Floats:
    """Weights that minimise the log loss, each pulled towards `expected` with the strength `penalty`."""
    weights = expected.copy()

    def loss(at: Floats) -> float:
        scores = design @ at
        return float(
            (counts * (np.logaddexp(0.0, scores) - right * scores)).sum() + 0.5 * (penalty * (at - expected) ** 2).sum()
        )

    now = loss(weights)
    for _ in range(steps):
        probability = _sigmoid(design @ weights)
        gradient = design.T @ (counts * (probability - right)) + penalty * (weights - expected)
        curvature = (design * (counts * probability * (1 - probability))[:, None]).T @ design + np.diag(penalty)
        direction = np.linalg.solve(curvature, gradient)
        size, after = 1.0, loss(weights - direction)
        while after > now and size > 1e-6:
            size /= 2
            after = loss(weights - size * direction)
        weights = weights - size * direction
        if now - after < 1e-10 * max(1.0, abs(now)):
            break
        now = after
    return weights


def _sigmoid(scores: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * scores)))
