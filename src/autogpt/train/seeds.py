"""Trains one reader, or one classifier, with several seeds, and says what each gives, what their soup and what their
ensemble.

In: settings, examples, a base. Out: `out/seed-<n>/` for each, `out/model/`, the greedy soup of their weights, and
`seeds.json`. Knows nothing about workspaces.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from autogpt.classify.classifier import Classifier
from autogpt.classify.ensemble import ClassifierEnsemble
from autogpt.config import ClassifierTrainingSection, ReaderTrainingSection
from autogpt.errors import UsageError
from autogpt.progress import Progress, Sink, silent
from autogpt.read.ensemble import combined
from autogpt.records import ClassifierExample, ReaderExample
from autogpt.train import processes
from autogpt.train.averaging import GREEDY, Model, average_classifiers, average_readers, reader_validator
from autogpt.train.classifier import train_classifier
from autogpt.train.classifier_plan import plan_of
from autogpt.train.folder import METRICS, TrainingResult, claim, finished, request_of, write_json
from autogpt.train.reader import train_reader
from autogpt.train.scope import measures as classifier_measures
from autogpt.train.soup import Ingredient
from autogpt.train.validate import measures

FILE_NAME = "seeds.json"
FORMAT_VERSION = 2
#: Figures of readers; in the first format, which knew no others, they stand beside the name.
_OF_READERS = ("f1", "exact_match")
S = TypeVar("S", ReaderTrainingSection, ClassifierTrainingSection)


@dataclass(frozen=True, slots=True)
class Measured:
    """One of several models, or what was made of them.

    Attributes:
        metrics: on the validation examples, in points; the same ones of each.
        models: that are asked for an answer.
    """

    name: str
    metrics: Mapping[str, float]
    models: int = 1


def train_reader_seeds(
    settings: ReaderTrainingSection,
    seeds: int,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
) -> tuple[TrainingResult, tuple[Measured, ...]]:
    """Train with `settings.seed` and those after it. Killed and called again, it goes on where it was.

    Args:
        seeds: how many.
        validation: what soup and ensemble are measured on, and the soup is chosen by; at least one example.

    Raises as `train.reader.train_reader` does.
    """
    done = _begun(out, {**request_of(settings, train, validation, base), "seeds": seeds}, resume)
    if done is not None:
        return done, read_seeds(out)
    members, _ = _members(
        settings, seeds, out, sink, lambda one, folder: train_reader(one, train, validation, base, folder, sink)
    )
    answers = []
    for one in members:
        model, validator = reader_validator(settings, validation, one.folder)
        answers.append(validator.read(model))
    result, ingredients = average_readers(settings, members, validation, out, GREEDY, sink)
    found = [measures(validation, one) for one in (*answers, combined(answers))]
    return result, _told(out, _OF_READERS, members, found[:-1], result, ingredients, found[-1])


def train_classifier_seeds(
    settings: ClassifierTrainingSection,
    seeds: int,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    base: str | Path,
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
) -> tuple[TrainingResult, tuple[Measured, ...]]:
    """The same of classifiers.

    Raises as `train.classifier.train_classifier` does, and UsageError for classifiers whose weights have no mean.
    """
    plan = plan_of(settings, train, validation, base)
    if plan.few or settings.few_shot == "prompt":
        what = "A prompt asks for words"
        if plan.few:
            what = "With few examples a class a head is fitted to each encoder"
        raise UsageError(
            f"{what}: the weights of several seeds have no mean.",
            "Set train.classifier.few_shot to never, or leave --seeds out.",
        )
    done = _begun(out, {**request_of(settings, train, validation, base), "seeds": seeds}, resume)
    if done is not None:
        return done, read_seeds(out)
    members, each = _members(
        settings, seeds, out, sink, lambda one, folder: train_classifier(one, train, validation, base, folder, sink)
    )
    result, ingredients = average_classifiers(settings, members, train, validation, out, GREEDY, sink)
    ensemble = ClassifierEnsemble([(one.name, Classifier(one.folder, "torch")) for one in members])
    asked = plan.task.validation
    said = ensemble.classify([one.text for one in asked], [one.other for one in asked])
    together = classifier_measures(plan.task, said)
    return result, _told(out, tuple(together), members, each, result, ingredients, together)


def read_seeds(folder: Path) -> tuple[Measured, ...]:
    """What a training with several seeds wrote; none for another training."""
    path = folder / FILE_NAME
    if not path.is_file():
        return ()
    return tuple(_line(one) for one in json.loads(path.read_text(encoding="utf-8"))["models"])


def _line(raw: Mapping[str, Any]) -> Measured:
    metrics = raw["metrics"] if "metrics" in raw else {name: raw[name] for name in _OF_READERS}
    return Measured(raw["name"], metrics, raw["models"])


def _begun(out: Path, request: Mapping[str, Any], resume: bool) -> TrainingResult | None:
    """What is finished in `out` already; else it is made the folder of this training."""
    processes.require_one("A training with several seeds")
    claim(out, request, resume)
    return finished(out)


def _members(
    settings: S, seeds: int, out: Path, sink: Sink, train: Callable[[S, Path], TrainingResult]
) -> tuple[list[Model], list[Mapping[str, float]]]:
    """A model for each seed, and the metrics of each."""
    members: list[Model] = []
    each: list[Mapping[str, float]] = []
    for number in range(seeds):
        seed = settings.seed + number
        sink(Progress("train", number, seeds, message=f"seed {seed}"))
        folder = out / f"seed-{seed}"
        result = train(settings.model_copy(update={"seed": seed}), folder)
        members.append(Model(folder.name, result.model_dir))
        each.append(result.metrics)
    return members, each


def _told(
    out: Path,
    names: Sequence[str],
    members: Sequence[Model],
    each: Sequence[Mapping[str, float]],
    soup: TrainingResult,
    ingredients: Sequence[Ingredient],
    together: Mapping[str, float],
) -> tuple[Measured, ...]:
    """A line for each model, for their soup and for their ensemble; kept, and with that the training is finished.

    Args:
        names: of the metrics that are told.
    """

    def line(name: str, metrics: Mapping[str, float], models: int = 1) -> Measured:
        return Measured(name, {one: metrics[one] for one in names}, models)

    used = sum(one.used for one in ingredients)
    lines = [line(one.name, metrics) for one, metrics in zip(members, each, strict=True)]
    lines += [line(f"soup of {used}", soup.metrics), line("ensemble", together, len(members))]
    write_json(out / FILE_NAME, {"format_version": FORMAT_VERSION, "models": [asdict(one) for one in lines]})
    write_json(out / METRICS, soup.metrics)
    return tuple(lines)
