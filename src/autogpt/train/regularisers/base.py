"""What a regulariser is.

In: an objective, or the passes of a training step. Out: the same, changed. The loop stays Trainer's. Knows no task.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor

from autogpt.config import ObjectiveTrainingSection
from autogpt.train.objectives.base import Objective


@dataclass(frozen=True)
class Passes:
    """What can be done with the batch of a training step.

    Attributes:
        model: that is trained.
        learn: forward and backward; adds up gradients and returns the loss, without its graph.
        loss: forward alone; returns the loss with its graph.
    """

    model: Any
    learn: Callable[[], Tensor]
    loss: Callable[[], Tensor]


class Regulariser(ABC):
    """Changes what is minimised, or what a step does; each leaves alone what it does not need."""

    @classmethod
    @abstractmethod
    def of(cls, settings: ObjectiveTrainingSection, teachers: Sequence[Any]) -> Self | None:
        """The regulariser as `settings` ask for it; None when they do not."""

    def wrap(self, objective: Objective, model: Any) -> Objective:
        """What is minimised in place of `objective` while `model` is trained.

        Raises UsageError for a model on which it would do nothing.
        """
        return objective

    def step(self, passes: Passes) -> Tensor:
        """Learn from a batch; returns the loss to show."""
        return passes.learn()


class Wrapped(Objective):
    """An objective inside another one: logits and divergence as inside."""

    def __init__(self, inside: Objective) -> None:
        super().__init__(inside.label_smoothing)
        self.inside = inside

    def logits(self, model: Any, batch: dict[str, Tensor]) -> Any:
        return self.inside.logits(model, batch)

    def divergence(self, logits: Any, target: Any, temperature: float = 1.0) -> Tensor:
        return self.inside.divergence(logits, target, temperature)
