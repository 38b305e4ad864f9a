"""Recommends a base model for a workspace's reader or classifier, by measuring those that are on this machine.

In: a store, minutes, maybe names. Out: a `Recommendation`. Every candidate that can be is measured as it is; then all
are fine-tuned in rounds of successive halving, and the last models are set side by side. Knows nothing about the
command line.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autogpt.errors import AutoGPTError, CancelledError, UsageError
from autogpt.evaluate.side_by_side import Line, SideBySide
from autogpt.models.catalogue import BaseModel, list_models
from autogpt.models.choose import Try, successive_halving
from autogpt.progress import Progress, Sink, silent
from autogpt.services import runs
from autogpt.services.base_trials import TASKS, Trials
from autogpt.store import Store

#: Name of what the workspace has now: the pack's reader, the classifier of the current release.
PRESENT = "as it is now"


@dataclass(frozen=True, slots=True)
class Failure:
    """A candidate that could not be tried, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Outcome of `recommend`.

    Attributes:
        task: what was trained, by the name of its command.
        measure: what a score is called. Of readers F1 at the best threshold, of classifiers with thresholds of a half.
        asked: what was trained on, in the plural.
        untried: what a candidate is that has no score as it is.
        best: the candidate to train from.
        untrained: what each scored as it is: of readers those that are one already, of encoders with a head that was
            fitted to their vectors for the classes; None for one that cannot be asked.
        tries: what each scored when it was fine-tuned (the same measure), round by round.
        table: the last fine-tuned model of each candidate, beside what the workspace has now and the best other
            untrained one, as far as there are any.
        elsewhere: names of models that fit and would have to be fetched; empty where candidates were named.
        questions: trained on, or texts.
    """

    task: str
    measure: str
    asked: str
    untried: str
    best: str
    untrained: Mapping[str, float | None]
    tries: tuple[Try, ...]
    failures: tuple[Failure, ...]
    table: SideBySide
    elsewhere: tuple[str, ...]
    questions: int

    @property
    def better_untrained(self) -> str:
        """The candidate that scored higher as it is than any of the last round; empty where none did."""
        best = _best(self.untrained)
        reached = max(one.score or 0.0 for one in _last_round(self.tries))
        return best if best and (self.untrained[best] or 0.0) > reached else ""

    @property
    def line(self) -> Line:
        """The recommended model's line of the table."""
        return next(line for line in self.table.lines if line.contender.name == self.best)

    def to_json(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "measure": self.measure,
            "best": self.best,
            "untrained": dict(self.untrained),
            "tries": [
                {"name": one.name, "round": one.round, "minutes": one.minutes, "score": one.score} for one in self.tries
            ],
            "failures": [{"name": one.name, "reason": one.reason} for one in self.failures],
            "table": self.table.to_json(),
            "elsewhere": list(self.elsewhere),
            "questions": self.questions,
        }


def recommend(
    store: Store, minutes: float, names: Sequence[str] = (), sink: Sink = silent, task: str = "reader"
) -> Recommendation:
    """Measure base models on the workspace's own examples: as they are, then fine-tuned.

    Trained on the train part, measured on the validation part. Killed or stopped, the same call goes on with what was
    tried already.

    Args:
        minutes: of fine-tuning, all candidates together.
        names: packs, folders and hub ids; empty takes what the catalogue has for the language and is on this machine.
        task: of `base_trials.TASKS`.

    Raises:
        DataError: there are no examples to train on.
        UsageError: there are none to validate on, no candidate could be trained, or there is no such task.
        NotFoundError: a name is that of no model.
        BusyError: another process trains in this workspace.
    """
    with runs.alone(store):
        trials: Trials = TASKS.load(task)(store, sink)
        present = trials.present()  # what is wrong with it is said before anything is tried
        fitting = _fitting(store)
        chosen = list(dict.fromkeys(names or (one.name for one in fitting if one.here)))
        bases = {name: trials.resolved(name) for name in chosen}
        folder = store.folder / "cache" / "recommend" / _key(trials, task, minutes, bases)
        trial = _Trial(trials, bases, folder, sink)
        untrained = trial.untrained()
        tries = successive_halving(chosen, minutes, trial)
        if not trial.models:
            listed = "; ".join(f"{one.name}: {one.reason}" for one in trial.failures)
            raise UsageError(f"No candidate could be trained. {listed}", "See: autogpt models list")
        models = [] if present is None else [(PRESENT, present)]
        best = _best(untrained)
        whole = trials.whole(bases[best]) if best else None
        if whole is not None and not any(whole.resolve() == one.resolve() for _, one in models):
            models.append((f"{best}, untrained", whole))
        table = trials.compared([*models, *trial.models.items()], sink)
        shutil.rmtree(folder)
    return Recommendation(
        task=task,
        measure=trials.measure,
        asked=trials.asked,
        untried=trials.untried,
        best=next(one.name for one in reversed(_last_round(tries)) if one.score is not None),
        untrained=untrained,
        tries=tries,
        failures=tuple(trial.failures),
        table=table,
        elsewhere=tuple(one.name for one in fitting if not one.here) if not names else (),
        questions=len(trials.train),
    )


