"""Order of training rows: random, with rows of like length side by side.

In: lengths. Out: indices, anew each epoch and the same for the same seed, so that a resumed training sees the same
order. Knows nothing about what the rows hold.
"""

import random
from collections.abc import Iterator, Sequence

from torch.utils.data import Sampler


class LengthGroupedSampler(Sampler[int]):
    """Shuffles, sorts pools of 50 batches by length, and shuffles the batches; the longest batch comes first, so that
    one too large for the memory fails at once.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths, self._batch_size, self._seed = lengths, batch_size, seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        rng = random.Random(self._seed * 1_000_003 + self._epoch)
        order = list(range(len(self._lengths)))
        rng.shuffle(order)
        pool = self._batch_size * 50
        batches: list[list[int]] = []
        for at in range(0, len(order), pool):
            ranked = sorted(order[at : at + pool], key=self._lengths.__getitem__, reverse=True)
            batches += [ranked[to : to + self._batch_size] for to in range(0, len(ranked), self._batch_size)]
        partial = [batch for batch in batches if len(batch) < self._batch_size]
        whole = [batch for batch in batches if len(batch) == self._batch_size]
        rng.shuffle(whole)
        if whole:
            longest = max(range(len(whole)), key=lambda at: self._lengths[whole[at][0]])
            whole.insert(0, whole.pop(longest))
        for batch in [*whole, *partial]:
            yield from batch
