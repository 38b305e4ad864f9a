"""One at a time: a lock that the system gives back when its process ends, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from autogpt.errors import BusyError


@contextmanager
def exclusive(path: Path, doing: str, wait: float = 0) -> Iterator[None]:
    """Hold the lock file `path`, or raise BusyError after `wait` seconds.

    Args:
        doing: what the holder does, for the message: "making a release".
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=wait)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"Another process is {doing} in this workspace.", "Wait until it has finished, then try again."
        ) from None
    try:
        yield
    finally:
        lock.release()
