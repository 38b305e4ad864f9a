"""What an objective of training is.

In: a model and a batch. Out: logits, and scalars made of them. Regularisers ask for logits more than once and compare
them, so the two steps are apart. Knows no task but by its name.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch.nn import functional

Batch = dict[str, torch.Tensor]
#: float32 tensors whose last dimension is what one choice is made from; -inf where nothing may be chosen.
Logits = Sequence[torch.Tensor]


class Loss(ABC):
    """What a training minimises, by its name in `OBJECTIVES`."""

    #: What it trains: reader, retriever, generator, language model; a kind of classifier, as "intents classifier".
    trains: ClassVar[frozenset[str]]


class Objective(Loss):
    """What our own loop minimises.

    Args:
        label_smoothing: probability given to all choices alike in the target (Szegedy et al. 2016, section 7).
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = label_smoothing

    def __call__(self, model: Any, batch: Batch) -> torch.Tensor:
        """The loss, a scalar."""
        return self.loss(self.logits(model, batch), batch)

    @abstractmethod
    def logits(self, model: Any, batch: Batch) -> Logits:
        """What the model says of the batch."""

    @abstractmethod
    def loss(self, logits: Logits, batch: Batch) -> torch.Tensor:
        """How wrong that is: the mean over the batch, a scalar."""

    def divergence(self, logits: Logits, target: Logits, temperature: float = 1.0) -> torch.Tensor:
        """How far the choices of `logits` are from those of `target`: KL(target || logits), a mean, a scalar.

        Args:
            temperature: both are divided by it; the result is multiplied by its square, which keeps the size of the
                gradients (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network", section 2).
        """
        parts = [
            kl_divergence(ours / temperature, theirs / temperature) for ours, theirs in zip(logits, target, strict=True)
        ]
        return torch.stack(parts).mean() * temperature**2


def kl_divergence(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """KL(softmax(target) || softmax(logits)) over the last dimension, averaged over the others.

    >>> kl_divergence(torch.tensor([[0.0, -torch.inf]]), torch.tensor([[0.0, -torch.inf]])).item()
    0.0
    """
    barred = torch.isinf(target)
    ours = functional.log_softmax(logits, -1).masked_fill(barred, 0)
    theirs = functional.log_softmax(target, -1).masked_fill(barred, 0)
    return (theirs.exp().masked_fill(barred, 0) * (theirs - ours)).sum(-1).mean()


def smoothed_cross_entropy(logits: torch.Tensor, target: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
    """Cross-entropy of float[N, C] with the classes int64[N]; what may not be chosen gets nothing of the smoothing.

    >>> round(smoothed_cross_entropy(torch.tensor([[2.0, 0.0, -torch.inf]]), torch.tensor([0]), 0.1).item(), 3)
    0.227
    """
    plain = functional.cross_entropy(logits, target)
    if not smoothing:
        return plain
    barred = torch.isinf(logits)
    even = -functional.log_softmax(logits, -1).masked_fill(barred, 0).sum(-1) / (~barred).sum(-1)
    return (1 - smoothing) * plain + smoothing * even.mean()
