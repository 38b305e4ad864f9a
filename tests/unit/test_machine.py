"""What memory there is, and how many cores."""

from collections import namedtuple
from pathlib import Path

import pytest

from autogpt import machine
from autogpt.machine import Memory, cores, cores_beside, keep_to, memory

GIB = 1 << 30


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with 20 of 32 GiB free, and the files of a container on it."""
    found = namedtuple("memory", ["total", "available"])(32 * GIB, 20 * GIB)
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: found)
    monkeypatch.setattr(machine, "_LIMITS", ((tmp_path / "max", tmp_path / "current"),))
    return tmp_path


def test_without_a_container_the_machines_memory_counts(container: Path) -> None:
    assert memory() == Memory(20 * GIB, 32 * GIB)
    (container / "max").write_text("max\n")
    (container / "current").write_text(f"{GIB}\n")
    assert memory() == Memory(20 * GIB, 32 * GIB)


def test_a_containers_limit_counts_less_what_it_uses(container: Path) -> None:
    (container / "max").write_text(f"{8 * GIB}\n")
    (container / "current").write_text(f"{3 * GIB}\n")
    assert memory() == Memory(5 * GIB, 8 * GIB)
    (container / "current").write_text(f"{9 * GIB}\n")
    assert memory().free == 0


def test_what_the_machine_has_left_counts_where_it_is_less(container: Path) -> None:
    (container / "max").write_text(f"{30 * GIB}\n")
    (container / "current").write_text("0\n")
    assert memory() == Memory(20 * GIB, 30 * GIB)


def test_cores_are_those_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert cores() == 3
    monkeypatch.delattr(machine.os, "sched_getaffinity")
    monkeypatch.setattr(machine.os, "cpu_count", lambda: None)
    assert cores() == 1


@pytest.mark.parametrize(
    ("there", "wanted", "taken"),
    [(1, 0, 1), (2, 0, 2), (3, 0, 2), (4, 0, 3), (8, 0, 6), (16, 0, 12), (8, 8, 8), (8, 2, 2), (2, 64, 2)],
)
def test_answering_keeps_cores_beside_long_work(
    monkeypatch: pytest.MonkeyPatch, there: int, wanted: int, taken: int
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: there)
    assert cores_beside(wanted) == taken


def test_a_process_keeps_to_the_last_of_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[int, list[int]]] = []
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: {5, 0, 3}, raising=False)
    monkeypatch.setattr(machine.os, "sched_setaffinity", lambda *given: kept.append(given), raising=False)
    keep_to(2)
    assert kept == [(0, [3, 5])]


def test_where_no_process_is_bound_to_cores_libraries_are_told_how_many_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(machine.os, "sched_setaffinity", raising=False)
    monkeypatch.setattr(machine.os, "environ", {})
    keep_to(3)
    assert machine.os.environ == {"OMP_NUM_THREADS": "3"}
    keep_to(1)  # what somebody has said already stays
    assert machine.os.environ == {"OMP_NUM_THREADS": "3"}
