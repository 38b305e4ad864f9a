"""The watch over job processes: they end, die, hang, and are interrupted."""

import os
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from queue import Queue

import pytest

from autogpt.services import jobs
from autogpt.store import Store
from autogpt.web import worker as worker_module
from autogpt.web.worker import Worker

PROCESS = Path(__file__).parents[2] / "job_process.py"


class Watched:
    """A worker whose ended jobs can be waited for."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.wake = threading.Event()
        self.ended: Queue[tuple[str, str]] = Queue()
        command = (sys.executable, str(PROCESS))
        self.worker = Worker(store, self.wake, lambda kind, state: self.ended.put((kind, state)), command)
        self.worker.start()

    def submit(self, do: str, kind: str = "ingest") -> str:
        job = jobs.enqueue(self.store, kind, {"do": do})
        self.wake.set()
        return job.id


@pytest.fixture
def watched(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(worker_module, "GRACE", 0.2)
    monkeypatch.setattr(worker_module, "LOOK", 0.02)
    watched = Watched(store)
    yield watched
    watched.worker.stop()


def until_exists(path: Path) -> None:
    """Wait for a file that another process writes."""
    ticker = threading.Event()
    while not path.exists() or not path.read_text():
        ticker.wait(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_job_runs_in_a_process_of_its_own(watched: Watched) -> None:
    job_id = watched.submit("finish")
    assert watched.ended.get(timeout=60) == ("ingest", "done")
    assert jobs.get(watched.store, job_id).result["pid"] != os.getpid()


def test_an_upload_is_brought_in_while_a_training_runs(watched: Watched) -> None:
    training = watched.submit("hang", "train")
    until_exists(watched.store.folder / "hangs")
    for _ in range(2):
        watched.submit("finish")
        assert watched.ended.get(timeout=60) == ("ingest", "done")
    next_training = watched.submit("finish", "train")
    watched.submit("finish")
    assert watched.ended.get(timeout=60) == ("ingest", "done")
    states = [jobs.get(watched.store, one).state for one in (training, next_training)]
    assert states == ["running", "queued"]
    jobs.cancel(watched.store, training)
    assert watched.ended.get(timeout=60) == ("train", "cancelled")
    assert watched.ended.get(timeout=60) == ("train", "done")


def test_a_job_that_is_watched_over_is_not_begun_twice_though_it_gives_no_sign(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "RECOVERY", 0.0)
    monkeypatch.setattr(jobs, "STALE", timedelta(0))
    looked: Queue[list[str]] = Queue()
    recover = jobs.recover
    monkeypatch.setattr(jobs, "recover", lambda *given: looked.put(recover(*given)))
    job_id = watched.submit("hang")
    until_exists(watched.store.folder / "hangs")
    looked.queue.clear()
    assert [looked.get(timeout=60) for _ in range(3)] == [[], [], []]
    assert jobs.get(watched.store, job_id).state == "running"
    assert jobs.payload_of(watched.store, job_id)[1]["attempts"] == 1


def test_a_job_does_not_know_the_key_of_the_server(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGPT_API_KEY", "k" * 32)
    monkeypatch.setenv("AUTOGPT_ADMIN_PASSWORD", "correct horse battery")
    monkeypatch.setenv("AUTOGPT_LOG", "info")
    job_id = watched.submit("tell")
    assert watched.ended.get(timeout=60) == ("ingest", "done")
    assert jobs.get(watched.store, job_id).result == {"variables": ["AUTOGPT_LOG"]}


def test_what_a_job_writes_is_kept_with_it(watched: Watched) -> None:
    job_id = watched.submit("say")
    assert watched.ended.get(timeout=60) == ("ingest", "failed")
    assert sorted(jobs.log_of(watched.store, job_id).splitlines()) == ["read 1 file", "wrote 银行"]


def test_a_job_whose_process_died_is_begun_again(watched: Watched) -> None:
    job_id = watched.submit("die once")
    assert watched.ended.get(timeout=60) == ("ingest", "done")
    assert jobs.payload_of(watched.store, job_id)[1]["attempts"] == 2


def test_a_job_that_always_dies_is_given_up_with_the_reason(watched: Watched) -> None:
    job_id = watched.submit("die")
    assert watched.ended.get(timeout=60) == ("ingest", "failed")
    assert "lack of memory" in jobs.get(watched.store, job_id).reason


def test_a_cancelled_job_that_does_not_listen_is_killed(watched: Watched) -> None:
    job_id = watched.submit("hang")
    mark = watched.store.folder / "hangs"
    until_exists(mark)
    jobs.cancel(watched.store, job_id)
    watched.wake.set()
    assert watched.ended.get(timeout=60) == ("ingest", "cancelled")
    assert not is_alive(int(mark.read_text()))


def test_stopping_the_server_puts_its_jobs_back_into_the_queue(watched: Watched) -> None:
    mark = watched.store.folder / "hangs"
    pids, running = [], []
    for kind in ("train", "ingest"):
        running.append(watched.submit("hang", kind))
        until_exists(mark)
        pids.append(int(mark.read_text()))
        mark.unlink()
    watched.worker.stop()
    for pid, job_id in zip(pids, running, strict=True):
        assert not is_alive(pid)
        job = jobs.get(watched.store, job_id)
        assert job.state == "queued"
        assert "goes on" in job.reason
