"""Rows of labelled windows to tensors.

In: rows. Out: model inputs of B rows by T tokens, and for each of N windows ("segments") where its L tokens lie in
them. Packed and unpacked rows give the same segments. Knows nothing about losses or models.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from autogpt.train.features import Row

#: Keys that go to the model; the others are for the objective.
MODEL_KEYS = ("input_ids", "attention_mask", "token_type_ids", "position_ids")


def model_inputs(model: Any, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What of `batch` goes to `model`: a student and its teacher may differ in whether they take segment ids."""
    typed = takes_types(model)
    return {key: batch[key] for key in MODEL_KEYS if key in batch and (typed or key != "token_type_ids")}


def takes_types(model: Any) -> bool:
    """Whether `model` takes segment ids, told as `read.backends.facts` tells it of what is served."""
    config = getattr(getattr(model, "module", model), "config", None)
    return config is None or getattr(config, "type_vocab_size", 0) >= 2


@dataclass(frozen=True)
class Collator:
    """Makes batches.

    Args:
        pad_id: token id of padding.
        width: fixed T of packed rows, or None to pad to the longest row, in multiples of `multiple`.
        first_position: position id of a window's first token (RoBERTa counts from its padding id + 1); only packed
            rows get position ids.
        token_types: whether the model takes segment ids.
    """

    pad_id: int
    width: int | None = None
    first_position: int = 0
    token_types: bool = True
    multiple: int = 32

    def __call__(self, rows: Sequence[Row]) -> dict[str, torch.Tensor]:
        longest = max(sum(map(len, row)) for row in rows)
        width = self.width or -(-longest // self.multiple) * self.multiple
        shape = (len(rows), width)
        input_ids = torch.full(shape, self.pad_id)
        type_ids = torch.zeros(shape, dtype=torch.long)
        segment = torch.full(shape, -1)
        position = torch.full(shape, self.first_position)
        places: list[tuple[int, int]] = []  # flat start and length of each segment
        labels: list[tuple[int, int, int, int, int]] = []
        for number, row in enumerate(rows):
            at = 0
            for index, window in enumerate(row):
                to = at + len(window)
                input_ids[number, at:to] = torch.tensor(window.input_ids)
                type_ids[number, at:to] = torch.tensor(window.type_ids)
                segment[number, at:to] = index
                position[number, at:to] = torch.arange(self.first_position, self.first_position + len(window))
                places.append((number * width + at, len(window)))
                labels.append((*window.inside, window.null_index, window.start, window.end))
                at = to
        batch = {"input_ids": input_ids}
        if self.token_types:
            batch["token_type_ids"] = type_ids
        if self.width is None:
            batch["attention_mask"] = (segment >= 0).long()
        else:
            batch["attention_mask"] = (segment[:, :, None] == segment[:, None, :])[:, None]
            batch["position_ids"] = position
        return batch | _segments(places, labels)


def _segments(places: list[tuple[int, int]], labels: list[tuple[int, int, int, int, int]]) -> dict[str, torch.Tensor]:
    """`gather` int64[N, L] flat positions, `allowed` bool[N, L] (context and null), `starts` and `ends` int64[N]."""
    starts_at, lengths = torch.tensor(places).T
    steps = torch.arange(int(lengths.max()))
    gather = starts_at[:, None] + torch.minimum(steps, lengths[:, None] - 1)
    first, last, null, start, end = torch.tensor(labels).T
    allowed = (steps >= first[:, None]) & (steps < last[:, None]) | (steps == null[:, None])
    return {"gather": gather, "allowed": allowed, "starts": start, "ends": end}
