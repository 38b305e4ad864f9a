"""Turns a reader's logits into answers: the n best spans of a text, over all windows it was read in.

In: the windows of one question and one context, with a start and an end logit for every token. Out: `Decoded`, whose
spans are half-open ranges of code points in the context. Knows nothing about models, thresholds or documents.

Letters: W windows, T tokens (padded to the longest window), K = `n_best`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autogpt.read.features import Reading, reading_features

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Offsets(Protocol):
    """What decoding needs of a window: a code-point range in the context per token, None for all other tokens, and
    the position of the token whose logits stand for "no answer"."""

    @property
    def offsets(self) -> Sequence[tuple[int, int] | None]: ...

    @property
    def null_index(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span of the context that may answer: `text == context[start:end]`.

    Attributes:
        score: start logit + end logit, minus the null score of its window (`decode_reference`: not subtracted).
        window: number of the window that gave the score.
        probability: softmax over the n best and the null answer. Not calibrated.
    """

    start: int
    end: int
    text: str
    score: float
    start_logit: float = 0.0
    end_logit: float = 0.0
    window: int = 0
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a reader found in one context.

    Attributes:
        candidates: best first, without duplicates; empty when no token of the context can answer.
        null_score: lowest start + end logit of the null token over the windows.
        features: by name, what a calibrator makes a probability of; empty without candidates.
        confidence: probability that the best candidate answers the question, once a calibrator has been applied.
    """

    candidates: tuple[Candidate, ...]
    null_score: float
    features: Mapping[str, float] = field(default_factory=dict)
    confidence: float | None = None

    @property
    def best(self) -> Candidate | None:
        return self.candidates[0] if self.candidates else None


def decode(
    context: str,
    windows: Sequence[Offsets],
    start_logits: ArrayLike,
    end_logits: ArrayLike,
    *,
    n_best: int = 20,
    max_answer_tokens: int = 40,
) -> Decoded:
    """The n best spans over all windows, compared by unnormalised logits against their own window's null score.

    The search is exact: no span of up to `max_answer_tokens` tokens scores higher than the ones returned. A span that
    several windows hold is one candidate with its highest score.

    Args:
        context: the text that the offsets of `windows` refer to.
        start_logits, end_logits: float[W, T]; rows may be padded beyond their window's tokens with anything.
    Raises:
        ValueError: when windows and logits do not fit together, or a null score is not finite.
    """
    starts, ends = _matrix(start_logits), _matrix(end_logits)
    _check(windows, starts, ends)
    if not windows:
        return Decoded((), 0.0)
    places = _places(windows, starts.shape[1])
    in_context = places[:, :, 0] >= 0
    nulls = np.array([window.null_index for window in windows])
    null = _null_scores(nulls, starts, ends)
    if not np.isfinite(null).all():
        raise ValueError("the reader's logits are not finite")
    rows, firsts, lasts = _best_pairs(starts, ends, in_context, n_best, max_answer_tokens)
    scores = starts[rows, firsts] + ends[rows, lasts] - null[rows]
    chosen: dict[tuple[int, int], int] = {}
    heads, tails = places[rows, firsts, 0].tolist(), places[rows, lasts, 1].tolist()
    for at in np.argsort(-scores, kind="stable").tolist():
        place = _stripped(context, heads[at], tails[at])
        if place[0] < place[1] and place not in chosen:
            chosen[place] = at
            if len(chosen) == n_best:
                break
    if not chosen:
        return Decoded((), float(null.min()))
    kept = np.fromiter(chosen.values(), dtype=np.int64)
    candidates = tuple(
        Candidate(start, end, context[start:end], score, left, right, row, share)
        for (start, end), score, left, right, row, share in zip(
            chosen,
            scores[kept].tolist(),
            starts[rows, firsts][kept].tolist(),
            ends[rows, lasts][kept].tolist(),
            rows[kept].tolist(),
            _softmax(scores[kept], 0.0),
            strict=True,
        )
    )
    reading = Reading(starts, ends, in_context, places, null, nulls)
    features = reading_features(
        reading,
        [(one.start, one.end, one.score) for one in candidates],
        candidates[0].window,
        (int(firsts[kept[0]]), int(lasts[kept[0]])),
        len(context),
    )
    return Decoded(candidates, float(null.min()), {**features, "softmax": candidates[0].probability})


def decode_reference(
    context: str,
    windows: Sequence[Offsets],
    start_logits: ArrayLike,
    end_logits: ArrayLike,
    *,
    n_best: int = 20,
    max_answer_tokens: int = 30,
) -> Decoded:
    """The post-processing that published SQuAD figures come from: `postprocess_qa_predictions` of the question
    answering examples of Hugging Face transformers, with its choices kept as they are.

    Pairs are made of the K highest starts and K highest ends of each window, compared by raw logits over all windows,
    against the lowest null score of any window. `Candidate.score` is raw, spans found twice are listed twice, and with
    the null answer there are K at most. The answer is null when `features["null_margin"]` is below 0 (the threshold
    of the published figures). Where no span is possible there are no candidates; the original then answers "empty".
    """
    starts, ends = _matrix(start_logits), _matrix(end_logits)
    _check(windows, starts, ends)
    if not windows:
        return Decoded((), 0.0)
    found: list[tuple[np.float32, int, int, np.float32, np.float32, int]] = []
    for row, window in enumerate(windows):
        size = len(window.offsets)
        lasts = np.argsort(ends[row])[-1 : -n_best - 1 : -1].tolist()
        for first in np.argsort(starts[row])[-1 : -n_best - 1 : -1].tolist():
            head = window.offsets[first] if first < size else None
            if head is None:
                continue
            for last in lasts:
                tail = window.offsets[last] if last < size else None
                if tail is None or last < first or last - first + 1 > max_answer_tokens:
                    continue
                left, right = starts[row, first], ends[row, last]
                found.append((left + right, head[0], tail[1], left, right, row))
    null = _null_scores(np.array([window.null_index for window in windows]), starts, ends).min()
    found.sort(key=lambda one: one[0], reverse=True)
    above_null = sum(one[0] >= null for one in found)
    found = found[: n_best - 1 if above_null < n_best else n_best]
    if not found:
        return Decoded((), float(null))
    shares = _softmax(np.array([one[0] for one in found]), float(null))
    candidates = tuple(
        Candidate(start, end, context[start:end], float(score), float(left), float(right), row, share)
        for (score, start, end, left, right, row), share in zip(found, shares, strict=True)
    )
    margin = -(null - found[0][3] - found[0][4])
    return Decoded(candidates, float(null), {"null_margin": float(margin), "softmax": shares[0]})


def _softmax(scores: Floats, null: float) -> list[float]:
    """Share of each score among all of them and the null answer's."""
    top = max(float(scores.max()), null)
    weights = np.exp(scores - np.float32(top))
    shares: list[float] = (weights / (weights.sum() + np.exp(np.float32(null - top)))).tolist()
    return shares


