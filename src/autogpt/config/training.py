"""What trainings are told: one section for each kind of model, and what all of them share.

In: values of a TOML table. Out: a frozen section. Knows nothing about how training works.
"""

from typing import Annotated, Literal

from pydantic import Field

from autogpt.config.base import Fraction, Positive, Section

NotNegative = Annotated[int, Field(ge=0)]


class TrainingSection(Section):
    """Pace, precision and end of a training, whatever it trains."""

    base: str = Field("", description="Model pack, local folder or hub id; empty means the workspace's model.")
    epochs: Annotated[float, Field(gt=0)] = Field(3, description="Passes over the training part.")
    max_minutes: Annotated[float, Field(ge=0)] = Field(0, description="Stop after so many minutes; 0 means no limit.")
    learning_rate: Annotated[float, Field(gt=0)] = Field(3e-5, description="Peak learning rate.")
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="Learning-rate schedule.")
    warmup: Fraction = Field(0.1, description="Part of the steps that warm up.")
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.01, description="Weight decay.")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(0.1, description="Dropout of hidden layers.")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 where the processor has it.")
    patience: NotNegative = Field(2, description="Epochs without a better validation score; 0: never stop.")
    seed: int = Field(13, description="Seed of new layers, order, dropout and chance negatives.")
    trackers: tuple[str, ...] = Field(("tensorboard",), description="Where metrics are sent, by Trainer's names.")


class ReaderTrainingSection(TrainingSection):
    """`autogpt train reader`: extractive question answering."""

    objective: str = Field("span", description="What is minimised.")
    batch_size: Positive = Field(16, description="Windows per step.")
    gradient_accumulation: Positive = Field(1, description="Steps whose gradients are added up.")
    optimizer: Literal["adamw", "sgd"] = Field("adamw", description="Optimiser.")
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


class _RankingSection(TrainingSection):
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
    learning_rate: Annotated[float, Field(gt=0)] = Field(2e-5, description="Peak learning rate.")
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
    max_length: Positive = Field(256, description="Tokens of a question with its passage; longer pairs are cut.")
    hard_negatives: Positive = Field(
        4, description="Passages per question that the search ranks high and that do not answer it."
    )
    validation_questions: NotNegative = Field(
        300, description="Most questions a validation reranks the passages of; 0: all."
    )


class TrainSection(Section):
    reader: ReaderTrainingSection = ReaderTrainingSection()
    retriever: RetrieverTrainingSection = RetrieverTrainingSection()
    reranker: RerankerTrainingSection = RerankerTrainingSection()
