"""Trains a reader: on the examples of a workspace, or on files alone.

In: a store (or files) and its settings. Out: a `ReaderRun`: a folder with the model, its metrics and curves, and its
row. Knows nothing about how training works.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.config import Config, ReaderTrainingSection
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
from autogpt.services.settings_search import Search, search_of, trained
from autogpt.services.training_files import hold_out
from autogpt.store import Store
from autogpt.text.glossary import NO_GLOSSARY

KIND = "reader"


@dataclass(frozen=True, slots=True)
class ReaderRun(runs.Run):
    """A finished training of a reader.

    Attributes:
        questions: trained on, general and made ones included.
    """

    questions: int
    validation_questions: int

    @property
    def summary(self) -> str:
        """One line for people."""
        said = self.trained_on(f"{self.questions:,} questions")
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
        runs.require_packages("Training a reader", "transformers")
        runs.require_trackers(settings)
        mixed, validation = reader_data(store, sink)
        base = resolve_reader(settings.base or store.config.workspace.pack)
        search = search_of(store.config, search_minutes)
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
    runs.require_packages("Training a reader", "transformers")
    runs.require_trackers(settings)
    if not validation:
        train, validation = hold_out(train, settings.seed)
    train = [*train, *made_for_training(settings, train, NO_GLOSSARY, sink)]
    mixed = _with_general(settings, train, Path(), config.workspace.pack)
    base = resolve_reader(settings.base or config.workspace.pack)
    if not resume:
        sink(Progress("train", message=f"what {out} held is begun anew"))
    search = search_of(config, search_minutes)
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
    search: Search | None = None,
) -> ReaderRun:
    from autogpt.train.reader import train_reader as fine_tune

    result, trials = trained(
        search,
        settings,
        lambda changed, out, watch: fine_tune(changed, train, validation, base, out, watch, resume),
        folder,
        sink,
        base=base,
        score="f1",
        validates=bool(validation),
        resume=resume,
    )
    return ReaderRun(folder.name, folder, str(base), result.metrics, len(train), len(validation), trials=trials)


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
    search: Search | None,
) -> str:
    """SHA-256 of all that decides how a training goes."""
    told: list[Any] = [settings.model_dump(mode="json"), str(base)]
    if search is not None:
        told.append(search.facts)
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for examples in (train, validation):
        for one in examples:
            digest.update(repr((one.id, one.question, one.context, one.answers)).encode())
        digest.update(b"|")
    return digest.hexdigest()
