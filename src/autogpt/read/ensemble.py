"""Several readers as one: the mean of their probabilities.

In: what each reader found in the same contexts. Out: one `Decoded` each. Averaged are the probabilities of whole spans
(each reader's softmax over its n best and "no answer"), so that tokenizers and windows may differ; a span that a reader
does not have among its n best has none from it. Knows nothing about models. Asking n readers takes n times as long.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import Protocol

from autogpt.read.decode import Candidate, Decoded

#: Least probability, so that its logarithm is a number.
_LEAST = 1e-12


class Reads(Protocol):
    """One of several readers."""

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Decoded]: ...


class Ensemble:
    """Readers that are asked together. Its answers have no calibrated confidence.

    Args:
        readers: at least one.
    """

    def __init__(self, readers: Sequence[Reads]) -> None:
        self.readers = list(readers)

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[Decoded]:
        """What they find together in each context."""
        return combined([reader.read(pairs) for reader in self.readers])


def combined(found: Sequence[Sequence[Decoded]]) -> list[Decoded]:
    """One answer for each context, of what several readers found in it.

    Args:
        found: by reader, the contexts in the same order.
    """
    return [_mean(those) for those in zip(*found, strict=True)]


def _mean(found: Sequence[Decoded]) -> Decoded:
    """Scores are the logarithm of how much likelier a span is than "no answer"."""
    chances: dict[tuple[int, int], float] = defaultdict(float)
    texts: dict[tuple[int, int], str] = {}
    for one in found:
        for candidate in one.candidates:
            place = candidate.start, candidate.end
            chances[place] += candidate.probability / len(found)
            texts[place] = candidate.text
    null = max(_LEAST, fmean(1 - sum(candidate.probability for candidate in one.candidates) for one in found))
    most = max((len(one.candidates) for one in found), default=0)
    ranked = sorted(chances.items(), key=lambda item: -item[1])[:most]
    candidates = tuple(
        Candidate(start, end, texts[start, end], math.log(max(chance, _LEAST) / null), probability=chance)
        for (start, end), chance in ranked
    )
    if not candidates:
        return Decoded((), math.log(null))
    features = {"null_margin": candidates[0].score, "softmax": candidates[0].probability}
    return Decoded(candidates, math.log(null), features)
