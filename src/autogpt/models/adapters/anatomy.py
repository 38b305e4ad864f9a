"""Where the parts of a layer are, by architecture.

In: a model of transformers. Out: its layers, and the names of their parts. Knows nothing about what is done with them.
"""

from dataclasses import dataclass
from typing import Any

from torch import nn


@dataclass(frozen=True)
class Parts:
    """Names of a layer's parts, below the layer.

    Attributes:
        attention: the module of self-attention that makes keys and values.
        inputs: linear maps to queries, keys and values (GPT-2 has one for all).
        scaled: those of `inputs` whose outputs are keys and values.
        attention_out: linear map that ends attention.
        widening: linear maps that begin the feed-forward part.
        feed_forward_out: linear map that ends it.
        cached: whether `attention` takes keys and values from before (`past_key_values`).
    """

    attention: str
    inputs: tuple[str, ...]
    scaled: tuple[str, ...]
    attention_out: str
    widening: tuple[str, ...]
    feed_forward_out: str
    cached: bool = True

    @property
    def linear(self) -> tuple[str, ...]:
        """All linear maps of a layer."""
        return (*self.inputs, self.attention_out, *self.widening, self.feed_forward_out)


def _parts(
    attention: str, letters: tuple[str, str, str], out: str, widening: tuple[str, ...], end: str, cached: bool = True
) -> Parts:
    inputs = tuple(f"{attention}.{letter}" for letter in letters)
    return Parts(attention, inputs, inputs[1:], out, widening, end, cached)


_BERT = _parts(
    "attention.self", ("query", "key", "value"), "attention.output.dense", ("intermediate.dense",), "output.dense"
)
_DEBERTA = _parts(
    "attention.self",
    ("query_proj", "key_proj", "value_proj"),
    "attention.output.dense",
    ("intermediate.dense",),
    "output.dense",
    cached=False,
)
_DISTILBERT = _parts(
    "attention", ("q_lin", "k_lin", "v_lin"), "attention.out_lin", ("ffn.lin1",), "ffn.lin2", cached=False
)
_MPNET = _parts(
    "attention.attn", ("q", "k", "v"), "attention.attn.o", ("intermediate.dense",), "output.dense", cached=False
)
_LLAMA = _parts(
    "self_attn",
    ("q_proj", "k_proj", "v_proj"),
    "self_attn.o_proj",
    ("mlp.gate_proj", "mlp.up_proj"),
    "mlp.down_proj",
)
_GPT2 = Parts("attn", ("attn.c_attn",), ("attn.c_attn",), "attn.c_proj", ("mlp.c_fc",), "mlp.c_proj")

#: Architectures (`model_type`) whose layers are known.
PARTS = {
    **dict.fromkeys(("bert", "roberta", "xlm-roberta", "camembert", "electra", "ernie"), _BERT),
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3"), _LLAMA),
    "deberta-v2": _DEBERTA,
    "distilbert": _DISTILBERT,
    "mpnet": _MPNET,
    "gpt2": _GPT2,
}


#: Names under which architectures keep it.
_WORD_HEADS = ("cls", "lm_head")


def parts_of(model: Any) -> Parts | None:
    """Names of the parts of the model's layers, or None for an architecture that is not known."""
    return PARTS.get(model.config.model_type)


def layers_of(model: Any) -> tuple[str, nn.ModuleList] | None:
    """Name and list of the model's layers, lowest first, or None where they cannot be told."""
    count = getattr(model.config, "num_hidden_layers", 0)
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return name, module
    return None


def word_head_of(model: Any) -> nn.Module | None:
    """What makes logits of all words of a language model's hidden states; None where that is more than one module."""
    return next((found for name in _WORD_HEADS if (found := getattr(model, name, None)) is not None), None)


def embeddings_of(model: Any) -> list[nn.Module]:
    """What turns ids into the input of the lowest layer, and embeddings of places wherever they are."""
    return [
        module
        for name, module in model.base_model.named_modules()
        if isinstance(module, nn.Embedding) or name.rpartition(".")[2].startswith("embed")
    ]
