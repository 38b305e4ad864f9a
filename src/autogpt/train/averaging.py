"""Makes one reader, or one classifier, of several by averaging their weights, and puts right what belongs to weights.

In: folders of models, validation examples. Out: a folder as a training leaves it: the model, its confidence or its
thresholds fitted anew, costs, and what it was made of. Knows nothing about workspaces.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from transformers.utils import logging as transformers_logging

from autogpt.classify.card import load_card, save_card
from autogpt.config import ClassifierTrainingSection, ReaderTrainingSection
from autogpt.errors import UsageError
from autogpt.models.costs import Costs
from autogpt.progress import Progress, Sink, silent
from autogpt.read.windows import WindowBuilder
from autogpt.records import ClassifierExample, ReaderExample
from autogpt.train.arguments import uses_bf16
from autogpt.train.base import largest_input, load_base, load_classifier, rust_tokenizer
from autogpt.train.calibration import calibrate
from autogpt.train.classifier import ClassifierValidator
from autogpt.train.collate import Collator, takes_types
from autogpt.train.folder import MODEL, TrainingResult, save_model
from autogpt.train.labelling import Task
from autogpt.train.scope import BEST, Computed, make_card
from autogpt.train.soup import Ingredient, greedy, save_ingredients, uniform
from autogpt.train.suspects import find_suspects, write_suspects
from autogpt.train.texts import TextCollator, TextRow, compute, text_rows
from autogpt.train.validate import Validator

GREEDY, UNIFORM = "greedy", "uniform"


@dataclass(frozen=True, slots=True)
class Model:
    """One of the models whose weights are averaged: its name, and its folder."""

    name: str
    folder: Path


def average_readers(
    settings: ReaderTrainingSection,
    models: Sequence[Model],
    validation: Sequence[ReaderExample],
    out: Path,
    recipe: str,
    sink: Sink = silent,
) -> tuple[TrainingResult, tuple[Ingredient, ...]]:
    """Average readers, measure the result, and fit its confidence.

    Args:
        settings: length and stride of windows, precision.
        validation: empty leaves the result without metrics and calibration.
        recipe: `GREEDY`, which needs validation examples, or `UNIFORM`.

    Raises UsageError or DataError for models that have no mean.
    """
    opened = partial(reader_validator, settings, validation)

    def score(folder: Path) -> float:
        model, validator = opened(folder)
        return validator.measure(model)["f1"]

    ingredients = _cooked(models, out, recipe, score if validation else None, sink)
    metrics: dict[str, float] = {}
    if validation:
        model, validator = opened(out / MODEL)
        metrics = calibrate(model, validator, out, settings.seed)
    return TrainingResult(out / MODEL, metrics), ingredients


def average_classifiers(
    settings: ClassifierTrainingSection,
    models: Sequence[Model],
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    out: Path,
    recipe: str,
    sink: Sink = silent,
) -> tuple[TrainingResult, tuple[Ingredient, ...]]:
    """The same of classifiers that tell the same labels.

    Args:
        train: what they were trained on; without it the result cannot tell what is out of scope.
        validation: empty leaves the result without temperature, thresholds and scope.
    """
    for one in models:
        _require_averageable(one)
    card, _ = load_card(models[0].folder)
    strange = {*card.out_of_scope}
    inside, held = (tuple(one for one in some if not strange & {*one.labels}) for some in (train, validation))
    outside = tuple(one for one in (*validation, *train) if strange & {*one.labels})
    task = Task(card.kind, card.labels, inside, held, outside, card.low, card.high)

    def score(folder: Path) -> float:
        model, parts = _classifier_parts(settings, task, folder, card.max_tokens)
        validator = ClassifierValidator(task, parts.rows(held), parts.collator, parts.bf16, parts.length)
        return validator.measure(model)[BEST[task.kind]]

    ingredients = _cooked(models, out, recipe, score if held else None, sink)
    model, parts = _classifier_parts(settings, task, out / MODEL, card.max_tokens)
    fits_scope = held and inside and task.kind == "intents"
    computed = [
        parts.computed(model, some) for some in (inside if fits_scope else (), held, outside if fits_scope else ())
    ]
    settings = settings.model_copy(update={"out_of_scope": card.out_of_scope})
    made, arrays, metrics = make_card(task, settings, card.max_tokens, *computed)
    save_card(out / MODEL, made if held else replace(card, scope=None), arrays)
    write_suspects(out, find_suspects(task, made, computed[1]))
    return TrainingResult(out / MODEL, metrics), ingredients


def _require_averageable(one: Model) -> None:
    """Raises UsageError for a classifier whose weights have no mean with others'."""
    card, arrays = load_card(one.folder)
    if "head_weights" not in arrays and card.prompt is None:
        return
    what = "a language model that is asked by a prompt"
    if card.prompt is None:
        what = "an encoder with a head that was fitted to few examples; such heads have no mean"
    raise UsageError(
        f"'{one.name}' is {what}.",
        "Train with train.classifier.few_shot=never, or average their probabilities: "
        "autogpt evaluate classifier --model A --model B",
    )


