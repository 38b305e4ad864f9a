"""What several commands share: their options, and the frame that help pages hang in.

A command is a function with annotated parameters and a docstring for its help; `examples` gives it examples:

    @examples("autogpt ask 'What is the daily limit?'", "autogpt ask 'What is the daily limit?' --json")
    def ask(question: Annotated[str, typer.Argument(help="…")], workspace: WorkspaceOption = HERE,
            as_json: JsonOption = False) -> None:
        '''Ask a question.'''
        with open_store(workspace) as store: ...

A group is `app = App(help="…")` with `@app.command("import")` over functions like that one.
"""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from autogpt.cli.frame import App
from autogpt.errors import UsageError

if TYPE_CHECKING:
    from autogpt.store import Store

__all__ = ["HERE", "App", "JsonOption", "SetOption", "WorkspaceOption", "examples", "open_store", "parse_settings"]

Function = TypeVar("Function", bound=Callable[..., Any])

#: Default of `WorkspaceOption`: the current folder.
HERE = Path()

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        envvar="AUTOGPT_WORKSPACE",
        show_envvar=True,
        metavar="FOLDER",
        help="The workspace.",
        show_default="the current folder",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Use another value than autogpt.toml's, for example train.reader.epochs=1. May be repeated.",
    ),
]


def examples(*lines: str) -> Callable[[Function], Function]:
    """Give a command function the examples that end its help page."""

    def attach(function: Function) -> Function:
        function.epilog = "Examples:\n" + "\n".join(f"  {line}" for line in lines)  # type: ignore[attr-defined]
        return function

    return attach


def parse_settings(settings: Sequence[str] | None) -> dict[str, Any]:
    """`["train.reader.epochs=1"]` → `{"train.reader.epochs": 1}`; values are TOML, or else plain words.

    Raises UsageError for one without `=`.
    """
    parsed: dict[str, Any] = {}
    for setting in settings or ():
        key, sign, value = setting.partition("=")
        if not sign or not key.strip():
            raise UsageError(f"--set {setting}: expected KEY=VALUE.", "For example: --set train.reader.epochs=1")
        try:
            parsed[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            parsed[key.strip()] = value.strip()
    return parsed


@contextmanager
def open_store(workspace: Path, settings: Sequence[str] | None = None) -> Iterator["Store"]:
    """The workspace's store, closed at the end; `settings` as given with `--set`.

    Raises NotFoundError when there is no workspace, ConfigError when its configuration has problems.
    """
    from autogpt.config import override
    from autogpt.store import Store

    store = Store(workspace)
    changes = parse_settings(settings)
    if changes:
        store = Store(workspace, override(store.config, changes, "What was given with --set"))
    try:
        yield store
    finally:
        store.close()
