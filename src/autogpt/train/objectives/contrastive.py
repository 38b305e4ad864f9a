"""Contrastive loss of what belongs together, among what does not.

In: a sentence encoder, and steps of questions, the texts that answer them and hard negatives. Out: a loss of
sentence-transformers: each question's text is told apart from its hard negatives and from the texts of all other
questions of its step (van den Oord et al. 2018, InfoNCE), with gradients cached so that large steps take little memory
(Gao et al. 2021, "Scaling deep contrastive learning batch size under memory limited setup"). Knows nothing about texts.
"""

from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import (
    CachedMultipleNegativesRankingLoss,
    MultipleNegativesRankingLoss,
)
from torch import nn

from autogpt.config import RetrieverTrainingSection
from autogpt.train.objectives.base import Loss


class Contrastive(Loss):
    """Softmax over the cosines, divided by a temperature, of a question with all texts of its step."""

    trains = frozenset({"retriever"})

    def __init__(self, settings: RetrieverTrainingSection) -> None:
        self._settings = settings

    def of(self, model: SentenceTransformer) -> nn.Module:
        """Of a step that fits into memory, the same loss without what caching its gradients costs."""
        scale, at_once = 1 / self._settings.temperature, self._settings.mini_batch
        made: nn.Module = (
            MultipleNegativesRankingLoss(model, scale=scale)
            if at_once >= self._settings.batch_size
            else CachedMultipleNegativesRankingLoss(model, scale=scale, mini_batch_size=at_once)
        )
        return made
