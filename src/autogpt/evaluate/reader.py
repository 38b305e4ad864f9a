"""Measures a reader on questions with known answers.

In: anything with `read(pairs) -> list[Decoded]`, and `ReaderExample`s. Out: a `ReaderReport`. Knows nothing about
model files or the command line. F1 and exact match are in percent, confidence and coverage are shares.
"""

import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from autogpt.evaluate.results import Miss, Prediction, ReaderReport, SliceResult
from autogpt.evaluate.slices import document_name, slices_of
from autogpt.metrics.answers import exact_match, f1, rules_of
from autogpt.metrics.calibration import (
    area_under_risk_coverage,
    brier_score,
    coverage_at_accuracy,
    expected_calibration_error,
    reliability,
    risk_coverage,
)
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.significance import paired_bootstrap
from autogpt.metrics.threshold import best_threshold
from autogpt.progress import Progress, Sink, silent
from autogpt.read.decode import Candidate, Decoded
from autogpt.records import ReaderExample

#: Questions read between two reports of progress.
CHUNK = 256
#: Characters shown on each side of a missed answer.
AROUND = 80
#: Fewest documents for an interval that resamples documents instead of questions.
FEWEST_DOCUMENTS = 10
#: Points kept of the coverage-risk curve.
POINTS = 200


class Reads(Protocol):
    """What is measured."""

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Decoded]: ...


def evaluate_reader(
    reader: Reads,
    examples: Sequence[ReaderExample],
    force_answer: bool = False,
    *,
    threshold: float | None = None,
    model: str = "",
    data: str = "",
    decoder: str = "windows",
    sink: Sink = silent,
) -> ReaderReport:
    """Read every question and score the answers by the rules of their language (`metrics.answers`).

    Args:
        force_answer: never abstain.
        threshold: lowest confidence that is answered; None takes the one that the reader ships with. A reader without
            a calibrator answers where its best span outscores its null.
        model, data, decoder: names for the report.

    Raises ValueError without examples.
    """
    if not examples:
        raise ValueError("there are no questions to measure on")
    began = time.perf_counter()
    decoded = read_all(reader, examples, sink)
    seconds = time.perf_counter() - began
    calibrator: Calibrator | None = getattr(reader, "calibrator", None)
    if threshold is None and calibrator is not None:
        threshold = calibrator.threshold.value
    return report_on(
        decoded,
        examples,
        force_answer=force_answer,
        threshold=threshold,
        model=model,
        data=data,
        decoder=decoder,
        seconds=seconds,
    )


def read_all(reader: Reads, examples: Sequence[ReaderExample], sink: Sink = silent) -> list[Decoded]:
    """What the reader finds for each example, in order."""
    decoded: list[Decoded] = []
    sink(Progress("read", 0, len(examples)))
    for at in range(0, len(examples), CHUNK):
        part = examples[at : at + CHUNK]
        decoded += reader.read([(example.question, example.context) for example in part])
        sink(Progress("read", len(decoded), len(examples)))
    return decoded


def report_on(
    decoded: Sequence[Decoded],
    examples: Sequence[ReaderExample],
    *,
    force_answer: bool = False,
    threshold: float | None = None,
    model: str = "",
    data: str = "",
    decoder: str = "windows",
    seconds: float = 0.0,
) -> ReaderReport:
    """The report on what was read already; arguments as for `evaluate_reader`."""
    calibrated = all(one.confidence is not None for one in decoded)
    predictions = [
        _prediction(one, example, force_answer, threshold) for one, example in zip(decoded, examples, strict=True)
    ]
    confidence = np.array([one.confidence for one in predictions])
    softmax = np.array([one.features.get("softmax", 0.0) for one in decoded])
    right = np.array([one.right for one in predictions])
    return ReaderReport(
        model=model,
        data=data,
        decoder=decoder,
        confidence="calibrator" if calibrated else "softmax",
        threshold=threshold if calibrated and not force_answer else None,
        force_answer=force_answer,
        metrics={
            **_scores(predictions, examples),
            **_diagnostics(decoded, examples, confidence),
            **_trust(confidence, right),
            "softmax": _trust(softmax, right),
            "seconds": seconds,
        },
        slices=_slices(predictions),
        reliability=tuple(reliability(confidence, right)),
        curve=_curve(confidence, right),
        softmax_curve=_curve(softmax, right),
        predictions=tuple(predictions),
        misses=tuple(
            _miss(prediction, one.best, example)
            for prediction, one, example in zip(predictions, decoded, examples, strict=True)
            if prediction.exact_match < 1
        ),
        rules=rules_of([answer.text for answer in example.answers] for example in examples),
    )


