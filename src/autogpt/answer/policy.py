"""What a release decides with: the confidence it asks for, its weights, its calibrator.

In: a release's `pipeline.json`. Out: a `Policy`. Knows nothing about models; a policy without a calibrator trusts the
reader's own confidence.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autogpt.errors import DataError
from autogpt.metrics.calibrator import Calibrator

FORMAT_VERSION = 1
FILE_NAME = "pipeline.json"


@dataclass(frozen=True, slots=True)
class Policy:
    """How candidates are weighed and when an answer is given.

    Attributes:
        threshold: lowest calibrated confidence that is answered; below it the pipeline abstains.
        retrieval_weight: how much a passage's place in the ranking counts, in units of reader logits.
        dense_weight: part of the vectors in the fused ranking; None: `retrieve.dense_weight`.
        rerank_weight: what a logit of the reranker counts for, in standard deviations of the fused score; 0: it is not
            asked.
        passages: passages given to the reader.
        faq_confidence: lowest probability of a vetted answer that is given at once.
        calibrator: features of a candidate → probability that it is right; None: the reader's confidence.
        faq_calibrator: features of a vetted answer → probability that it is right; None: what the encoder brings.
        fitted_on: where threshold, weight and calibrator come from, for people.
        unreranked: what decides instead, by the scores of the search, unless the reranker judged all that it was to:
            threshold and calibrator were fitted on its whole judgement. None: nothing else was fitted.
    """

    threshold: float = 0.5
    retrieval_weight: float = 0.0
    dense_weight: float | None = None
    rerank_weight: float = 0.0
    passages: int = 8
    faq_confidence: float = 0.8
    calibrator: Calibrator | None = None
    faq_calibrator: Calibrator | None = None
    fitted_on: dict[str, Any] = field(default_factory=dict)
    unreranked: "Policy | None" = None

    def to_json(self) -> dict[str, Any]:
        return {
            "format_version": FORMAT_VERSION,
            "threshold": self.threshold,
            "retrieval_weight": self.retrieval_weight,
            "dense_weight": self.dense_weight,
            "rerank_weight": self.rerank_weight,
            "passages": self.passages,
            "faq_confidence": self.faq_confidence,
            "calibrator": self.calibrator.to_json() if self.calibrator else None,
            "faq_calibrator": self.faq_calibrator.to_json() if self.faq_calibrator else None,
            "fitted_on": self.fitted_on,
            "unreranked": self.unreranked.to_json() if self.unreranked else None,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Policy":
        """Raises DataError when `raw` was written by a newer program or lacks a value."""
        if raw.get("format_version", 0) > FORMAT_VERSION:
            raise DataError(
                f"The release's policy has format {raw['format_version']}; this program reads up to {FORMAT_VERSION}.",
                "Update with: pip install -U autogpt-qa",
            )
        try:
            calibrator, faq_calibrator = raw["calibrator"], raw.get("faq_calibrator")
            unreranked = raw.get("unreranked")
            return cls(
                threshold=float(raw["threshold"]),
                retrieval_weight=float(raw["retrieval_weight"]),
                dense_weight=None if raw.get("dense_weight") is None else float(raw["dense_weight"]),
                rerank_weight=float(raw.get("rerank_weight", 0.0)),
                passages=int(raw["passages"]),
                faq_confidence=float(raw.get("faq_confidence", cls().faq_confidence)),
                calibrator=Calibrator.from_json(calibrator) if calibrator else None,
                faq_calibrator=Calibrator.from_json(faq_calibrator) if faq_calibrator else None,
                fitted_on=dict(raw["fitted_on"]),
                unreranked=cls.from_json(unreranked) if unreranked else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"The release's policy is broken: {error!r}.", "Create the release again.") from None

    def save(self, folder: Path) -> None:
        text = json.dumps(self.to_json(), ensure_ascii=False, indent=2)
        (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Policy":
        return cls.from_json(json.loads((folder / FILE_NAME).read_text(encoding="utf-8")))
