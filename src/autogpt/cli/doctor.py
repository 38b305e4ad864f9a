"""`autogpt doctor`: check the installation, the machine and the workspace.

In: options. Out: findings with what to do, as text or JSON. Knows nothing about what is looked at.
"""

from typing import Annotated

import typer

from autogpt.cli.options import HERE, JsonOption, WorkspaceOption, examples, open_store

_MARKS = {"ok": "✓", "note": "·", "warning": "!", "problem": "✗"}
_STYLES = {"ok": "green", "note": "dim", "warning": "yellow", "problem": "bold red"}


@examples("autogpt doctor", "autogpt doctor -w bank --json", "autogpt doctor --repair")
def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Bring the search index and the examples in line with the documents first.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Check the installation, the machine and the workspace, and say what to do.

    Ends with 1 when there is a problem; warnings and notes alone end with 0.
    """
    from autogpt.cli.console import print_json, progress, say
    from autogpt.services.doctor import State, diagnose
    from autogpt.services.doctor import repair as bring_in_line

    if repair:
        with open_store(workspace) as store, progress(as_json) as sink:
            bring_in_line(store, sink)
    diagnosis = diagnose(workspace)
    problems, warnings = diagnosis.count(State.PROBLEM), diagnosis.count(State.WARNING)
    if as_json:
        print_json({"problems": problems, "warnings": warnings, "checks": diagnosis.checks})
    else:
        area = ""
        for check in diagnosis.checks:
            if check.area != area:
                say(check.area.capitalize() if not area else f"\n{check.area.capitalize()}", "bold")
                area = check.area
            say(f"  {_MARKS[check.state]} {check.name}: {check.found}", _STYLES[check.state])
            if check.advice:
                say(f"      {check.advice}")
        say()
        say(f"{problems} problems, {warnings} warnings." if problems or warnings else "All is well.")
    if problems:
        raise typer.Exit(1)
