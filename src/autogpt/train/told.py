"""How well a language model tells the tokens that it is asked for, block by block.

In: logits and what is right. Out: sums, and the metrics that follow from them. Knows nothing about models. B blocks, M
tokens asked for, V words.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

#: The loss at which a mean is cut, whose exponential is still a number.
_MOST = 700.0


@dataclass(frozen=True)
class Told:
    """What a model told.

    Attributes:
        lost: float64[B], the sum of a block's cross-entropies, in nats.
        right: int64[B], how many of its tokens are found likeliest.
        asked: int64[B], how many it is asked for.
    """

    lost: NDArray[np.float64]
    right: NDArray[np.int64]
    asked: NDArray[np.int64]

    @classmethod
    def of(cls, logits: torch.Tensor, targets: torch.Tensor, asked: torch.Tensor) -> Self:
        """Of one batch.

        Args:
            logits: float32[M, V].
            targets: int64[M], in the order of `asked`.
            asked: bool[B, T], the places that are asked for.
        """
        lost = torch.nn.functional.cross_entropy(logits, targets, reduction="none").double()
        right = (logits.argmax(-1) == targets).long()
        block = asked.nonzero()[:, 0]
        sums = (torch.zeros(len(asked), dtype=one.dtype, device=one.device) for one in (lost, right))
        found = [empty.index_add_(0, block, one) for empty, one in zip(sums, (lost, right), strict=True)]
        return cls(*(one.cpu().numpy() for one in (*found, asked.sum(1))))

    @classmethod
    def together(cls, parts: Sequence[Self]) -> Self:
        """Several batches as one."""
        columns = zip(*((one.lost, one.right, one.asked) for one in parts), strict=True)
        return cls(*map(np.concatenate, columns))

    @property
    def metrics(self) -> dict[str, float]:
        """`perplexity`; `likelihood`, the geometric mean of the right tokens' probabilities in points, which is 100 by
        perplexity; `accuracy`, how many of them are found likeliest, in points.
        """
        count = max(1, int(self.asked.sum()))
        mean = min(float(self.lost.sum()) / count, _MOST)
        return {
            "perplexity": math.exp(mean),
            "likelihood": 100 * math.exp(-mean),
            "accuracy": 100 * int(self.right.sum()) / count,
        }

    @property
    def likelihoods(self) -> NDArray[np.float64]:
        """float64[B], `likelihood` of each block."""
        found: NDArray[np.float64] = 100 * np.exp(-self.lost / np.maximum(1, self.asked))
        return found
