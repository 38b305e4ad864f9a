"""`autogpt people`: who may sign in, and what they may do."""

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from autogpt.cli.console import print_json, say, table
from autogpt.cli.options import HERE, App, JsonOption, WorkspaceOption, examples, open_store
from autogpt.errors import UsageError

if TYPE_CHECKING:
    from autogpt.services.people import Person

app = App(help="Say who may sign in to the pages, and what they may do.")

NameArgument = Annotated[str, typer.Argument(help="Their name.", show_default=False)]
RoleOption = Annotated[
    str,
    typer.Option(
        help="asker: asks. annotator: also writes examples. reviewer: also decides about them, and brings in "
        "documents. admin: may do everything."
    ),
]


@app.command("list")
@examples("autogpt people list", "autogpt people list --json")
def list_(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """List who has an account."""
    from autogpt.services.people import list_people

    with open_store(workspace) as store:
        people = list_people(store)
    if as_json:
        print_json(people)
    elif not people:
        say("Nobody has an account yet. Make one with: autogpt people add NAME --role admin")
    else:
        rows = [(one.name, "shut out" if one.disabled else one.role, f"{one.created_at:%Y-%m-%d}") for one in people]
        table(["name", "role", "since"], rows)


@app.command("add")
@examples("autogpt people add anna --role reviewer", "openssl rand -base64 18 | autogpt people add anna")
def add(
    name: NameArgument, role: RoleOption = "annotator", workspace: WorkspaceOption = HERE, as_json: JsonOption = False
) -> None:
    """Give somebody an account.

    The password is asked for, or read from the standard input where that is no terminal.
    """
    from autogpt.services.people import add_person, role_of

    with open_store(workspace) as store:
        chosen = role_of(role)
        person = add_person(store, name, _password(), chosen, by=who())
    _tell(person, f"{person.name} may sign in, as {person.role}.", as_json)


@app.command("role")
@examples("autogpt people role anna admin")
def role_(
    name: NameArgument,
    role: Annotated[str, typer.Argument(help="asker, annotator, reviewer or admin.", show_default=False)],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Change what somebody may do."""
    from autogpt.services.people import role_of, set_role

    with open_store(workspace) as store:
        person = set_role(store, name, role_of(role), by=who())
    _tell(person, f"{person.name} is now {person.role}.", as_json)


@app.command("password")
@examples("autogpt people password anna")
def password(name: NameArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Give somebody a new password, which signs them out everywhere.

    It is asked for, or read from the standard input where that is no terminal.
    """
    from autogpt.services.people import set_password

    with open_store(workspace) as store:
        person = set_password(store, name, _password(), by=who())
    _tell(person, f"{person.name} has a new password, and is signed out everywhere.", as_json)


@app.command("disable")
@examples("autogpt people disable anna")
def disable(name: NameArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Let somebody sign in no more. What they did keeps their name."""
    from autogpt.services.people import set_disabled

    with open_store(workspace) as store:
        person = set_disabled(store, name, True, by=who())
    _tell(person, f"{person.name} may sign in no more.", as_json)


@app.command("enable")
@examples("autogpt people enable anna")
def enable(name: NameArgument, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Let somebody sign in again."""
    from autogpt.services.people import set_disabled

    with open_store(workspace) as store:
        person = set_disabled(store, name, False, by=who())
    _tell(person, f"{person.name} may sign in again.", as_json)


def _tell(person: "Person", words: str, as_json: bool) -> None:
    if as_json:
        print_json(person)
    else:
        say(words)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    given: str = typer.prompt("Password", hide_input=True)
    if given != typer.prompt("The same again", hide_input=True):
        raise UsageError("The two passwords differ.", "Run the command again.")
    return given


def who() -> str:
    """Who is at the terminal, for the events."""
    try:
        return f"{getpass.getuser()} (terminal)"[:64]
    except (KeyError, OSError):  # an account without a name
        return "terminal"
