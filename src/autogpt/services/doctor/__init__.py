"""Looks over the installation, the machine and a workspace, and says what to do: `autogpt doctor`.

In: a folder. Out: a `Diagnosis`. Looking changes nothing but what opening a workspace changes: an older schema is
brought up to date. Knows nothing about how findings are shown.
"""

from pathlib import Path

from autogpt.progress import Sink, silent
from autogpt.services.doctor.findings import Check, Diagnosis, State
from autogpt.services.doctor.machine import check_installation, check_machine
from autogpt.services.doctor.workspace import check_workspace
from autogpt.store import Store

__all__ = ["Check", "Diagnosis", "State", "diagnose", "repair"]


def diagnose(folder: Path) -> Diagnosis:
    """Everything worth knowing before asking for help; `folder` may be no workspace."""
    return Diagnosis((*check_installation(), *check_machine(folder), *check_workspace(folder)))


def repair(store: Store, sink: Sink = silent) -> None:
    """Bring what follows from the records in line with them: where examples are anchored, and the search index. Indexes
    that no release needs are deleted.

    Raises NotFoundError without the model that the index is made with.
    """
    from autogpt.services.encoders import drop_unused_indexes
    from autogpt.services.examples import reanchor
    from autogpt.services.indexing import sync

    reanchor(store, sink=sink)
    sync(store, sink)
    drop_unused_indexes(store)
