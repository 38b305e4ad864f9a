"""Prefixes: learnt keys and values before those of the text, in the self-attention of each layer.

In: a model and sizes. Out: the model with fresh prefixes. Source: Li and Liang 2021, "Prefix-Tuning: Optimizing
Continuous Prompts for Generation", without their reparametrisation, as in Liu et al. 2022 (P-tuning v2) for tasks of
understanding. B rows, T tokens, P prefix tokens, A heads of keys and values, D their size. Knows nothing about
training.

The prefixes of PEFT go through the cache of a decoder, which encoders for question answering do not take; these stand
inside the attention, so that masks of packed rows work too.
"""

from typing import Any

import torch
from torch import nn

from autogpt.models.adapters import KEPT, kept
from autogpt.models.adapters.anatomy import layers_of, parts_of

#: Standard deviation of fresh keys and values, that of the base's own weights.
_SPREAD = 0.02
_NAME = "prefix"


class Prefix(nn.Module):
    """Keys and values float[A, P, D] of one layer."""

    def __init__(self, heads: int, tokens: int, size: int) -> None:
        super().__init__()
        self.keys = nn.Parameter(torch.randn(heads, tokens, size) * _SPREAD)
        self.values = nn.Parameter(torch.randn(heads, tokens, size) * _SPREAD)


class _Before:
    """Stands for the cache of a decoder: what it adds to keys and values is the prefix, and what a real cache holds."""

    def __init__(self, prefix: Prefix, cache: Any) -> None:
        self._prefix, self._cache = prefix, cache

    def update(self, keys: torch.Tensor, values: torch.Tensor, *args: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """float[B, A, T, D] each → float[B, A, P + T, D] each."""
        if self._cache is not None:
            keys, values = self._cache.update(keys, values, *args)
        rows = keys.shape[0]
        before = [one.to(keys.dtype).expand(rows, -1, -1, -1) for one in (self._prefix.keys, self._prefix.values)]
        return torch.cat([before[0], keys], 2), torch.cat([before[1], values], 2)


def attach(model: Any, prefix_tokens: int, first_layer: int = 0) -> None:
    """Add prefixes of `prefix_tokens` to the layers of `model` from `first_layer` on.

    Raises ValueError for an architecture whose attention takes no keys and values from outside.
    """
    parts, found = parts_of(model), layers_of(model)
    if parts is None or found is None or not parts.cached:
        raise ValueError(f"no prefixes for {model.config.model_type}")
    config = model.config
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    for layer in found[1][first_layer:]:
        attention = layer.get_submodule(parts.attention)
        attention.add_module(_NAME, Prefix(heads, prefix_tokens, size))
        attention.register_forward_pre_hook(_put_before, with_kwargs=True)
    setattr(config, KEPT, {**kept(model), "prefix": {"prefix_tokens": prefix_tokens, "first_layer": first_layer}})


def _put_before(
    attention: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    prefix = attention.get_submodule(_NAME)
    hidden = args[0] if args else kwargs["hidden_states"]
    mask = kwargs.get("attention_mask")
    if mask is None and attention.is_causal and hidden.shape[1] > 1:
        square = torch.ones(hidden.shape[1], hidden.shape[1], dtype=torch.bool, device=hidden.device)
        mask = square.tril()[None, None]  # what attention would take for granted, were there no prefix
    if mask is not None:
        shape = (*mask.shape[:-1], prefix.keys.shape[1])
        seen = mask.new_ones(shape) if mask.dtype == torch.bool else mask.new_zeros(shape)
        mask = torch.cat([seen, mask], -1)
    cache = _Before(prefix, kwargs.get("past_key_values"))
    return args, {**kwargs, "attention_mask": mask, "past_key_values": cache}
