"""Lets a bounded number of questions in: some in work, some waiting, the rest refused at once.

In: functions that block. Out: their results, awaited. Knows nothing about what they do.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from autogpt.errors import AutoGPTError, OverloadedError

T = TypeVar("T")

#: Questions in work at once; the reader packs those that come together into one batch.
WORKERS = 8


class TimedOutError(AutoGPTError):
    """A question took longer than `serve.timeout_seconds`."""

    http_status = 504


class StoppingError(AutoGPTError):
    """The server takes no more questions."""

    http_status = 503


class Admission:
    """A pool of threads with a bounded line before it.

    Args:
        queue: how many may wait.
        timeout: seconds one may take, waiting included.
        workers: how many are in work at once.
    """

    def __init__(self, queue: int, timeout: float, workers: int = WORKERS) -> None:
        self._queue = queue
        self.timeout = timeout
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="ask")
        self._lock = threading.Lock()
        self._admitted = 0
        self._open = True
        self._usual_seconds = 0.2

    @property
    def waiting(self) -> int:
        return max(0, self._admitted - self._workers)

    @property
    def working(self) -> int:
        return min(self._admitted, self._workers)

    @property
    def admitted(self) -> int:
        return self._admitted

    async def run(self, function: Callable[[], T]) -> T:
        """The result of `function`, run in the pool.

        Raises:
            OverloadedError: the line is full.
            TimedOutError: it took too long; what is still waiting is never begun.
        """
        future = self.submit(function)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self.timeout)
        except TimeoutError:
            if future.done() and not future.cancelled():
                raise
            raise self.timed_out() from None

    def submit(self, function: Callable[[], T]) -> "Future[T]":
        """Like `run`, without waiting and without a limit of time. Raises OverloadedError, StoppingError."""
        with self._lock:
            if not self._open:
                raise StoppingError("The server is shutting down.", "Try again in a few seconds.")
            if self._admitted >= self._workers + self._queue:
                raise OverloadedError("Too many questions are waiting.", self._retry_after())
            self._admitted += 1
        future = self._pool.submit(self._timed, function)
        future.add_done_callback(lambda _: self._leave())
        return future

    def timed_out(self) -> TimedOutError:
        return TimedOutError(
            f"The question took longer than {self.timeout:g} s.", "Try again, or raise serve.timeout_seconds."
        )

    def refuse_more(self) -> None:
        """Admit nothing from now on; what was admitted goes on."""
        self._open = False

    def close(self) -> None:
        """Begin nothing more; what is in work ends by itself."""
        self.refuse_more()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _timed(self, function: Callable[[], T]) -> T:
        began = time.perf_counter()
        try:
            return function()
        finally:
            spent = time.perf_counter() - began
            with self._lock:
                self._usual_seconds += 0.2 * (spent - self._usual_seconds)

    def _leave(self) -> None:
        with self._lock:
            self._admitted -= 1

    def _retry_after(self) -> float:
        """Seconds until half of the line is likely to be gone, between 1 and 30."""
        return min(30.0, max(1.0, self._queue / 2 * self._usual_seconds / self._workers))
