"""The help pages: all there, all with examples, and the reference made of them."""

from typing import Any

import pytest

from autogpt.cli import COMMANDS, reference
from autogpt.cli.frame import LazyGroup, build, load


def leaves() -> list[tuple[str, Any]]:
    found = []
    for name, (target, _) in COMMANDS.items():
        command = load(name, target)
        inner = getattr(command, "commands", None)
        found += [(f"{name} {key}", one) for key, one in inner.items()] if inner else [(name, command)]
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_line_of_the_table_loads(name: str) -> None:
    assert load(name, COMMANDS[name][0]).name == name


def test_every_command_has_help_examples_and_json() -> None:
    for path, command in leaves():
        assert command.help, path
        assert f"autogpt {path.split()[0]}" in (command.epilog or ""), path
        if path not in {"serve"}:
            assert "--json" in {option for parameter in command.params for option in parameter.opts}, path


def test_the_root_lists_every_command() -> None:
    root = build(COMMANDS)
    assert isinstance(root, LazyGroup)
    assert root.list_commands(None) == list(COMMANDS)


def test_the_reference_shows_the_help_of_every_command() -> None:
    page = reference.page()
    for path, command in leaves():
        assert f"# autogpt {path}\n" in page
        assert " ".join(command.help.split())[:40] in " ".join(page.split())
