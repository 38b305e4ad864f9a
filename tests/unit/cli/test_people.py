"""`autogpt people`: what an admin types, and what they are told."""

import io
import json

import pytest

from autogpt.cli import main
from autogpt.services import people
from autogpt.services.events import history
from autogpt.services.people import Role
from autogpt.services.sign_in import Attempts, person_by_password
from autogpt.store import Store

PASSWORD = "correct horse battery"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, store: Store):
    """Runs a command of `autogpt people` with lines on its standard input."""

    def run(*command: str, lines: str = "") -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        return main(["people", *command, "-w", str(store.folder)])

    return run


def test_accounts_are_made_changed_and_listed(typed, store: Store, capsys) -> None:
    assert typed("list") == 0
    assert "Nobody has an account yet" in capsys.readouterr().out
    assert typed("add", "Anna", "--role", "admin", lines=f"{PASSWORD}\n") == 0
    assert typed("add", "王芳", lines=f"{PASSWORD}\n") == 0
    assert typed("role", "王芳", "reviewer") == 0
    assert typed("password", "王芳", lines="another one entirely\n") == 0
    capsys.readouterr()
    assert typed("disable", "王芳", "--json") == 0
    assert json.loads(capsys.readouterr().out)["disabled"] is True
    capsys.readouterr()
    assert typed("list", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["role"], one["disabled"]) for one in told] == [
        ("Anna", "admin", False),
        ("王芳", "reviewer", True),
    ]
    assert typed("enable", "王芳") == 0
    assert person_by_password(store, "王芳", "another one entirely", Attempts()) is not None
    assert PASSWORD not in capsys.readouterr().out
    assert all(event.person.endswith("(terminal)") for event in history(store, people.SUBJECT))


@pytest.mark.parametrize(
    ("command", "lines", "words"),
    [
        (("add", "bo", "--role", "asker"), f"{PASSWORD}\n", "Make somebody an admin first"),
        (("add", "bo", "--role", "boss"), f"{PASSWORD}\n", "Unknown role 'boss'"),
        (("add", "bo", "--role", "admin"), "short\n", "10 to 1,000 are allowed"),
        (("add", "bo", "--role", "admin"), "", "0 characters"),
        (("password", "bo"), f"{PASSWORD}\n", "no people yet"),
    ],
)
def test_mistakes_are_told(typed, capsys, command: tuple[str, ...], lines: str, words: str) -> None:
    assert typed(*command, lines=lines) == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_password_typed_at_a_terminal_is_asked_for_twice(typed, store: Store, monkeypatch, capsys) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    answers = iter([PASSWORD, PASSWORD + "x", PASSWORD, PASSWORD])
    monkeypatch.setattr("typer.prompt", lambda *given, **options: next(answers))
    assert main(["people", "add", "anna", "--role", "admin", "-w", str(store.folder)]) == 2
    assert "differ" in capsys.readouterr().err
    assert main(["people", "add", "anna", "--role", "admin", "-w", str(store.folder)]) == 0
    assert [one.role for one in people.list_people(store)] == [Role.ADMIN]
