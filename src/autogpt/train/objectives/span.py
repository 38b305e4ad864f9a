"""Cross entropy of where an answer starts and ends.

In: a question-answering model and a batch of `train.collate`. Out: the mean loss of its windows. Knows nothing about
texts. B rows, T tokens a row, N windows, L tokens in the longest window.
"""

from typing import Any

import torch
from torch.nn import functional


def span_loss(model: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Softmax over the null position and the context tokens of each window, for start and end (Devlin et al. 2019,
    section 4.3, with the question's tokens left out), averaged over both and over windows.
    """
    start_logits, end_logits = segment_logits(model, batch)
    return (
        functional.cross_entropy(start_logits, batch["starts"]) + functional.cross_entropy(end_logits, batch["ends"])
    ) / 2


def segment_logits(model: Any, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Start and end logits float32[N, L] of every window; -inf where no answer may start or end."""
    inputs = {key: value for key, value in batch.items() if key not in ("gather", "allowed", "starts", "ends")}
    outputs = model(**inputs)
    gather, allowed = batch["gather"], batch["allowed"]
    return (
        outputs.start_logits.float().flatten()[gather].masked_fill(~allowed, -torch.inf),
        outputs.end_logits.float().flatten()[gather].masked_fill(~allowed, -torch.inf),
    )
