"""A search for settings, with trainings that only pretend, and with real ones."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autogpt.config import (
    ClassifierTrainingSection,
    LanguageModelTrainingSection,
    ReaderTrainingSection,
    SearchSection,
)
from autogpt.errors import AutoGPTError, CancelledError, DivergedError
from autogpt.progress import Progress, Sink
from autogpt.train import search as searching
from autogpt.train.folder import TrainingResult, claim, finished, write_json
from autogpt.train.language_model import train_language_model
from autogpt.train.search import SearchResult, Trial, read_scores, search
from tiny_models import make_examples

SETTINGS = ReaderTrainingSection(learning_rate=1e-5, dropout=0.1)
SPACE = SearchSection(
    learning_rate=(1e-6, 1e-3), batch_size=(16,), warmup=(0.06, 0.06), dropout=(0.1, 0.1), weight_decay=(0.01, 0.01)
)
#: The best learning rate there is.
BEST = 1e-4
EPOCHS = 4


class Clock:
    """Seconds that pass only where a test lets them."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(searching.time, "monotonic", made.monotonic)
    return made


class Trainings:
    """Trains in no time: the nearer a learning rate is to the best, the higher the score."""

    def __init__(self, clock: Clock, seconds: float = 60.0) -> None:
        self.clock, self.seconds = clock, seconds
        self.asked: list[ReaderTrainingSection] = []
        self.epochs: list[int] = []

    def __call__(self, settings: ReaderTrainingSection, out: Path, sink: Sink) -> TrainingResult:
        self.asked.append(settings)
        self.epochs.append(0)
        claim(out, {"settings": settings.model_dump(mode="json")}, True)
        (out / "model").mkdir(exist_ok=True)
        (out / "model" / "rate").write_text(str(settings.learning_rate))
        (out / "adapter").mkdir(exist_ok=True)
        (out / "adapter" / "rate").write_text(str(settings.learning_rate))
        (out / "suspects.jsonl").write_text(str(settings.learning_rate))
        ratio = max(settings.learning_rate / BEST, BEST / settings.learning_rate)
        for epoch in range(EPOCHS):
            self.clock.seconds += self.seconds / EPOCHS
            self.epochs[-1] += 1
            score = 80 / ratio + epoch
            with (out / "history.jsonl").open("a") as file:
                file.write(json.dumps({"step": epoch + 1, "eval_f1": score}) + "\n")
            sink(Progress("train", epoch + 1, EPOCHS, {"f1": score, "loss": 1.0}))
            sink(Progress("train", epoch + 1, EPOCHS, {"f1": score, "loss": 0.9}))
        metrics = {"f1": 80 / ratio + EPOCHS - 1}
        write_json(out / "metrics.json", metrics)
        return TrainingResult(out / "model", metrics)


def run(trainings: Callable[..., TrainingResult], out: Path, minutes: float = 30, **changes: object) -> SearchResult:
    space = SPACE.model_copy(update=changes)
    return search(SETTINGS, space, minutes, trainings, out, "f1")


def test_a_search_begins_with_the_settings_as_they_are_and_finds_better(clock: Clock, tmp_path: Path) -> None:
    trainings = Trainings(clock)
    found = run(trainings, tmp_path)
    first, *_ = found.trials
    assert trainings.asked[0].learning_rate == SETTINGS.learning_rate
    assert found.best.score is not None
    assert first.score is not None
    assert found.best.score > first.score + 20
    assert (found.training.model_dir / "rate").read_text() == str(found.best.values["learning_rate"])
    assert finished(tmp_path) == found.training
    assert found.training.metrics["f1"] == pytest.approx(found.best.score)


def test_only_what_has_a_range_is_searched(clock: Clock, tmp_path: Path) -> None:
    found = run(Trainings(clock), tmp_path, minutes=5, batch_size=(8, 32))
    assert set(found.trials[0].values) == {"learning_rate", "batch_size"}
    assert {one.values["batch_size"] for one in found.trials} <= {SETTINGS.batch_size, 8, 32}


def test_the_learning_rates_of_a_method_are_its_own(clock: Clock, tmp_path: Path) -> None:
    settings = ReaderTrainingSection(method="lora")
    trainings = Trainings(clock)
    space = SPACE.model_copy(update={"trials": 8})
    search(settings, space, 30, trainings, tmp_path, "f1")
    rates = [one.learning_rate for one in trainings.asked]
    assert rates[0] == settings.peak_rate == pytest.approx(3e-4)
    assert all(1e-5 <= rate <= 1e-2 for rate in rates)
    assert max(rates) > 1e-3


def test_the_time_is_kept_and_shared(clock: Clock, tmp_path: Path) -> None:
    trainings = Trainings(clock, seconds=100)
    run(trainings, tmp_path, minutes=20)
    assert 15 * 60 <= clock.seconds <= 20 * 60
    assert all(one.max_minutes <= 5 for one in trainings.asked)
    limited = Trainings(Clock())
    run(limited, tmp_path / "other", minutes=20, trial_minutes=2.0, trials=3)
    assert [one.max_minutes for one in limited.asked] == [2.0, 2.0, 2.0]


def test_a_trial_that_falls_behind_is_ended_early_and_its_model_dropped(clock: Clock, tmp_path: Path) -> None:
    trainings = Trainings(clock)
    found = run(trainings, tmp_path)
    pruned = [one for one in found.trials if one.state == "pruned"]
    assert pruned
    assert all(trainings.epochs[one.number] == len(one.scores) < EPOCHS for one in pruned)
    assert not list(tmp_path.glob("trial-*/run/model"))
    assert not list(tmp_path.glob("trial-*/run/adapter"))


