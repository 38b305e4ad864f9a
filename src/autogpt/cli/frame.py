"""The frame the commands hang in: lazy loading, help pages, and errors as lines and exit codes.

In: a table of commands and the arguments. Out: an exit code. Knows nothing about what the commands do.
"""

import copy
import errno
import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from autogpt import __version__
from autogpt.errors import NO_ROOM, AutoGPTError, DiskFullError, InternalError, MissingExtraError, UsageError

Table = Mapping[str, tuple[str, str]]
Shown = TypeVar("Shown", TyperCommand, TyperGroup)

#: Packages that come with an extra; a command that misses one says which.
EXTRAS = {
    **dict.fromkeys(("fastapi", "multipart", "openvino", "uvicorn"), "serve"),
    **dict.fromkeys(
        ("accelerate", "datasets", "matplotlib", "nncf", "onnx", "onnxruntime", "onnxscript", "tensorboard", "torch"),
        "train",
    ),
    "transformers": "train",
}

#: What the system says when it refuses a path.
_REFUSED = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}
)

KEPT = "Stopped. What was finished is kept; the same command goes on from there."


class Command(TyperCommand):
    """A command whose help is framed on a terminal and plain elsewhere, and whose examples keep their lines."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        if _on_terminal(sys.stdout):
            TyperCommand.format_help(_framed(copy.copy(self)), ctx, formatter)
        else:
            self.format_plain_help(ctx, formatter)

    def format_plain_help(self, ctx: Any, formatter: Any) -> None:
        """Help as text, wherever it is shown."""
        shown = copy.copy(self)
        shown.rich_markup_mode = None
        TyperCommand.format_help(shown, ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        _write_lines(formatter, self.epilog)


class Group(TyperGroup):
    """A group of commands; its help like a command's."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        if _on_terminal(sys.stdout):
            TyperGroup.format_help(_framed(self.listing(ctx)), ctx, formatter)
        else:
            self.format_plain_help(ctx, formatter)

    def format_plain_help(self, ctx: Any, formatter: Any) -> None:
        """Help as text, wherever it is shown."""
        shown = self.listing(ctx)
        shown.rich_markup_mode = None
        TyperGroup.format_help(shown, ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        _write_lines(formatter, self.epilog)

    def listing(self, ctx: Any) -> "Group":
        """What help shows: this group."""
        return copy.copy(self)


class LazyGroup(Group):
    """The group of all commands. Listing them loads none of them."""

    table: Table

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        return load(cmd_name, self.table[cmd_name][0]) if cmd_name in self.table else None

    def listing(self, ctx: Any) -> Group:
        shown = Group(name=self.name, params=self.params, help=self.help, epilog=self.epilog)
        shown.commands = {name: Command(name, help=line) for name, (_, line) in self.table.items()}
        return shown

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        return self.listing(ctx).shell_complete(ctx, incomplete)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.table:
            listing = self.listing(ctx)
            return listing.resolve_command(ctx, args)
        return super().resolve_command(ctx, args)


class App(typer.Typer):
    """A group of commands, made the way all groups here are.

    Args:
        help: the first line of its help page.
    """

    def __init__(self, help: str, **options: Any) -> None:
        defaults: dict[str, Any] = {"cls": Group, "no_args_is_help": True, "add_completion": False}
        super().__init__(help=help, **(defaults | options))

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """Register a function as a command of this group, with the examples that `options.examples` gave it."""

        def register(function: Any) -> Any:
            epilog = options.pop("epilog", getattr(function, "epilog", None))
            return super(App, self).command(name, cls=Command, epilog=epilog, **options)(function)

        return register


def load(name: str, target: str) -> Any:
    """The command behind a line of the table: `module:function` one command, `module:app` a group."""
    module, _, attribute = target.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        command: Any = get_group(found)
    else:
        app = App(help="")
        app.command(name)(found)
        command = get_command(app)
    command.name = name
    return command


def build(table: Table) -> LazyGroup:
    """The root command over `table`."""
    app = App(
        help="Auto-GPT answers questions from your own documents, and says where the answer stands and how sure it is.",
        cls=LazyGroup,
        add_completion=True,
        epilog=(
            "Examples:\n"
            "  autogpt demo                             the whole line on the sample workspace\n"
            "  autogpt new bank && cd bank              a workspace of your own\n"
            "  autogpt ingest ~/documents               bring in documents\n"
            "  autogpt ask 'What is the daily limit?'   ask\n"
            "  autogpt COMMAND --help                   what a command does, with examples"
        ),
    )

    @app.callback()
    def autogpt(
        version: Annotated[
            bool, typer.Option("--version", help="Show the version and stop.", is_eager=True, callback=_show_version)
        ] = False,
        debug: Annotated[
            bool, typer.Option("--debug", help="Show the traceback of an unexpected error.", envvar="AUTOGPT_DEBUG")
        ] = False,
    ) -> None:
        pass

    group = get_command(app)
    assert isinstance(group, LazyGroup)
    group.table = table
    return group


def run(table: Table, arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code. Never raises."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = given[: given.index("--")] if "--" in given else given
    as_json = "--json" in options
    debug = "--debug" in options or os.environ.get("AUTOGPT_DEBUG", "") not in {"", "0"}
    _quieten(debug)
    try:
        code = _invoke(build(table), _debug_first(given))
        sys.stdout.flush()
    except AutoGPTError as error:
        return _failed(error, as_json, debug=False)
    except ModuleNotFoundError as error:
        return _failed(_missing(error), as_json, debug)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        return _failed(error, as_json, debug)
    if code == 130:
        _report(KEPT, "", as_json, "Interrupted", 130)
    return code


def _failed(error: Exception, as_json: bool, debug: bool) -> int:
    """Show an error and return its exit code. One we did not foresee is written to a log, or raised with `debug`."""
    if not isinstance(error, AutoGPTError):
        if debug:
            raise error
        error = _of_the_system(error) or error
    if not isinstance(error, AutoGPTError):
        message = f"Something went wrong inside Auto-GPT ({type(error).__name__}): {_first_line(error)}"
        error = InternalError(message, f"The details are in {_write_log(error)}")
    _report(error.message, error.hint, as_json, type(error).__name__, error.exit_code)
    return error.exit_code


def _of_the_system(error: Exception) -> AutoGPTError | None:
    """The error for what the system refuses, as only its user can put it right; None for a fault of ours."""
    number = error.errno if isinstance(error, OSError) else None
    # Libraries that keep files of their own hand the system's words on, not its number.
    if number in NO_ROOM or any(words in str(error) for words in ("disk is full", "No space left on device")):
        return DiskFullError("The disk is full.", "Free some space; the same command then goes on from there.")
    if isinstance(error, OSError) and number in _REFUSED:
        where = f"'{error.filename}': " if error.filename else ""
        return AutoGPTError(f"{where}{error.strerror}.", "Check the path and its rights.")
    if "readonly database" in str(error) or "unable to open database file" in str(error):
        return AutoGPTError("The workspace's database cannot be written.", "Check the rights of its folder.")
    return None


def _missing(error: ModuleNotFoundError) -> Exception:
    """The error that names the extra to install, where the missing package belongs to one."""
    package = (error.name or "").partition(".")[0]
    return MissingExtraError(f"This command ({package})", EXTRAS[package]) if package in EXTRAS else error


def _invoke(group: LazyGroup, arguments: list[str]) -> int:
    """Exit code of one call; what the parser finds wrong is raised as ours."""
    try:
        result = group.main(arguments, prog_name="autogpt", standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        if type(error).__name__ == "NoArgsIsHelpError":
            if error.message:
                typer.echo(error.message)
            return 2
        path = context.command_path if context is not None else "autogpt"
        raise UsageError(error.format_message(), f"See: {path} --help") from None
    except typer.Abort:
        return 1
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _debug_first(arguments: list[str]) -> list[str]:
    """`--debug` may stand anywhere before `--`."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    rest = [argument for argument in arguments[:end] if argument != "--debug"] + arguments[end:]
    return ["--debug", *rest] if len(rest) < len(arguments) else rest


def _report(message: str, hint: str, as_json: bool, kind: str, exit_code: int) -> None:
    """One error: JSON on stdout with --json, else lines on stderr."""
    if as_json:
        fields = {"kind": kind, "message": message, "hint": hint, "exit_code": exit_code}
        print(json.dumps({"error": fields}, ensure_ascii=False, indent=2), flush=True)
        return
    if not _on_terminal(sys.stderr):
        print(f"error: {message}" if exit_code != 130 else message, file=sys.stderr)
        if hint:
            print(f"hint: {hint}", file=sys.stderr)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), message) if exit_code != 130 else Text(message, "yellow"))
    if hint:
        console.print(Text.assemble(("hint: ", "bold cyan"), hint))


def _write_log(error: Exception) -> Path:
    """Write the traceback to a file of its own and return its path. Arguments are left out: they may be private."""
    import platform
    import tempfile
    import traceback
    from datetime import UTC, datetime

    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    name = f"error-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"
    lines = [f"autogpt {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"]
    text = "".join(lines + traceback.format_exception(error))
    for folder in (state / "autogpt", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        except OSError:
            continue
        return folder / name
    sys.stderr.write(text)
    return Path("(no log file could be written: the traceback is above)")


def _quieten(debug: bool) -> None:
    """Keep the libraries' own chatter off the screen, unless asked for."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if not debug:
        warnings.filterwarnings("ignore")
        os.environ.setdefault("PYTHONWARNINGS", "ignore")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"autogpt {__version__}")
        raise typer.Exit


def _on_terminal(stream: Any) -> bool:
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0][:300]


def _framed(shown: Shown) -> Shown:
    """A copy of a command made ready to be drawn by rich: brackets in its texts are no markup."""
    from rich.markup import escape

    paragraphs = (" ".join(paragraph.split()) for paragraph in (shown.help or "").split("\n\n"))
    shown.rich_markup_mode = "rich"
    shown.help, shown.epilog = escape("\n\n".join(paragraphs)), escape(shown.epilog or "")
    return shown


def _write_lines(formatter: Any, text: str | None) -> None:
    if text:
        formatter.write_paragraph()
        formatter.write(text + "\n")
