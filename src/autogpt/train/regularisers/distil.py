"""Knowledge distillation: what is learnt from are the teachers' probabilities too.

In: an objective and teachers. Out: an objective with soft targets. Source: Hinton et al. 2015, "Distilling the
Knowledge in a Neural Network". Knows no task.
"""

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor

from autogpt.config import ObjectiveTrainingSection
from autogpt.train.objectives.base import Batch, Logits, Objective
from autogpt.train.regularisers.base import Regulariser, Wrapped


class Distil(Regulariser):
    """Args:
    teachers: models for evaluation, which take the student's batches.
    weight: part of the loss, 0 to 1, that is the distance from them.
    temperature: what logits are divided by before they are compared.
    columns: those of the student's logits that the teachers have too; None: all.
    """

    def __init__(
        self, teachers: Sequence[Any], weight: float, temperature: float, columns: Sequence[int] | None = None
    ) -> None:
        self.teachers, self.weight, self.temperature = teachers, weight, temperature
        self.columns = None if columns is None else list(columns)

    @classmethod
    def of(cls, settings: ObjectiveTrainingSection, teachers: Sequence[Any]) -> Self | None:
        return cls(teachers, settings.distil_weight, settings.distil_temperature) if teachers else None

    def wrap(self, objective: Objective, model: Any) -> Objective:
        return Taught(objective, self)


class Taught(Wrapped):
    """(1 - weight) times the loss inside, and weight times the divergence from the mean of the teachers."""

    def __init__(self, inside: Objective, distil: Distil) -> None:
        super().__init__(inside)
        self._distil = distil
        self._last: tuple[Batch, Logits] | None = None

    def loss(self, logits: Logits, batch: Batch) -> Tensor:
        distil = self._distil
        known = logits if distil.columns is None else [one[..., distil.columns] for one in logits]
        apart = self.inside.divergence(known, self._target(batch), distil.temperature)
        return (1 - distil.weight) * self.inside.loss(logits, batch) + distil.weight * apart

    @torch.no_grad()
    def _target(self, batch: Batch) -> Logits:
        """Logits whose softmax, divided by the temperature, is the mean of the teachers' softmax; of a batch that is
        asked for again, as by R-Drop, they are kept.
        """
        if self._last is None or self._last[0] is not batch:
            device = next(iter(batch.values())).device
            said = [self.inside.logits(teacher.to(device), batch) for teacher in self._distil.teachers]
            self._last = batch, [_mean(parts, self._distil.temperature) for parts in zip(*said, strict=True)]
        return self._last[1]


def _mean(logits: Sequence[Tensor], temperature: float) -> Tensor:
    """temperature times the logarithm of the mean of softmax(logits / temperature); -inf stays."""
    if len(logits) == 1:
        return logits[0]
    chances = torch.stack([(one / temperature).softmax(-1) for one in logits]).mean(0)
    return temperature * chances.log()
