"""Trainings as they are looked at, what there is to train on, what it will take, and going on with just that run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from answers import TEXT, add_document
from autogpt.config import override
from autogpt.errors import CancelledError, NotFoundError, UsageError
from autogpt.models.costs import Costs
from autogpt.progress import Progress
from autogpt.services import jobs, training_estimates, working
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.requested import changed_settings, read_settings
from autogpt.services.training_data import Lack, training_data
from autogpt.services.training_estimates import estimate, planned
from autogpt.services.trainings import find_training, list_trainings, resumed
from autogpt.store import Store
from autogpt.store.tables import ExampleRow
from measured import add_questions, add_run
from tiny_models import make_examples, write_lines


def test_a_stopped_training_goes_on_and_says_why_it_cannot(
    store: Store, tiny_model: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(tmp_path / "towns.jsonl", make_examples(45))
    import_examples(store, str(tmp_path / "towns.jsonl"))
    split_examples(store)
    settings = {
        "base": str(tiny_model("bert")), "epochs": 2, "batch_size": 8, "max_length": 96, "stride": 16,
        "precision": "fp32", "trackers": [], "retrieved_negatives": 0,
    }  # fmt: skip
    job = jobs.enqueue(store, "train", {"what": "reader", "settings": settings})
    jobs.claim(store)
    seen: list[str] = []

    def stops(self: Any, progress: Progress) -> None:
        if "f1" in progress.metrics and not seen:
            seen.append(str(jobs.get(store, job.id).payload["run"]))
            jobs.cancel(store, job.id)
            raise CancelledError("Stopped.")

    monkeypatch.setattr("autogpt.services.working._Pulse.sink", stops)
    assert not working.work(store, job.id)
    (training,) = list_trainings(store)
    assert (training.id, training.state, training.live, training.can_resume) == (seen[0], "stopped", False, True)
    assert training.curve("loss")
    payload = resumed(store, training.id)
    assert payload["resume"] == training.id
    assert payload["settings"]["epochs"] == 2.0

    # Settings that are another training's now are not begun anew under the name of this one.
    other = jobs.enqueue(store, "train", {**payload, "settings": {**payload["settings"], "epochs": 1}})
    jobs.claim(store)
    assert not working.work(store, other.id)
    assert "cannot be gone on with" in jobs.get(store, other.id).reason
    assert len(list_trainings(store)) == 1

    again = jobs.enqueue(store, "train", payload)
    jobs.claim(store)
    assert find_training(store, training.id).live
    with pytest.raises(UsageError, match="works on this training"):
        resumed(store, training.id)
    assert working.work(store, again.id), jobs.get(store, again.id).reason
    (done,) = list_trainings(store)
    assert (done.id, done.state, done.job and done.job.id) == (training.id, "done", again.id)
    with pytest.raises(UsageError, match="nothing to go on with"):
        resumed(store, training.id)

    # What it took tells what the like will take: half of it for half of the epochs.
    costs = done.costs
    assert costs is not None
    asked = override(store.config, {f"train.reader.{key}": value for key, value in settings.items()})
    data = training_data(store, "reader")
    whole = estimate(store, asked.train.reader, data)
    half = estimate(store, asked.train.reader.model_copy(update={"epochs": 1.0}), data)
    assert (whole.run, half.run) == (done.id, done.id)
    assert whole.minutes == pytest.approx(costs.seconds / 60, rel=0.05)
    assert half.minutes == pytest.approx(costs.seconds / 120, rel=0.05)
    assert whole.memory == pytest.approx(max(costs.peak_bytes, 700_000_000))


def test_a_rough_estimate_grows_with_the_work(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_estimates, "_SHORTEST", [1e-6])  # shorter than any: the speed stays
    place = add_document(store, "fees.txt", TEXT)
    add_questions(store, place, TEXT, {f"What is fee {number}?": "45 euro" for number in range(20)}, "train")
    data, settings = training_data(store, "reader"), store.config.train.reader
    usual = estimate(store, settings, data)
    assert usual.minutes is not None
    assert usual.memory is not None
    assert (usual.run, usual.fits) == ("", usual.memory <= usual.free)
    longer = estimate(store, settings.model_copy(update={"epochs": 2 * planned(settings, data).epochs}), data)
    assert longer.minutes == pytest.approx(2 * usual.minutes, rel=0.01)
    larger = estimate(store, settings.model_copy(update={"batch_size": 10_000}), data)
    assert larger.memory is not None
    assert not larger.fits
    light = estimate(store, settings.model_copy(update={"method": "lora"}), data)
    assert light.memory is not None
    assert light.memory < usual.memory
    assert estimate(store, settings.model_copy(update={"max_minutes": 0.0001}), data).minutes == 0.0001
    assert estimate(store, settings.model_copy(update={"base": "no/such-model"}), data).minutes is None


def test_a_machine_that_was_busy_once_is_not_slow_for_good(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    place = add_document(store, "fees.txt", TEXT)
    add_questions(store, place, TEXT, {"What is the fee?": "45 euro"}, "train")
    data, settings = training_data(store, "reader"), store.config.train.reader
    ticks = iter(range(0, 1_000_000, 60))
    monkeypatch.setattr(training_estimates, "_SHORTEST", [float("inf")])
    with monkeypatch.context() as busy:
        busy.setattr(training_estimates.time, "perf_counter", lambda: float(next(ticks)))
        slow = estimate(store, settings, data).minutes
    fast = estimate(store, settings, data).minutes
    assert slow is not None
    assert fast is not None
    assert fast < slow / 100


def test_what_there_is_too_little_of_is_told(store: Store) -> None:
    place = add_document(store, "fees.txt", TEXT)
    add_questions(store, place, TEXT, {f"What is fee {number}?": "45 euro" for number in range(1)}, "train")
    add_questions(store, place, TEXT, {f"And {number}?": "45 euro" for number in range(7)}, "none")
    with store.session() as session:
        for row in session.query(ExampleRow).where(ExampleRow.split == "none"):
            row.split = None
    data = training_data(store, "reader")
    assert data.lacks == [Lack("train", 1, 2), Lack("validation", 0, 1), Lack("undivided", 7)]
    assert str(data.lacks[0]) == "Questions in the training part: 1. It takes 2 or more."
    assert [one.reason for one in training_data(store, "language-model").lacks] == ["documents"]
    with store.session() as session:
        for number in range(12):
            labels = {"task": "classify", "classes": ["fees"]}
            session.add(ExampleRow(id=f"c{number}", question=f"Q{number}", split="train", **labels))
    assert Lack("classes", 1, 2) in training_data(store, "classifier").lacks


def test_what_was_typed_becomes_settings_and_what_is_as_usual_is_left_out(store: Store) -> None:
    typed = {
        "epochs": " 2 ",
        "augment": "typos , synonyms,",
        "packing": "true",
        "learning_rate": "",
        "objective": "span",
    }
    settings = read_settings("reader", typed)
    assert settings["augment"] == ["typos", "synonyms"]
    assert changed_settings(store, "reader", settings) == {"epochs": 2.0, "augment": ["typos", "synonyms"]}


def test_a_run_that_a_killed_job_left_behind_counts_as_stopped(store: Store) -> None:
    run = add_run(store, "running")
    assert find_training(store, run).state == "running"  # of the command line, as far as is known
    job = jobs.enqueue(store, "train", {"what": "reader", "settings": {}})
    jobs.claim(store)
    jobs.note(store, job.id, run=run)
    assert find_training(store, run).live
    jobs.fail(store, job.id, "Its process was killed.")
    found = find_training(store, run)
    assert (found.state, found.reason, found.can_resume) == ("stopped", "Its process was killed.", True)
    with pytest.raises(NotFoundError):
        find_training(store, "none")


def test_a_broken_history_and_missing_costs_do_no_harm(store: Store) -> None:
    run = add_run(store)
    folder = store.runs / run
    with (folder / "history.jsonl").open("a") as file:
        file.write('{"step": 31, "lo')
    (folder / "costs.json").unlink()
    found = find_training(store, run)
    assert (len(found.curve("loss")), found.costs) == (30, None)
    Costs(1.0, 2, 3, 4).save(folder)
    assert json.loads((folder / "costs.json").read_text())["seconds"] == 1.0
