"""The mean of a text's hidden states in the place of its first token's, under the head of a classifier.

In: a model for sequence classification that reads both ways. Out: the same, whose head is given the mean of the last
hidden states over real tokens; a pooler that would have looked at the first token is left out. Sentence encoders were
trained to say what a text means by that mean (Reimers and Gurevych 2019, "Sentence-BERT", section 3). Any other model
stays as it is. No weights are added. Knows nothing about training.
"""

from typing import Any

import torch

from autogpt.models.adapters import KEPT, kept

#: In a model's configuration, and in the table of what is kept.
NAME = "pooling"
_CLASSIFIES = "ForSequenceClassification"
#: Architectures (`model_type`) whose classifiers look at the first token.
_FIRST = ("bert", "roberta", "xlm-roberta", "camembert", "electra", "ernie", "deberta-v2", "distilbert", "mpnet")


def fits(model: Any) -> bool:
    """Whether `model` is a classifier whose head looks at the first token of what reads both ways."""
    return type(model).__name__.endswith(_CLASSIFIES) and model.config.model_type in _FIRST


def attach(model: Any) -> None:
    """Give the head of `model` the mean; of a model that it does not fit, only note that it was so."""
    setattr(model.config, KEPT, {**kept(model), NAME: {}})
    if not fits(model):
        return
    body = model.base_model
    if getattr(body, "pooler", None) is not None:
        body.pooler = None
    body.register_forward_hook(_put_mean, with_kwargs=True)


def _put_mean(body: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
    """`output` with the mean of hidden float[B, T, H] where heads look: as what was pooled, and as the first token."""
    hidden = output.last_hidden_state
    mask = kwargs.get("attention_mask")
    weights = torch.ones_like(hidden[..., :1]) if mask is None else mask.unsqueeze(-1).to(hidden.dtype)
    mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
    rest = {name: value for name, value in output.items() if name not in {"last_hidden_state", "pooler_output"}}
    first = {"last_hidden_state": torch.cat([mean.unsqueeze(1), hidden[:, 1:]], 1)}
    pooled = {"pooler_output": mean} if "pooler_output" in type(output).__dataclass_fields__ else {}
    return type(output)(**first, **pooled, **rest)
