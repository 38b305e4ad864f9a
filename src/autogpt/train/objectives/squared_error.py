"""Mean squared error of a graded similarity.

In: a sequence-classification model with one output and a batch of `train.texts`. Out: the mean loss of its pairs. Knows
nothing about texts. B pairs.
"""

import torch
from torch.nn import functional

from autogpt.errors import UsageError
from autogpt.train.objectives.base import Batch, Logits
from autogpt.train.objectives.text import TextObjective


class SquaredError(TextObjective):
    """`batch["targets"]` is float32[B, 1].

    Raises UsageError for smoothing: a target is a number, not a choice.
    """

    trains = frozenset({"similarity classifier"})

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__(label_smoothing)
        if label_smoothing:
            raise UsageError(
                "A similarity is a number: there are no choices that label smoothing could share out among.",
                "Set train.classifier.label_smoothing to 0.",
            )

    def loss(self, logits: Logits, batch: Batch) -> torch.Tensor:
        return functional.mse_loss(logits[0], batch["targets"])

    def divergence(self, logits: Logits, target: Logits, temperature: float = 1.0) -> torch.Tensor:
        """Mean squared difference of the two numbers; a temperature means nothing here."""
        return functional.mse_loss(logits[0], target[0])
