"""The errors a user can meet: each says what is wrong and what to do next.

In: nothing. Out: exception classes. The command line turns them into exit codes and HTTP into a status,
each in one place; no other module formats an error for a person.
"""

import errno
from collections.abc import Iterable


class AutoGPTError(Exception):
    """Something a user can put right.

    Args:
        message: what is wrong and where, in one sentence.
        hint: what to do next, in one sentence; may be empty.
    """

    #: Exit code of the command line: 1 the work failed, 2 it was asked for wrongly.
    exit_code = 1
    #: Status of the HTTP API.
    http_status = 500

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(AutoGPTError):
    """The request itself is wrong: an unknown name, a value out of range, a missing file."""

    exit_code = 2
    http_status = 422


class NotFoundError(UsageError):
    """What was named does not exist."""

    http_status = 404


class ForbiddenError(UsageError):
    """Who asks for it may not."""

    http_status = 403


class ConflictError(UsageError):
    """What was to be changed has been changed by somebody else since it was read."""

    http_status = 409


class ConfigError(UsageError):
    """The configuration has problems; all of them are listed at once."""

    def __init__(self, where: str, problems: Iterable[str], hint: str = "Edit the file and try again.") -> None:
        self.problems = list(problems)
        listed = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{where} has {len(self.problems)} problem(s):\n{listed}", hint)


class DataError(AutoGPTError):
    """Data that was brought in cannot be used as it is."""

    http_status = 422


class DivergedError(AutoGPTError):
    """The loss of a training is no finite number."""


#: What the system says when there is no room.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DiskFullError(AutoGPTError):
    """There is no room for what is to be written; what was written whole is kept."""

    http_status = 507


class MissingExtraError(AutoGPTError):
    """A feature needs packages that are not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs packages that are not installed.",
            f"Install them with: pip install 'autogpt-qa[{extra}]'",
        )


class BusyError(AutoGPTError):
    """Another process holds the workspace, or a file of it."""

    http_status = 409


class OverloadedError(AutoGPTError):
    """The queue is full; try again after `retry_after` seconds."""

    http_status = 429

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message, f"Try again in {retry_after:.0f} s.")
        self.retry_after = retry_after


class CancelledError(AutoGPTError):
    """The work was stopped on request; what was finished is kept."""

    http_status = 409


class InternalError(AutoGPTError):
    """A fault of ours, worded for the person who meets it; the log has the details."""


def unknown_name(kind: str, name: str, available: Iterable[str]) -> UsageError:
    """The error for a name that is not in a table: `Unknown objective 'spam'. Available: span, classify.`"""
    listed = ", ".join(sorted(available)) or "none"
    return UsageError(f"Unknown {kind} '{name}'.", f"Available: {listed}.")
