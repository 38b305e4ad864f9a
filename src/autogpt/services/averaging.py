"""Averages the weights of several models into one: readers, or classifiers of the same labels.

In: runs of a workspace and folders, and questions to choose and calibrate by. Out: a `Soup`: a run of the workspace, or
a folder. Knows nothing about how weights are averaged.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.config import Config
from autogpt.errors import UsageError
from autogpt.progress import Sink, silent
from autogpt.read.backends.facts import model_facts
from autogpt.records import ClassifierExample, Split
from autogpt.services import runs
from autogpt.services.evaluating import reader_folder
from autogpt.services.evaluating_classifier import KIND as CLASSIFIER
from autogpt.services.examples.classes import classifier_examples
from autogpt.services.examples.reading import reader_examples
from autogpt.services.lineage import Lineage, fingerprint, lineage_of
from autogpt.services.training_files import load_labelled
from autogpt.store import Store

if TYPE_CHECKING:
    from autogpt.train.averaging import Model
    from autogpt.train.soup import Ingredient

READER = "reader"
Recipe = Literal["greedy", "uniform"]


@dataclass(frozen=True, slots=True)
class Soup(runs.Run):
    """A model whose weights are the mean of others'.

    Attributes:
        kind: "reader" or "classifier".
        recipe: "greedy" or "uniform".
        ingredients: models that were named, what each scored, and whether it is in the mean.
    """

    kind: str
    recipe: str
    ingredients: tuple["Ingredient", ...]

    @property
    def score(self) -> tuple[str, str]:
        if self.kind == READER:
            return "f1", "F1"
        from autogpt.train.scope import BEST

        name = next((name for name in BEST.values() if name in self.metrics), "accuracy")
        return name, name.replace("_", " ")

    @property
    def summary(self) -> str:
        """One line for people."""
        used = sum(one.used for one in self.ingredients)
        said = f"the mean of the weights of {used} of {len(self.ingredients)} models ({self.recipe})"
        name, label = self.score
        return f"{said}; {label} {self.metrics[name]:.1f}" if self.metrics else f"{said}; nothing to measure it on"


def average_models(
    store: Store, names: Sequence[str], recipe: Recipe = "greedy", out: Path | None = None, sink: Sink = silent
) -> Soup:
    """Average models of a workspace; the validation part chooses, measures and calibrates.

    Args:
        names: at least two: runs, or folders of models or trainings; all readers, or all classifiers.
        out: folder of the result; None makes it a run of the workspace.

    Raises:
        NotFoundError: a name is that of no model.
        UsageError: they have no mean, or there is nothing to choose by.
        BusyError: another process trains in this workspace.
    """
    models, kind = _found(names, store.runs)
    is_classifier = kind == CLASSIFIER
    train = classifier_examples(store, Split.TRAIN) if is_classifier else []
    validation: Sequence[Any] = (
        classifier_examples(store, Split.VALIDATION)
        if is_classifier
        else reader_examples(store, Split.VALIDATION, sink=sink)
    )
    if out is not None:
        return _averaged(store.config, kind, models, train, validation, out, recipe, sink)
    with runs.alone(store):
        settings = store.config.train.classifier if is_classifier else store.config.train.reader
        asked = hashlib.sha256(json.dumps([recipe, *map(str, names)]).encode()).hexdigest()
        base = f"{recipe} mean of {', '.join(names)}"
        run_id, folder = runs.begin(store, kind, settings, base, asked, resume=True)
        with runs.recorded(store, run_id):
            soup = _averaged(store.config, kind, models, train, validation, folder, recipe, sink)
            runs.end(store, run_id, "done", metrics=soup.metrics)
    return soup


def average_on_files(
    config: Config,
    names: Sequence[str],
    files: Sequence[Path],
    out: Path,
    recipe: Recipe = "greedy",
    train: Sequence[Path] = (),
    sink: Sink = silent,
) -> Soup:
    """The same without a workspace.

    Args:
        files: questions, or labelled texts, to choose, measure and calibrate by.
        train: labelled texts that classifiers were trained on, which tell what is out of scope.
    """
    models, kind = _found(names)
    if kind == CLASSIFIER:
        validation: Any = load_labelled(files) if files else []
        learnt = load_labelled(train) if train else []
    else:
        validation, learnt = [one for file in files for one in load_reader_examples(file)], []
    return _averaged(config, kind, models, learnt, validation, out, recipe, sink)


def _found(names: Sequence[str], runs_folder: Path | None = None) -> "tuple[list[Model], str]":
    """The models called so, and their kind.

    Raises NotFoundError for a name of none, UsageError for fewer than two or for models of different kinds.
    """
    from autogpt.train.averaging import Model

    distinct = list(dict.fromkeys(names))
    if len(distinct) < 2:
        raise UsageError("There is nothing to average.", "Name two models or more.")
    models = [Model(name, _folder(name, runs_folder)) for name in distinct]
    kinds = {one.name: model_facts(one.folder).task for one in models}
    kind = kinds[distinct[0]]
    for name, other in kinds.items():
        if other not in (READER, CLASSIFIER) or other != kind:
            raise UsageError(
                f"'{name}' is a model of the kind '{other}'{f', {distinct[0]!r} a {kind}' if other != kind else ''}.",
                "Average readers, or classifiers of the same labels.",
            )
    return models, kind


def _folder(name: str, runs_folder: Path | None) -> Path:
    """Of a model: a run's, a folder itself or what a training left in it, or the reader of a pack."""
    for folder in (*([runs_folder / name] if runs_folder else []), Path(name)):
        if folder.is_dir() and not (folder / "reader").is_dir():
            return folder / "model" if (folder / "model").is_dir() else folder
    return reader_folder(name)


def _averaged(
    config: Config,
    kind: str,
    models: "Sequence[Model]",
    train: Sequence[ClassifierExample],
    validation: Sequence[Any],
    out: Path,
    recipe: Recipe,
    sink: Sink,
) -> Soup:
    from autogpt.train.averaging import average_classifiers, average_readers
    from autogpt.train.folder import METRICS, write_json

    if recipe == "greedy" and not validation:
        raise UsageError(
            "There is nothing that tells which models to take.",
            "Name files with --validation, divide the examples with autogpt examples split, or take all: --uniform",
        )
    if kind == CLASSIFIER:
        result, ingredients = average_classifiers(config.train.classifier, models, train, validation, out, recipe, sink)
    else:
        result, ingredients = average_readers(config.train.reader, models, validation, out, recipe, sink)
    known = [found for one in models if (found := lineage_of(one.folder)) is not None]
    trained = {id: said for one in known for id, said in one.trained.items()}
    Lineage(trained, {one.id: fingerprint(one) for one in validation}).save(out)
    runs.write_config(out, config)
    write_json(out / METRICS, result.metrics)
    return Soup(out.name, out, ", ".join(one.name for one in models), result.metrics, kind, recipe, ingredients)
