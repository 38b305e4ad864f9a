"""Groups rows of tokens of unequal length into batches that waste little on padding.

In: rows. Out: groups of row numbers, and padded `Batch`es. Knows nothing about what the tokens mean.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from autogpt.read.backends.base import Batch

#: Rows are padded to a multiple of this many tokens, so that few shapes occur and compiled kernels are used again.
MULTIPLE = 16
#: Tokens in a batch, padding included. Activations of more no longer fit the processor's caches: of batches between
#: 256 and 8,192 tokens, those of 1,024 to 2,048 were the fastest on two cores.
TOKENS = 1536


def padded_length(length: int) -> int:
    """The next multiple of `MULTIPLE`."""
    return -(-length // MULTIPLE) * MULTIPLE


def plan(lengths: Sequence[int], rows: int, tokens: int = TOKENS) -> Iterator[list[int]]:
    """Row numbers by batch, longest rows first.

    Args:
        lengths: tokens of each row.
        rows: most rows in a batch.
        tokens: most tokens in a batch, padding included; a single longer row is a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    at = 0
    while at < len(order):
        size = min(rows, max(1, tokens // max(1, padded_length(lengths[order[at]]))))
        yield order[at : at + size]
        at += size


def pad(input_ids: Sequence[Sequence[int]], type_ids: Sequence[Sequence[int]], pad_id: int) -> Batch:
    """Rows padded on the right to the longest one's padded length."""
    shape = (len(input_ids), padded_length(max(len(row) for row in input_ids)))
    ids = np.full(shape, pad_id, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    types = np.zeros(shape, dtype=np.int64)
    for number, (row, kinds) in enumerate(zip(input_ids, type_ids, strict=True)):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
        types[number, : len(row)] = kinds
    return Batch(ids, mask, types)
