"""Labelled texts, or pairs of them, as rows of tokens; and rows as batches.

In: texts and targets. Out: model inputs of B rows by T tokens with `targets`. Knows nothing about labels' names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from autogpt.classify.probability import Floats
from autogpt.read.backends.padding import pad, plan
from autogpt.read.backends.prompt import Prompt
from autogpt.read.backends.prompted import PromptModule
from autogpt.read.backends.torch import ClassifierModule
from autogpt.records import ClassifierExample
from autogpt.train.collate import takes_types

#: Most rows of a forward pass that trains nothing.
_ROWS = 64


@dataclass(frozen=True, slots=True)
class TextRow:
    """Tokens of one text or pair; `target` is a class, or float[outputs]."""

    input_ids: list[int]
    type_ids: list[int]
    target: NDArray[np.float64] | np.float64


def text_rows(
    examples: Sequence[ClassifierExample], targets: NDArray[np.float64], tokenizer: Tokenizer, length: int
) -> list[TextRow]:
    """Rows of at most `length` tokens, the longer text of a pair cut first."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(length, strategy="longest_first")
    rows = tokenizer.encode_batch([(one.text, one.other) if one.other else one.text for one in examples])
    return [TextRow(row.ids, row.type_ids, target) for row, target in zip(rows, targets, strict=True)]


@dataclass(frozen=True, slots=True)
class TextCollator:
    """Makes batches.

    Args:
        token_types: whether the model takes segment ids.
        classes: whether targets are classes, int64[B]; else they are float32[B, outputs].
    """

    pad_id: int
    token_types: bool
    classes: bool

    def __call__(self, rows: Sequence[TextRow]) -> dict[str, torch.Tensor]:
        padded = pad([row.input_ids for row in rows], [row.type_ids for row in rows], self.pad_id)
        names = ["input_ids", "attention_mask", *(["token_type_ids"] if self.token_types else [])]
        batch = {name: torch.from_numpy(array) for name, array in zip(names, padded.inputs(names), strict=True)}
        return {**batch, "targets": self.targets(rows)}

    def targets(self, rows: Sequence[TextRow]) -> torch.Tensor:
        """int64[B] or float32[B, outputs]."""
        targets = torch.from_numpy(np.array([row.target for row in rows]))
        return targets.long() if self.classes else targets.float()


def prompted_rows(
    examples: Sequence[ClassifierExample],
    targets: NDArray[np.float64],
    tokenizer: Tokenizer,
    length: int,
    prompt: Prompt,
) -> list[TextRow]:
    """Rows of at most `length` tokens, each text in the pattern of the prompt."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = prompt.rows(tokenizer, [one.text for one in examples], length)
    return [TextRow(row.ids, row.type_ids, target) for row, target in zip(rows, targets, strict=True)]


def compute(
    model: Any, rows: Sequence[TextRow], collator: TextCollator, bf16: bool, prompt: Prompt | None = None
) -> tuple[Floats, Floats]:
    """Logits float[N, C] and vectors float[N, H] as serving computes them.

    Args:
        model: for sequence classification; a language model where there is a prompt.

    Raises FloatingPointError for logits that are no numbers.
    """
    names = (
        "input_ids",
        "attention_mask",
        *(("token_type_ids",) if collator.token_types and takes_types(model) else ()),
    )
    module = ClassifierModule(model, names) if prompt is None else PromptModule(model, names, prompt)
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    parts: dict[int, tuple[Floats, Floats]] = {}
    for group in plan([len(row.input_ids) for row in rows], _ROWS, tokens=8192):
        batch = collator([rows[at] for at in group])
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            found = module(*(batch[name].to(device) for name in names))
        logits, vectors = (one.double().cpu().numpy() for one in found)
        if not np.isfinite(logits).all():
            raise FloatingPointError("the classifier's logits are not finite")
        parts |= {at: (logits[row], vectors[row]) for row, at in enumerate(group)}
    model.train(was_training)
    logits, vectors = zip(*(parts[at] for at in range(len(rows))), strict=True)
    return np.array(logits), np.array(vectors)
