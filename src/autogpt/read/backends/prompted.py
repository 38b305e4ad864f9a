"""A language model that is asked for a class by a prompt, in PyTorch.

In: a masked or causal language model and a `Prompt`. Out: a module with the outputs of any classifier. B rows, T tokens
a row, H the size of a vector, V words, C classes.
"""

from typing import Any

import torch
from torch import Tensor, nn

from autogpt.models.adapters.anatomy import word_head_of
from autogpt.read.backends.prompt import Prompt


class Verbalizer(nn.Module):
    """Logits of all words, float[B, V], to logits of the classes, float[B, C]: the mean over a class's pieces."""

    ids: Tensor
    shares: Tensor

    def __init__(self, prompt: Prompt) -> None:
        super().__init__()
        ids = sorted({piece for pieces in prompt.pieces for piece in pieces})
        shares = torch.zeros(len(ids), len(prompt.pieces))
        for label, pieces in enumerate(prompt.pieces):
            for piece in pieces:
                shares[ids.index(piece), label] += 1 / len(pieces)
        if prompt.single:
            shares = shares[:, 1:] - shares[:, :1]
        self.register_buffer("ids", torch.tensor(ids))
        self.register_buffer("shares", shares)

    def forward(self, logits: Tensor) -> Tensor:
        chosen = logits.index_select(1, self.ids.to(logits.device)).float()
        return chosen @ self.shares.to(logits.device)


def places(attention_mask: Tensor, place: int) -> Tensor:
    """int64[B]: the number of the token that is looked at in each row; nothing stands before a row's tokens."""
    counts = attention_mask.sum(1)
    return counts + place if place < 0 else torch.zeros_like(counts) + place


class PromptModule(nn.Module):
    """The model as int64[B, T] inputs → (logits float[B, C], vectors float[B, H]: last hidden states of the token that
    is looked at).
    """

    def __init__(self, model: Any, inputs: tuple[str, ...], prompt: Prompt) -> None:
        super().__init__()
        self.model = model
        self.names = inputs
        self.place = prompt.place
        self.verbalizer = Verbalizer(prompt)

    def forward(self, *arrays: Tensor) -> tuple[Tensor, Tensor]:
        named = dict(zip(self.names, arrays, strict=True))
        head = word_head_of(self.model)
        if head is None:
            output = self.model(**named, output_hidden_states=True)
            hidden, logits = output.hidden_states[-1], self._looked_at(named, output.logits)
            vectors = self._looked_at(named, hidden)
        else:
            vectors = self._looked_at(named, self.model.base_model(**named).last_hidden_state)
            logits = head(vectors)
        return self.verbalizer(logits), vectors

    def _looked_at(self, named: dict[str, Tensor], found: Tensor) -> Tensor:
        """float[B, X] of float[B, T, X]."""
        at = places(named["attention_mask"], self.place).clamp(min=0)
        return found.gather(1, at[:, None, None].expand(-1, 1, found.shape[-1]))[:, 0]
