"""Every kind of training on a tiny model: what it is told, what it trains on, and how the model it leaves is opened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autogpt.config import (
    AdaptedTrainingSection,
    ClassifierTrainingSection,
    GeneratorTrainingSection,
    LanguageModelTrainingSection,
    ObjectiveTrainingSection,
    ReaderTrainingSection,
    RerankerTrainingSection,
    RetrieverTrainingSection,
    TrainSection,
)
from autogpt.progress import Sink, silent
from autogpt.records import ClassifierExample
from autogpt.train.base import load_base, load_classifier, load_generator
from autogpt.train.classifier import train_classifier
from autogpt.train.cross_encoder import PairClassifier
from autogpt.train.folder import TrainingResult
from autogpt.train.generator import train_generator
from autogpt.train.generator_data import worded
from autogpt.train.language_base import open_language_base
from autogpt.train.language_model import train_language_model
from autogpt.train.pairs import Asked, Pair, Ranking
from autogpt.train.reader import train_reader
from autogpt.train.reranker import train_reranker
from autogpt.train.retriever import train_retriever
from autogpt.train.sentence import SentenceEncoder
from labelled import labelled
from tiny_models import make_examples

#: Three short steps, at a rate at which all that is trained moves.
_TOLD: dict[str, Any] = {
    "epochs": 1, "batch_size": 4, "learning_rate": 0.02, "schedule": "constant", "warmup": 0, "trackers": (),
    "precision": "fp32", "patience": 0, "dropout": 0, "seed": 5, "rank": 4, "bottleneck": 8, "prefix_tokens": 4,
}  # fmt: skip
_ASKED = [one for one in make_examples(36) if one.answerable]


@dataclass(frozen=True)
class Training:
    """A kind of training.

    Attributes:
        section: of the configuration.
        base: what it begins with, by a name of the fixture `base_for`.
        told: its settings, but for those that all have.
        rows, held: what it trains and validates on.
        opened: the model of transformers in a folder that it left, `model/` or `adapter/`.
        headless: whether its model has no head of its own, so that with `frozen` alone nothing would be trained.
    """

    section: type[AdaptedTrainingSection]
    train: Callable[..., TrainingResult]
    base: str
    told: dict[str, Any]
    rows: Sequence[Any]
    held: Any
    opened: Callable[[Path], Any]
    headless: bool = False
    name: str = ""

    @property
    def where(self) -> str:
        """Its section, as errors name it."""
        fields = TrainSection.model_fields.items()
        return next(f"train.{name}" for name, field in fields if field.annotation is self.section)

    @property
    def by_objective(self) -> bool:
        """Whether it minimises an objective of ours, so that regularisers go with it."""
        return issubclass(self.section, ObjectiveTrainingSection) and self.told.get("few_shot") != "always"

    def has(self, *names: str) -> bool:
        """Whether there are such settings."""
        return {*names} <= self.section.model_fields.keys()

    def settings(self, **changes: Any) -> Any:
        """Those of a short training."""
        if changes.get("method") == "frozen" and self.headless:
            changes = {"frozen_layers": 1, **changes}
        known = {name: value for name, value in _TOLD.items() if name in self.section.model_fields}
        return self.section(**{**known, **self.told, **changes})

    def run(
        self, base: Path, out: Path, sink: Sink = silent, validates: bool = False, **changes: Any
    ) -> TrainingResult:
        """Train."""
        held = self.held if validates else type(self.held)()
        return self.train(self.settings(**changes), self.rows, held, base, out, sink)


def _pairs() -> list[Pair]:
    wrong = [one.context.replace("by the sea", "in") for one in _ASKED]
    return [Pair(one.question, one.context, (wrong[at - 1],)) for at, one in enumerate(_ASKED[:12])]


def _named(named: dict[str, tuple[str, ...]], count: int, start: int = 0) -> list[ClassifierExample]:
    return [replace(one, labels=named[one.labels[0]]) for one in labelled(count, start)]


def _graded(count: int, start: int = 0) -> list[ClassifierExample]:
    found = labelled(count + 3, start)
    return [
        ClassifierExample(one.id, one.text, other=other.text, score=4.0 if one.labels == other.labels else 1.0)
        for one, other in [(found[at], found[at + (3 if at % 2 else 1)]) for at in range(count)]
    ]


_YES = {"founded": ("yes",), "people": ("no",), "mayor": ("no",)}
_SEVERAL = {"founded": ("fact", "year"), "people": ("fact",), "mayor": ()}


def _classifier(base: str = "encoder", **changes: Any) -> Training:
    told = {"few_shot": "never", "max_length": 48, "linear_probe": False, **changes}
    kind = told.get("kind", "intents")
    outputs = {"intents": 3, "multi-label": 2}.get(kind, 1)
    parts = {
        "intents": (labelled(12), labelled(9, 100)),
        "binary": (_named(_YES, 12), _named(_YES, 9, 100)),
        "multi-label": (_named(_SEVERAL, 12), _named(_SEVERAL, 9, 100)),
        "similarity": (_graded(12), _graded(9, 100)),
    }
    return Training(
        ClassifierTrainingSection,
        train_classifier,
        base,
        told,
        *parts[kind],
        opened=lambda folder: load_classifier(folder, 0.0, outputs)[0],
    )


def _few(**changes: Any) -> Training:
    few = {"few_shot": "always", "few_shot_pairs": 1, "few_shot_learning_rate": 2e-3, "learning_rate": 0.0}
    found = _classifier(**few, **changes)
    return replace(found, opened=lambda folder: SentenceEncoder(folder).adapted, headless=True)


def _prompted(base: str) -> Training:
    found = _classifier(base, few_shot="prompt")
    return replace(found, opened=lambda folder: open_language_base(folder, 0.0).model, headless=base == "causal")


def _language_model(base: str) -> Training:
    return Training(
        LanguageModelTrainingSection,
        train_language_model,
        base,
        {"max_length": 32},
        [one.context for one in make_examples(10)],
        [one.context for one in make_examples(6, 60)],
        opened=lambda folder: open_language_base(folder, 0.0).model,
        headless=base == "causal",
    )


_TRAININGS = {
    "reader": Training(
        ReaderTrainingSection,
        train_reader,
        "reader",
        {"max_length": 96, "stride": 16},
        make_examples(12),
        make_examples(6, 60),
        opened=lambda folder: load_base(folder, 0.0)[0],
    ),
    "classifier": _classifier(),
    "binary": _classifier(kind="binary"),
    "multi-label": _classifier(kind="multi-label"),
    "similarity": _classifier(kind="similarity"),
    "few-shot": _few(),
    "few-shot binary": _few(kind="binary"),
    "few-shot multi-label": _few(kind="multi-label"),
    "prompt masked": _prompted("masked"),
    "prompt causal": _prompted("causal"),
    "retriever": Training(
        RetrieverTrainingSection,
        train_retriever,
        "encoder",
        {"max_length": 64},
        _pairs(),
        Ranking(
            tuple(one.context for one in _ASKED),
            tuple((one.question, frozenset({number})) for number, one in enumerate(_ASKED)),
        ),
        opened=lambda folder: SentenceEncoder(folder).adapted,
        headless=True,
    ),
    "reranker": Training(
        RerankerTrainingSection,
        train_reranker,
        "reader",
        {"max_length": 96, "hard_negatives": 1},
        _pairs(),
        [Asked(one.question, (one.negatives[0], one.positive), (1.0, 0.8), frozenset({1})) for one in _pairs()],
        opened=lambda folder: PairClassifier(folder).adapted,
    ),
    "generator": Training(
        GeneratorTrainingSection,
        train_generator,
        "causal",
        {"max_length": 768, "validation_questions": 0},
        [worded(one, target="span") for one in make_examples(8)],
        [worded(one, target="span") for one in make_examples(4, 60)],
        opened=lambda folder: load_generator(folder, 0.0)[0],
        headless=True,
    ),
    "language-model masked": _language_model("masked"),
    "language-model causal": _language_model("causal"),
}
#: By name.
TRAININGS = {name: replace(one, name=name) for name, one in _TRAININGS.items()}
