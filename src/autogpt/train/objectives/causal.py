"""Cross-entropy of the next token, of an answer's tokens alone.

In: a causal language model and a batch of `train.generator_rows`. Out: the mean loss of the answers' tokens. Knows
nothing about texts. B rows, T tokens a row, N tokens of answers in all rows, V tokens in the vocabulary.
"""

from inspect import signature
from typing import Any

import torch

from autogpt.train.collate import model_inputs
from autogpt.train.objectives.base import Batch, Logits, Objective, smoothed_cross_entropy

#: Target of a token that is not learnt: of the prompt, or of padding.
IGNORED = -100


class Causal(Objective):
    """Softmax over the vocabulary before each token of an answer, averaged over these tokens; `batch["targets"]` is
    int64[B, T], `IGNORED` where nothing is to be said.
    """

    trains = frozenset({"generator"})

    def logits(self, model: Any, batch: Batch) -> Logits:
        """float32[N, V]. Those of the prompts, which would take many times the memory, are not computed where the
        model can leave them out.
        """
        wanted = _wanted(batch)
        columns = wanted.any(0).nonzero().squeeze(1)
        inputs = model_inputs(model, batch)
        if "logits_to_keep" in signature(type(getattr(model, "module", model)).forward).parameters:
            found = model(**inputs, use_cache=False, logits_to_keep=columns).logits
        else:
            found = model(**inputs, use_cache=False).logits[:, columns]
        return [found[wanted[:, columns]].float()]

    def loss(self, logits: Logits, batch: Batch) -> torch.Tensor:
        return smoothed_cross_entropy(logits[0], answer_tokens(batch), self.label_smoothing)


def answer_tokens(batch: Batch) -> torch.Tensor:
    """int64[N]: the tokens of the answers, row by row."""
    return batch["targets"][:, 1:][_wanted(batch)]


def _wanted(batch: Batch) -> torch.Tensor:
    """bool[B, T - 1]: after which tokens one of an answer comes."""
    return batch["targets"][:, 1:] != IGNORED
