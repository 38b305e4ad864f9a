"""Locks: refused at once, waited for by those who may, given back."""

import threading
from pathlib import Path

import pytest

from autogpt.errors import BusyError, CancelledError
from autogpt.store.locks import exclusive, patient


def test_who_may_not_wait_is_told_who_holds_the_workspace(tmp_path: Path) -> None:
    with exclusive(tmp_path / "a.lock", "training"):
        with (
            pytest.raises(BusyError, match="Another process is training in this workspace"),
            exclusive(tmp_path / "a.lock", "training"),
        ):
            pass
        with exclusive(tmp_path / "b.lock", "ingesting documents"):
            pass
    with exclusive(tmp_path / "a.lock", "training"):
        pass


def test_the_patient_wait_in_words_until_it_is_free(tmp_path: Path) -> None:
    told: list[str] = []
    free = threading.Event()
    held = threading.Event()

    def hold() -> None:
        with exclusive(tmp_path / "a.lock", "training"):
            held.set()
            free.wait(10)

    def tell(why: str) -> None:
        told.append(why)
        free.set()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    with patient(tell), exclusive(tmp_path / "a.lock", "training"):
        holder.join(10)
        assert not holder.is_alive()
    assert told == ["Another process is training in this workspace."]


def test_the_patient_give_up_when_they_are_told_to(tmp_path: Path) -> None:
    def tell(why: str) -> None:
        raise CancelledError("The job was cancelled.")

    with exclusive(tmp_path / "a.lock", "training"):
        with pytest.raises(CancelledError), patient(tell), exclusive(tmp_path / "a.lock", "training"):
            pass
        with pytest.raises(BusyError), exclusive(tmp_path / "a.lock", "training"):  # patience ends with its block
            pass
