"""What a reader is trained and validated on: examples of a workspace or of files, and what is mixed in.

In: a store or files, settings, a base. Out: `ReaderData`. Knows nothing about how training works.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.config import Config, ReaderTrainingSection
from autogpt.errors import DataError
from autogpt.models.packs import find_pack
from autogpt.progress import Sink, silent
from autogpt.records import ReaderExample, Split
from autogpt.services.continuing import divide, set_aside, unseen
from autogpt.services.examples.augmenting import made_for_training
from autogpt.services.examples.chosen import choice_of, require_no_choice
from autogpt.services.examples.contrast import retrieved_negatives
from autogpt.services.examples.reading import reader_examples
from autogpt.services.glossary import read_glossary
from autogpt.services.training_files import hold_out
from autogpt.store import Store
from autogpt.text.glossary import NO_GLOSSARY


@dataclass(frozen=True, slots=True)
class ReaderData:
    """What a reader is trained and validated on.

    Attributes:
        train: everything, made and general examples and retrieved negatives among it.
        own: examples of the workspace or of files among it.
        replayed: number of those that the base was trained on before.
    """

    train: Sequence[ReaderExample]
    validation: Sequence[ReaderExample]
    own: Sequence[ReaderExample]
    replayed: int = 0


def reader_data(store: Store, sink: Sink = silent, base: Path | str | None = None) -> ReaderData:
    """What a workspace's reader is trained and validated on.

    Args:
        base: which the training starts from, and which decides what is new; None: everything is.

    Raises DataError when there is nothing to train on, UsageError when nothing tells what is new.
    """
    settings = store.config.train.reader
    if base is None:
        base, settings = "", settings.model_copy(update={"new_only": False})
    train = reader_examples(store, Split.TRAIN, sink=sink, choice=choice_of(settings))
    validation = reader_examples(store, Split.VALIDATION, sink=sink)
    if not train:
        raise DataError(
            "There are no accepted extractive examples in the train part.",
            "Bring some in with: autogpt examples import FILE, then divide them with: autogpt examples split",
        )
    found = divide(settings, train, base, _earlier(settings, store.folder))
    mixed = found.all
    mixed += made_for_training(settings, found.new, read_glossary(store), sink)
    mixed += retrieved_negatives(store, settings.retrieved_negatives, sink, {one.id for one in found.all})
    mixed = _with_general(settings, mixed, store.folder, store.config.workspace.pack)
    return ReaderData(mixed, unseen(settings, validation, base), found.all, len(found.replayed))


def reader_data_of_files(
    config: Config,
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    base: Path | str,
    sink: Sink = silent,
) -> ReaderData:
    """The same of examples of files.

    Args:
        validation: empty sets aside about 15% of `train`, by title.
    """
    settings = config.train.reader
    require_no_choice(settings)
    if not validation:
        train, validation = set_aside(settings, train, base, hold_out)
    found = divide(settings, train, base, _earlier(settings, Path()))
    mixed = [*found.all, *made_for_training(settings, found.new, NO_GLOSSARY, sink)]
    mixed = _with_general(settings, mixed, Path(), config.workspace.pack)
    return ReaderData(mixed, unseen(settings, validation, base), found.all, len(found.replayed))


def _earlier(settings: ReaderTrainingSection, relative_to: Path) -> list[ReaderExample]:
    return [one for file in settings.replay_data for one in load_reader_examples(relative_to / file)]


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
