"""How strange a text is to a classifier, and whether it is about none of its classes.

In: logits float[N, C] and vectors float[N, H] of texts, and what was kept of the training. Out: a strangeness for each
text, and the probability that it is out of scope. Needs numpy alone. Fitting is `train.scope`'s. M texts are kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autogpt.classify.probability import Floats
from autogpt.metrics.calibrator import Calibrator

Arrays = Mapping[str, NDArray[np.float32]]
#: The only feature of the calibrator.
FEATURE = "strangeness"
#: Texts compared with all that are kept at a time.
_STEP = 512


def max_probability(logits: Floats, vectors: Floats, arrays: Arrays, temperature: float) -> Floats:
    """Log odds against the likeliest class (Hendrycks and Gimpel 2017, "A baseline for detecting misclassified and
    out-of-distribution examples").
    """
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    best = scaled.argmax(axis=1)
    rows = np.arange(len(scaled))
    others = scaled.copy()
    others[rows, best] = -np.inf
    if scaled.shape[1] == 1:
        return np.asarray(-np.abs(scaled[:, 0]))
    return np.asarray(_log_sum(others) - scaled[rows, best])


def energy(logits: Floats, vectors: Floats, arrays: Arrays, temperature: float) -> Floats:
    """Minus the log of the sum of exponentials (Liu et al. 2020, "Energy-based out-of-distribution detection")."""
    return -_log_sum(np.asarray(logits, dtype=np.float64))


def mahalanobis(logits: Floats, vectors: Floats, arrays: Arrays, temperature: float) -> Floats:
    """Squared distance from the nearest class's mean, all classes sharing one covariance (Podolskiy et al. 2021,
    "Revisiting Mahalanobis distance for transformer-based out-of-domain detection").

    `arrays` holds `whitening` float[H, H] and `means` float[C, H], whitened already.
    """
    whitened = np.asarray(vectors, dtype=np.float64) @ arrays["whitening"]
    means = np.asarray(arrays["means"], dtype=np.float64)
    squares = (whitened**2).sum(axis=1)[:, None] + (means**2).sum(axis=1) - 2 * whitened @ means.T
    return np.asarray(squares.min(axis=1))


def neighbours(logits: Floats, vectors: Floats, arrays: Arrays, temperature: float) -> Floats:
    """One less the cosine with the k-th nearest text of the training (Sun et al. 2022, "Out-of-distribution detection
    with deep nearest neighbors").

    `arrays` holds `kept` float[M, H], each of length 1, and `k` int[1].
    """
    kept, k = arrays["kept"], int(arrays["k"][0])
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)
    found = [np.partition(unit[at : at + _STEP] @ kept.T, -k, axis=1)[:, -k] for at in range(0, len(unit), _STEP)]
    return 1 - np.concatenate([np.zeros(0), *found])


#: Ways to tell, by name: more is stranger.
METHODS: dict[str, Callable[[Floats, Floats, Arrays, float], Floats]] = {
    "max_probability": max_probability,
    "energy": energy,
    "mahalanobis": mahalanobis,
    "neighbours": neighbours,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a classifier knows about what it does not know.

    Attributes:
        method: a name in `METHODS`.
        threshold: lowest probability of being out of scope that is taken for it.
        calibrator: makes a probability of strangeness; None where no out-of-scope texts were there to fit it on.
        quantiles: strangeness of in-scope validation texts at even shares, from which a text without a calibrator gets
            the share of them that are less strange.
        figures: what was seen on validation: `kept`, and where there were out-of-scope texts `recall` and `auroc`.
    """

    method: str
    threshold: float
    calibrator: Calibrator | None = None
    quantiles: tuple[float, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)

    def probability(self, strangeness: Floats) -> Floats:
        """float[N], 0 to 1."""
        if self.calibrator is not None:
            return self.calibrator.probability(strangeness.reshape(-1, 1))
        return np.interp(strangeness, self.quantiles, np.linspace(0, 1, len(self.quantiles)))

    def to_json(self) -> dict[str, Any]:
        raw = {name: value for name, value in asdict(self).items() if name != "calibrator"}
        return {**raw, "calibrator": self.calibrator.to_json() if self.calibrator else None}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Scope":
        """Raises KeyError or TypeError for values that are missing, DataError for a broken calibrator."""
        calibrator = Calibrator.from_json(raw["calibrator"]) if raw["calibrator"] else None
        return cls(raw["method"], raw["threshold"], calibrator, tuple(raw["quantiles"]), raw["figures"])


def _log_sum(values: Floats) -> Floats:
    """float[N]: log of the sum of exponentials of each row."""
    largest = values.max(axis=1, keepdims=True)
    return np.asarray(largest[:, 0] + np.log(np.exp(values - largest).sum(axis=1)))
