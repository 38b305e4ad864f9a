"""Cross-entropy of where an answer starts and ends.

In: a question-answering model and a batch of `train.collate`. Out: the mean loss of its windows. Knows nothing about
texts. B rows, T tokens a row, N windows, L tokens in the longest window.
"""

from typing import Any

import torch

from autogpt.train.collate import model_inputs
from autogpt.train.objectives.base import Batch, Logits, Objective, smoothed_cross_entropy


class Span(Objective):
    """Softmax over the null position and the context tokens of each window, for start and end (Devlin et al. 2019,
    section 4.3, with the question's tokens left out), averaged over both and over windows.
    """

    trains = frozenset({"reader"})

    def logits(self, model: Any, batch: Batch) -> Logits:
        """Start and end logits float32[N, L] of every window; -inf where no answer may start or end."""
        outputs = model(**model_inputs(model, batch))
        gather, allowed = batch["gather"], batch["allowed"]
        return [
            found.float().flatten()[gather].masked_fill(~allowed, -torch.inf)
            for found in (outputs.start_logits, outputs.end_logits)
        ]

    def loss(self, logits: Logits, batch: Batch) -> torch.Tensor:
        starts, ends = logits
        return (
            smoothed_cross_entropy(starts, batch["starts"], self.label_smoothing)
            + smoothed_cross_entropy(ends, batch["ends"], self.label_smoothing)
        ) / 2
