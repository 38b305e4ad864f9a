"""What `autogpt train classifier` is told."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from autogpt.config.base import Positive
from autogpt.config.training.augmented import AugmentedTrainingSection
from autogpt.config.training.base import NotNegative


class ClassifierTrainingSection(AugmentedTrainingSection):
    """`autogpt train classifier`: what a text is about."""

    full_rate: ClassVar[float] = 1e-4

    base: str = Field(
        "", description="Model pack, local folder or hub id; empty means the encoder of the workspace's model."
    )
    kind: Literal["intents", "binary", "multi-label", "similarity"] = Field(
        "intents",
        description="intents: one class a text; binary: yes or no; multi-label: any number; similarity: of two texts.",
    )
    objective: str = Field("", description="What is minimised; empty means what the kind asks for.")
    positive: str = Field("", description="binary: the label that means yes; empty means it can be told.")
    epochs: Annotated[float, Field(gt=0)] = Field(6, description="Passes over the training part.")
    learning_rate: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Peak learning rate; 0: the method's usual one, for full 1e-4, for lora ten times that."
    )
    batch_size: Positive = Field(32, description="Texts per step.")
    pooling: Literal["auto", "mean", "first"] = Field(
        "auto",
        description="What a head looks at: the mean of all tokens, or the first one; auto: the mean for a new head of "
        "single texts.",
    )
    linear_probe: bool = Field(
        True, description="Fit a new head to the base's vectors before anything else is trained."
    )
    max_length: Positive = Field(128, description="Tokens of a text, or of a pair; longer ones are cut.")
    patience: NotNegative = Field(3, description="Epochs without a better validation score; 0: never stop.")
    few_shot: Literal["auto", "always", "never", "prompt"] = Field(
        "auto",
        description="Draw texts of a class together, then fit a head; auto: under 8 examples a class. prompt: let a "
        "language model say the class's words.",
    )
    pattern: str = Field(
        "", description="prompt: what is read, with {text} and {mask}; empty: one in the language of the texts."
    )
    label_words: dict[str, tuple[str, ...]] = Field(
        {}, description="prompt: words that stand for a label; for all others, its name."
    )
    few_shot_pairs: NotNegative = Field(
        0,
        description="Pairs that each example is drawn for, of its class and of others each; 0: 4 for an encoder of "
        "sentences, which gains little by them; for any other base 20, down to 4 with many texts.",
    )
    few_shot_epochs: Annotated[float, Field(gt=0)] = Field(1, description="Passes over these pairs.")
    few_shot_learning_rate: Annotated[float, Field(gt=0)] = Field(2e-5, description="Peak learning rate with pairs.")
    head: Literal["auto", "logistic", "centroid"] = Field(
        "auto", description="Head on the vectors of few examples; auto: the better one on validation."
    )
    augment: tuple[str, ...] = Field(
        (), description="Kinds of made texts that train too: synonyms, typos, paraphrase. None changes the class."
    )
    pseudo_floor: Annotated[float, Field(ge=0.5, le=1)] = Field(
        0.9, description="Lowest probability of a label that a text without one is given, to train on it too."
    )
    pseudo_times: Annotated[float, Field(gt=0)] = Field(
        2.0, description="Most such texts of a class, as a multiple of its labelled ones."
    )
    pseudo_rounds: Positive = Field(1, description="How often texts are labelled and trained on, while it helps.")
    out_of_scope: tuple[str, ...] = Field(
        ("oos", "out_of_scope", "out-of-scope"), description="Labels that mean: about none of the classes."
    )
    scope: Literal["auto", "max_probability", "energy", "mahalanobis", "neighbours"] = Field(
        "auto", description="How out-of-scope is told; auto: what tells it best on validation."
    )
    in_scope_kept: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.95, description="Least share of in-scope questions that are not taken for out-of-scope."
    )

    @field_validator("pattern")
    @classmethod
    def _holds_both(cls, pattern: str) -> str:
        if pattern and not pattern.count("{text}") == pattern.count("{mask}") == 1:
            raise ValueError("expected {text} and {mask} once each")
        return pattern
