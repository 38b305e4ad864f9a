"""Cross-entropy of the tokens that are asked for: masked ones, or each next one.

In: a language model and a batch of `train.blocks`. Out: the mean loss of these tokens. Knows nothing about texts. B
rows, T tokens a row, M tokens asked for, V words.
"""

from typing import Any

import torch

from autogpt.models.adapters.anatomy import word_head_of
from autogpt.train.collate import model_inputs
from autogpt.train.objectives.base import Batch, Logits, Objective, smoothed_cross_entropy


class LanguageModel(Objective):
    """Softmax over the vocabulary; `batch["asked"]` is bool[B, T], `batch["targets"]` int64[M], in its order."""

    trains = frozenset({"language model"})

    def logits(self, model: Any, batch: Batch) -> Logits:
        """float32[M, V]."""
        return [logits_at(model, batch, batch["asked"])]

    def loss(self, logits: Logits, batch: Batch) -> Any:
        return smoothed_cross_entropy(logits[0], batch["targets"], self.label_smoothing)


def logits_at(model: Any, batch: Batch, asked: torch.Tensor) -> torch.Tensor:
    """float32[M, V] of the M places for which `asked`, bool[B, T], is true.

    Where the head can be told apart, it is given the hidden states of these places and no others: of the whole of a
    batch the logits of a vocabulary take more time and memory than all layers do.
    """
    head = word_head_of(getattr(model, "module", model))
    if head is None:
        whole: torch.Tensor = model(**model_inputs(model, batch)).logits
        return whole[asked].float()
    hook = head.register_forward_pre_hook(lambda _, given: (given[0][asked], *given[1:]))
    try:
        found: torch.Tensor = model(**model_inputs(model, batch)).logits
        return found.float()
    finally:
        hook.remove()
