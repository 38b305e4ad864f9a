"""Mean squared error of a graded similarity.

In: a sequence-classification model with one output and a batch of `train.texts`. Out: the mean loss of its pairs. Knows
nothing about texts. B pairs.
"""

import torch
from torch.nn import functional

from autogpt.train.objectives.base import Batch, Logits
from autogpt.train.objectives.text import TextObjective


class SquaredError(TextObjective):
    """`batch["targets"]` is float32[B, 1]. There is nothing to smooth: a target is a number, not a choice."""

    def loss(self, logits: Logits, batch: Batch) -> torch.Tensor:
        return functional.mse_loss(logits[0], batch["targets"])

    def divergence(self, logits: Logits, target: Logits, temperature: float = 1.0) -> torch.Tensor:
        """Mean squared difference of the two numbers; a temperature means nothing here."""
        return functional.mse_loss(logits[0], target[0])
