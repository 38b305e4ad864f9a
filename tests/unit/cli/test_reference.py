"""The help pages: all there, all with examples, and the reference made of them."""

from pathlib import Path
from typing import Any

import pytest

from autogpt.cli import COMMANDS, reference
from autogpt.cli.frame import LazyGroup, build, load

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


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


def test_the_committed_reference_is_what_help_says() -> None:
    message = "docs/reference/cli.md is stale: run python -m autogpt.cli.reference docs/reference/cli.md"
    assert PAGE.read_text(encoding="utf-8") == reference.page(), message
