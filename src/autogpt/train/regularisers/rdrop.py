"""R-Drop: two passes of a batch, with dropout of their own, are to say the same.

In: an objective. Out: one that asks the model twice. Source: Liang et al. 2021, "R-Drop: Regularized Dropout for Neural
Networks". Knows no task.
"""

from collections.abc import Sequence
from typing import Any, Self

from torch import Tensor

from autogpt.config import ObjectiveTrainingSection
from autogpt.errors import UsageError
from autogpt.train.base import HIDDEN_DROPOUT
from autogpt.train.objectives.base import Batch, Logits, Objective
from autogpt.train.regularisers.base import Regulariser, Wrapped


class RDrop(Regulariser):
    """Args:
    weight: alpha of the paper.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight

    @classmethod
    def of(cls, settings: ObjectiveTrainingSection, teachers: Sequence[Any]) -> Self | None:
        if not settings.rdrop:
            return None
        if not settings.dropout:
            raise UsageError(
                "R-Drop compares two passes with different dropout, but dropout is 0.",
                "Set dropout to 0.1, or rdrop to 0.",
            )
        return cls(settings.rdrop)

    def wrap(self, objective: Objective, model: Any) -> Objective:
        if not any(hasattr(model.config, name) for name in HIDDEN_DROPOUT):
            raise UsageError(
                f"R-Drop compares two passes with different dropout, but a {model.config.model_type} model has none.",
                "Set rdrop to 0.",
            )
        return Twice(objective, self.weight)


class Twice(Wrapped):
    """The paper's loss (equation 4), halved, so that a learning rate means what it does without: the mean of both
    passes' losses, and a quarter of `weight` times the sum of both divergences.
    """

    def __init__(self, inside: Objective, weight: float) -> None:
        super().__init__(inside)
        self.weight = weight

    def logits(self, model: Any, batch: Batch) -> Logits:
        """Those of the first pass, then those of the second."""
        return [*self.inside.logits(model, batch), *self.inside.logits(model, batch)]

    def loss(self, logits: Logits, batch: Batch) -> Tensor:
        half = len(logits) // 2
        first, second = logits[:half], logits[half:]
        wrong = (self.inside.loss(first, batch) + self.inside.loss(second, batch)) / 2
        apart = self.divergence(first, second) + self.divergence(second, first)
        return wrong + self.weight / 4 * apart
