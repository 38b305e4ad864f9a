"""What trainings are told: one section for each kind of model, and what all of them share.

In: values of a TOML table. Out: a frozen section. Knows nothing about how training works.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from autogpt.config.base import Fraction, Positive, Section

NotNegative = Annotated[int, Field(ge=0)]
MethodName = Literal["full", "frozen", "adapter", "prefix", "lora", "adalora", "ia3"]

#: The usual peak learning rate of a method, as a multiple of that of a full training.
_RATES: dict[str, float] = {"frozen": 30, "adapter": 10, "prefix": 100, "lora": 10, "adalora": 30, "ia3": 100}


class TrainingSection(Section):
    """Pace, precision and end of a training, whatever it trains."""

    base: str = Field("", description="Model pack, local folder or hub id; empty means the workspace's model.")
    epochs: Annotated[float, Field(gt=0)] = Field(3, description="Passes over the training part.")
    max_minutes: Annotated[float, Field(ge=0)] = Field(0, description="Stop after so many minutes; 0 means no limit.")
    learning_rate: Annotated[float, Field(gt=0)] = Field(3e-5, description="Peak learning rate.")
    schedule: Literal["linear", "cosine", "constant"] = Field("linear", description="Learning-rate schedule.")
    warmup: Fraction = Field(0.1, description="Part of the steps that warm up.")
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.01, description="Weight decay.")
    optimizer: Literal["adamw", "sgd", "adafactor"] = Field("adamw", description="Optimiser.")
    layer_decay: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0, description="Share of the learning rate above it that each layer below the top gets; 1: all the same."
    )
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(0.1, description="Dropout of hidden layers.")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 where the processor has it.")
    patience: NotNegative = Field(2, description="Epochs without a better validation score; 0: never stop.")
    seed: int = Field(13, description="Seed of new layers, order, dropout and chance negatives.")
    trackers: tuple[str, ...] = Field(("tensorboard",), description="Where metrics are sent, by Trainer's names.")

    @property
    def peak_rate(self) -> float:
        """The learning rate that the training is wound up to."""
        return self.learning_rate

    @property
    def rate_scale(self) -> float:
        """The usual learning rate, as a multiple of that of a training that trains everything."""
        return 1.0


class AdaptedTrainingSection(TrainingSection):
    """A training that may leave most of its base as it is: by which method, and how much is trained."""

    #: The usual peak learning rate when everything is trained.
    full_rate: ClassVar[float] = 3e-5

    learning_rate: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Peak learning rate; 0: the method's usual one, for full 3e-5, for lora ten times that."
    )
    method: MethodName = Field(
        "full", description="What is trained: full, frozen, adapter, prefix, lora, adalora or ia3."
    )
    frozen_layers: NotNegative = Field(
        0, description="Lowest layers that stay as they are, embeddings with them; frozen with 0: all but the head."
    )
    rank: Positive = Field(8, description="Rank of lora; mean rank that adalora ends with.")
    alpha: Annotated[float, Field(gt=0)] = Field(
        16.0, description="What lora and adalora add is multiplied by this and divided by the rank."
    )
    bottleneck: Positive = Field(64, description="Width of the bottleneck of adapter.")
    prefix_tokens: Positive = Field(16, description="Keys and values that prefix puts before those of each layer.")

    @property
    def peak_rate(self) -> float:
        return self.learning_rate or self.full_rate * self.rate_scale

    @property
    def rate_scale(self) -> float:
        everything = self.method == "frozen" and self.frozen_layers
        return 1 if everything else _RATES.get(self.method, 1)


class ObjectiveTrainingSection(AdaptedTrainingSection):
    """A training by an objective of ours, with what works against overfitting."""

    gradient_accumulation: Positive = Field(1, description="Steps whose gradients are added up.")
    checkpointing: bool = Field(
        False, description="Compute activations again in the backward pass: a third slower, in far less memory."
    )
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Probability given to all choices alike in the target."
    )
    rdrop: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Weight of R-Drop: how far two passes with dropout may be apart; 0: one pass."
    )
    adversarial: Literal["none", "fgm", "pgd"] = Field(
        "none",
        description="Train also on word embeddings disturbed against the model: fgm by one step, pgd by several.",
    )
    adversarial_epsilon: Annotated[float, Field(gt=0)] = Field(
        0.03, description="Size of the disturbance, as a share of the length of a row's word embeddings."
    )
    adversarial_steps: Positive = Field(3, description="Steps in which pgd looks for the disturbance.")
    teachers: tuple[str, ...] = Field(
        (), description="Trained models that are learnt from: packs, folders or hub ids; of several their mean."
    )
    distil_weight: Fraction = Field(0.5, description="Part of the loss that is the distance from the teachers.")
    distil_temperature: Annotated[float, Field(gt=0)] = Field(
        2.0, description="What logits are divided by before they are compared with the teachers'."
    )


class ReaderTrainingSection(ObjectiveTrainingSection):
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


class _RankingSection(AdaptedTrainingSection):
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
    max_length: Positive = Field(256, description="Tokens of a question with its passage; longer pairs are cut.")
    hard_negatives: Positive = Field(
        4, description="Passages per question that the search ranks high and that do not answer it."
    )
    validation_questions: NotNegative = Field(
        300, description="Most questions a validation reranks the passages of; 0: all."
    )


class ClassifierTrainingSection(ObjectiveTrainingSection):
    """`autogpt train classifier`: what a text is about."""

    full_rate: ClassVar[float] = 1e-4

    base: str = Field(
        "", description="Model pack, local folder or hub id; empty means the encoder of the workspace's model."
    )
    kind: Literal["intents", "binary", "multi-label", "similarity"] = Field(
        "intents",
        description="intents: one class a text; binary: yes or no; multi-label: any number; similarity: of two texts.",
    )
    positive: str = Field("", description="binary: the label that means yes; empty means it can be told.")
    epochs: Annotated[float, Field(gt=0)] = Field(10, description="Passes over the training part.")
    learning_rate: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Peak learning rate; 0: the method's usual one, for full 1e-4, for lora ten times that."
    )
    batch_size: Positive = Field(32, description="Texts per step.")
    max_length: Positive = Field(128, description="Tokens of a text, or of a pair; longer ones are cut.")
    patience: NotNegative = Field(3, description="Epochs without a better validation score; 0: never stop.")
    few_shot: Literal["auto", "always", "never"] = Field(
        "auto", description="Draw texts of a class together, then fit a head; auto: under 20 examples a class."
    )
    few_shot_pairs: Positive = Field(
        20, description="Pairs that each example is drawn for, of its class and of others each."
    )
    few_shot_epochs: Annotated[float, Field(gt=0)] = Field(1, description="Passes over these pairs.")
    few_shot_learning_rate: Annotated[float, Field(gt=0)] = Field(2e-5, description="Peak learning rate with pairs.")
    head: Literal["auto", "logistic", "centroid"] = Field(
        "auto", description="Head on the vectors of few examples; auto: the better one on validation."
    )
    out_of_scope: tuple[str, ...] = Field(
        ("oos", "out_of_scope", "out-of-scope"), description="Labels that mean: about none of the classes."
    )
    scope: Literal["auto", "max_probability", "energy", "mahalanobis", "neighbours"] = Field(
        "auto", description="How out-of-scope is told; auto: what tells it best on validation."
    )
    in_scope_kept: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.95, description="Least share of in-scope questions that are not taken for out-of-scope."
    )


Rate = Annotated[float, Field(gt=0)]
Range = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]]


class SearchSection(Section):
    """`autogpt train … --search`: what is tried. A range whose ends are equal is not searched."""

    learning_rate: tuple[Rate, Rate] = Field(
        (1e-5, 2e-4), description="Least and largest, on a logarithmic scale; for lora ten times that, and so on."
    )
    batch_size: tuple[Positive, ...] = Field((8, 16, 32), description="What is chosen from.")
    warmup: tuple[Fraction, Fraction] = Field((0.0, 0.2), description="Least and largest.")
    dropout: tuple[Fraction, Fraction] = Field((0.0, 0.2), description="Least and largest.")
    weight_decay: Range = Field((0.0, 0.1), description="Least and largest.")
    trial_minutes: Annotated[float, Field(ge=0)] = Field(
        0, description="Longest training of a trial; 0: a quarter of all the minutes."
    )
    trials: NotNegative = Field(0, description="Most trials; 0: as many as there is time for.")

    @property
    def ranges(self) -> dict[str, tuple[float, ...]]:
        """What is searched, by the name of the setting."""
        names = ("learning_rate", "batch_size", "warmup", "dropout", "weight_decay")
        return {name: getattr(self, name) for name in names}


class TrainSection(Section):
    reader: ReaderTrainingSection = ReaderTrainingSection()
    retriever: RetrieverTrainingSection = RetrieverTrainingSection()
    reranker: RerankerTrainingSection = RerankerTrainingSection()
    classifier: ClassifierTrainingSection = ClassifierTrainingSection()
    search: SearchSection = SearchSection()
