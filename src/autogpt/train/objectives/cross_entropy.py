"""Cross-entropy of one class out of several.

In: a sequence-classification model and a batch of `train.texts`. Out: the mean loss of its texts. Knows nothing about
labels' names. B texts, C classes.
"""

from typing import Any

from autogpt.train.collate import MODEL_KEYS
from autogpt.train.objectives.base import Batch, Logits, Objective, smoothed_cross_entropy


class CrossEntropy(Objective):
    """Softmax over the classes; `batch["targets"]` is int64[B]."""

    def logits(self, model: Any, batch: Batch) -> Logits:
        """float32[B, C]."""
        return [model(**{key: batch[key] for key in MODEL_KEYS if key in batch}).logits.float()]

    def loss(self, logits: Logits, batch: Batch) -> Any:
        return smoothed_cross_entropy(logits[0], batch["targets"], self.label_smoothing)
