"""Exact match, F1 and loss of a model that is being trained.

In: a model, examples, a window builder. Out: metrics in points, and the loss. Decodes as serving does. Knows nothing
about files.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from autogpt.metrics.answers import exact_match, f1
from autogpt.read.decode import Decoded, decode
from autogpt.read.windows import Window, WindowBuilder
from autogpt.records import ReaderExample
from autogpt.train.collate import Collator
from autogpt.train.features import label
from autogpt.train.objectives.base import Objective
from autogpt.train.objectives.span import Span

#: What decoding is given where no answer may start or end.
_BARRED = -1e4


@dataclass(frozen=True)
class Validator:
    """Reads `examples` with a model.

    Args:
        collator: unpacked: one window a row.
        objective: whose loss is measured, too.
    """

    examples: Sequence[ReaderExample]
    builder: WindowBuilder
    collator: Collator
    bf16: bool = False
    batch_size: int = 32
    objective: Objective = field(default_factory=Span)

    def read(self, model: Any) -> list[Decoded]:
        """What the model finds for each example, in their order. Raises FloatingPointError for logits that are no
        numbers.
        """
        return self._read(model)[0]

    def measure(self, model: Any) -> dict[str, float]:
        """`f1` and `exact_match` at the best null threshold on these examples, `forced_f1` of the answerable ones,
        `null_threshold` itself (a difference of logits), and `loss`, the mean of the windows.
        """
        decoded, loss = self._read(model)
        return {**measures(self.examples, decoded), "loss": loss}

    def _read(self, model: Any) -> tuple[list[Decoded], float]:
        built = self.builder.build_many([(one.question, one.context) for one in self.examples])
        flat = [(number, window) for number, windows in enumerate(built) for window in windows]
        order = sorted(range(len(flat)), key=lambda at: len(flat[at][1]))
        logits: list[np.ndarray] = [np.empty(0)] * len(flat)
        lost = 0.0
        device = next(model.parameters()).device
        was_training = model.training
        model.eval()
        for at in range(0, len(order), self.batch_size):
            chosen = order[at : at + self.batch_size]
            windows = [(flat[one][1], self.examples[flat[one][0]].answers) for one in chosen]
            batch = {key: one.to(device) for key, one in self.collator([(label(*one),) for one in windows]).items()}
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=self.bf16):
                found = self.objective.logits(model, batch)
                lost += float(self.objective.loss(found, batch)) * len(chosen)
            stacked = torch.stack([*found], 1)
            barred = ~batch["allowed"][:, None].expand_as(stacked)
            if not (torch.isfinite(stacked) | barred).all():
                raise FloatingPointError("the reader's logits are not finite")
            for one, row in zip(chosen, stacked.masked_fill(barred, _BARRED).cpu().numpy(), strict=True):
                logits[one] = row[:, : len(flat[one][1])]
        model.train(was_training)
        decoded: list[Decoded] = []
        at = 0
        for example, parts in zip(self.examples, built, strict=True):
            decoded.append(_decode(example, parts, logits[at : at + len(parts)]))
            at += len(parts)
        return decoded, lost / max(1, len(flat))


def measures(examples: Sequence[ReaderExample], decoded: Sequence[Decoded]) -> dict[str, float]:
    """Metrics in points, 0 to 100, without the loss; see `Validator.measure`."""
    margins = np.array([one.best.score if one.best else -np.inf for one in decoded])
    golds = [[answer.text for answer in one.answers] for one in examples]
    texts = [one.best.text if one.best else "" for one in decoded]
    found = np.array([f1(text, gold) for text, gold in zip(texts, golds, strict=True)])
    exact = np.array([exact_match(text, gold) for text, gold in zip(texts, golds, strict=True)])
    empty = np.array([float(not gold) for gold in golds])
    order = np.argsort(-margins, kind="stable")
    gains = np.concatenate([[0.0], np.cumsum((found - empty)[order])])
    best = int(np.argmax(gains)) if empty.any() else len(order)
    answered = np.zeros(len(order), bool)
    answered[order[:best]] = True
    answerable = empty == 0
    return {
        "f1": 100 * float(np.where(answered, found, empty).mean()),
        "exact_match": 100 * float(np.where(answered, exact, empty).mean()),
        "forced_f1": 100 * float(found[answerable].mean()) if answerable.any() else 0.0,
        "null_threshold": float(margins[order[best - 1]]) if best and np.isfinite(margins[order[best - 1]]) else 0.0,
    }


def _decode(example: ReaderExample, windows: Sequence[Window], logits: Sequence[np.ndarray]) -> Decoded:
    width = max(map(len, windows))
    padded = np.full((2, len(windows), width), _BARRED, np.float32)
    for row, values in enumerate(logits):
        padded[:, row, : values.shape[1]] = values
    return decode(example.context, windows, padded[0], padded[1])
