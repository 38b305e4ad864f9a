"""One at a time: a lock that the system gives back when its process ends, however it ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from filelock import FileLock, Timeout

from autogpt.errors import BusyError

#: Seconds between two tries of who waits for as long as it takes.
_TRY = 0.5
_told: ContextVar[Callable[[str], None] | None] = ContextVar("told", default=None)


@contextmanager
def patient(tell: Callable[[str], None]) -> Iterator[None]:
    """Who finds a lock held inside waits until it is free, however long that takes, in place of a BusyError.

    Args:
        tell: called with what is waited for, again and again; it may raise to give up.
    """
    token = _told.set(tell)
    try:
        yield
    finally:
        _told.reset(token)


@contextmanager
def exclusive(path: Path, doing: str, wait: float = 0) -> Iterator[None]:
    """Hold the lock file `path`, or raise BusyError after `wait` seconds; inside `patient` go on waiting then.

    Args:
        doing: what the holder does, for the message: "making a release".
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    tell = _told.get()
    while True:
        try:
            lock.acquire(timeout=wait)
            break
        except Timeout:
            busy = BusyError(
                f"Another process is {doing} in this workspace.", "Wait until it has finished, then try again."
            )
            if tell is None:
                raise busy from None
            tell(busy.message)
            wait = _TRY
    try:
        yield
    finally:
        lock.release()