def test_epochs_that_score_the_same_count_each(clock: Clock, tmp_path: Path) -> None:
    """So a trial is compared with what the others scored at the same epoch."""
    scores = [(50.0, 50.0, 60.0, 60.0)] * 3 + [(50.0, 55.0, 55.0, 55.0)]

    def train(settings: ReaderTrainingSection, out: Path, sink: Sink) -> TrainingResult:
        given = scores[int(out.parent.name.rpartition("-")[2])]
        claim(out, {}, True)
        for epoch, score in enumerate(given):
            with (out / "history.jsonl").open("a") as file:
                file.write(json.dumps({"step": epoch + 1, "eval_f1": score}) + "\n")
            sink(Progress("train", epoch + 1, EPOCHS, {"f1": score}))
        (out / "model").mkdir()
        write_json(out / "metrics.json", {"f1": given[-1]})
        return TrainingResult(out / "model", {"f1": given[-1]})

    *_, last = run(train, tmp_path, trials=4).trials
    assert (last.state, last.scores) == ("pruned", (50.0, 55.0, 55.0))


def test_a_real_training_that_falls_behind_is_ended_early(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    texts, held = ([one.context for one in make_examples(count, start)] for count, start in ((24, 0), (8, 24)))
    settings = LanguageModelTrainingSection(
        epochs=4, batch_size=8, max_length=32, learning_rate=1e-3, trackers=(), precision="fp32", patience=0
    )

    def train(told: LanguageModelTrainingSection, out: Path, sink: Sink) -> TrainingResult:
        return train_language_model(told, texts, held, tiny_model("bert"), out, sink, before=tmp_path / "before.json")

    space = SPACE.model_copy(update={"learning_rate": (1e-6, 3e-3), "trials": 8})
    found = search(settings, space, 30, train, tmp_path / "run", "likelihood")
    ended = [one for one in found.trials if one.state == "pruned"]
    assert ended
    for one in ended:
        folder = tmp_path / "run" / f"trial-{one.number:03}" / "run"
        assert 1 <= len(one.scores) < 4
        assert len(read_scores(folder / "history.jsonl", "likelihood")) == len(one.scores)
        assert not list(folder.rglob("*.safetensors"))
    assert found.best.score == max(one.score for one in found.trials if one.state == "done" and one.score is not None)
    assert found.training.metrics["likelihood"] == pytest.approx(found.best.score, abs=0.01)


def test_all_that_the_best_training_left_is_put_in_place(clock: Clock, tmp_path: Path) -> None:
    found = run(Trainings(clock), tmp_path, minutes=5)
    rate = str(found.best.values["learning_rate"])
    for name in ("model/rate", "adapter/rate", "suspects.jsonl"):
        assert (tmp_path / name).read_text() == rate


def test_the_learning_rate_may_have_another_name(clock: Clock, tmp_path: Path) -> None:
    asked: list[float] = []
    trainings = Trainings(clock)

    def train(settings: ClassifierTrainingSection, out: Path, sink: Sink) -> TrainingResult:
        asked.append(settings.few_shot_learning_rate)
        return trainings(SETTINGS.model_copy(update={"learning_rate": asked[-1]}), out, sink)

    space = SPACE.model_copy(update={"trials": 3})
    told = ClassifierTrainingSection(method="lora")
    found = search(told, space, 30, train, tmp_path, "f1", rate="few_shot_learning_rate")
    assert "few_shot_learning_rate" in found.trials[0].values
    assert "learning_rate" not in found.trials[0].values
    assert asked[0] == told.few_shot_learning_rate
    assert len(set(asked)) == 3
    assert all(1e-6 <= one <= 1e-3 for one in asked)


def test_a_diverged_trial_counts_as_failed_and_the_search_goes_on(clock: Clock, tmp_path: Path) -> None:
    trainings = Trainings(clock)

    def breaks(settings: ReaderTrainingSection, out: Path, sink: Sink) -> TrainingResult:
        if settings.learning_rate > BEST:
            clock.seconds += 10
            raise DivergedError("The training has diverged.")
        return trainings(settings, out, sink)

    found = run(breaks, tmp_path)
    assert {"done", "failed"} <= {one.state for one in found.trials}
    assert found.best.state == "done"


def test_when_every_trial_fails_that_is_said(clock: Clock, tmp_path: Path) -> None:
    def breaks(settings: ReaderTrainingSection, out: Path, sink: Sink) -> TrainingResult:
        raise DivergedError("The training has diverged.")

    with pytest.raises(AutoGPTError, match="None of the 3 trainings"):
        run(breaks, tmp_path, trials=3)


def test_a_search_that_was_stopped_goes_on_with_the_same_trial(clock: Clock, tmp_path: Path) -> None:
    trainings = Trainings(clock)
    stopped_at: list[float] = []

    def stops(settings: ReaderTrainingSection, out: Path, sink: Sink) -> TrainingResult:
        if len(trainings.asked) == 2 and not stopped_at:
            stopped_at.append(settings.learning_rate)
            raise CancelledError("Stopped.")
        return trainings(settings, out, sink)

    with pytest.raises(CancelledError):
        run(stops, tmp_path)
    before = [json.loads(line) for line in (tmp_path / searching.TRIALS).read_text().splitlines()]
    found = run(stops, tmp_path)
    assert len(before) == 2
    assert [one.number for one in found.trials] == list(range(len(found.trials)))
    assert trainings.asked[2].learning_rate == stopped_at[0]
    assert found.trials[:2] == tuple(Trial(**{**one, "scores": tuple(one["scores"])}) for one in before)


def test_a_finished_search_is_not_run_again(clock: Clock, tmp_path: Path) -> None:
    trainings = Trainings(clock)
    first = run(trainings, tmp_path)
    count = len(trainings.asked)
    again = run(trainings, tmp_path)
    assert again == first
    assert len(trainings.asked) == count
