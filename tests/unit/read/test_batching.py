"""The micro-batcher: who waits together, who fails, and that nobody is left waiting."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, wait

import pytest

from autogpt.errors import AutoGPTError, InternalError, OverloadedError
from autogpt.read.batching import ClosedError, MicroBatcher, TimedOutError

#: Seconds after which a test that hangs gives up; never waited for when all is well.
PATIENCE = 20.0


class Worker:
    """Doubles numbers, remembers its batches, and can be held back by a test."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.begun.set()
        assert self.go.wait(PATIENCE)
        if any(item < 0 for item in items):
            raise ValueError("negative")
        return [2 * item for item in items]

    def hold(self) -> None:
        """Let the next batch begin, but not end."""
        self.begun.clear()
        self.go.clear()


class Clock:
    """Stands still unless moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def worker() -> Worker:
    return Worker()


def busy(batcher: MicroBatcher[int, int], worker: Worker) -> "Future[int]":
    """A batcher at work on one item, until `worker.go` is set."""
    worker.hold()
    first = batcher.submit(1000)
    assert worker.begun.wait(PATIENCE)
    return first


def test_each_caller_gets_its_own_result(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0)
    futures = [batcher.submit(number) for number in range(50)]
    assert [future.result(PATIENCE) for future in futures] == [2 * number for number in range(50)]
    batcher.close()


def test_a_full_batch_does_not_wait_for_its_window(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=3600, batch=3)
    futures = [batcher.submit(number) for number in (1, 2, 3)]
    assert [future.result(PATIENCE) for future in futures] == [2, 4, 6]
    assert worker.batches == [[1, 2, 3]]
    batcher.close()


def test_a_lone_item_is_worked_on_once_its_window_is_over(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0.001)
    assert batcher.call(4, PATIENCE) == 8
    batcher.close()


def test_items_that_come_during_work_go_together_and_no_batch_is_too_large(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0, batch=4)
    first = busy(batcher, worker)
    futures = [batcher.submit(number) for number in range(6)]
    worker.go.set()
    wait([first, *futures], PATIENCE)
    assert worker.batches == [[1000], [0, 1, 2, 3], [4, 5]]
    batcher.close()


def test_a_failing_batch_fails_only_the_item_at_fault(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0, batch=8)
    first = busy(batcher, worker)
    futures = [batcher.submit(number) for number in (1, -1, 3)]
    worker.go.set()
    assert first.result(PATIENCE) == 2000
    assert futures[0].result(PATIENCE) == 2
    with pytest.raises(ValueError, match="negative"):
        futures[1].result(PATIENCE)
    assert futures[2].result(PATIENCE) == 6
    assert batcher.call(5, PATIENCE) == 10
    batcher.close()


def test_a_full_queue_refuses_and_says_when_to_come_back(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0, queue=2)
    first = busy(batcher, worker)
    waiting = [batcher.submit(1), batcher.submit(2)]
    with pytest.raises(OverloadedError) as refused:
        batcher.submit(3)
    assert 1 <= refused.value.retry_after <= 30
    assert batcher.waiting == 2
    worker.go.set()
    wait([first, *waiting], PATIENCE)
    assert batcher.call(3, PATIENCE) == 6
    batcher.close()


def test_the_advised_wait_grows_with_the_time_that_items_take() -> None:
    clock, begun, go = Clock(), threading.Event(), threading.Event()

    def slow(items: Sequence[int]) -> list[int]:
        clock.now += 10 * len(items)
        begun.set()
        assert go.wait(PATIENCE)
        return list(items)

    batcher = MicroBatcher(slow, window=0, queue=4, clock=clock)
    go.set()
    batcher.call(0, PATIENCE)
    begun.clear()
    go.clear()
    futures = [batcher.submit(0)]
    assert begun.wait(PATIENCE)
    futures += [batcher.submit(number) for number in range(4)]
    with pytest.raises(OverloadedError) as refused:
        batcher.submit(5)
    assert 2 < refused.value.retry_after <= 30
    go.set()
    wait(futures, PATIENCE)
    batcher.close()


def test_a_cancelled_item_is_never_worked_on_and_leaves_its_place(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0, queue=1)
    first = busy(batcher, worker)
    unwanted = batcher.submit(7)
    assert unwanted.cancel()
    wanted = batcher.submit(8)
    worker.go.set()
    assert wanted.result(PATIENCE) == 16
    assert first.result(PATIENCE) == 2000
    assert [7] not in worker.batches
    batcher.close()


def test_the_batcher_lives_on_when_all_that_waited_was_cancelled(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=3600, batch=2)
    assert batcher.submit(1).cancel()
    assert batcher.waiting == 0
    futures = [batcher.submit(2), batcher.submit(3)]
    assert [future.result(PATIENCE) for future in futures] == [4, 6]
    batcher.close()


def test_work_is_not_begun_after_its_deadline(worker: Worker) -> None:
    clock = Clock()
    batcher = MicroBatcher(worker, window=0, clock=clock)
    first = busy(batcher, worker)
    late = batcher.submit(7, timeout=5)
    punctual = batcher.submit(8, timeout=60)
    clock.now += 10
    worker.go.set()
    with pytest.raises(TimedOutError):
        late.result(PATIENCE)
    assert punctual.result(PATIENCE) == 16
    assert first.result(PATIENCE) == 2000
    assert not any(7 in batch for batch in worker.batches)
    batcher.close()


def test_a_caller_that_gives_up_gets_an_error_and_leaves_the_queue(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0)
    first = busy(batcher, worker)
    with pytest.raises(TimedOutError) as stopped:
        batcher.call(7, timeout=0.01)
    assert stopped.value.http_status == 504
    assert batcher.waiting == 0
    worker.go.set()
    assert first.result(PATIENCE) == 2000
    batcher.close()


def test_a_timeout_inside_the_work_is_the_works_own_error() -> None:
    def work(items: Sequence[int]) -> list[int]:
        raise TimeoutError("the disk")

    batcher = MicroBatcher(work, window=0)
    with pytest.raises(TimeoutError, match="the disk"):
        batcher.call(1, PATIENCE)
    batcher.close()


def test_too_few_results_are_an_error_for_everybody_and_a_mix_up_for_nobody() -> None:
    batcher: MicroBatcher[int, int] = MicroBatcher(lambda items: [], window=0)
    with pytest.raises(InternalError, match="1 gave 0"):
        batcher.call(1, PATIENCE)
    batcher.close()


def test_closing_finishes_what_waits_and_refuses_what_comes(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=3600, batch=100)
    futures = [batcher.submit(number) for number in range(3)]
    batcher.close()
    assert [future.result(0) for future in futures] == [0, 2, 4]
    with pytest.raises(ClosedError) as refused:
        batcher.submit(9)
    assert refused.value.http_status == 503
    batcher.close()


def test_closing_without_draining_ends_the_waiting_with_an_error(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0)
    first = busy(batcher, worker)
    waiting = batcher.submit(7)
    closing = threading.Thread(target=batcher.close, args=(False,))
    closing.start()
    with pytest.raises(ClosedError):
        waiting.result(PATIENCE)
    worker.go.set()
    assert first.result(PATIENCE) == 2000
    closing.join(PATIENCE)
    assert not closing.is_alive()


def test_nobody_is_left_waiting_when_the_thread_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def dies(items: Sequence[int]) -> list[int]:
        assert release.wait(PATIENCE)
        raise SystemExit

    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    batcher: MicroBatcher[int, int] = MicroBatcher(dies, window=0, batch=1)
    futures = [batcher.submit(1), batcher.submit(2)]
    release.set()
    for future in futures:
        with pytest.raises(InternalError):
            future.result(PATIENCE)
    with pytest.raises(AutoGPTError):
        for number in range(100):
            batcher.call(number, PATIENCE)
    batcher.close()


def test_many_threads_each_get_their_own_answer(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0.001, queue=1000, batch=16)
    wrong: list[int] = []

    def caller(base: int) -> None:
        for number in range(base, base + 40):
            if batcher.call(number, PATIENCE) != 2 * number:
                wrong.append(number)

    _in_threads([lambda base=base: caller(base) for base in range(0, 800, 40)])
    batcher.close()
    assert not wrong
    assert sum(map(len, worker.batches)) == 800
    assert max(map(len, worker.batches)) <= 16


def test_futures_can_be_awaited_and_cancelled_from_asyncio(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0)

    async def main() -> int:
        first = busy(batcher, worker)
        unwanted = batcher.submit(7)
        wanted = asyncio.wrap_future(batcher.submit(8))
        asyncio.wrap_future(unwanted).cancel()
        while not unwanted.cancelled():
            await asyncio.sleep(0)  # lets the loop pass the cancellation on
        worker.go.set()
        assert await asyncio.wrap_future(first) == 2000
        return await wanted

    assert asyncio.run(main()) == 16
    assert not any(7 in batch for batch in worker.batches)
    batcher.close()


def test_a_cancelled_future_says_so_to_whoever_still_waits_for_it(worker: Worker) -> None:
    batcher = MicroBatcher(worker, window=0)
    busy(batcher, worker)
    unwanted = batcher.submit(7)
    unwanted.cancel()
    with pytest.raises(CancelledError):
        unwanted.result(PATIENCE)
    worker.go.set()
    batcher.close()


def _in_threads(tasks: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