class _Trial:
    """Measures candidates as they are, fine-tunes them, and keeps the last model of each."""

    def __init__(self, trials: Trials, bases: dict[str, Path | str], folder: Path, sink: Sink) -> None:
        self._trials, self._bases = trials, bases
        self._folder, self._sink = folder, sink
        self.models: dict[str, Path] = {}
        self.failures: list[Failure] = []

    def untrained(self) -> dict[str, float | None]:
        """The score of each candidate as it is; what was measured before an interruption is not measured again."""
        from autogpt.train.folder import write_json

        path = self._folder / "untrained.json"
        found: dict[str, float | None] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        self._folder.mkdir(parents=True, exist_ok=True)
        for name in self._bases:
            if name not in found:
                found[name] = self._as_it_is(name)
                write_json(path, found)
        return {name: found[name] for name in self._bases}

    def _as_it_is(self, name: str) -> float | None:
        self._sink(Progress("read", message=f"{name}: as it is"))
        try:
            return self._trials.as_it_is(self._bases[name], self._sink)
        except CancelledError:
            raise
        except AutoGPTError:  # what is wrong with it is said by its training
            return None

    def __call__(self, name: str, number: int, minutes: float) -> float | None:
        self._sink(Progress("train", message=f"{name}: {minutes:.1f} minutes"))
        out = self._folder / f"{list(self._bases).index(name):02}-{number}"
        try:
            self.models[name], score = self._trials.trained(self._bases[name], minutes, out, self._sink)
        except CancelledError:
            raise
        except AutoGPTError as error:
            self.failures.append(Failure(name, str(error)))
            return None
        return score


def _best(untrained: Mapping[str, float | None]) -> str:
    """The candidate with the highest score; empty where none has one."""
    scored = {name: score for name, score in untrained.items() if score is not None}
    return max(scored, key=scored.__getitem__, default="")


def _fitting(store: Store) -> list[BaseModel]:
    """Models of the catalogue for the workspace's language and domain."""
    section = store.config.workspace
    wanted = {"auto": ("en", "zh")}.get(section.language, (section.language,))
    models = list_models(section.domain if section.domain != "general" else "", reader=True)
    own = [one for one in models if one.name == section.pack]
    return own + [one for one in models if set(wanted) <= set(one.languages) and one.name != section.pack]


def _last_round(tries: Sequence[Try]) -> list[Try]:
    """Worst first."""
    last = max(one.round for one in tries if one.score is not None)
    return sorted((one for one in tries if one.round == last), key=lambda one: one.score or 0.0)


def _key(trials: Trials, task: str, minutes: float, bases: dict[str, Path | str]) -> str:
    """SHA-256 of all that decides what is found."""
    told = [task, trials.settings(), minutes, [[name, str(one)] for name, one in bases.items()]]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for examples in (trials.train, trials.validation):
        for one in examples:
            digest.update(repr(one).encode())
        digest.update(b"|")
    return digest.hexdigest()[:16]
