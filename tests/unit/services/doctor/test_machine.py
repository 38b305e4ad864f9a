"""What the doctor says about installation and machine."""

from pathlib import Path

import pytest

from autogpt.machine import Memory
from autogpt.models.packs import Pack
from autogpt.services.doctor import machine
from autogpt.services.doctor.findings import Check, State, guarded
from autogpt.services.doctor.machine import check_installation, check_machine

GIB = 1 << 30


def by_name(checks: object) -> dict[str, Check]:
    return {check.name: check for check in checks}  # type: ignore[attr-defined]


def test_packages_of_each_extra_are_told_apart() -> None:
    listed = ["typer>=0.1", 'no-such-package>=2; extra == "train"', 'pytest>=9999; extra == "serve"']
    found = by_name(machine._packages(listed))
    core, serve, train = found.values()
    assert (core.state, core.found) == (State.OK, "all 1 are there")
    assert serve.state == State.PROBLEM
    assert ">=9999 is needed" in serve.found
    assert (train.state, train.found) == (State.NOTE, "no-such-package is missing")
    assert train.advice == "pip install 'autogpt-qa[train]'"


def test_the_installation_of_the_tests_is_whole() -> None:
    found = by_name(check_installation())
    assert found["packages for ingesting and searching"].state == State.OK
    assert found["packages for answering and serving"].state == State.OK


def test_without_a_model_pack_nothing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "installed_packs", list)
    (check,) = machine._packs()
    assert check.state == State.PROBLEM
    assert "make setup" in check.advice


def test_packs_are_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pack = Pack(tmp_path, "en", "0.2", ("en",), "CC-BY-SA-4.0", tmp_path / "encoder", tmp_path / "reader")
    monkeypatch.setattr(machine, "installed_packs", lambda: [pack])
    (check,) = machine._packs()
    assert (check.name, check.found) == ("model pack en", "0.2, en, without a reader")


@pytest.mark.parametrize(
    ("flags", "states"),
    [
        ("fpu avx2 avx512_vnni avx512_bf16", {"int8": State.OK, "bf16": State.OK}),
        ("fpu avx2 avx_vnni", {"int8": State.OK, "bf16": State.NOTE}),
        ("fpu avx2", {"int8": State.NOTE, "bf16": State.NOTE}),
        ("fpu sse4_2", {"instructions": State.WARNING, "int8": State.NOTE, "bf16": State.NOTE}),
        ("", {"instructions": State.NOTE}),
    ],
)
def test_features_of_the_processor_are_told(flags: str, states: dict[str, State], tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(f"processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: {flags}\n\nprocessor\t: 1\n")
    found = by_name(machine._processor(file))
    assert found.pop("processor").found.startswith("Some CPU @ 2 GHz, ")
    assert {name: check.state for name, check in found.items()} == states


def test_a_system_without_cpuinfo_is_no_problem(tmp_path: Path) -> None:
    states = {check.state for check in machine._processor(tmp_path / "none")}
    assert states == {State.OK, State.NOTE}


@pytest.mark.parametrize(("free", "state"), [(0.5, State.WARNING), (2, State.NOTE), (6, State.OK)])
def test_scarce_memory_is_told(free: float, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: Memory(int(free * GIB), 8 * GIB))
    (check,) = machine._memory()
    assert check.state == state
    assert check.found == f"{free:.1f} of 8.0 GiB free"


def test_the_disk_of_a_folder_that_is_not_made_yet_is_looked_at(tmp_path: Path) -> None:
    found = by_name(check_machine(tmp_path / "not" / "yet"))
    assert "GiB free" in found["disk"].found


def test_a_check_that_fails_is_a_finding() -> None:
    def failing() -> list[Check]:
        raise OSError("the disk\nis gone")

    (check,) = guarded("machine", "disk", failing)
    assert (check.state, check.found) == (State.PROBLEM, "cannot be checked (OSError: the disk)")
