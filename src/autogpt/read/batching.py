"""Packs requests that wait at the same time into batches, and gives each caller its own result.

In: items from any number of threads. Out: a future each. Knows nothing about text, models or HTTP.

One thread works on one batch at a time; while it works, the next batch gathers. An item is never lost: its future ends
with a result, an error or a cancellation, also when the work fails, the thread dies or the batcher is closed.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from autogpt.errors import AutoGPTError, InternalError, OverloadedError

T = TypeVar("T")
R = TypeVar("R")

#: Bounds of what an overloaded batcher tells its callers to wait, seconds.
_SHORTEST_RETRY, _LONGEST_RETRY = 1.0, 30.0
#: Weight of the newest batch in the running mean of seconds per item.
_NEWEST = 0.2


class TimedOutError(AutoGPTError):
    """A caller waited as long as it wanted to."""

    http_status = 504


class ClosedError(AutoGPTError):
    """The batcher takes nothing any more."""

    http_status = 503


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T, R]):
    item: T
    deadline: float | None
    future: "Future[R]" = field(default_factory=Future)


class MicroBatcher(Generic[T, R]):
    """A bounded queue before a function that likes its items in batches.

    Args:
        work: items → as many results, in order. An exception fails the whole batch; each item is then tried alone, so
            that only those fail that are at fault.
        window: seconds the first item of a batch waits for others; 0 takes what is there.
        queue: items that may wait, beside those in work.
        batch: most items in one call of `work`.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], Sequence[R]],
        *,
        window: float = 0.004,
        queue: int = 64,
        batch: int = 16,
        name: str = "batcher",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._window = window
        self._queue = queue
        self._batch = batch
        self._clock = clock
        self._waiting: deque[_Waiting[T, R]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._seconds_per_item = 0.1
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, item: T, timeout: float | None = None) -> "Future[R]":
        """Queue an item. Cancelling the future takes it out again unless work on it has begun.

        Args:
            timeout: seconds after which work on the item is not begun any more; its future then ends with
                TimedOutError.
        Raises:
            OverloadedError: the queue is full; `retry_after` is when half of it is likely to be done.
            ClosedError: the batcher was closed.
        """
        deadline = None if timeout is None else self._clock() + timeout
        waiting: _Waiting[T, R] = _Waiting(item, deadline)
        with self._changed:
            if self._closed:
                raise _closed()
            self._forget_cancelled()
            if len(self._waiting) >= self._queue:
                raise OverloadedError("Too many requests are waiting.", self._retry_after())
            self._waiting.append(waiting)
            self._changed.notify_all()
        return waiting.future

    def call(self, item: T, timeout: float | None = None) -> R:
        """Queue an item and wait for its result.

        Raises what `submit` and the work raise, and TimedOutError after `timeout` seconds.
        """
        future = self.submit(item, timeout)
        try:
            return future.result(timeout)
        except TimeoutError:
            if future.done() and not future.cancelled():
                raise  # the work's own
            future.cancel()
            raise _timed_out() from None
        except CancelledError:
            raise _closed() from None

    def close(self, drain: bool = True) -> None:
        """Take nothing new and end the thread, after the items that wait (`drain`) or after those in work."""
        with self._changed:
            self._closed = True
            dropped = [] if drain else list(self._waiting)
            if not drain:
                self._waiting.clear()
            self._changed.notify_all()
        for one in dropped:
            _fail(one.future, _closed())
        if threading.current_thread() is not self._thread:
            self._thread.join()

    @property
    def waiting(self) -> int:
        """Items in the queue now."""
        with self._changed:
            self._forget_cancelled()
            return len(self._waiting)

    def _run(self) -> None:
        try:
            while batch := self._next():
                began = self._clock()
                self._do(batch)
                spent = (self._clock() - began) / len(batch)
                self._seconds_per_item += _NEWEST * (spent - self._seconds_per_item)
        finally:
            with self._changed:
                self._closed = True
                left = list(self._waiting)
                self._waiting.clear()
            for one in left:
                _fail(
                    one.future, InternalError("The batcher stopped.", "The log has the details; restart the service.")
                )

    def _next(self) -> "list[_Waiting[T, R]]":
        """The next batch, as soon as it is full or its window is over; empty when closed and done."""
        with self._changed:
            while True:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                until = self._clock() + self._window
                while 0 < len(self._waiting) < self._batch and not self._closed:
                    left = until - self._clock()
                    if left <= 0:
                        break
                    self._changed.wait(left)
                # Empty though not closed: all that waited was cancelled.
                if self._waiting or self._closed:
                    return [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]

    def _do(self, batch: "list[_Waiting[T, R]]") -> None:
        now = self._clock()
        begun = []
        for one in batch:
            if not one.future.set_running_or_notify_cancel():
                continue
            if one.deadline is not None and now > one.deadline:
                one.future.set_exception(_timed_out())
            else:
                begun.append(one)
        try:
            self._attempt(begun)
        finally:
            for one in begun:
                if not one.future.done():  # the thread is on its way out
                    one.future.set_exception(InternalError("The work was broken off."))

    def _attempt(self, items: "list[_Waiting[T, R]]") -> None:
        if not items:
            return
        try:
            results = self._work([one.item for one in items])
            if len(results) != len(items):
                raise InternalError(f"A batch of {len(items)} gave {len(results)} results.")
        except Exception as error:
            if len(items) == 1:
                items[0].future.set_exception(error)
                return
            for one in items:
                self._attempt([one])
            return
        for one, result in zip(items, results, strict=True):
            one.future.set_result(result)

    def _forget_cancelled(self) -> None:
        """Let go of items nobody waits for, so that they do not fill the queue."""
        if any(one.future.cancelled() for one in self._waiting):
            self._waiting = deque(one for one in self._waiting if not one.future.cancelled())

    def _retry_after(self) -> float:
        half = len(self._waiting) / 2 * self._seconds_per_item
        return min(_LONGEST_RETRY, max(_SHORTEST_RETRY, half))


def _fail(future: "Future[R]", error: Exception) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(error)


def _timed_out() -> TimedOutError:
    return TimedOutError("No answer came in time.", "Try again, or allow more time.")


def _closed() -> ClosedError:
    return ClosedError("The service is shutting down.", "Try again in a few seconds.")