def _cooked(
    models: Sequence[Model], out: Path, recipe: str, score: Callable[[Path], float] | None, sink: Sink
) -> tuple[Ingredient, ...]:
    """Put the mean in `out`, with what it was made of and what that cost."""
    scores: list[float | None] = [None] * len(models)
    if score is not None:
        for at, one in enumerate(models):
            sink(Progress("average", at, len(models), message=f"measuring {one.name}"))
            scores[at] = score(one.folder)
    folders = [one.folder for one in models]
    used = tuple(range(len(models)))
    out.mkdir(parents=True, exist_ok=True)

    def cook(folder: Path) -> None:
        nonlocal used
        if recipe == GREEDY and score is not None:
            used = greedy(folders, [one or 0.0 for one in scores], score, folder)
        else:
            uniform(folders, folder)

    save_model(out, cook)
    made = tuple(Ingredient(one.name, scores[at], at in used) for at, one in enumerate(models))
    save_ingredients(out, recipe, made)
    costs = [cost for one in models if (cost := Costs.load(one.folder.parent)) is not None]
    if len(costs) == len(models):
        last = costs[-1]
        Costs(
            sum(one.seconds for one in costs), max(one.peak_bytes for one in costs), last.parameters, last.trainable
        ).save(out)
    return made


def reader_validator(
    settings: ReaderTrainingSection, validation: Sequence[ReaderExample], folder: Path
) -> tuple[Any, Validator]:
    """A trained reader, and what measures it as its training did."""
    transformers_logging.set_verbosity_error()
    model, tokenizer = load_base(folder, 0.0)
    length = min(settings.max_length, largest_input(model) or settings.max_length)
    builder = WindowBuilder(rust_tokenizer(tokenizer), length, min(settings.stride, length // 3))
    collator = Collator(builder.pad_id, token_types=takes_types(model))
    return model, Validator(validation, builder, collator, uses_bf16(settings.precision))


@dataclass(frozen=True)
class _Parts:
    """What a classifier is asked with."""

    task: Task
    tokenizer: Any
    collator: TextCollator
    bf16: bool
    length: int

    def rows(self, examples: Sequence[ClassifierExample]) -> list[TextRow]:
        """With their targets."""
        return text_rows(examples, self.task.targets(examples), self.tokenizer, self.length)

    def computed(self, model: Any, examples: Sequence[ClassifierExample]) -> Computed | None:
        """Texts of any labels."""
        if not examples:
            return None
        rows = text_rows(examples, np.zeros(len(examples)), self.tokenizer, self.length)
        return Computed(*compute(model, rows, self.collator, self.bf16))


def _classifier_parts(settings: ClassifierTrainingSection, task: Task, folder: Path, length: int) -> tuple[Any, _Parts]:
    transformers_logging.set_verbosity_error()
    model, tokenizer = load_classifier(folder, 0.0, task.outputs)
    pad_id = model.config.pad_token_id if model.config.pad_token_id is not None else tokenizer.pad_token_id or 0
    collator = TextCollator(int(pad_id), takes_types(model), task.kind == "intents")
    return model, _Parts(task, rust_tokenizer(tokenizer), collator, uses_bf16(settings.precision), length)
