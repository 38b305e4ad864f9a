"""Bottleneck adapters: a narrow two-layer network after the attention and after the feed-forward part of each layer.

In: a model and sizes. Out: the model with adapters that hardly change it yet. Source: Houlsby et al. 2019,
"Parameter-Efficient Transfer Learning for NLP", section 2.1. B rows, T tokens, H hidden size. Knows nothing about
training.
"""

from typing import Any

import torch
from torch import nn

from autogpt.models.adapters import KEPT, kept
from autogpt.models.adapters.anatomy import layers_of, parts_of

#: Standard deviation of fresh weights: near the identity, since the input is added again (section 2.1).
_SPREAD = 1e-2
_NAME = "bottleneck"


class Bottleneck(nn.Module):
    """float[B, T, H] → float[B, T, H]: the input, and what a network of one narrow hidden layer makes of it."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.down = nn.Linear(width, size)
        self.up = nn.Linear(size, width)
        for layer in (self.down, self.up):
            nn.init.trunc_normal_(layer.weight, std=_SPREAD, a=-2 * _SPREAD, b=2 * _SPREAD)
            nn.init.zeros_(layer.bias)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = self.up(nn.functional.gelu(self.down(hidden)))
        return hidden + added


def attach(model: Any, bottleneck: int, first_layer: int = 0) -> None:
    """Add adapters of width `bottleneck` to the layers of `model` from `first_layer` on.

    Raises ValueError for an architecture whose parts are not known.
    """
    parts, found = parts_of(model), layers_of(model)
    if parts is None or found is None:
        raise ValueError(f"no bottleneck adapters for {model.config.model_type}")
    for layer in found[1][first_layer:]:
        for name in (parts.attention_out, parts.feed_forward_out):
            projection = layer.get_submodule(name)
            projection.add_module(_NAME, Bottleneck(model.config.hidden_size, bottleneck))
            projection.register_forward_hook(_through)
    setattr(model.config, KEPT, {**kept(model), "adapter": {"bottleneck": bottleneck, "first_layer": first_layer}})


def _through(projection: nn.Module, inputs: Any, hidden: torch.Tensor) -> torch.Tensor:
    """The residual is added after this, so the adapter stands where Houlsby et al. put it, but before the dropout."""
    adapted: torch.Tensor = projection.get_submodule(_NAME)(hidden)
    return adapted
