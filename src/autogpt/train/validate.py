"""Exact match and F1 of a model that is being trained.

In: a model, examples, a window builder. Out: metrics in points. Decodes as serving does. Knows nothing about files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from autogpt.metrics.answers import exact_match, f1
from autogpt.read.decode import Decoded, decode
from autogpt.read.windows import Window, WindowBuilder
from autogpt.records import ReaderExample
from autogpt.train.collate import Collator, model_inputs
from autogpt.train.features import label


@dataclass(frozen=True)
class Validator:
    """Reads `examples` with a model.

    Args:
        collator: unpacked: one window a row.
        precision: dtype of autocast.
    """

    examples: Sequence[ReaderExample]
    builder: WindowBuilder
    collator: Collator
    bf16: bool = False
    batch_size: int = 32

    def read(self, model: Any) -> list[Decoded]:
        """What the model finds for each example, in their order. Raises FloatingPointError for logits that are no
        numbers.
        """
        built = self.builder.build_many([(one.question, one.context) for one in self.examples])
        flat = [(number, window) for number, windows in enumerate(built) for window in windows]
        order = sorted(range(len(flat)), key=lambda at: len(flat[at][1]))
        logits: list[np.ndarray] = [np.empty(0)] * len(flat)
        device = next(model.parameters()).device
        was_training = model.training
        model.eval()
        for at in range(0, len(order), self.batch_size):
            chosen = order[at : at + self.batch_size]
            batch = self.collator([(label(flat[one][1], ()),) for one in chosen])
            inputs = {key: value.to(device) for key, value in model_inputs(model, batch).items()}
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=self.bf16):
                outputs = model(**inputs)
            stacked = torch.stack([outputs.start_logits, outputs.end_logits], 1).float().cpu().numpy()
            if not np.isfinite(stacked).all():
                raise FloatingPointError("the reader's logits are not finite")
            for one, row in zip(chosen, stacked, strict=True):
                logits[one] = row[:, : len(flat[one][1])]
        model.train(was_training)
        decoded: list[Decoded] = []
        at = 0
        for example, windows in zip(self.examples, built, strict=True):
            decoded.append(_decode(example, windows, logits[at : at + len(windows)]))
            at += len(windows)
        return decoded

    def measure(self, model: Any) -> dict[str, float]:
        """`f1` and `exact_match` at the best null threshold on these examples, `forced_f1` of the answerable ones,
        and `null_threshold` itself (a difference of logits).
        """
        return measures(self.examples, self.read(model))


def measures(examples: Sequence[ReaderExample], decoded: Sequence[Decoded]) -> dict[str, float]:
    """Metrics in points, 0 to 100; see `Validator.measure`."""
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
    padded = np.full((2, len(windows), width), -1e4, np.float32)
    for row, values in enumerate(logits):
        padded[:, row, : values.shape[1]] = values
    return decode(example.context, windows, padded[0], padded[1])
