"""Binary cross-entropy of labels that do not exclude each other, or of one question with yes and no.

In: a sequence-classification model and a batch of `train.texts`. Out: the mean loss over texts and labels. Knows
nothing about labels' names. B texts, C labels.
"""

import torch
from torch.nn import functional

from autogpt.train.objectives.base import Batch, Logits
from autogpt.train.objectives.text import TextObjective


class BinaryCrossEntropy(TextObjective):
    """A sigmoid for each label; `batch["targets"]` is float32[B, C] of 0 and 1. Smoothing draws them towards 1/2."""

    trains = frozenset({"binary classifier", "multi-label classifier"})

    def loss(self, logits: Logits, batch: Batch) -> torch.Tensor:
        targets = batch["targets"] * (1 - self.label_smoothing) + self.label_smoothing / 2
        return functional.binary_cross_entropy_with_logits(logits[0], targets)

    def divergence(self, logits: Logits, target: Logits, temperature: float = 1.0) -> torch.Tensor:
        """KL of each label's yes and no, a mean; a softmax over labels would compare what is not one choice."""
        ours, theirs = logits[0] / temperature, target[0] / temperature
        sure = torch.sigmoid(theirs)
        yes = functional.logsigmoid(theirs) - functional.logsigmoid(ours)
        no = functional.logsigmoid(-theirs) - functional.logsigmoid(-ours)
        return (sure * yes + (1 - sure) * no).mean() * temperature**2