def _prediction(decoded: Decoded, example: ReaderExample, force: bool, threshold: float | None) -> Prediction:
    best = decoded.best
    golds = [answer.text for answer in example.answers]
    confidence = decoded.confidence if decoded.confidence is not None else decoded.features.get("softmax", 0.0)
    if best is None:
        answered = False
    elif force:
        answered = True
    elif decoded.confidence is not None and threshold is not None:
        answered = confidence >= threshold
    else:
        answered = decoded.features.get("null_margin", best.score - decoded.null_score) >= 0
    text = best.text if best is not None and answered else ""
    return Prediction(
        id=example.id,
        text=text,
        start=best.start if best is not None and answered else None,
        end=best.end if best is not None and answered else None,
        confidence=confidence,
        answered=answered,
        right=best is not None and bool(golds) and exact_match(best.text, golds) == 1.0,
        exact_match=exact_match(text, golds),
        f1=f1(text, golds),
        slices=slices_of(example),
    )


def _scores(
    predictions: Sequence[Prediction], examples: Sequence[ReaderExample]
) -> dict[str, float | list[float] | None]:
    """Exact match and F1 in percent, over all questions and over those with and without an answer."""
    answerable = np.array([example.answerable for example in examples])
    exact, overlap = (np.array([getattr(one, name) for one in predictions]) * 100 for name in ("exact_match", "f1"))
    answered = np.array([one.answered for one in predictions])
    documents = [document_name(example) for example in examples]
    spread = paired_bootstrap(
        overlap,
        np.zeros(len(overlap)),
        confidence=0.975,
        resamples=2_000,
        groups=documents if len(set(documents)) >= FEWEST_DOCUMENTS else None,
    )
    return {
        "questions": len(predictions),
        "exact_match": float(exact.mean()),
        "f1": float(overlap.mean()),
        "f1_interval": [spread.lower, spread.upper],
        "has_answer_questions": int(answerable.sum()),
        "has_answer_exact_match": _mean(exact[answerable]),
        "has_answer_f1": _mean(overlap[answerable]),
        "no_answer_questions": int((~answerable).sum()),
        "no_answer_accuracy": _mean(100.0 * ~answered[~answerable]),
        "answered": float(answered.mean()),
    }


def _diagnostics(
    decoded: Sequence[Decoded], examples: Sequence[ReaderExample], confidence: np.ndarray
) -> dict[str, float]:
    """What the best threshold for these very questions would give: an upper bound, never a result."""
    texts = [
        (one.best.text if one.best else "", [answer.text for answer in e.answers])
        for one, e in zip(decoded, examples, strict=True)
    ]
    unanswerable = [float(not example.answerable) for example in examples]
    threshold, best = best_threshold(confidence, [f1(*pair) if pair[1] else 0.0 for pair in texts], unanswerable)
    _, exact = best_threshold(confidence, [exact_match(*pair) if pair[1] else 0.0 for pair in texts], unanswerable)
    return {"best_f1": 100 * best, "best_exact_match": 100 * exact, "best_threshold": threshold}


def _trust(confidence: np.ndarray, right: np.ndarray) -> dict[str, float]:
    return {
        "expected_calibration_error": expected_calibration_error(confidence, right),
        "brier_score": brier_score(confidence, right),
        "area_under_risk_coverage": area_under_risk_coverage(confidence, right),
        "coverage_at_80": coverage_at_accuracy(confidence, right, 0.80),
        "coverage_at_95": coverage_at_accuracy(confidence, right, 0.95),
    }


def _curve(confidence: np.ndarray, right: np.ndarray) -> tuple[tuple[float, float, float], ...]:
    """(coverage, risk, threshold), thinned to `POINTS`."""
    curve = risk_coverage(confidence, right)
    shown = np.unique(np.linspace(0, len(curve.coverage) - 1, POINTS).round().astype(int))
    return tuple(
        (float(curve.coverage[at]), float(curve.risk[at]), float(curve.threshold[at])) for at in shown.tolist()
    )


def _slices(predictions: Sequence[Prediction]) -> tuple[SliceResult, ...]:
    members: dict[tuple[str, str], list[Prediction]] = {}
    for prediction in predictions:
        for name, value in prediction.slices.items():
            members.setdefault((name, value), []).append(prediction)
    return tuple(
        SliceResult(
            name=name,
            value=value,
            questions=len(those),
            exact_match=100 * sum(one.exact_match for one in those) / len(those),
            f1=100 * sum(one.f1 for one in those) / len(those),
            answered=sum(one.answered for one in those) / len(those),
            confidence=sum(one.confidence for one in those) / len(those),
            right=sum(one.right for one in those) / len(those),
        )
        for (name, value), those in sorted(members.items(), key=lambda item: (item[0][0], -len(item[1]), item[0][1]))
    )


def _miss(prediction: Prediction, best: Candidate | None, example: ReaderExample) -> Miss:
    if not example.answerable:
        kind = "answered the unanswerable"
    elif prediction.answered:
        kind = "partly right" if prediction.f1 > 0 else "wrong"
    else:
        kind = "abstained, was right" if prediction.right else "abstained, was wrong"
    start, end = (best.start, best.end) if best else (0, 0)
    return Miss(
        id=example.id,
        kind=kind,
        question=example.question,
        title=document_name(example),
        golds=tuple(answer.text for answer in example.answers),
        text=best.text if best else "",
        confidence=prediction.confidence,
        f1=prediction.f1,
        before=example.context[max(0, start - AROUND) : start],
        after=example.context[end : end + AROUND],
    )


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None
