"""What checking examples finds.

In and out: nothing; `Finding` is shared by the checks. Knows no check.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error makes training or measuring wrong; a warning may be meant."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong.

    Attributes:
        ids: the examples it is about, none when it is about all of them.
        pair: two of them that show it side by side; empty where one does.
    """

    severity: Severity
    kind: str
    reason: str
    ids: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()
