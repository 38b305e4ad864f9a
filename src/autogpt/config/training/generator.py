"""What `autogpt train generator` is told."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from autogpt.config.base import Positive
from autogpt.config.training.base import ChosenExamplesSection, NotNegative, ObjectiveTrainingSection


class GeneratorTrainingSection(ObjectiveTrainingSection, ChosenExamplesSection):
    """`autogpt train generator`: a language model that words answers."""

    full_rate: ClassVar[float] = 2e-5

    base: str = Field(
        "", description="Local folder, GGUF file or hub id of a causal language model; it has to be named."
    )
    objective: str = Field("causal", description="What is minimised.")
    target: Literal["sentence", "span"] = Field(
        "sentence", description="What is to be written: the sentence that holds the answer, or the answer alone."
    )
    distractors: NotNegative = Field(
        2, description="Passages without the answer that are shown after the one with it, as when it is served."
    )
    faq: bool = Field(True, description="Learn from a workspace's vetted answers too.")
    epochs: Annotated[float, Field(gt=0)] = Field(2, description="Passes over the training part.")
    learning_rate: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Peak learning rate; 0: the method's usual one, for full 2e-5, for lora ten times that."
    )
    batch_size: Positive = Field(8, description="Questions per step.")
    max_length: Positive = Field(
        1_024, description="Tokens of prompt and answer; passages that do not fit are left out, the first is cut."
    )
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.1, description="Dropout of hidden layers, in architectures that have any."
    )
    patience: NotNegative = Field(
        2, description="Epochs without likelier answers on the validation part; 0: never stop."
    )
    likelihood_questions: NotNegative = Field(
        200, description="Most validation questions on which the probability of a right token is measured; 0: all."
    )
    validation_questions: NotNegative = Field(
        40, description="Validation questions that an answer is written to after each epoch; 0: none."
    )
    max_answer_tokens: Positive = Field(96, description="Longest answer that is written in validation.")
