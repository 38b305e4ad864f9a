"""Imports a package without others that it pulls in and this project never uses there.

In: names of packages and modules. Out: context managers to import within. What was imported before is left as it is.
"""

import importlib.abc
import importlib.machinery
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

_LOCK = threading.Lock()


@contextmanager
def emptied(package: str) -> Iterator[None]:
    """Within, `package` and its modules are empty ones that have a class for every name asked of them."""
    try:
        with _first(_EmptyModules(package)):
            yield
    finally:
        for name in [name for name in list(sys.modules) if name.partition(".")[0] == package]:
            del sys.modules[name]


@contextmanager
def hidden(package: str) -> Iterator[None]:
    """Within, the package or module is not installed, unless it was imported before."""
    with _first(_NoModule(package)):
        yield


@contextmanager
def _first(finder: importlib.abc.MetaPathFinder) -> Iterator[None]:
    """Within, `finder` is asked before all others.

    The list of finders is replaced, never changed: a thread that is importing goes through it meanwhile, and would miss
    a finder when another one is taken out before it.
    """
    with _LOCK:
        sys.meta_path = [finder, *sys.meta_path]
    try:
        yield
    finally:
        with _LOCK:
            sys.meta_path = [one for one in sys.meta_path if one is not finder]


class _NoModule(importlib.abc.MetaPathFinder):
    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == self._package:
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)
        return None


class _EmptyModule(ModuleType):
    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (), {})
        setattr(self, name, made)
        return made


class _EmptyModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] != self._package:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _EmptyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""
