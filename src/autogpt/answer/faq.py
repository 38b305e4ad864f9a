"""Finds the vetted answer whose question means the same.

In: FAQ entries and an encoder. Out: the nearest entry with its cosine similarity. Knows nothing about thresholds: the
policy of the release decides whether the nearest is near enough.
"""

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autogpt.records import FaqEntry
from autogpt.retrieve.access import may_see
from autogpt.retrieve.encoder import Encodes

#: Logistic curve from cosine to the probability that two questions mean the same, for all-MiniLM-L6-v2; fitted and
#: shown by benchmarks/faq_confidence.py.
SLOPE, INTERCEPT = 22.35, -12.81
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class FaqMatcher:
    """Nearest phrasing by cosine.

    Args:
        entries: vetted answers with their phrasings.
        vectors: float32[P, H], one row a phrasing, in the order of the entries and their `questions`.
        encoder: what embeds the question; the one that made `vectors`.
    """

    def __init__(self, entries: Sequence[FaqEntry], vectors: NDArray[np.float32], encoder: Encodes) -> None:
        self._owners = [entry for entry in entries for _ in entry.questions]
        self._phrasings = phrasings(entries)
        if len(self._owners) != len(vectors):
            raise ValueError(f"{len(self._owners)} phrasings, {len(vectors)} vectors")
        self._vectors = vectors
        self._encoder = encoder

    def match(self, question: str, labels: frozenset[str] | None) -> tuple[FaqEntry, float] | None:
        """The entry nearest to the question among those `labels` may see, or None without any.

        A phrasing that names other numbers than the question is another question, however alike they look.
        """
        if not self._owners:
            return None
        numbers = set(_NUMBER.findall(question))
        similarities = self._vectors @ self._encoder.encode([question], "query")[0]
        for at in np.argsort(-similarities, kind="stable"):
            entry = self._owners[at]
            if may_see(entry.labels, labels) and set(_NUMBER.findall(self._phrasings[at])) == numbers:
                return entry, float(similarities[at])
        return None


def phrasings(entries: Sequence[FaqEntry]) -> list[str]:
    """All phrasings, in the order `FaqMatcher` expects their vectors."""
    return [question for entry in entries for question in entry.questions]


def confidence_of(similarity: float) -> float:
    """Probability that a vetted question with this cosine means the same as the one asked."""
    return 1 / (1 + math.exp(-(SLOPE * similarity + INTERCEPT)))
