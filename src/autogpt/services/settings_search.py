"""A training, or a search for its settings: one way for every kind of model.

In: settings, what trains with them, a folder. Out: what was trained, and the trials of a search. Knows nothing about
what is trained.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from autogpt.config import Config, SearchSection, TrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.progress import Sink
from autogpt.services import runs
from autogpt.train import processes

if TYPE_CHECKING:
    from autogpt.train.folder import TrainingResult
    from autogpt.train.search import Trial

S = TypeVar("S", bound=TrainingSection)


@dataclass(frozen=True, slots=True)
class Search:
    """A search for settings: what is tried, and for how many minutes."""

    space: SearchSection
    minutes: float

    @property
    def facts(self) -> dict[str, Any]:
        """What it is known by."""
        return {"search": self.space.model_dump(mode="json"), "minutes": self.minutes}


def search_of(config: Config, minutes: float) -> Search | None:
    """The search that is asked for; None where `minutes` is 0."""
    return Search(config.train.search, minutes) if minutes else None


def require_apart(search: Search | None, other: bool, what: str, option: str) -> None:
    """Raises UsageError for a search together with another way of training several times.

    Args:
        other: whether that is asked for too.
        what: it is, in words.
        option: of the commands, that asks for it.
    """
    if search is not None and other:
        raise UsageError(
            f"A search for settings and {what} do not go together.",
            f"Search first, write what it found into autogpt.toml, then train with {option}.",
        )


def trained(
    search: Search | None,
    settings: S,
    train: "Callable[[S, Path, Sink], TrainingResult]",
    folder: Path,
    sink: Sink,
    *,
    base: Path | str,
    score: str,
    validates: bool,
    resume: bool = True,
    rate: str = "learning_rate",
) -> "tuple[TrainingResult, tuple[Trial, ...]]":
    """What `train` gives; with a search the best of several trainings, and all of them.

    Args:
        train: trains with settings into a folder, telling a sink.
        score: the validation metric that decides.
        validates: whether there is anything to validate on.
        rate: the setting that holds the learning rate.

    Raises DataError for a search without anything to choose by.
    """
    if search is None:
        return train(settings, folder, sink), ()
    processes.require_one("A search for settings")
    require_validation(validates)
    runs.require_packages("A search for settings", "optuna")
    from autogpt.train.folder import claim
    from autogpt.train.search import search as search_settings

    claim(folder, {"settings": settings.model_dump(mode="json"), "base": str(base), **search.facts}, resume)
    found = search_settings(settings, search.space, search.minutes, train, folder, score, sink, rate=rate)
    return found.training, found.trials


def require_validation(there: bool) -> None:
    """Raises DataError where there is no validation part to choose by."""
    if not there:
        raise DataError(
            "There are no validation questions to choose by.",
            "Divide the examples with: autogpt examples split; with files, give some with --validation; of documents, "
            "hold some out with train.language_model.held_out.",
        )
