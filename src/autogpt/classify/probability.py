"""From logits to probabilities, and the temperature that makes them honest.

In: logits float[N, C]. Out: probabilities of the same shape. Needs numpy alone. Knows nothing about labels.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kind = Literal["intents", "binary", "multi-label", "similarity"]

#: Temperatures tried: from a twentieth to twenty times.
_LOWEST, _HIGHEST = 0.05, 20.0
_STEPS = 60


def probabilities(kind: Kind, logits: Floats, temperature: float = 1.0) -> Floats:
    """float[N, C]: softmax of exclusive classes, a sigmoid for each label otherwise; of one logit (binary) no and yes.

    >>> probabilities("binary", np.array([[0.0]]))
    array([[0.5, 0.5]])
    """
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    if kind == "intents":
        shifted = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
    yes = 0.5 * (1 + np.tanh(0.5 * scaled))
    return np.hstack([1 - yes, yes]) if kind == "binary" else np.asarray(yes)


def log_loss(kind: Kind, logits: Floats, targets: NDArray[np.float64], temperature: float = 1.0) -> float:
    """Mean over texts (and labels) of minus the log probability of what is right.

    Args:
        targets: int[N] classes, or float[N, C] of 0 and 1.
    """
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    if kind == "intents":
        largest = scaled.max(axis=1, keepdims=True)
        total = largest[:, 0] + np.log(np.exp(scaled - largest).sum(axis=1))
        return float((total - scaled[np.arange(len(scaled)), targets.astype(int)]).mean())
    return float((np.logaddexp(0.0, scaled) - targets * scaled).mean())


def fit_temperature(kind: Kind, logits: Floats, targets: NDArray[np.float64]) -> float:
    """The temperature with the lowest log loss: Guo et al. 2017, "On calibration of modern neural networks", section
    4.2. The loss has one valley over its logarithm, which is narrowed down by golden sections.
    """
    low, high = np.log(_LOWEST), np.log(_HIGHEST)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(_STEPS):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if log_loss(kind, logits, targets, np.exp(left)) < log_loss(kind, logits, targets, np.exp(right)):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))
