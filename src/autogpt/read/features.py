"""Features of one reading that tell how far its best answer can be trusted.

In: logits of all windows of one question and context, and the ranked spans. Out: named numbers, the input of
`metrics.calibrator`. Knows nothing about how they are weighed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

#: What a calibrator of a reader weighs, in the order it holds them. The others that are made here did not carry over to
#: other domains (models/making/features.py); "softmax" is added by decoding.
READER_FEATURES = (
    "null_margin",
    "log_softmax",
    "span_log_probability",
    "sentence_log_probability",
    "near_log_probability",
    "start_entropy",
    "end_entropy",
    "windows",
    "agreement",
)
#: Log-probabilities of spans are cut to this.
LEAST_LOG_PROBABILITY = -8.0
#: What a margin counts as when there is no rival; larger margins are cut to it.
LARGEST_MARGIN = 20.0


@dataclass(frozen=True, slots=True)
class Reading:
    """Logits of W windows of T tokens.

    Attributes:
        starts, ends: float32[W, T].
        in_context: bool[W, T], true where a token belongs to the context.
        places: int64[W, T, 2], code-point ranges, -1 outside the context.
        null: float32[W], null score of each window.
        nulls: int64[W], position of the null token in each window.
    """

    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    in_context: NDArray[np.bool_]
    places: NDArray[np.int64]
    null: NDArray[np.float32]
    nulls: NDArray[np.int64]


def reading_features(
    reading: Reading,
    spans: Sequence[tuple[int, int, float]],
    window: int,
    tokens: tuple[int, int],
    characters: int,
) -> dict[str, float]:
    """Features of the best span; those of a second look say what the first said, until `read.second_look` is at it.

    Args:
        spans: (start, end, score against null), best first; at least one.
        window: the window that the best span was scored in.
        tokens: its first and last token there.
        characters: length of the context in code points.
    """
    start, end, score = spans[0]
    second = spans[1][2] if len(spans) > 1 else -np.inf
    rival = next((one[2] for one in spans[1:] if one[0] >= end or one[1] <= start), -np.inf)
    scores = np.array([*(one[2] for one in spans), 0.0])
    start_log, start_entropy = _distribution(reading, reading.starts, window, tokens[0])
    end_log, end_entropy = _distribution(reading, reading.ends, window, tokens[1])
    span_log = max(start_log + end_log, LEAST_LOG_PROBABILITY)
    return {
        "null_margin": score,
        "second_margin": min(score - second, LARGEST_MARGIN),
        "rival_margin": min(score - rival, LARGEST_MARGIN),
        "null_score": float(reading.null[window]),
        "log_softmax": float(score - scores.max() - np.log(np.exp(scores - scores.max()).sum())),
        "start_log_probability": start_log,
        "end_log_probability": end_log,
        "span_log_probability": span_log,
        "sentence_log_probability": span_log,
        "near_log_probability": span_log,
        "start_entropy": start_entropy,
        "end_entropy": end_entropy,
        "answer_tokens": log1p(tokens[1] - tokens[0] + 1),
        "answer_characters": log1p(end - start),
        "context_characters": log1p(characters),
        "windows": log1p(len(reading.starts)),
        "agreement": _agreement(reading, start, end),
    }


def _distribution(reading: Reading, logits: NDArray[np.float32], window: int, token: int) -> tuple[float, float]:
    """Log-probability of `token` and entropy (nats) of a window's softmax over its context and null tokens."""
    allowed = reading.in_context[window].copy()
    allowed[reading.nulls[window]] = True
    values = logits[window][allowed].astype(np.float64)
    shifted = values - values.max()
    total = np.log(np.exp(shifted).sum())
    logs = shifted - total
    probabilities = np.exp(logs)
    return float(logits[window, token] - values.max() - total), float(-(probabilities * logs).sum())


def _agreement(reading: Reading, start: int, end: int) -> float:
    """Share of the windows holding the span whose own best start lies inside it; 1.0 when one window holds it."""
    begins = np.where(reading.in_context, reading.places[:, :, 0], np.iinfo(np.int64).max).min(axis=1)
    finishes = reading.places[:, :, 1].max(axis=1)
    holding = np.flatnonzero((begins <= start) & (finishes >= end))
    if len(holding) < 2:
        return 1.0
    best = np.where(reading.in_context, reading.starts, -np.inf)[holding].argmax(axis=1)
    at = reading.places[holding, best, 0]
    return float(((at >= start) & (at < end)).mean())
