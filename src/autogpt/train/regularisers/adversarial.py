"""Adversarial training: a batch is learnt from twice, as it is and with word embeddings disturbed against the model.

In: the passes of a training step. Out: gradients of both. The disturbance is added to what the embeddings give, so
their weights are never touched and may be frozen. B rows, T tokens, H size of the word embeddings. Knows no task.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import torch
from torch import Tensor, nn

from autogpt.config import ObjectiveTrainingSection
from autogpt.train.regularisers.base import Passes, Regulariser

#: A step of PGD is this share of the way that all its steps have for going as far as they may (Madry et al. 2018, as
#: their experiments set it).
_STRIDE = 2.5


class Adversarial(Regulariser):
    """FGM (Miyato et al. 2017, "Adversarial Training Methods for Semi-Supervised Text Classification") with one step;
    PGD (Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks") with several, each
    projected back into the ball.

    Args:
        epsilon: length of a row's disturbance, as a share of that of its word embeddings, both as vectors of T x H.
        steps: 1 for FGM.
    """

    def __init__(self, epsilon: float, steps: int) -> None:
        self.epsilon, self.steps = epsilon, steps

    @classmethod
    def of(cls, settings: ObjectiveTrainingSection, teachers: Sequence[Any]) -> Self | None:
        if settings.adversarial == "none":
            return None
        return cls(settings.adversarial_epsilon, settings.adversarial_steps if settings.adversarial == "pgd" else 1)

    def step(self, passes: Passes) -> Tensor:
        """The loss of the batch as it is."""
        words = passes.model.get_input_embeddings()
        with disturbed(words) as found:
            loss = passes.learn()
        radius = self.epsilon * _length(found.embeddings)
        stride = radius * min(1.0, _STRIDE / self.steps)
        delta = stride * _direction(found.gradient)
        for _ in range(self.steps - 1):
            with disturbed(words, delta) as found:
                (gradient,) = torch.autograd.grad(passes.loss(), found.delta)
            delta = delta + stride * _direction(gradient)
            delta = delta * (radius / _length(delta)).clamp(max=1)
        with disturbed(words, delta):
            passes.learn()
        return loss


class Disturbance:
    """What is added to word embeddings, float[B, T, H], and what they were."""

    def __init__(self, delta: Tensor | None) -> None:
        self._delta = delta
        self._embeddings: Tensor | None = None

    def __call__(self, module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        if self._embeddings is None:
            self._embeddings = output.detach()
            start = torch.zeros_like(output) if self._delta is None else self._delta
            self._delta = start.detach().requires_grad_()
        return output + self.delta

    @property
    def delta(self) -> Tensor:
        assert self._delta is not None
        return self._delta

    @property
    def gradient(self) -> Tensor:
        assert self.delta.grad is not None
        return self.delta.grad

    @property
    def embeddings(self) -> Tensor:
        assert self._embeddings is not None
        return self._embeddings


@contextmanager
def disturbed(words: nn.Module, delta: Tensor | None = None) -> Iterator[Disturbance]:
    """Add `delta` to what `words` gives, or nothing, and learn the gradient that it would have."""
    disturbance = Disturbance(delta)
    hook = words.register_forward_hook(disturbance)
    try:
        yield disturbance
    finally:
        hook.remove()


def _length(rows: Tensor) -> Tensor:
    """float[B, T, H] → float[B, 1, 1]."""
    length: Tensor = torch.linalg.vector_norm(rows, dim=(1, 2), keepdim=True)
    return length.clamp(min=1e-12)


def _direction(gradient: Tensor) -> Tensor:
    """Each row of a length of 1, or of 0 where the gradient is 0."""
    return gradient / _length(gradient)
