"""`autogpt doctor`."""

import json
from pathlib import Path

import pytest

from autogpt.cli import main
from autogpt.services.doctor import Check, Diagnosis, State

CHECKS = (
    Check("installation", "autogpt", State.OK, "0.1.0"),
    Check("machine", "memory", State.WARNING, "0.5 GiB free", "End other programs."),
    Check("workspace", "database", State.PROBLEM, "it is damaged", "Restore it."),
)


def diagnosed(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> None:
    monkeypatch.setattr("autogpt.services.doctor.diagnose", lambda folder: Diagnosis(checks))


def test_a_problem_ends_with_one_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    diagnosed(monkeypatch, *CHECKS)
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "✗ database: it is damaged\n      Restore it." in shown
    assert "1 problems, 1 warnings." in shown


def test_warnings_alone_end_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    diagnosed(monkeypatch, *CHECKS[:2])
    assert main(["doctor", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["problems"], shown["warnings"]) == (0, 1)
    assert shown["checks"][1]["advice"] == "End other programs."


def test_repair_brings_index_and_examples_in_line_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "autogpt.toml").write_text("")
    done: list[str] = []
    monkeypatch.setattr("autogpt.services.examples.reanchor", lambda store, sink: done.append("examples"))
    monkeypatch.setattr("autogpt.services.indexing.sync", lambda store, sink: done.append("index"))
    diagnosed(monkeypatch)
    assert main(["doctor", "--repair", "-w", str(tmp_path)]) == 0
    assert done == ["examples", "index"]
