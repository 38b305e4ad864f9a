"""Which rows a contrastive training takes together: none whose right texts another one of the step calls wrong.

In: for each row the texts that are right for it and those that it brings. Out: steps of row numbers, anew each epoch
and the same for the same seed, so that a resumed training sees the same order. Knows nothing about what is compared.
"""

import random
from collections.abc import Iterator, Sequence

from sentence_transformers.base.sampler import DefaultBatchSampler

from autogpt.train.pairs import Pair


class ApartSampler(DefaultBatchSampler):  # type: ignore[misc]
    """Steps of up to `size` rows in which every text of another row is a true negative.

    The `NoDuplicatesBatchSampler` of sentence-transformers lets no text stand twice in a step. Where many questions
    share few passages that leaves steps of a few rows, since hard negatives repeat; it knows nothing of texts that are
    right as well; and it promises rows / size steps, after which Trainer ends the epoch whatever rows are left.
    """

    def __init__(self, pairs: Sequence[Pair], size: int, seed: int) -> None:
        super().__init__(range(len(pairs)), batch_size=size, drop_last=False, seed=seed)
        self._right = [frozenset((one.question, one.positive, *one.alike)) for one in pairs]
        self._brought = [frozenset((one.question, one.positive, *one.negatives)) for one in pairs]
        self._length = sum(1 for _ in self._steps(0))

    def __len__(self) -> int:
        """Steps of the first epoch. Later ones have as many: what they lack is drawn again, what is over left out."""
        return self._length

    def __iter__(self) -> Iterator[list[int]]:
        made = 0
        for round_ in range(self._length):
            for step in self._steps(self.epoch * 1_000 + round_):
                yield step
                made += 1
                if made == self._length:
                    return

    def _steps(self, turn: int) -> Iterator[list[int]]:
        waiting = list(range(len(self._right)))
        random.Random(self.seed * 1_000_003 + turn).shuffle(waiting)
        while waiting:
            step: list[int] = []
            later: list[int] = []
            right: set[str] = set()
            brought: set[str] = set()
            for at, row in enumerate(waiting):
                if not (self._right[row].isdisjoint(brought) and self._brought[row].isdisjoint(right)):
                    later.append(row)
                    continue
                step.append(row)
                right |= self._right[row]
                brought |= self._brought[row]
                if len(step) == self.batch_size:
                    later += waiting[at + 1 :]
                    break
            yield step
            waiting = later
