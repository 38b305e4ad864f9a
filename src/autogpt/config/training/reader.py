"""What `autogpt train reader` is told."""

from typing import Annotated

from pydantic import Field

from autogpt.config.base import Fraction, Positive
from autogpt.config.training.base import NotNegative
from autogpt.config.training.continual import ContinualTrainingSection


class ReaderTrainingSection(ContinualTrainingSection):
    """`autogpt train reader`: extractive question answering."""

    objective: str = Field("span", description="What is minimised.")
    batch_size: Positive = Field(16, description="Windows per step.")
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
    augment: tuple[str, ...] = Field(
        (), description="Kinds of made examples that train too: synonyms, typos, paraphrase, entities."
    )
    augment_times: Positive = Field(1, description="Most made examples for each train example.")
    augment_share: Fraction = Field(1.0, description="Share of the train examples that others are made from.")
