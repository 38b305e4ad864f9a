"""Opens LanceDB without what a local index never uses.

In: a folder or object-store URI. Out: a LanceDB connection. Knows nothing about tables.

`import lancedb` takes about 1.8 s of processor time: 0.7 s for the generated models of a REST catalogue client, 0.4 s
and 40 MB for pandas, which pyarrow imports to ask whether a value is one of its series. While LanceDB is imported the
models are replaced by empty classes, since only connections to a remote catalogue would use them, and pandas is not
found; pyarrow looks for it again when it is needed.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from types import ModuleType
from typing import Any

_UNUSED = "lance_namespace_urllib3_client"
_OPTIONAL = "pandas"
#: The release series that this was tried with; any other is imported whole.
_TRIED = "0.40."


def connect(uri: str) -> Any:
    """A connection whose reads always see the newest commit, whichever process made it."""
    return _lancedb().connect(uri, read_consistency_interval=timedelta(0))


def table_names(connection: Any) -> list[str]:
    """Names of all tables."""
    with warnings.catch_warnings():
        # Its successor answers with one of the classes that are left out here.
        warnings.simplefilter("ignore", DeprecationWarning)
        return list(connection.table_names(limit=1_000_000))


@cache
def _lancedb() -> ModuleType:
    if "lancedb" in sys.modules or _UNUSED in sys.modules or not version("lancedb").startswith(_TRIED):
        return importlib.import_module("lancedb")
    with _emptied(_UNUSED), _hidden(_OPTIONAL):
        return importlib.import_module("lancedb")


@contextmanager
def _emptied(package: str) -> Iterator[None]:
    """Within, `package` and its modules are empty ones that have a class for every name asked of them."""
    finder = _EmptyModules(package)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    """Within, `package` is not installed, unless it was imported before."""
    finder = _NoModule(package)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


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
