"""An objective on labelled texts, for a language model that is asked by a prompt.

In: the objective and the prompt. Out: the same objective of the classes' logits. Knows nothing about labels' names.
"""

from typing import Any

import torch

from autogpt.read.backends.prompt import Prompt
from autogpt.read.backends.prompted import Verbalizer, places
from autogpt.train.objectives.base import Batch, Logits, Objective
from autogpt.train.objectives.language_model import logits_at


class Prompted(Objective):
    """Loss and divergence are those of `inside`; logits are those of the place that the prompt looks at."""

    def __init__(self, inside: Objective, prompt: Prompt) -> None:
        super().__init__(inside.label_smoothing)
        self._inside = inside
        self._place = prompt.place
        self._verbalizer = Verbalizer(prompt)

    def logits(self, model: Any, batch: Batch) -> Logits:
        """float32[B, C]."""
        mask = batch["attention_mask"]
        steps = torch.arange(mask.shape[1], device=mask.device)
        asked = steps == places(mask, self._place)[:, None]
        return [self._verbalizer(logits_at(model, batch, asked))]

    def loss(self, logits: Logits, batch: Batch) -> torch.Tensor:
        return self._inside.loss(logits, batch)

    def divergence(self, logits: Logits, target: Logits, temperature: float = 1.0) -> torch.Tensor:
        return self._inside.divergence(logits, target, temperature)
