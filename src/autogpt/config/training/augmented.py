"""What trainings are told that make further examples of those they have."""

from pydantic import Field

from autogpt.config.base import Fraction, Positive
from autogpt.config.training.continual import ContinualTrainingSection


class AugmentedTrainingSection(ContinualTrainingSection):
    """A training that may make further examples of those of the train part."""

    augment: tuple[str, ...] = Field(
        (), description="Kinds of made examples that train too: synonyms, typos, paraphrase, entities."
    )
    augment_times: Positive = Field(1, description="Most made examples for each train example.")
    augment_share: Fraction = Field(1.0, description="Share of the train examples that others are made from.")
