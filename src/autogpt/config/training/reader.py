"""What `autogpt train reader` is told."""

from math import ceil
from typing import Annotated, ClassVar, Self

from pydantic import Field

from autogpt.config.base import Fraction, Positive
from autogpt.config.training.augmented import AugmentedTrainingSection
from autogpt.config.training.base import NotNegative


class ReaderTrainingSection(AugmentedTrainingSection):
    """`autogpt train reader`: extractive question answering."""

    #: What is usual, and what few windows change it to: passes and windows a step, and steps that they shall give.
    usual: ClassVar[tuple[float, int]] = (3, 16)
    few: ClassVar[tuple[float, int]] = (10, 4)
    least_steps: ClassVar[int] = 60

    epochs: Annotated[float, Field(ge=0)] = Field(
        0, description="Passes over the training part; 0: 3, and up to 10 with few examples."
    )
    objective: str = Field("span", description="What is minimised.")
    batch_size: NotNegative = Field(0, description="Windows per step; 0: 16, and down to 4 with few examples.")
    warmup: Fraction = Field(0.06, description="Part of the steps that warm up.")
    max_length: Positive = Field(320, description="Tokens per window, question included.")
    stride: NotNegative = Field(96, description="Tokens neighbouring windows share.")
    packing: bool = Field(True, description="Pack windows into rows of one fixed length where the model allows it.")
    patience: NotNegative = Field(2, description="Epochs without a better validation F1; 0: never stop.")
    retrieved_negatives: NotNegative = Field(
        1, description="Retrieved passages without the answer that each question of a workspace is also put to."
    )
    general_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Share of general examples mixed in against forgetting."
    )
    general_data: str = Field("", description="File of general examples; empty means the pack's own.")
    general_questions: NotNegative = Field(
        500, description="Most of the pack's own questions that tell what a reader that goes on forgot; 0: none."
    )

    def planned(self, windows: int) -> Self:
        """These settings for so many windows, with passes and windows a step in place of 0.

        Few windows are read in smaller steps and more often, since it is steps that a model learns by: Zhang et al.
        (2021), "Revisiting Few-sample BERT Fine-tuning", section 6; Mosbach et al. (2021), "On the Stability of
        Fine-tuning BERT", section 6.
        """
        (epochs, size), (most, smallest) = self.usual, self.few
        size = self.batch_size or min(size, max(smallest, int(windows * epochs / self.least_steps)))
        read = self.least_steps * size * self.gradient_accumulation
        epochs = self.epochs or min(most, max(epochs, ceil(read / max(1, windows))))
        return self.model_copy(update={"epochs": epochs, "batch_size": size})
