"""The command line's frame: lazy loading, help, errors as lines and exit codes."""

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated

import pytest
import typer

from autogpt import __version__
from autogpt.cli import COMMANDS
from autogpt.cli.frame import run
from autogpt.cli.options import App, JsonOption, examples
from autogpt.errors import DataError, NotFoundError

HEAVY = {"torch", "transformers", "openvino", "lancedb", "datasets", "sqlalchemy", "numpy", "rich", "fastapi"}


@examples("toy break --how data  # fails")
def toy(how: Annotated[str, typer.Argument(help="How to end.")], as_json: JsonOption = False) -> None:
    """Ends in many ways."""
    endings: dict[str, BaseException] = {
        "data": DataError("Line 3 of faq.csv is empty.", "Remove it."),
        "missing": NotFoundError("There is no such thing."),
        "bug": ValueError("first line\nsecond line"),
        "full": OSError(errno.ENOSPC, "No space left on device"),
        "refused": PermissionError(errno.EACCES, "Permission denied", "/srv/out.csv"),
        "interrupt": KeyboardInterrupt(),
        "extra": ModuleNotFoundError("No module named 'torch'", name="torch"),
    }
    if how in endings:
        raise endings[how]
    if how == "exit":
        raise typer.Exit(1)


app = App(help="A group.")
app.command("one")(toy)

TABLE = {
    "toy": ("toy_commands:toy", "Ends in many ways."),
    "group": ("toy_commands:app", "A group."),
    "absent": ("no_such_module:command", "Is listed, though it cannot be loaded."),
}


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = ModuleType("toy_commands")
    module.toy, module.app = toy, app  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "toy_commands", module)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("AUTOGPT_DEBUG", raising=False)


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("data", 1, "error: Line 3 of faq.csv is empty.\nhint: Remove it.\n"),
        ("missing", 2, "error: There is no such thing.\n"),
        ("interrupt", 130, "Stopped."),
        ("extra", 1, "autogpt-qa[train]"),
        ("exit", 1, ""),
        ("well", 0, ""),
    ],
)
def test_each_ending_has_its_exit_code_and_line(
    how: str, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(TABLE, ["toy", how]) == code
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err


def test_an_error_is_json_on_stdout_when_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TABLE, ["toy", "data", "--json"]) == 1
    shown = capsys.readouterr()
    assert shown.err == ""
    assert json.loads(shown.out)["error"] == {
        "kind": "DataError",
        "message": "Line 3 of faq.csv is empty.",
        "hint": "Remove it.",
        "exit_code": 1,
    }


def test_wrong_use_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TABLE, ["toy", "--json"]) == 2
    assert "HOW" in json.loads(capsys.readouterr().out)["error"]["message"].upper()


def test_an_unexpected_error_names_a_log_that_holds_the_traceback(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(TABLE, ["toy", "bug"]) == 1
    shown = capsys.readouterr().err
    (log,) = (tmp_path / "state").rglob("*.log")
    assert str(log) in shown
    assert "first line" in shown
    assert "Traceback" not in shown
    assert "Traceback" in log.read_text()


def test_debug_raises_the_unexpected_error_wherever_the_flag_stands() -> None:
    for arguments in (["--debug", "toy", "bug"], ["toy", "bug", "--debug"]):
        with pytest.raises(ValueError, match="first line"):
            run(TABLE, arguments)


def test_a_mistyped_command_is_met_with_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TABLE, ["tooy"]) == 2
    assert "Did you mean 'toy'?" in capsys.readouterr().err


def test_help_lists_commands_without_loading_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TABLE, ["--help"]) == 0
    assert "Is listed, though it cannot be loaded." in capsys.readouterr().out


def test_help_of_a_command_ends_with_its_examples_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["toy", "--help"], ["group", "one", "--help"]):
        assert run(TABLE, arguments) == 0
        shown = capsys.readouterr().out
        assert "Ends in many ways." in shown
        assert shown.rstrip().endswith("Examples:\n  toy break --how data  # fails")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(TABLE, ["--version"]) == 0
    assert capsys.readouterr().out == f"autogpt {__version__}\n"


def children_seconds() -> float:
    """Processor time of the processes that were started and have ended, in seconds: other load does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_imports_nothing_heavy_and_is_quick() -> None:
    script = (
        "import sys; from autogpt.cli import main; code = main(['--help']);"
        f"print(sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr); sys.exit(code)"
    )
    began = children_seconds()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert all(name in done.stdout for name in COMMANDS)
    assert children_seconds() - began < 1  # 0.1 s on an idle machine


def test_a_closed_pipe_ends_quietly() -> None:
    script = "import sys; from autogpt.cli import main; sys.exit(main(['--help']))"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 1


def test_what_the_system_refuses_is_said_without_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    for how, said in (("full", "The disk is full"), ("refused", "'/srv/out.csv': Permission denied")):
        assert run(TABLE, ["toy", how]) == 1
        error = capsys.readouterr().err
        assert said in error
        assert "inside Auto-GPT" not in error
