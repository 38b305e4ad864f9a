"""Searches for the settings of a training within a time limit, by Optuna.

In: settings to begin with, a space, minutes, and what trains. Out: trials, and the folder of the best. Each trial is a
training of its own; one that is worse at an epoch than half of those before it at that epoch is ended there. A search
that was killed goes on, the trial under way from its last checkpoint. Knows nothing about what is trained.
"""

import json
import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from autogpt.config import SearchSection, TrainingSection
from autogpt.errors import AutoGPTError, DivergedError
from autogpt.progress import Progress, Sink, silent
from autogpt.train.clock import Clock, last_checkpoint
from autogpt.train.folder import CHECKPOINTS, METRICS, MODEL, REQUEST, TrainingResult, finished, write_json
from autogpt.train.history import HISTORY, read_history
from autogpt.train.methods.saved import FOLDER as ADAPTER

S = TypeVar("S", bound=TrainingSection)
#: Trains with the settings into the folder, telling the sink.
Trains = Callable[[S, Path, Sink], TrainingResult]

#: What became of every trial, one a line; kept for good.
TRIALS = "trials.jsonl"
_ASKED = "asked.json"
#: What stays in the folder of a trial; its metrics leave it last.
_OWN = frozenset({REQUEST, CHECKPOINTS, METRICS})
_STATES = {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
#: A trial is not begun when less than this part of its time is left, once one is done.
_WORTH = 0.25


@dataclass(frozen=True, slots=True)
class Trial:
    """One training of a search.

    Attributes:
        state: "done", "pruned" (ended early: worse than the others), or "failed" (its loss diverged).
        score: the best of its epochs, None where none was finished.
        scores: by epoch.
    """

    number: int
    values: Mapping[str, Any]
    state: str
    score: float | None
    scores: tuple[float, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What `search` found: the best training, and all trials in order."""

    training: TrainingResult
    trials: tuple[Trial, ...]
    best: Trial


def search(
    settings: S,
    space: SearchSection,
    minutes: float,
    train: Trains[S],
    out: Path,
    score: str,
    sink: Sink = silent,
    *,
    rate: str = "learning_rate",
) -> SearchResult:
    """Try settings until the time is up, and put the best training in `out`.

    The first trial takes `settings` as they are; so the best is never worse, on the validation examples, than without a
    search. Later ones are chosen by a tree-structured Parzen estimator (Bergstra et al. 2011), and ended early by the
    median rule (Golovin et al. 2017, "Google Vizier", section 3.2.2).

    Args:
        minutes: for all trials together, over all the times the search was resumed.
        score: the validation metric, larger is better.
        rate: the setting that `space.learning_rate` is the range of.

    Raises AutoGPTError when every trial failed, and what `train` raises but for a loss that diverged.
    """
    out.mkdir(parents=True, exist_ok=True)
    done = finished(out)
    searched = _Search(settings, space, minutes * 60, out, score, rate)
    while done is None and (number := searched.next()) is not None:
        searched.run(number, train, sink)
    trials, best = searched.trials, best_of(searched.trials)
    if best is None:
        raise AutoGPTError(
            f"None of the {len(trials)} trainings of the search came to an end.",
            "Give it more minutes, or lower the learning rates of train.search.learning_rate.",
        )
    return SearchResult(done or _put_in_place(out, best), trials, best)


class _Search:
    """The trials in a folder, and the study that chooses the next."""

    def __init__(
        self, settings: TrainingSection, space: SearchSection, limit: float, out: Path, score: str, rate: str
    ) -> None:
        self._settings, self._space, self._limit, self._out, self._score = settings, space, limit, out, score
        self._distributions = _distributions(settings, space, rate)
        optuna.logging.set_verbosity(logging.WARNING)
        self._study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(n_startup_trials=5, seed=settings.seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=3),
        )
        self.trials = _read_trials(out / TRIALS)
        for one in self.trials:
            self._study.add_trial(
                create_trial(
                    state=_STATES[one.state],
                    value=one.score if one.state == "done" else None,
                    params=dict(one.values),
                    distributions=self._distributions,
                    intermediate_values=dict(enumerate(one.scores)),
                )
            )

    def next(self) -> int | None:
        """The number of the trial to run, None when the search is over."""
        number = len(self.trials)
        if self._space.trials and number >= self._space.trials:
            return None
        return None if number and self._left < _WORTH * self._each else number

    @property
    def _each(self) -> float:
        """Seconds of one trial at most."""
        own = self._space.trial_minutes * 60 or self._limit / 4
        return min(own, self._settings.max_minutes * 60 or own)

    @property
    def _left(self) -> float:
        return self._limit - sum(one.seconds for one in self.trials)

    def run(self, number: int, train: Trains[Any], sink: Sink) -> None:
        """One trial, whose model is kept while it is the best."""
        folder = self._folder(number)
        trial, minutes = self._begun(number, folder.parent / _ASKED)
        values = dict(trial.params)
        told = ", ".join(f"{name} {value:.3g}" for name, value in values.items())
        sink(Progress("search", number, message=f"trial {number + 1}: {told}"))
        changed = type(self._settings).model_validate({**self._settings.model_dump(), **values, "max_minutes": minutes})
        before, began = _used(folder), time.monotonic()
        watch = _Watch(trial, self._score, folder / HISTORY, sink)
        state = "done"
        try:
            train(changed, folder, watch)
        except optuna.TrialPruned:
            state = "pruned"
        except DivergedError:
            state = "failed"
        seconds = before + time.monotonic() - began
        scores = read_scores(folder / HISTORY, self._score)
        done = Trial(number, values, state, max(scores, default=None), scores, seconds)
        self._study.tell(trial, done.score if state == "done" else None, _STATES[state])
        with (self._out / TRIALS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(done)) + "\n")
        self.trials = (*self.trials, done)
        self._drop_models()

    def _begun(self, number: int, asked: Path) -> tuple[optuna.Trial, float]:
        """The trial and its minutes: as they were asked for when it was cut short, else new."""
        if asked.is_file():
            given = json.loads(asked.read_text(encoding="utf-8"))
            self._study.enqueue_trial(given["values"])
            return self._study.ask(self._distributions), given["minutes"]
        if not number:
            self._study.enqueue_trial({name: _present(self._settings, name) for name in self._distributions})
        trial, minutes = self._study.ask(self._distributions), min(self._left, self._each) / 60
        asked.parent.mkdir(parents=True, exist_ok=True)
        write_json(asked, {"values": trial.params, "minutes": minutes})
        return trial, minutes

    def _drop_models(self) -> None:
        kept = best_of(self.trials)
        for one in self.trials:
            shutil.rmtree(self._folder(one.number) / CHECKPOINTS, ignore_errors=True)
            if kept is None or one.number != kept.number:
                for name in (MODEL, ADAPTER):
                    shutil.rmtree(self._folder(one.number) / name, ignore_errors=True)

    def _folder(self, number: int) -> Path:
        return trial_folder(self._out, number)


class _Watch:
    """Hands progress on, and ends a trial that is worse than the others at the end of an epoch.

    What an epoch scored is read from the history: progress shows a score until the next one, and two may be equal.
    """

    def __init__(self, trial: optuna.Trial, score: str, history: Path, sink: Sink) -> None:
        self._trial, self._score, self._history, self._sink = trial, score, history, sink
        self._epochs = 0
        self._report()  # what an earlier part of the trial has finished

    def __call__(self, progress: Progress) -> None:
        self._sink(progress)
        scored = progress.stage == "train" and self._score in progress.metrics
        if scored and self._report() and self._trial.should_prune():
            raise optuna.TrialPruned

    def _report(self) -> bool:
        """Whether an epoch has ended."""
        scores = read_scores(self._history, self._score)
        for epoch in range(self._epochs, len(scores)):
            self._trial.report(scores[epoch], epoch)
        before, self._epochs = self._epochs, len(scores)
        return self._epochs > before


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """The trial with the highest score among those that came to an end; of equal ones the first."""
    scored = [one for one in trials if one.state == "done" and one.score is not None]
    return max(scored, key=lambda one: one.score or 0.0, default=None)


def trial_folder(out: Path, number: int) -> Path:
    return out / f"trial-{number:03}" / "run"


def read_scores(history: Path, score: str) -> tuple[float, ...]:
    """The validation score of each epoch in a history, without what the base scored."""
    return tuple(
        line[f"eval_{score}"] for line in read_history(history) if f"eval_{score}" in line and line["step"] > 0
    )


def _read_trials(path: Path) -> tuple[Trial, ...]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    read = [json.loads(line) for line in lines if line.endswith("}")]
    return tuple(Trial(**{**one, "scores": tuple(one["scores"])}) for one in read)


def _used(folder: Path) -> float:
    """Seconds that a trial which was cut short had used until its last checkpoint."""
    checkpoint = last_checkpoint(folder / CHECKPOINTS)
    if checkpoint is None:
        return 0.0
    clock = Clock(0)
    clock.load(checkpoint)
    return clock.used


def _distributions(settings: TrainingSection, space: SearchSection, rate: str) -> dict[str, BaseDistribution]:
    """Of each setting that the space names and the training has; what is set now is always among the values."""
    found: dict[str, BaseDistribution] = {}
    for given, values in space.ranges.items():
        name = rate if given == "learning_rate" else given
        if name not in type(settings).model_fields:
            continue
        now = _present(settings, name)
        if name == "batch_size":
            found[name] = CategoricalDistribution(sorted({*values, now}))
            continue
        scale = settings.rate_scale if name == "learning_rate" else 1
        ends = [scale * end for end in values]
        # A range without width is not searched, wherever the setting is.
        low, high = (now, now) if ends[0] == ends[1] else (min(*ends, now), max(*ends, now))
        if low < high:
            found[name] = FloatDistribution(low, high, log=name == rate)
    return found


def _present(settings: TrainingSection, name: str) -> Any:
    return settings.peak_rate if name == "learning_rate" else getattr(settings, name)


def _put_in_place(out: Path, best: Trial) -> TrainingResult:
    """Move the best training to where a training without a search would be; its metrics last."""
    source = trial_folder(out, best.number)
    left = sorted(path.name for path in source.iterdir() if path.name not in _OWN)
    for name in (*left, METRICS):
        if (source / name).exists():
            shutil.rmtree(out / name, ignore_errors=True)
            (source / name).replace(out / name)
    found = finished(out)
    assert found is not None
    return found