def _best_pairs(starts: Floats, ends: Floats, in_context: NDArray[np.bool_], n_best: int, longest: int) -> list[Ints]:
    """Rows, first and last tokens (each int[<= W*K]) of each window's K best spans, in no particular order.

    The K best spans begin at K tokens at most, and those are the ones with the highest `start + best reachable end`;
    so it is enough to expand these K starts.
    """
    width = starts.shape[1]
    longest = min(longest, width)
    low = np.float32(-np.inf)
    masked_starts = np.where(in_context, starts, low)
    masked_ends = np.where(in_context, ends, low)
    reach = _running_maximum(masked_ends, longest)
    kept = min(n_best, width)
    firsts = np.argpartition(-(masked_starts + reach), kept - 1, axis=1)[:, :kept]  # int[W, K]
    lasts = firsts[:, :, None] + np.arange(longest)  # int[W, K, longest]
    inside = lasts < width
    lasts = np.where(inside, lasts, 0)
    rows = np.arange(len(starts))[:, None, None]
    scores = np.where(inside, masked_ends[rows, lasts], low) + masked_starts[rows[:, :, 0], firsts][:, :, None]
    flat = scores.reshape(len(starts), -1)
    kept = min(n_best, flat.shape[1])
    best = np.argpartition(-flat, kept - 1, axis=1)[:, :kept]
    row = np.repeat(np.arange(len(starts)), kept)
    column = best.ravel()
    fine = np.isfinite(flat[row, column])
    row, column = row[fine], column[fine]
    return [row, firsts[row, column // longest], lasts[row, column // longest, column % longest]]


def _running_maximum(values: Floats, size: int) -> Floats:
    """`out[w, t] = values[w, t : t + size].max()`, by doubling."""
    result, covered = values.copy(), 1
    while covered < size:
        step = min(covered, size - covered)
        result[:, :-step] = np.maximum(result[:, :-step], result[:, step:])
        covered += step
    return result


def _null_scores(nulls: Ints, starts: Floats, ends: Floats) -> Floats:
    rows = np.arange(len(nulls))
    scores: Floats = starts[rows, nulls] + ends[rows, nulls]
    return scores


def _places(windows: Sequence[Offsets], width: int) -> Ints:
    """Code-point range per token, int[W, T, 2]; -1 for tokens that are not context, padding included."""
    places = np.full((len(windows), width, 2), -1, dtype=np.int64)
    for row, window in enumerate(windows):
        if window.offsets:
            places[row, : len(window.offsets)] = [(-1, -1) if place is None else place for place in window.offsets]
    return places


def _stripped(context: str, start: int, end: int) -> tuple[int, int]:
    """The range without the white space at its ends."""
    piece = context[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _matrix(logits: ArrayLike) -> Floats:
    """float32[W, T]; rows of unequal length are padded."""
    if isinstance(logits, np.ndarray) and logits.ndim == 2:
        return logits.astype(np.float32, copy=False)
    rows = [np.asarray(row, dtype=np.float32) for row in logits]  # type: ignore[union-attr]
    matrix = np.full((len(rows), max(map(len, rows), default=0)), -np.inf, dtype=np.float32)
    for row, values in enumerate(rows):
        matrix[row, : len(values)] = values
    return matrix


def _check(windows: Sequence[Offsets], starts: Floats, ends: Floats) -> None:
    if starts.shape != ends.shape or len(starts) != len(windows):
        raise ValueError(f"{len(windows)} windows with logits of shapes {starts.shape} and {ends.shape}")
    longest = max((len(window.offsets) for window in windows), default=0)
    if longest > starts.shape[1]:
        raise ValueError(f"a window has {longest} tokens but only {starts.shape[1]} logits")
