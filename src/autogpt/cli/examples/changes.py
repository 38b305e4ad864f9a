"""`autogpt examples history` and `autogpt examples undo`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.options import HERE, JsonOption, WorkspaceOption, examples, open_store

if TYPE_CHECKING:
    from autogpt.services.events import Event


@examples("autogpt examples history", "autogpt examples history --limit 5 --json")
def history(
    limit: Annotated[int, typer.Option(min=1, help="Most changes shown.")] = 20,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """List what was done to many examples at once, newest first: imports, divisions, and who undid one.

    The numbers are what `autogpt examples undo` takes.
    """
    from autogpt.cli.console import print_json, say, table
    from autogpt.services import events
    from autogpt.services.examples import sealing, undoing

    with open_store(workspace) as store:
        changes = events.history(store, sealing.SUBJECT, limit=limit)
        undoable = undoing.can_be_undone(store)
    if as_json:
        print_json([{**asdict(one), "at": one.at.isoformat(), "can_be_undone": one.id in undoable} for one in changes])
    elif not changes:
        say("Nothing was done yet.")
    else:
        rows = [
            (one.id, f"{one.at:%Y-%m-%d %H:%M}", one.person, one.action, _numbers(one), one.subject_id, undo)
            for one, undo in ((one, "yes" if one.id in undoable else "") for one in changes)
        ]
        table(["number", "when", "who", "what", "", "of", "can be undone"], rows)


@examples("autogpt examples undo 12")
def undo(
    number: Annotated[int, typer.Argument(min=1, help="Of the change, as `autogpt examples history` lists it.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Take back an import, or the newest division into parts.

    Of an import, what it added goes and what it changed is as it was; what somebody changed since stays. Documents that
    were made of its contexts go with the last example about them. After a division each example has the part that it
    had before.
    """
    from autogpt.cli.console import print_json, progress, say
    from autogpt.cli.people import who
    from autogpt.services.examples.undoing import undo_change

    with open_store(workspace) as store, progress(as_json) as sink:
        undone = undo_change(store, number, who(), sink)
    if as_json:
        print_json(undone)
    else:
        say(f"{undone.summary}.")


def _numbers(one: "Event") -> str:
    """`12 added, 3 updated`; of a division its seed."""
    settings = one.after.get("settings")
    if isinstance(settings, dict):
        return f"seed {settings.get('seed')}"
    counted = {key: value for key, value in one.after.items() if isinstance(value, int) and key != "event"}
    return ", ".join(f"{value:,} {key}" for key, value in counted.items() if value)
