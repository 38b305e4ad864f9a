"""What the doctor says. Knows nothing about what it looks at."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from autogpt.errors import AutoGPTError


class State(StrEnum):
    """How good a finding is. Problems keep something from working; warnings make it worse; notes only tell."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, what was found, and what to do about it (empty when nothing)."""

    area: str
    name: str
    state: State
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings, in the order they were made."""

    checks: tuple[Check, ...]

    def count(self, state: State) -> int:
        return sum(check.state == state for check in self.checks)


def guarded(area: str, name: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """The findings of `look`; one problem when it fails, so that the other checks go on."""
    try:
        yield from look()
    except AutoGPTError as error:
        yield Check(area, name, State.PROBLEM, error.message, error.hint)
    except Exception as error:  # the doctor must not die of what it finds
        first = (str(error).splitlines() or [""])[0]
        yield Check(area, name, State.PROBLEM, f"cannot be checked ({type(error).__name__}: {first})")
