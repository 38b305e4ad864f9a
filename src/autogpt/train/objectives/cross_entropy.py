"""Cross-entropy of one class out of several.

In: a sequence-classification model and a batch of `train.texts`. Out: the mean loss of its texts. Knows nothing about
labels' names. B texts, C classes.
"""

from typing import Any

from autogpt.train.objectives.base import Batch, Logits, smoothed_cross_entropy
from autogpt.train.objectives.text import TextObjective


class CrossEntropy(TextObjective):
    """Softmax over the classes; `batch["targets"]` is int64[B]."""

    trains = frozenset({"intents classifier"})

    def loss(self, logits: Logits, batch: Batch) -> Any:
        return smoothed_cross_entropy(logits[0], batch["targets"], self.label_smoothing)
