"""Several classifiers of the same labels as one: the mean of their probabilities.

In: classifiers, texts. Out: `Classified`, one each. Knows nothing about models. Asking n classifiers takes n times as
long.
"""

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import Protocol

import numpy as np

from autogpt.classify.card import Card, Classified
from autogpt.errors import UsageError


class Classifies(Protocol):
    """One of several classifiers."""

    @property
    def card(self) -> Card: ...

    def classify(self, texts: Sequence[str], others: Sequence[str] = ()) -> list[Classified]: ...


class ClassifierEnsemble:
    """Classifiers that are asked together.

    Args:
        members: by name, at least one.

    Attributes:
        card: labels and thresholds; where all can tell what is out of scope, their mean threshold for it.

    Raises UsageError for classifiers of different kinds or labels.
    """

    def __init__(self, members: Sequence[tuple[str, Classifies]]) -> None:
        name, first = members[0]
        for other, member in members[1:]:
            if (member.card.kind, member.card.labels) != (first.card.kind, first.card.labels):
                raise UsageError(
                    f"'{other}' tells other labels than '{name}', so their probabilities have no mean.",
                    "Name classifiers that were trained on the same labels.",
                )
        cards = [member.card for _, member in members]
        scopes = [card.scope for card in cards if card.scope is not None]
        self._members = [member for _, member in members]
        self._strange_from = fmean(one.threshold for one in scopes) if len(scopes) == len(cards) else None
        self.card = replace(
            cards[0],
            threshold=fmean(card.threshold for card in cards),
            scope=scopes[0] if self._strange_from is not None else None,
        )

    def classify(self, texts: Sequence[str], others: Sequence[str] = ()) -> list[Classified]:
        """What they say together of each text."""
        found = [member.classify(texts, others) for member in self._members]
        return [self._mean(those) for those in zip(*found, strict=True)]

    def _mean(self, said: Sequence[Classified]) -> Classified:
        if self.card.kind == "similarity":
            return Classified((), 0.0, score=fmean(one.score or 0.0 for one in said))
        mean = np.mean([[one.probabilities[label] for label in self.card.labels] for one in said], axis=0)
        strange = [one.out_of_scope for one in said if one.out_of_scope is not None]
        out = fmean(strange) if self._strange_from is not None else None
        return Classified(
            labels=self.card.given(mean),
            probability=float(mean.max()),
            probabilities=dict(zip(self.card.labels, map(float, mean), strict=True)),
            out_of_scope=out,
            strange=out is not None and self._strange_from is not None and out >= self._strange_from,
        )
