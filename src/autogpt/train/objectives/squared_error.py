"""Mean squared error of a graded similarity.

In: a sequence-classification model with one output and a batch of `train.texts`. Out: the mean loss of its pairs. Knows
nothing about texts. B pairs.
"""

from typing import Any

import torch
from torch.nn import functional

from autogpt.train.collate import MODEL_KEYS
from autogpt.train.objectives.base import Batch, Logits, Objective


class SquaredError(Objective):
    """`batch["targets"]` is float32[B, 1]. There is nothing to smooth: a target is a number, not a choice."""

    def logits(self, model: Any, batch: Batch) -> Logits:
        """float32[B, 1]: the similarity itself."""
        return [model(**{key: batch[key] for key in MODEL_KEYS if key in batch}).logits.float()]

    def loss(self, logits: Logits, batch: Batch) -> torch.Tensor:
        return functional.mse_loss(logits[0], batch["targets"])

    def divergence(self, logits: Logits, target: Logits, temperature: float = 1.0) -> torch.Tensor:
        """Mean squared difference of the two numbers; a temperature means nothing here."""
        return functional.mse_loss(logits[0], target[0])
