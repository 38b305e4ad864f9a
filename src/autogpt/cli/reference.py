"""The reference page of the command line, made from the commands' own help.

In: the table of commands. Out: Markdown; `tools/build_reference.py` writes it. Loads the module of every command.
"""

from collections.abc import Iterator
from typing import Any

from autogpt.cli import COMMANDS
from autogpt.cli.frame import build

WIDTH = 100
HEAD = """\
# Command line

Every command prints its result on stdout, progress and notices on stderr, and with `--json` one JSON value. It ends
with 0 (done), 1 (failed), 2 (asked for wrongly) or 130 (stopped by the user). An error is one line with a hint; with
`--json` it is `{"error": {"kind", "message", "hint", "exit_code"}}` on stdout. `AUTOGPT_WORKSPACE` names the workspace
where `--workspace` does not.
"""


def page() -> str:
    """The whole page."""
    root = build(COMMANDS)
    sections = [f"{'#' * (path.count(' ') + 2)} {path}\n\n```\n{text}\n```\n" for path, text in _pages(root, "autogpt")]
    return "\n".join([HEAD, *sections])


def _pages(command: Any, path: str, parent: Any = None) -> Iterator[tuple[str, str]]:
    """Path and help text of a command and, for a group, of all commands in it."""
    context = command.context_class(
        command, info_name=path.rsplit(" ", 1)[-1], parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    formatter = context.make_formatter()
    command.format_plain_help(context, formatter)
    yield path, formatter.getvalue().strip()
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from _pages(command.get_command(context, name), f"{path} {name}", context)
