"""A head that is fitted to what the base says already, before anything else is trained.

In: a classifier with a fresh head, its rows. Out: the same model with the weights of a logistic regression in its last
linear map. A random head would disturb the base in the first steps of a fine-tuning (Kumar et al. 2022, "Fine-tuning
can distort pretrained features and underperform out-of-distribution"). Knows nothing about files.
"""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from autogpt.classify.probability import Floats
from autogpt.read.backends.padding import plan
from autogpt.train.heads import fit_logistic
from autogpt.train.texts import TextCollator, TextRow

#: Rows that a head is fitted to, by chance of more: it has few weights.
MOST = 20_000
#: Rows and tokens of a forward pass.
_ROWS, _TOKENS = 64, 8_192


def last_map(model: nn.Module, outputs: int) -> nn.Linear | None:
    """The linear map that makes the logits; None for a model that makes them otherwise."""
    found = [one for one in model.modules() if isinstance(one, nn.Linear) and one.out_features == outputs]
    return found[-1] if found else None


def fit_head(model: Any, rows: Sequence[TextRow], collator: TextCollator, outputs: int, seed: int, bf16: bool) -> bool:
    """Fit the last linear map of `model` to `rows`; False, and nothing done, where there is none.

    Targets of `rows` are classes (`collator.classes`) or float[outputs] of 0 and 1.
    """
    head = last_map(model, outputs)
    if head is None:
        return False
    some = random.Random(seed).sample(list(rows), MOST) if len(rows) > MOST else rows
    vectors = _inputs(model, head, some, collator, bf16)
    targets = np.array([row.target for row in some])
    places = np.arange(outputs)
    if collator.classes:  # of those that were not drawn, the head stays as it is
        places, targets = np.unique(targets.astype(np.int64), return_inverse=True)
    fitted = fit_logistic(collator.classes, vectors, targets.astype(np.float64), seed)
    with torch.no_grad():
        head.weight[places] = torch.from_numpy(fitted["head_weights"]).to(head.weight)
        if head.bias is not None:
            head.bias[places] = torch.from_numpy(fitted["head_bias"]).to(head.bias)
    return True


def _inputs(model: Any, head: nn.Linear, rows: Sequence[TextRow], collator: TextCollator, bf16: bool) -> Floats:
    """What the head is given for each row, float[N, H]; of a decoder, which is asked at each token, at the last one."""
    found = np.zeros((len(rows), head.in_features))
    caught: list[torch.Tensor] = []
    hook = head.register_forward_pre_hook(lambda _, args: caught.append(args[0]))
    device, was_training = head.weight.device, model.training
    model.eval()
    try:
        for group in plan([len(row.input_ids) for row in rows], _ROWS, _TOKENS):
            batch = collator([rows[at] for at in group])
            del batch["targets"]
            caught.clear()
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                model(**{name: one.to(device) for name, one in batch.items()})
            given = caught[0]
            if given.dim() == 3:
                given = given[torch.arange(len(group)), batch["attention_mask"].sum(1) - 1]
            found[group] = given.double().cpu().numpy()
    finally:
        hook.remove()
        model.train(was_training)
    return found
