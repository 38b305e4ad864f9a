"""Answers found in several passages, brought together and made comparable.

In: retrieved passages and what the reader found in each. Out: `Found` spans of document versions, best first, with the
features the pipeline's calibrator wants. Knows nothing about thresholds, storage or wording.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from autogpt.metrics.answers import answer_tokens
from autogpt.read.decode import Decoded
from autogpt.retrieve.retriever import Retrieved

#: Candidates taken from one passage; the rest are never shown nor compared.
PER_PASSAGE = 5

#: What tells how far the best candidate can be trusted. Few, as workspaces have few questions to fit them on.
PIPELINE_FEATURES = ("reader_score", "reader_logit", "passage_share", "agreeing")


@dataclass(frozen=True, slots=True)
class Found:
    """A span of a document version that may answer.

    Attributes:
        start, end: code points in the document version.
        reader_score: logits of the span minus the null score of its window.
        score: what candidates are ordered by: `reader_score` plus the passage's weighted share.
        rank: place of the passage in the ranking, 0 the first.
        confidence: probability by the reader alone (see `_confidence`); None for all but the best of a passage.
        features: input of the pipeline's calibrator; filled for the best candidate only.
    """

    retrieved: Retrieved
    start: int
    end: int
    text: str
    reader_score: float
    score: float
    rank: int
    confidence: float | None
    features: Mapping[str, float] = field(default_factory=dict)

    @property
    def version_id(self) -> str:
        return self.retrieved.passage.version_id


def gather(retrieved: Sequence[Retrieved], decoded: Sequence[Decoded], retrieval_weight: float) -> list[Found]:
    """All candidates of all passages, best first; the same place seen in two overlapping passages is one candidate.

    Args:
        retrieved: passages in the order of the ranking.
        decoded: what the reader found in each, in the same order.
        retrieval_weight: logits added for the whole share of the best passage.
    """
    top = max((one.score for one in retrieved), default=0.0)
    places: dict[tuple[str, int, int], Found] = {}
    for rank, (passage, reading) in enumerate(zip(retrieved, decoded, strict=True)):
        share = _share(passage, top)
        for order, candidate in enumerate(reading.candidates[:PER_PASSAGE]):
            start = passage.passage.start + candidate.start
            found = Found(
                retrieved=passage,
                start=start,
                end=start + len(candidate.text),
                text=candidate.text,
                reader_score=candidate.score,
                score=candidate.score + retrieval_weight * share,
                rank=rank,
                confidence=_confidence(reading) if order == 0 else None,
            )
            place = (found.version_id, found.start, found.end)
            known = places.get(place)
            if known is None or found.score > known.score:
                places[place] = found
    ordered = sorted(places.values(), key=lambda one: (-one.score, one.rank, one.start))
    if not ordered:
        return []
    best = _best_with_features(ordered, top)
    return [best, *(one for one in ordered if one is not ordered[0])]


def _confidence(reading: Decoded) -> float | None:
    """Calibrated where the reader has a calibrator, else the softmax over its candidates and the null answer."""
    return reading.confidence if reading.confidence is not None else reading.features.get("softmax")


def _best_with_features(ordered: Sequence[Found], top: float) -> Found:
    """The first candidate, with what tells how far it can be trusted."""
    best = ordered[0]
    wanted = answer_tokens(best.text)
    agreeing = {one.rank for one in ordered[1:] if answer_tokens(one.text) == wanted and one.rank != best.rank}
    features = {
        "reader_score": best.reader_score,
        "reader_logit": _logit(best.confidence if best.confidence is not None else 0.0),
        "passage_share": _share(best.retrieved, top),
        "agreeing": math.log1p(len(agreeing)),
    }
    return replace(best, features=features)


def _share(passage: Retrieved, top: float) -> float:
    """How near a passage comes to the best one, whose score is `top`: 1 for that, towards 0 for those far behind."""
    return math.exp(passage.score - top)


def _logit(probability: float) -> float:
    """Log odds, kept within ±9."""
    clipped = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(clipped / (1 - clipped))
