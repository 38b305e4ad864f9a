"""Accepts or rejects several examples at once.

In: ids, a status, who judges. Out: how many were changed, and why others were not. Each is a change with its own event,
which can be undone alone. Knows no page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autogpt.errors import AutoGPTError
from autogpt.records import Split, Status
from autogpt.services.examples.editing import find_example, set_status
from autogpt.store import Store

#: Examples that are judged at once.
MOST = 500


@dataclass(frozen=True, slots=True)
class Judged:
    """`changed` examples have the status now, `unchanged` had it; `refused`: id → why it could not get it."""

    changed: int = 0
    unchanged: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)


def judge(store: Store, read: Mapping[str, str], status: Status, by: str, *, sealed: bool = True) -> Judged:
    """Give examples a status.

    Args:
        read: id → the version in which it was seen, or empty.
        sealed: leave those of the test part alone.

    Raises UsageError for a status that nobody can give.
    """
    changed, unchanged, refused = 0, 0, {}
    for id, read_at in list(read.items())[:MOST]:
        try:
            before = find_example(store, id).example
            if sealed and before.split == Split.TEST:
                refused[id] = "It is in the sealed test part."
                continue
            after = set_status(store, id, status, by, read_at).example
        except AutoGPTError as error:
            refused[id] = error.message
            continue
        changed += before.status != after.status
        unchanged += before.status == after.status
    return Judged(changed, unchanged, refused)
