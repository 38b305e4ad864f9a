"""Trains a reader: on the examples of a workspace, or on files alone.

In: a store (or files) and its settings. Out: a `ReaderRun`: a folder with the model, its metrics and curves, and its
row. Knows nothing about how training works.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.config import Config, ReaderTrainingSection, SearchSection
from autogpt.errors import DataError
from autogpt.models.packs import find_pack
from autogpt.models.sources import resolve_reader
from autogpt.progress import Progress, Sink, silent
from autogpt.records import ReaderExample, Split
from autogpt.services import runs
from autogpt.services.examples.augmenting import made_for_training
from autogpt.services.examples.contrast import retrieved_negatives
from autogpt.services.examples.reading import reader_examples
from autogpt.services.glossary import read_glossary
from autogpt.services.training_files import hold_out
from autogpt.store import Store
from autogpt.text.glossary import NO_GLOSSARY

if TYPE_CHECKING:
    from autogpt.train.folder import TrainingResult
    from autogpt.train.search import Trial

KIND = "reader"


@dataclass(frozen=True, slots=True)
class ReaderRun(runs.Run):
    """A finished training of a reader.

    Attributes:
        questions: trained on, general and made ones included.
        trials: of the search for its settings, in order; empty without one.
    """

    questions: int
    validation_questions: int
    trials: tuple["Trial", ...] = ()

    @property
    def summary(self) -> str:
        """One line for people."""
        said = self.trained_on(f"{self.questions:,} questions")
        if self.trials:
            said += f", the best of {len(self.trials)} trials"
        if not self.metrics:
            return f"{said}; nothing to validate on"
        return (
            f"{said}; on {self.validation_questions:,} validation questions F1 {self.metrics['f1']:.1f}, "
            f"exact match {self.metrics['exact_match']:.1f}"
        )


def train_reader(store: Store, sink: Sink = silent, resume: bool = True, search_minutes: float = 0.0) -> ReaderRun:
    """Fine-tune the workspace's reader on the train part of its examples, validating on the validation part.

    A run that was killed or stopped is gone on with when settings, examples and base are the same.

    Args:
        search_minutes: search for the settings that long, and keep the best training; 0 trains once.

    Raises:
        DataError: there are no examples to train on.
        UsageError: the base cannot be had.
        BusyError: another process trains in this workspace.
    """
    with runs.alone(store):
        settings = store.config.train.reader
        mixed, validation = reader_data(store, sink)
        base = resolve_reader(settings.base or store.config.workspace.pack)
        search = _Search(store.config.train.search, search_minutes) if search_minutes else None
        asked = _hash(settings, base, mixed, validation, search)
        run_id, folder = runs.begin(store, KIND, settings, base, asked, resume)
        with runs.recorded(store, run_id):
            run = _trained(settings, mixed, validation, base, folder, sink, search=search)
            runs.end(store, run_id, "done", metrics=run.metrics)
    return run


def reader_data(store: Store, sink: Sink = silent) -> tuple[list[ReaderExample], list[ReaderExample]]:
    """What a workspace's reader is trained on, made and general examples and retrieved negatives among it, and
    validated on.

    Raises DataError when there is nothing to train on.
    """
    settings = store.config.train.reader
    train = reader_examples(store, Split.TRAIN, sink=sink)
    validation = reader_examples(store, Split.VALIDATION, sink=sink)
    if not train:
        raise DataError(
            "There are no accepted extractive examples in the train part.",
            "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    train += made_for_training(settings, train, read_glossary(store), sink)
    train += retrieved_negatives(store, settings.retrieved_negatives, sink)
    return _with_general(settings, train, store.folder, store.config.workspace.pack), validation


def train_reader_on_files(
    config: Config,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    search_minutes: float = 0.0,
) -> ReaderRun:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.reader`, `train.search` and the pack of it are used.
        validation: empty sets aside about 15% of `train`, by title.
    """
    settings = config.train.reader
    if not validation:
        train, validation = hold_out(train, settings.seed)
    train = [*train, *made_for_training(settings, train, NO_GLOSSARY, sink)]
    mixed = _with_general(settings, train, Path(), config.workspace.pack)
    base = resolve_reader(settings.base or config.workspace.pack)
    if not resume:
        sink(Progress("train", message=f"what {out} held is begun anew"))
    search = _Search(config.train.search, search_minutes) if search_minutes else None
    run = _trained(settings, mixed, validation, base, out, sink, resume, search)
    runs.write_config(out, config)
    return run


def _trained(
    settings: ReaderTrainingSection,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    base: Path | str,
    folder: Path,
    sink: Sink,
    resume: bool = True,
    search: "_Search | None" = None,
) -> ReaderRun:
    from autogpt.train.reader import train_reader as fine_tune

    trials: tuple[Trial, ...] = ()
    if search is None:
        result = fine_tune(settings, train, validation, base, folder, sink, resume)
    else:
        result, trials = _searched(search, settings, train, validation, base, folder, sink, resume)
    return ReaderRun(folder.name, folder, str(base), result.metrics, len(train), len(validation), trials)


@dataclass(frozen=True, slots=True)
class _Search:
    """A search for settings: what is tried, and for how many minutes."""

    space: SearchSection
    minutes: float


def _searched(
    search: _Search,
    settings: ReaderTrainingSection,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    base: Path | str,
    folder: Path,
    sink: Sink,
    resume: bool,
) -> "tuple[TrainingResult, tuple[Trial, ...]]":
    """The best of several trainings, and all of them."""
    if not validation:
        raise DataError(
            "There are no validation questions to choose settings by.",
            "Divide the examples with: autogpt examples split; with files, give some of more than one title.",
        )
    runs.require_packages("A search for settings", "optuna")
    from autogpt.train.folder import claim
    from autogpt.train.reader import train_reader as fine_tune
    from autogpt.train.search import search as search_settings

    asked = {"search": search.space.model_dump(mode="json"), "minutes": search.minutes}
    claim(folder, {"settings": settings.model_dump(mode="json"), "base": str(base), **asked}, resume)
    found = search_settings(
        settings,
        search.space,
        search.minutes,
        lambda changed, out, watch: fine_tune(changed, train, validation, base, out, watch),
        folder,
        "f1",
        sink,
    )
    return found.training, found.trials


def _with_general(
    settings: ReaderTrainingSection, train: Sequence[ReaderExample], relative_to: Path, model: str
) -> list[ReaderExample]:
    """`train` with the share of general examples that the settings ask for."""
    if not settings.general_share:
        return list(train)
    from autogpt.train.mix import with_general

    if settings.general_data:
        source: Path | None = relative_to / settings.general_data
    else:
        source = find_pack(model).parity
    general = load_reader_examples(source) if source is not None else []
    return with_general(train, general, settings.general_share, settings.seed)


def _hash(
    settings: ReaderTrainingSection,
    base: Path | str,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    search: _Search | None,
) -> str:
    """SHA-256 of all that decides how a training goes."""
    told: list[Any] = [settings.model_dump(mode="json"), str(base)]
    if search is not None:
        told += [search.space.model_dump(mode="json"), search.minutes]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for examples in (train, validation):
        for one in examples:
            digest.update(repr((one.id, one.question, one.context, one.answers)).encode())
        digest.update(b"|")
    return digest.hexdigest()
