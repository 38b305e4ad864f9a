"""What `autogpt train language-model` is told."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from autogpt.config.base import Fraction, Positive
from autogpt.config.training.base import NotNegative, ObjectiveTrainingSection


class LanguageModelTrainingSection(ObjectiveTrainingSection):
    """`autogpt train language-model`: continued pre-training on documents."""

    full_rate: ClassVar[float] = 5e-5

    part: Literal["reader", "encoder"] = Field("reader", description="Which model of a pack is trained on.")
    kind: Literal["auto", "masked", "causal"] = Field(
        "auto", description="masked: words that are left out; causal: the next token; auto: what the base is made for."
    )
    objective: str = Field("language-model", description="What is minimised.")
    learning_rate: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Peak learning rate; 0: the method's usual one, for full 5e-5, for lora ten times that."
    )
    batch_size: Positive = Field(16, description="Blocks per step.")
    max_length: Annotated[int, Field(ge=8)] = Field(128, description="Tokens of a block.")
    mask_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.15, description="masked: share of the tokens that are asked for."
    )
    whole_words: bool = Field(
        True, description="masked: ask for whole words, Chinese ones by the dictionary, not for pieces of them."
    )
    held_out: Fraction = Field(0.1, description="Share of the text that is validated on, by whole documents.")
    restricted: bool = Field(
        False, description="Train on documents with access labels too; what was read may show to everybody."
    )
    patience: NotNegative = Field(2, description="Epochs without a better validation score; 0: never stop.")
