"""What objectives on labelled texts share.

In: a sequence-classification model and a batch of `train.texts`. Out: its logits. Knows nothing about losses. B texts,
C outputs.
"""

from typing import Any

from autogpt.train.collate import model_inputs
from autogpt.train.objectives.base import Batch, Logits, Objective


class TextObjective(Objective):
    """An objective of one row of logits a text."""

    def logits(self, model: Any, batch: Batch) -> Logits:
        """float32[B, C]."""
        return [model(**model_inputs(model, batch)).logits.float()]
