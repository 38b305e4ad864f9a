"""Jobs: heavy ones and others in turn, alive or taken up again, stopped when asked."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from autogpt.config import override
from autogpt.errors import ConfigError, DataError, NotFoundError, UsageError
from autogpt.progress import Progress, Sink
from autogpt.registry import Registry
from autogpt.services import jobs, working
from autogpt.services.events import history
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.requested import with_settings
from autogpt.services.runs import list_runs
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.tables import JobRow, now
from tiny_models import make_examples, write_lines


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "autogpt.toml").write_text("")
    return Store(tmp_path)


def begun(store: Store, **payload: Any) -> str:
    job = jobs.enqueue(store, "ingest", payload)
    assert jobs.claim(store) == job.id
    return job.id


def test_light_jobs_run_one_at_a_time_oldest_first(store: Store) -> None:
    first, second = (jobs.enqueue(store, "ingest", {"sources": [name]}) for name in "ab")
    assert [job.id for job in jobs.list_jobs(store)] == [second.id, first.id]
    assert jobs.claim(store) == first.id
    assert jobs.claim(store) is None
    jobs.finish(store, first.id, {"documents": 1})
    assert jobs.claim(store) == second.id
    done = jobs.get(store, first.id)
    assert (done.state, done.result, done.finished) == ("done", {"documents": 1}, True)
    assert done.finished_at is not None


def asked(store: Store, *kinds: str) -> list[str]:
    """Ids of jobs of these kinds, asked for in this order; "folds" are suspects by readers that are trained for it."""
    named = [("suspects", {"folds": 5}) if kind == "folds" else (kind, {}) for kind in kinds]
    return [jobs.enqueue(store, kind, payload).id for kind, payload in named]


@pytest.mark.parametrize("heavy", ["train", "compare", "release", "folds"])
@pytest.mark.parametrize("light", ["ingest", "reparse", "import", "undo", "index", "promote", "evaluate", "suspects"])
def test_what_is_short_goes_on_beside_what_is_heavy(store: Store, heavy: str, light: str) -> None:
    [training] = asked(store, heavy)
    assert jobs.claim(store) == training
    second_training, short, second_short = asked(store, "train", light, "ingest")
    assert jobs.claim(store) == short
    assert jobs.claim(store) is None
    jobs.finish(store, short, {})
    assert jobs.claim(store) == second_short
    jobs.finish(store, training, {})
    assert jobs.claim(store) == second_training


def test_a_training_learns_from_what_was_brought_in_before_it_was_asked_for(store: Store) -> None:
    files, training, later_files = asked(store, "import", "train", "import")
    assert jobs.claim(store) == files
    assert jobs.claim(store) is None
    jobs.finish(store, files, {})
    assert [jobs.claim(store), jobs.claim(store)] == [later_files, training]


def test_how_many_run_at_once_is_configured(store: Store) -> None:
    wide = Store(store.folder, override(store.config, {"jobs.heavy": 2, "jobs.light": 3}))
    asked(wide, *["train"] * 3, *["ingest"] * 4)
    while jobs.claim(wide):
        pass
    running = [job.kind for job in jobs.list_jobs(wide) if job.state == "running"]
    assert sorted(running) == ["ingest"] * 3 + ["train"] * 2
    wide.close()
    with pytest.raises(ConfigError, match=r"jobs\.heavy: expected > 0"):
        override(store.config, {"jobs.heavy": 0})


def test_older_jobs_are_listed_page_by_page(store: Store) -> None:
    ids = asked(store, *["ingest"] * 5)
    assert jobs.count_jobs(store) == 5
    pages = [[job.id for job in jobs.list_jobs(store, 2, at)] for at in (0, 2, 4, 6)]
    assert pages == [ids[:2:-1], ids[2:0:-1], ids[:1], []]


def test_many_servers_claim_a_job_once(store: Store) -> None:
    job = jobs.enqueue(store, "ingest", {})
    claimed: list[str | None] = []
    threads = [threading.Thread(target=lambda: claimed.append(jobs.claim(store))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one for one in claimed if one) == [job.id]


def test_progress_is_seen_until_the_job_is_cancelled(store: Store) -> None:
    job_id = begun(store)
    assert jobs.heartbeat(store, job_id, Progress("parse", 3, 10, message="fees.pdf"))
    seen = jobs.get(store, job_id)
    assert (seen.stage, seen.done, seen.total, seen.message) == ("parse", 3, 10, "fees.pdf")
    jobs.cancel(store, job_id)
    assert not jobs.heartbeat(store, job_id, Progress("parse", 4, 10))
    jobs.finish(store, job_id, {})
    assert jobs.get(store, job_id).state == "cancelled"
    with pytest.raises(UsageError, match="cancelled"):
        jobs.cancel(store, job_id)


def test_a_job_without_a_sign_of_life_is_taken_up_again_and_given_up_in_the_end(store: Store) -> None:
    job_id = begun(store)
    for attempt in range(1, jobs.ATTEMPTS + 1):
        assert jobs.recover(store) == []
        with store.session() as session:
            session.execute(update(JobRow).values(heartbeat_at=now() - timedelta(minutes=1)))
        assert jobs.recover(store) == [job_id]
        if attempt < jobs.ATTEMPTS:
            assert jobs.get(store, job_id).state == "queued"
            assert jobs.claim(store) == job_id
    failed = jobs.get(store, job_id)
    assert failed.state == "failed"
    assert "given up" in failed.reason


def test_a_job_stopped_with_the_server_loses_no_attempt(store: Store) -> None:
    job_id = begun(store)
    for _ in range(jobs.ATTEMPTS + 2):
        jobs.release_claim(store, job_id, "The server was stopped.")
        assert jobs.get(store, job_id).state == "queued"
        assert jobs.claim(store) == job_id
    jobs.put_back(store, job_id, "It died.")
    assert jobs.get(store, job_id).state == "queued"


def test_what_does_not_exist_is_said(store: Store) -> None:
    with pytest.raises(NotFoundError):
        jobs.get(store, "none")
    with pytest.raises(UsageError, match="kind of job"):
        jobs.enqueue(store, "dance", {})


class Kinds:
    """Jobs for the tests; `meet` lets a test wait until one has begun."""

    meet = threading.Event()
    begun = 0

    @staticmethod
    def count(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
        sink(Progress("count", 1, 2))
        return {"counted": payload["to"]}

    @staticmethod
    def refuse(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
        raise DataError("The file is broken.", "Send another.")

    @staticmethod
    def crash(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
        raise ZeroDivisionError("secret")

    @staticmethod
    def forever(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
        Kinds.meet.set()
        while True:
            sink(Progress("spin"))

    @staticmethod
    def later(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
        Kinds.begun += 1
        with exclusive(store.folder / "ingest.lock", "ingesting documents"):
            return {"begun": Kinds.begun}


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {name: f"{__name__}:{name}" for name in ("count", "refuse", "crash", "forever", "later")}
    for name in table:
        monkeypatch.setitem(globals(), name, getattr(Kinds, name))
    monkeypatch.setattr(jobs, "KINDS", Registry("kind of job", table))
    Kinds.meet.clear()
    Kinds.begun = 0


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize(
    ("kind", "state", "says"),
    [("count", "done", ""), ("refuse", "failed", "The file is broken. Send another."), ("crash", "failed", "A fault")],
)
def test_a_job_ends_with_a_result_or_a_reason(store: Store, kind: str, state: str, says: str) -> None:
    jobs.enqueue(store, kind, {"to": 2})
    job_id = jobs.claim(store)
    assert job_id is not None
    assert working.work(store, job_id) is (state == "done")
    job = jobs.get(store, job_id)
    assert job.state == state
    assert says in job.reason
    assert "secret" not in job.reason
    assert job.result == ({"counted": 2} if state == "done" else {})


@pytest.mark.usefixtures("kinds")
def test_a_cancelled_job_stops_where_it_next_reports(store: Store) -> None:
    jobs.enqueue(store, "forever", {})
    job_id = jobs.claim(store)
    assert job_id is not None
    thread = threading.Thread(target=working.work, args=(store, job_id))
    thread.start()
    assert Kinds.meet.wait(10)
    jobs.cancel(store, job_id)
    thread.join(10)
    assert not thread.is_alive()
    assert jobs.get(store, job_id).state == "cancelled"


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    pause = threading.Event()
    for _ in range(500):
        if condition():
            return
        pause.wait(0.02)
    pytest.fail("It did not come true.")


@pytest.mark.usefixtures("kinds")
def test_a_job_waits_in_words_while_another_process_holds_the_workspace(store: Store) -> None:
    [job_id] = asked(store, "later")
    assert jobs.claim(store) == job_id
    thread = threading.Thread(target=working.work, args=(store, job_id))
    with exclusive(store.folder / "ingest.lock", "ingesting documents"):
        thread.start()
        until(lambda: jobs.get(store, job_id).stage == "waiting")
        assert jobs.get(store, job_id).message == "Another process is ingesting documents in this workspace."
    thread.join(10)
    job = jobs.get(store, job_id)
    assert (job.state, job.result) == ("done", {"begun": 1})


@pytest.mark.usefixtures("kinds")
def test_a_job_that_waits_can_be_cancelled(store: Store) -> None:
    [job_id] = asked(store, "later")
    assert jobs.claim(store) == job_id
    thread = threading.Thread(target=working.work, args=(store, job_id))
    with exclusive(store.folder / "ingest.lock", "ingesting documents"):
        thread.start()
        until(lambda: jobs.get(store, job_id).stage == "waiting")
        jobs.cancel(store, job_id)
        thread.join(10)
        assert not thread.is_alive()
    assert jobs.get(store, job_id).state == "cancelled"


def test_who_stopped_a_job_is_kept(store: Store) -> None:
    queued, running = asked(store, "train", "ingest")
    assert jobs.claim(store) == running
    jobs.cancel(store, running, "Anna")
    jobs.cancel(store, queued, "Bo")
    with pytest.raises(UsageError):
        jobs.cancel(store, queued, "Carl")
    told = [(one.person, one.action, one.subject_id, one.before, one.after) for one in history(store, jobs.SUBJECT)]
    assert told == [
        ("Bo", "cancel", queued, {"kind": "train", "state": "queued"}, {"kind": "train", "state": "cancelled"}),
        ("Anna", "cancel", running, {"kind": "ingest", "state": "running"}, {"kind": "ingest", "state": "cancelled"}),
    ]


def test_the_process_of_a_job_steps_back_before_it_works(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []

    def work(store: Store, job_id: str) -> bool:
        done.append(job_id)
        return True

    monkeypatch.setattr(working, "step_back", done.append)
    monkeypatch.setattr(working, "work", work)
    (store.folder / "autogpt.toml").write_text("[jobs]\ncores = 3\n")
    assert working.main([str(store.folder), "the job"]) == 0
    assert done == [3, "the job"]


def test_a_process_that_steps_back_has_the_lowest_priority_and_the_cores_that_were_left_to_it() -> None:
    tell = (
        "import os; from autogpt.machine import cores; from autogpt.services.working import step_back;"
        "step_back(1); print(os.getpriority(os.PRIO_PROCESS, 0), cores())"
    )
    command = [sys.executable, "-c", tell]
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True)
    assert done.stdout.split() == ["19", "1"]


def test_a_job_that_failed_or_was_cancelled_is_asked_for_again(store: Store) -> None:
    first = begun(store, sources=["a"])
    with pytest.raises(UsageError, match="is running; only one that failed or was cancelled"):
        jobs.retry(store, first)
    jobs.put_back(store, first, "It died.")
    assert jobs.claim(store) == first
    jobs.fail(store, first, "The file is broken.")
    again = jobs.retry(store, first, "Anna")
    assert (again.kind, again.state, again.person, again.payload) == ("ingest", "queued", "Anna", {"sources": ["a"]})
    assert again.id != first
    jobs.cancel(store, again.id)
    assert jobs.retry(store, again.id).state == "queued"
    with pytest.raises(NotFoundError):
        jobs.retry(store, "none")


def test_a_running_job_tells_its_numbers_and_since_when(store: Store) -> None:
    job_id = begun(store)
    jobs.heartbeat(store, job_id, Progress("train", 3, 10, {"loss": 0.5}, "epoch 1"))
    job = jobs.get(store, job_id)
    assert (job.stage, job.done, job.total, job.message, job.metrics) == ("train", 3, 10, "epoch 1", {"loss": 0.5})
    assert job.started_at is not None
    jobs.finish(store, job_id, {"metrics": {"f1": 80.0}})
    job = jobs.get(store, job_id)
    assert (job.metrics, job.result) == ({}, {"metrics": {"f1": 80.0}})


def test_of_a_long_log_the_end_is_shown_and_of_many_the_newest_are_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = begun(store)
    assert jobs.log_of(store, job_id) == ""
    jobs.log_file(store, job_id).write_text("".join(f"line {number}\n" for number in range(10_000)))
    shown = jobs.log_of(store, job_id, last=100).splitlines()
    assert shown[-1] == "line 9999"
    assert all(line.startswith("line ") for line in shown)
    monkeypatch.setattr(jobs, "KEPT_LOGS", 3)
    for number in range(5):
        path = jobs.log_file(store, f"job{number}")
        path.write_text("")
        os.utime(path, (number + 1, number + 1))
    kept = {path.stem for path in (store.folder / "jobs").iterdir()}
    assert {"job4", job_id} <= kept
    assert len(kept) <= 4
    with pytest.raises(NotFoundError):
        jobs.log_of(store, "none")


def test_a_training_job_trains_with_the_settings_that_were_sent(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_lines(tmp_path / "towns.jsonl", make_examples(45))
    import_examples(store, str(tmp_path / "towns.jsonl"))
    split_examples(store)
    settings = {
        "base": str(tiny_model("bert")), "epochs": 1, "batch_size": 8, "max_length": 96, "stride": 16,
        "precision": "fp32", "trackers": [], "retrieved_negatives": 0,
    }  # fmt: skip
    jobs.enqueue(store, "train", {"what": "reader", "settings": settings})
    job_id = jobs.claim(store)
    assert job_id is not None
    with caplog.at_level("INFO", logger="autogpt.jobs"):
        assert working.work(store, job_id), jobs.get(store, job_id).reason
    result = jobs.get(store, job_id).result
    (run,) = list_runs(store)
    assert (result["run"], run["state"]) == (run["id"], "done")
    assert result["metrics"]["f1"] >= 0
    assert "trained on" in result["summary"]
    assert any(record.getMessage().startswith("train") for record in caplog.records)


def test_what_cannot_be_trained_is_said_before_it_is_queued(store: Store) -> None:
    with pytest.raises(UsageError, match="Unknown training 'dog'"):
        with_settings(store, "dog", {})
    with pytest.raises(ConfigError, match="epochs"):
        with_settings(store, "reader", {"epochs": -1})
    with pytest.raises(ConfigError, match="spoons"):
        with_settings(store, "language-model", {"spoons": 1})
    assert with_settings(store, "language-model", {"epochs": 2}).config.train.language_model.epochs == 2
