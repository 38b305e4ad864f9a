"""What all trainings are told: pace and end, method, and what works against overfitting."""

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


class ChosenExamplesSection(Section):
    """A training on the examples of a workspace, of which it may take some alone."""

    languages: tuple[str, ...] = Field(
        (), description="Languages of the train examples that are taken, by their codes; empty: all."
    )
    sources: tuple[str, ...] = Field(
        (), description="Where the train examples that are taken come from, as their provenance says; empty: all."
    )


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
        False, description="Compute activations again in the backward pass: slower, in less memory."
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
