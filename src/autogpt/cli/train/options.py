"""What the commands of `autogpt train` share: their options, and files in place of a workspace."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from autogpt.cli.console import progress
from autogpt.cli.options import open_store, parse_settings
from autogpt.errors import UsageError

if TYPE_CHECKING:
    from autogpt.config import Config
    from autogpt.progress import Sink
    from autogpt.records import ReaderExample
    from autogpt.services.runs import Run

FILE = "FILE"
R = TypeVar("R", bound="Run")


def base_option(section: str, what: str) -> Any:
    return typer.Option(
        metavar="PACK|FOLDER|ID",
        help=f"What to start from: a model pack, {what}, the adapter/ of a run, a model of the hub.",
        show_default=f"{section}.base, else the workspace's model",
    )


def epochs_option(section: str, what: str) -> Any:
    return typer.Option(min=0.001, help=f"Passes over the {what}.", show_default=f"{section}.epochs")


def minutes_option(section: str) -> Any:
    return typer.Option(min=0, help="End after so many minutes, wound down.", show_default=f"{section}.max_minutes")


DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar=FILE,
        help="Train on these files (SQuAD JSON or JSON lines, plain or gzipped) and on no workspace. May be repeated.",
    ),
]
ValidationOption = Annotated[
    list[Path] | None,
    typer.Option(metavar=FILE, help="Validate on these.", show_default="15% of --data, by title"),
]
HashOption = Annotated[
    str,
    typer.Option(
        "--title-hash",
        metavar="DIGITS",
        help="Of --data, only articles whose title's SHA-256 begins with one of these hexadecimal digits: 0-7.",
    ),
]
IdsOption = Annotated[
    Path | None,
    typer.Option(metavar=FILE, dir_okay=False, help="Of --data, only the questions whose ids the file lists."),
]
OutOption = Annotated[Path | None, typer.Option(metavar="FOLDER", help="With --data: the folder of the training.")]
SearchOption = Annotated[
    float,
    typer.Option(
        "--search",
        metavar="MINUTES",
        min=0,
        help="Try settings that long, those of train.search, and keep the best training.",
        show_default="no search",
    ),
]
SeedsOption = Annotated[
    int,
    typer.Option(
        "--seeds",
        metavar="N",
        min=1,
        help="Train with so many seeds, average the weights of those that help, and say what each gives.",
        show_default="one",
    ),
]
NewOnlyOption = Annotated[
    bool,
    typer.Option(
        "--new-only",
        help="Go on from a run: train on examples that it was not trained on, and replay a share of the others.",
    ),
]
RememberOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--remember",
        metavar=FILE,
        dir_okay=False,
        help="Ask these earlier questions before and after, and say what was forgotten. May be repeated.",
    ),
]
ResumeOption = Annotated[
    bool, typer.Option(help="Go on with the same training where it was killed or stopped, or begin anew.")
]


@dataclass(frozen=True)
class Files:
    """What was asked to be trained on in place of a workspace."""

    data: list[Path]
    validation: list[Path]
    title_hash: str
    ids: Path | None
    out: Path | None

    def __bool__(self) -> bool:
        """Whether there are any. Raises UsageError for what belongs to files, without files."""
        if not self.data and (self.validation or self.title_hash or self.ids or self.out):
            raise UsageError(
                "--validation, --title-hash, --ids and --out belong to --data.",
                "Name files to train on with --data FILE.",
            )
        return bool(self.data)

    def read(
        self, settings: list[str], sink: "Sink"
    ) -> "tuple[Config, list[ReaderExample], list[ReaderExample], Path]":
        """Configuration, examples to train and to validate on, and the folder of the training."""
        from autogpt.services.training_files import load_files

        config, out = self.config(settings)
        train = load_files(self.data, self.title_hash, self.ids, sink)
        return config, train, load_files(self.validation, sink=sink) if self.validation else [], out

    def config(self, settings: list[str]) -> "tuple[Config, Path]":
        """Configuration, and the folder of the training."""
        from autogpt.config import Config, override

        if self.out is None:
            raise UsageError("--data needs a folder for what is trained.", "Name one with --out FOLDER.")
        return override(Config(), parse_settings(settings), "What was given with --set"), self.out


@dataclass(frozen=True)
class LabelledFiles(Files):
    """The same of labelled texts."""

    def read(self, settings: list[str], sink: "Sink") -> Any:
        from autogpt.services.training_files import load_labelled

        config, out = self.config(settings)
        return config, load_labelled(self.data), load_labelled(self.validation) if self.validation else [], out


def all_settings(section: str, settings: list[str] | None, **given: str | float | None) -> list[str]:
    """What was given with --set and with options of its own."""
    return [*(settings or ()), *(f"{section}.{key}={value}" for key, value in given.items() if value is not None)]


def continual(new_only: bool, remember: list[Path] | None) -> dict[str, str | None]:
    """What `all_settings` is given for options of trainings that go on; files are where the command was given."""
    files = json.dumps([str(one.resolve()) for one in remember]) if remember else None
    return {"new_only": "true" if new_only else None, "remember": files}


def run_training(
    on_workspace: Callable[..., R],
    on_files: Callable[..., R],
    files: Files,
    settings: list[str],
    workspace: Path,
    resume: bool,
    as_json: bool,
    search: float = 0.0,
) -> R:
    """What a training service gives: the one for a workspace, or the one for files where there are any.

    Args:
        search: minutes of a search for settings, 0 without one.
    """
    from autogpt.train.processes import is_first

    quiet = as_json or not is_first()
    given = {"search_minutes": search} if search else {}
    if files:
        with progress(quiet) as sink:
            run = on_files(*files.read(settings, sink), sink, resume, **given)
    else:
        with open_store(workspace, settings) as store, progress(quiet) as sink:
            run = on_workspace(store, sink, resume, **given)
    if not is_first():
        raise typer.Exit  # of several processes that train together, one speaks
    return run
