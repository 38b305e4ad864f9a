"""What trainings that go on from an earlier one are told: what is new, and what keeps the old."""

from typing import Annotated

from pydantic import Field

from autogpt.config.base import Fraction
from autogpt.config.training.base import ChosenExamplesSection, ObjectiveTrainingSection


class ContinualTrainingSection(ObjectiveTrainingSection, ChosenExamplesSection):
    """A training that may go on from an earlier one without forgetting what that had learnt."""

    new_only: bool = Field(
        False, description="Train on the examples that the base was not trained on, and on some of those it was."
    )
    replay_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.5, description="With new_only or replay_data: share of earlier examples among all; 0: none."
    )
    replay_data: tuple[str, ...] = Field(
        (), description="Files of earlier examples, replayed beside those of the workspace."
    )
    lwf_weight: Fraction = Field(
        0.0,
        description="Learning without forgetting: part of the loss that is the distance from the base as it was.",
    )
    remember: tuple[str, ...] = Field(
        (), description="Files of earlier questions, measured before and after to tell what was forgotten."
    )

    @property
    def continues(self) -> bool:
        """Whether what the base had learnt is to be kept, so that it is told what was forgotten."""
        return self.new_only or bool(self.replay_data) or self.lwf_weight > 0 or bool(self.remember)
