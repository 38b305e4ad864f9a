"""Whether a smaller form of a reranker orders passages as the one it was made from.

In: logits of both, question by question. Out: an `OrderParity` with a verdict. Knows nothing about how the form was
made.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Logits that two passages are apart, at least, for their order to count: what is nearer may change places.
SURE = 0.5
#: Smallest share of such pairs that has to keep its order, and fewest pairs that say anything.
AGREES, FEWEST = 0.99, 100


@dataclass(frozen=True, slots=True)
class OrderParity:
    """What the comparison found.

    Attributes:
        questions: whose passages were compared.
        pairs: of passages of one question that the source tells apart by at least `SURE` logits.
        agreement: share of them that the export puts in the same order.
        largest: difference of two logits of the same passage.
    """

    questions: int
    pairs: int
    agreement: float
    largest: float

    @property
    def passed(self) -> bool:
        return self.pairs >= FEWEST and self.agreement >= AGREES


def order_parity(source: Sequence[Sequence[float]], export: Sequence[Sequence[float]]) -> OrderParity:
    """Compare the logits of two forms; each holds one list a question, of the same passages.

    >>> order_parity([[3.0, 0.0, 0.1]], [[2.0, 0.1, 0.0]])
    OrderParity(questions=1, pairs=2, agreement=1.0, largest=1.0)
    """
    pairs = kept = 0
    largest = 0.0
    for before, after in zip(source, export, strict=True):
        known, got = np.array(before), np.array(after)
        apart = known[:, None] - known[None, :] >= SURE
        pairs += int(apart.sum())
        kept += int((apart & (got[:, None] > got[None, :])).sum())
        largest = max(largest, float(np.abs(known - got).max(initial=0.0)))
    return OrderParity(len(source), pairs, kept / pairs if pairs else 0.0, largest)
