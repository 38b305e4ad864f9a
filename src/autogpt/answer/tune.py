"""Fits what a release decides with: the weights of the searches and of retrieval, the calibrator, the threshold.

In: validation questions after retrieval, and after reading, with their gold answers. Out: a `Policy`. Never to be
given the questions that are reported. Knows nothing about models or storage.

A candidate is right when it equals a gold answer after normalisation, or stands where a gold answer stands and shares
half of its words (F1 of at least 0.5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from autogpt.answer.candidates import PIPELINE_FEATURES, Found
from autogpt.answer.pipeline import Examined
from autogpt.answer.policy import Policy
from autogpt.metrics.answers import exact_match, f1
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.threshold import Threshold, threshold_for_risk
from autogpt.records import AnswerSpan
from autogpt.retrieve.reranker import reranked
from autogpt.retrieve.retriever import Retrieved, Searched

#: Weights tried for a passage's share in the ranking, in reader logits.
WEIGHTS = (0.0, 1.0, 2.0, 4.0, 8.0)
#: Weights tried for the vectors in the fused ranking.
DENSE_WEIGHTS = tuple(step / 10 for step in range(11))
#: Weights tried for the logits of a reranker, in standard deviations of the fused score; of those that are as good as
#: the best, the first.
RERANK_WEIGHTS = (0.2, 0.4, 0.1, 0.8, 0.05)
#: Fewest answerable questions that such a weight is chosen on.
FEWEST_TO_FUSE = 20
#: Fewest right and fewest wrong answers on which a calibrator of the pipeline is fitted.
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Gold:
    """What a validation question should get: the spans of its document version; none when unanswerable."""

    version_id: str
    spans: tuple[AnswerSpan, ...]


class Placed(Protocol):
    """A text and where it stands in a document version."""

    @property
    def text(self) -> str: ...
    @property
    def version_id(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def is_right(found: Placed, gold: Gold) -> bool:
    """Whether a candidate answers the question, by the rule at the head of this module."""
    texts = [span.text for span in gold.spans]
    if not texts:
        return False
    if exact_match(found.text, texts) == 1.0:
        return True
    return any(
        found.version_id == gold.version_id
        and found.start < span.end
        and span.start < found.end
        and f1(found.text, [span.text]) >= 0.5
        for span in gold.spans
    )


def best_dense_weight(searched: Iterable[Searched], golds: Sequence[Gold], known: float) -> float:
    """The weight of the vectors under which passages that hold a gold answer rank highest, by mean reciprocal rank.

    Of the weights that are as good as the best but for one standard error of the difference, the nearest to `known`:
    few questions do not move it far.

    Args:
        searched: what was found for answerable questions; gone through once.
        golds: of the same questions.
    """
    if len(golds) < FEWEST_TO_FUSE:
        return known
    weights = sorted({*DENSE_WEIGHTS, known}, key=lambda weight: abs(weight - known))
    scores = np.array(
        [
            [_gold_rank(found.ranked(weight), gold) for weight in weights]
            for found, gold in zip(searched, golds, strict=True)
        ]
    )
    return weights[_as_good_as_the_best(scores)]


@dataclass(frozen=True, slots=True)
class RerankFit:
    """What a reranker adds to the order of the search.

    Attributes:
        weight: what a logit counts for, in standard deviations of the fused score; 0: the reranker is not worth asking.
        questions: that this was found out on.
        without, reranked: mean reciprocal rank of the first passage that holds the answer, 0 to 1; the second under
            the weight that is best, whether it is taken or not.
    """

    weight: float
    questions: int
    without: float = 0.0
    reranked: float = 0.0


def fit_reranker(judged: Iterable[tuple[Sequence[Retrieved], Sequence[float]]], golds: Sequence[Gold]) -> RerankFit:
    """How much a reranker's logits are to count.

    A reranker takes time at every question, so it has to earn its place: its weight is 0 unless passages that hold a
    gold answer rank higher with it by more than one standard error, on enough questions to say so.

    Args:
        judged: what was found for answerable questions, with the logits of the first of it; gone through once.
        golds: of the same questions.
    """
    if len(golds) < FEWEST_TO_FUSE:
        return RerankFit(0.0, len(golds))
    scores = np.array(
        [
            [_gold_rank(reranked(found, logits, weight), gold) for weight in (0.0, *RERANK_WEIGHTS)]
            for (found, logits), gold in zip(judged, golds, strict=True)
        ]
    )
    best = 1 + _as_good_as_the_best(scores[:, 1:])
    gain = scores[:, best] - scores[:, 0]
    helps = gain.mean() > gain.std() / np.sqrt(len(golds))
    means = scores.mean(axis=0)
    return RerankFit(RERANK_WEIGHTS[best - 1] if helps else 0.0, len(golds), float(means[0]), float(means[best]))


def _as_good_as_the_best(scores: NDArray[np.float64]) -> int:
    """The first column of float[questions, choices] that is as good as the best but for one standard error of the
    difference."""
    behind = scores[:, [scores.mean(axis=0).argmax()]] - scores
    error = behind.std(axis=0) / np.sqrt(len(scores))
    return int(np.argmax(behind.mean(axis=0) <= error))


def _gold_rank(ranked: Sequence[Retrieved], gold: Gold) -> float:
    """Reciprocal rank of the first passage that holds a gold answer; 0 where none does."""
    for rank, one in enumerate(ranked, 1):
        passage = one.passage
        if passage.version_id == gold.version_id and any(
            passage.start <= span.start and span.end <= passage.end for span in gold.spans
        ):
            return 1 / rank
    return 0.0


def fit_policy(
    examined: Sequence[Examined], golds: Sequence[Gold], base: Policy, *, risk: float, data: str = ""
) -> Policy:
    """The policy for these questions.

    Args:
        base: what is kept where the questions are too few to say otherwise.
        risk: share of wrong answers that is accepted.
        data: what to call the questions in `fitted_on`.
    """
    if not examined:
        return base
    weight = _best_weight(examined, golds, base.retrieval_weight)
    best = [candidates[0] if (candidates := one.candidates(weight)) else None for one in examined]
    pairs = [(found, gold) for found, gold in zip(best, golds, strict=True) if found is not None]
    right = np.array([is_right(found, gold) for found, gold in pairs], dtype=bool)
    calibrator = fit_calibrator([found for found, _ in pairs], right)
    policy = replace(base, retrieval_weight=weight, calibrator=calibrator)
    if calibrator is not None:
        confidence = calibrator.probability([calibrator.row(found.features) for found, _ in pairs])
    else:
        confidence = np.array([found.confidence or 0.0 for found, _ in pairs])
    threshold = threshold_for_risk(confidence, right, risk) if pairs else Threshold(1 - risk, risk=risk)
    return replace(
        policy,
        threshold=threshold.value,
        fitted_on={
            "data": data,
            "questions": len(examined),
            "answerable": sum(bool(gold.spans) for gold in golds),
            "right": int(right.sum()),
            "threshold": threshold.to_json(),
        },
    )


def _best_weight(examined: Sequence[Examined], golds: Sequence[Gold], known: float) -> float:
    """The weight under which most answerable questions get a right answer; `known` wins ties."""

    def right(weight: float) -> int:
        return sum(
            bool(candidates := one.candidates(weight)) and is_right(candidates[0], gold)
            for one, gold in zip(examined, golds, strict=True)
            if gold.spans
        )

    return max(WEIGHTS, key=lambda weight: (right(weight), weight == known, -weight))


def fit_calibrator(
    best: Sequence[Found], right: np.ndarray, names: Sequence[str] = PIPELINE_FEATURES
) -> Calibrator | None:
    """The pipeline's calibrator; None where too few are right, or wrong, to fit one.

    Args:
        best: the best candidate of each question.
        right: bool[N], whether it answers.
        names: the features to use.
    """
    if min(right.sum(), (~right).sum()) < FEWEST:
        return None
    table = [[found.features[name] for name in names] for found in best]
    prior = {"reader_logit": 1.0} if "reader_logit" in names else {}
    return Calibrator.fit(table, right, names, pieces=1, l2=4.0, prior=prior)
