"""Opens LanceDB without what a local index never uses.

In: a folder or object-store URI. Out: a LanceDB connection. Knows nothing about tables.

`import lancedb` takes about 1.8 s of processor time: 0.7 s for the generated models of a REST catalogue client, 0.4 s
and 40 MB for pandas, which pyarrow imports to ask whether a value is one of its series. While LanceDB is imported the
models are replaced by empty classes, since only connections to a remote catalogue would use them, and pandas is not
found; pyarrow looks for it again when it is needed.
"""

import importlib
import sys
import warnings
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from types import ModuleType
from typing import Any

from autogpt.lean_imports import emptied, hidden

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
    with emptied(_UNUSED), hidden(_OPTIONAL):
        return importlib.import_module("lancedb")
