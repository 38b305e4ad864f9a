"""What `autogpt train retriever` and `autogpt train reranker` are told."""

from typing import Annotated, ClassVar

from pydantic import Field

from autogpt.config.base import Fraction, Positive
from autogpt.config.training.base import AdaptedTrainingSection, ChosenExamplesSection, NotNegative


class _RankingSection(AdaptedTrainingSection, ChosenExamplesSection):
    """Hard negatives of what learns to rank."""

    hard_negatives: NotNegative = Field(
        2, description="Passages per question that the search ranks high and that do not answer it."
    )
    margin: Fraction = Field(
        0.05,
        description="Share by which a hard negative is less similar to the question than what answers it, at least.",
    )
    candidates: Positive = Field(30, description="Best-ranked passages that hard negatives are looked for in.")
    max_length: Positive = Field(256, description="Tokens of a text; longer ones are cut.")
    patience: NotNegative = Field(2, description="Epochs without a better validation nDCG@10; 0: never stop.")


class RetrieverTrainingSection(_RankingSection):
    """`autogpt train retriever`: the sentence encoder."""

    base: str = Field(
        "", description="Model pack, local folder or hub id; empty means the encoder of the workspace's model."
    )
    full_rate: ClassVar[float] = 2e-5
    objective: str = Field("contrastive", description="What is minimised.")
    learning_rate: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Peak learning rate; 0: the method's usual one, for full 2e-5, for lora ten times that."
    )
    batch_size: Annotated[int, Field(gt=1)] = Field(
        64, description="Questions per step; each is told apart from the passages of all others of its step."
    )
    mini_batch: Positive = Field(16, description="Texts in memory at once: fewer need less of it, whatever the step.")
    temperature: Annotated[float, Field(gt=0)] = Field(
        0.05, description="What cosines are divided by before they are compared."
    )
    max_length: Positive = Field(256, description="Tokens of a question or passage; longer ones are cut.")
    validation_passages: NotNegative = Field(
        20_000, description="Most passages a validation searches, those that answer always among them; 0: all."
    )


class RerankerTrainingSection(_RankingSection):
    """`autogpt train reranker`: the cross-encoder that judges question and passage together."""

    base: str = Field(
        "", description="Model pack, local folder or hub id; empty means the reader of the workspace's model."
    )
    batch_size: Positive = Field(32, description="Pairs of a question and a passage per step.")
    gradient_accumulation: Positive = Field(1, description="Steps whose gradients are added up.")
    checkpointing: bool = Field(
        False, description="Compute activations again in the backward pass: slower, in less memory."
    )
    max_length: Positive = Field(256, description="Tokens of a question with its passage; longer pairs are cut.")
    hard_negatives: Positive = Field(
        4, description="Passages per question that the search ranks high and that do not answer it."
    )
    validation_questions: NotNegative = Field(
        300, description="Most questions a validation reranks the passages of; 0: all."
    )
