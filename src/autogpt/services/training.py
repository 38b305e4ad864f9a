"""Trains a reader: on the examples of a workspace, or on files alone.

In: a store (or files) and its settings. Out: a `Run`: a folder with the model, its metrics and curves, and its row.
Knows nothing about how training works.
"""

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.config import Config, ReaderTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.models.packs import find_pack
from autogpt.models.sources import resolve_reader
from autogpt.progress import Progress, Sink, silent
from autogpt.records import ReaderExample, Split
from autogpt.services import runs
from autogpt.services.examples.contrast import retrieved_negatives
from autogpt.services.examples.reading import reader_examples
from autogpt.store import Store
from autogpt.store.locks import exclusive

if TYPE_CHECKING:
    from autogpt.train.folder import TrainingResult

KIND = "reader"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished training.

    Attributes:
        id: of the run; its folder's name.
        folder: `model/`, `metrics.json`, `history.jsonl`, `curves.png`.
        metrics: on the validation examples, in points; empty without any.
        questions: trained on, general ones included.
    """

    id: str
    folder: Path
    base: str
    metrics: Mapping[str, float]
    questions: int
    validation_questions: int

    @property
    def model(self) -> Path:
        """The folder of the trained reader."""
        return self.folder / "model"

    @property
    def summary(self) -> str:
        """One line for people."""
        said = f"run {self.id}: trained on {self.questions:,} questions"
        if not self.metrics:
            return f"{said}; nothing to validate on"
        return (
            f"{said}; on {self.validation_questions:,} validation questions F1 {self.metrics['f1']:.1f}, "
            f"exact match {self.metrics['exact_match']:.1f}"
        )


def train_reader(store: Store, sink: Sink = silent, resume: bool = True) -> Run:
    """Fine-tune the workspace's reader on the train part of its examples, validating on the validation part.

    A run that was killed or stopped is gone on with when settings, examples and base are the same.

    Raises:
        DataError: there are no examples to train on.
        UsageError: the base cannot be had.
        BusyError: another process trains in this workspace.
    """
    with exclusive(store.folder / ".training.lock", "training"):
        settings = store.config.train.reader
        train = reader_examples(store, Split.TRAIN, sink=sink)
        validation = reader_examples(store, Split.VALIDATION, sink=sink)
        if not train:
            raise DataError(
                "There are no accepted extractive examples in the train part.",
                "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
            )
        train += retrieved_negatives(store, settings.retrieved_negatives, sink)
        mixed = _with_general(settings, train, store.folder, store.config.workspace.pack)
        base = resolve_reader(settings.base or store.config.workspace.pack)
        asked = _hash(settings, base, mixed, validation)
        run_id, folder = runs.begin(store, KIND, _settings_of(store.config, base), asked, resume)
        with runs.recorded(store, run_id):
            result = _train(settings, mixed, validation, base, folder, sink)
            runs.end(store, run_id, "done", metrics=result.metrics)
    return Run(run_id, folder, str(base), result.metrics, len(mixed), len(validation))


def train_reader_on_files(
    config: Config,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    out: Path,
    sink: Sink = silent,
    resume: bool = True,
) -> Run:
    """The same without a workspace: `out` becomes the run's folder.

    Args:
        config: `train.reader` and the pack of it are used.
        validation: empty sets aside about 15% of `train`, by title.
    """
    settings = config.train.reader
    if not validation:
        train, validation = hold_out(train, settings.seed)
    mixed = _with_general(settings, train, Path(), config.workspace.pack)
    base = resolve_reader(settings.base or config.workspace.pack)
    if not resume:
        sink(Progress("train", message=f"what {out} held is begun anew"))
    result = _train(settings, mixed, validation, base, out, sink, resume)
    runs.write_config(out, config)
    return Run(out.name, out, str(base), result.metrics, len(mixed), len(validation))


def hold_out(
    examples: Sequence[ReaderExample], seed: int, share: float = 0.15
) -> tuple[list[ReaderExample], list[ReaderExample]]:
    """Training and validation examples, divided by title so that no text is in both.

    Nothing is held out of examples that all have one title.
    """
    titles = sorted({one.title for one in examples})
    random.Random(seed).shuffle(titles)  # noqa: S311
    counts: dict[str, int] = {}
    for one in examples:
        counts[one.title] = counts.get(one.title, 0) + 1
    held: set[str] = set()
    wanted = share * len(examples)
    for title in titles[1:]:
        if sum(counts[one] for one in held) >= wanted:
            break
        held.add(title)
    return [one for one in examples if one.title not in held], [one for one in examples if one.title in held]


def _train(
    settings: ReaderTrainingSection,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    base: Path | str,
    folder: Path,
    sink: Sink,
    resume: bool = True,
) -> "TrainingResult":
    from autogpt.train.reader import train_reader as fine_tune

    return fine_tune(settings, train, validation, base, folder, sink, resume)


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


def _settings_of(config: Config, base: Path | str) -> dict[str, Any]:
    return {**config.train.reader.model_dump(mode="json"), "base": str(base)}


def _hash(
    settings: ReaderTrainingSection,
    base: Path | str,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
) -> str:
    """SHA-256 of all that decides how a training goes."""
    digest = hashlib.sha256(json.dumps([settings.model_dump(mode="json"), str(base)], sort_keys=True).encode())
    for examples in (train, validation):
        for one in examples:
            digest.update(repr((one.id, one.question, one.context, one.answers)).encode())
        digest.update(b"|")
    return digest.hexdigest()


def load_files(paths: Sequence[Path], title_hash: str = "", ids: Path | None = None) -> list[ReaderExample]:
    """Reader examples of several files; `title_hash` and `ids` as for `autogpt evaluate reader`.

    Raises NotFoundError without a file, UsageError when nothing is left.
    """
    from autogpt.services.evaluating import Questions

    if not paths:
        raise UsageError("There is no file to train on.", "Name one with --data FILE.")
    return Questions(tuple(paths), title_hash, ids=ids).load()
