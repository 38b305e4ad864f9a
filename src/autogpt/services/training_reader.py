"""Trains a reader: on the examples of a workspace, or on files alone.

In: a store (or files) and its settings. Out: a `ReaderRun`: a folder with the model, its metrics and curves, and its
row. Knows nothing about how training works.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autogpt.config import Config, ReaderTrainingSection
from autogpt.models.packs import find_pack
from autogpt.models.sources import resolve_reader
from autogpt.progress import Progress, Sink, silent
from autogpt.records import ReaderExample
from autogpt.services import runs
from autogpt.services.continuing import base_of
from autogpt.services.forgetting import reader_sets, require_model, tell_reader
from autogpt.services.label_remarks import suspected_answers
from autogpt.services.lineage import continued
from autogpt.services.reader_data import ReaderData, reader_data, reader_data_of_files
from autogpt.services.settings_search import Search, require_apart, require_validation, search_of, trained
from autogpt.store import Store
from autogpt.train import processes

if TYPE_CHECKING:
    from autogpt.train.search import Trial
    from autogpt.train.seeds import Measured

KIND = "reader"


@dataclass(frozen=True, slots=True)
class ReaderRun(runs.Run):
    """A finished training of a reader.

    Attributes:
        questions: trained on, general, made and replayed ones included.
        replayed: of them, earlier ones that came up again.
        seeds: each of several seeds, their soup, which is the model, and their ensemble; empty with one seed.
    """

    questions: int
    validation_questions: int
    replayed: int = 0
    seeds: tuple["Measured", ...] = ()

    @property
    def doubts(self) -> list[str]:
        return [*suspected_answers(self.folder)]

    @property
    def summary(self) -> str:
        """One line for people."""
        again = f", {self.replayed:,} of them replayed" if self.replayed else ""
        said = self.trained_on(f"{self.questions:,} questions{again}")
        if self.seeds:
            said += f", {len(self.seeds) - 2} seeds averaged"
        if not self.metrics:
            return f"{said}; nothing to validate on"
        return (
            f"{said}; on {self.validation_questions:,} validation questions F1 {self.metrics['f1']:.1f}, "
            f"exact match {self.metrics['exact_match']:.1f}"
        )


def train_reader(
    store: Store, sink: Sink = silent, resume: bool = True, search_minutes: float = 0.0, seeds: int = 1
) -> ReaderRun:
    """Fine-tune the workspace's reader on the train part of its examples, validating on the validation part.

    A run that was killed or stopped is gone on with when settings, examples and base are the same.

    Args:
        search_minutes: search for the settings that long, and keep the best training; 0 trains once.
        seeds: train with so many, and average their weights.

    Raises:
        DataError: there are no examples to train on, or none to choose by.
        UsageError: the base cannot be had, or a search and several seeds were asked for.
        BusyError: another process trains in this workspace.
    """
    with runs.alone(store):
        settings = store.config.train.reader
        runs.require_packages("Training a reader", "transformers")
        runs.require_trackers(settings)
        runs.require_objective(settings.objective, "reader")
        base = base_of(store, KIND, settings, resolve_reader)
        require_model(settings, base, KIND)
        data = reader_data(store, sink, base)
        sets: dict[str, list[ReaderExample]] = {}
        if settings.continues:
            trained_on = settings.general_share and not settings.general_data
            unseen = None if trained_on else find_pack(store.config.workspace.pack)
            sets = reader_sets(settings, base, data.validation, store.folder, unseen)
        way = _Way(resume, search_of(store.config, search_minutes), seeds)
        asked = _hash(settings, base, data.train, data.validation, way)
        run_id, folder = runs.begin(store, KIND, settings, base, asked, resume)
        with runs.recorded(store, run_id):
            run = _trained(settings, data, base, folder, sink, replace(way, resume=True))
            tell_reader(folder, base, run.model, sets, sink)
            runs.end(store, run_id, "done", metrics=run.metrics)
    return run


def train_reader_on_files(
    config: Config,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
    search_minutes: float = 0.0,
    seeds: int = 1,
) -> ReaderRun:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.reader`, `train.search` and the pack of it are used.
        validation: empty sets aside about 15% of `train`, by title.
    """
    settings = config.train.reader
    runs.require_packages("Training a reader", "transformers")
    runs.require_trackers(settings)
    runs.require_objective(settings.objective, "reader")
    base = resolve_reader(settings.base or config.workspace.pack)
    require_model(settings, base, KIND)
    data = reader_data_of_files(config, train, validation, base, sink)
    sets = reader_sets(settings, base, data.validation, Path()) if settings.continues else {}
    if not resume:
        sink(Progress("train", message=f"what {out} held is begun anew"))
    way = _Way(resume, search_of(config, search_minutes), seeds)
    run = _trained(settings, data, base, out, sink, way)
    tell_reader(out, base, run.model, sets, sink)
    runs.write_config(out, config)
    return run


def _trained(
    settings: ReaderTrainingSection,
    data: ReaderData,
    base: Path | str,
    folder: Path,
    sink: Sink,
    way: "_Way",
) -> ReaderRun:
    from autogpt.train.reader import train_reader as fine_tune

    if way.seeds > 1:
        require_validation(bool(data.validation))
        from autogpt.train.seeds import train_reader_seeds

        result, lines = train_reader_seeds(
            settings, way.seeds, data.train, data.validation, base, folder, sink, way.resume
        )
        trials: tuple[Trial, ...] = ()
    else:
        lines = ()
        result, trials = trained(
            way.search,
            settings,
            lambda changed, out, watch: fine_tune(changed, data.train, data.validation, base, out, watch, way.resume),
            folder,
            sink,
            base=base,
            score="f1",
            validates=bool(data.validation),
            resume=way.resume,
        )
    if processes.is_first():
        continued(base, data.own, data.validation).save(folder)
    return ReaderRun(
        id=folder.name,
        folder=folder,
        base=str(base),
        metrics=result.metrics,
        questions=len(data.train),
        validation_questions=len(data.validation),
        trials=trials,
        replayed=data.replayed,
        seeds=lines,
    )


@dataclass(frozen=True, slots=True)
class _Way:
    """How a training goes: on with what is there or anew, and once, with a search, or with several seeds."""

    resume: bool
    search: Search | None
    seeds: int

    def __post_init__(self) -> None:
        require_apart(self.search, self.seeds > 1, "several seeds", "--seeds")


def _hash(
    settings: ReaderTrainingSection,
    base: Path | str,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    way: _Way,
) -> str:
    """SHA-256 of all that decides how a training goes."""
    told: list[Any] = [settings.model_dump(mode="json"), str(base)]
    if way.search is not None:
        told.append(way.search.facts)
    if way.seeds > 1:
        told.append(way.seeds)
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for examples in (train, validation):
        for one in examples:
            digest.update(repr((one.id, one.question, one.context, one.answers)).encode())
        digest.update(b"|")
    return digest.hexdigest()
