"""Imports without what they drag along."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from autogpt.lean_imports import emptied, hidden


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package that can be imported and is not yet."""
    (tmp_path / "dragged_along.py").write_text("here = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "dragged_along"
    sys.modules.pop("dragged_along", None)


def test_what_is_hidden_is_not_found_until_it_is_shown(package: str) -> None:
    with hidden(package), pytest.raises(ModuleNotFoundError, match=package):
        importlib.import_module(package)
    assert importlib.import_module(package).here is True


def test_what_is_emptied_has_every_name_and_is_forgotten_afterwards(package: str) -> None:
    with emptied(package):
        inner = importlib.import_module(f"{package}.anything")
        assert isinstance(inner.Whatever, type)
    assert importlib.import_module(package).here is True


def test_an_import_under_way_in_another_thread_misses_no_finder(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other thread stands in the middle of the finders when ours is taken out before it."""
    stack = ExitStack()

    class Elsewhere:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == package:
                stack.close()

    monkeypatch.setattr(sys, "meta_path", [Elsewhere(), PathFinder])
    stack.enter_context(hidden("something_else"))
    assert importlib.import_module(package).here is True
