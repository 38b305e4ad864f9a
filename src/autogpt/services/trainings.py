"""The trainings of a workspace as they are looked at: state, quality, cost, curves; and how one is gone on with.

In: a store. Out: `Training`s, without loading anything that trains. Knows nothing about pages.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import select

from autogpt.errors import NotFoundError, UsageError
from autogpt.evaluate.forgetting import Forgetting
from autogpt.metrics.learning import Remark, remarks, validation_losses
from autogpt.models.costs import Costs
from autogpt.services import jobs
from autogpt.services.runs import CONFIG_FILE, UNFINISHED
from autogpt.store import Store
from autogpt.store.tables import RunRow
from autogpt.train.history import HISTORY, SCORES, read_history
from autogpt.train.suspects import Suspect, read_suspects

#: The validation metric by which a run of a kind is known; of classifiers it depends on what they tell.
_MAIN = {"reader": "f1", "retriever": "ndcg_at_10", "reranker": "ndcg_at_10"}
_OF_CLASSIFIERS = {"intents": "accuracy", "binary": "f1", "multi-label": "micro_f1", "similarity": "spearman"}
_OTHERS = "likelihood"
#: Parts whose losses are drawn, as they are called.
TRAINING_PART, VALIDATION_PART = "training part", "validation part"
#: Points of a curve that are shown; of more every so many.
SHOWN_POINTS = 400

History = Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class Training:
    """A run, with what its folder and its job tell.

    Attributes:
        state: running, stopped, failed or done.
        reason: why it failed or was stopped, for people.
        settings: what it was told, `base` among it.
        job: the newest job that worked on it; None for one of the command line.
    """

    id: str
    kind: str
    state: str
    reason: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, float]
    created_at: datetime
    finished_at: datetime | None
    folder: Path
    job: jobs.Job | None

    @property
    def base(self) -> str:
        """What was fine-tuned, without the folders that lead to it: a pack, a run, a hub id."""
        path = Path(str(self.settings.get("base", "")))
        if not path.is_absolute():
            return str(path)
        inside = path.name in {"model", "reader", "encoder"}
        return path.parent.name if inside else path.name

    @property
    def method(self) -> str:
        return str(self.settings.get("method", "full"))

    @property
    def score(self) -> tuple[str, str]:
        """The validation metric it is known by, and what people call it."""
        if self.kind == "classifier":
            name = _OF_CLASSIFIERS.get(str(self.settings.get("kind")), "accuracy")
        else:
            name = _MAIN.get(self.kind, _OTHERS)
        return name, SCORES[name]

    @property
    def quality(self) -> float | None:
        """That metric: of the finished model, else of the best epoch so far; None before the first."""
        name, _ = self.score
        if name in self.metrics:
            return float(self.metrics[name])
        seen = [one[f"eval_{name}"] for one in self.history if f"eval_{name}" in one]
        return max(seen) if seen else None

    @cached_property
    def history(self) -> History:
        return read_history(self.folder / HISTORY)

    @cached_property
    def costs(self) -> Costs | None:
        return Costs.load(self.folder)

    @cached_property
    def forgetting(self) -> Forgetting | None:
        return Forgetting.load(self.folder)

    @property
    def remarks(self) -> list[Remark]:
        """What its curves say, in words; nothing before it has ended."""
        return remarks(self.history, *self.score) if self.state == "done" else []

    @property
    def suspects(self) -> list[Suspect]:
        """Examples of the validation part whose label or answer the model contradicts with confidence."""
        return read_suspects(self.folder) if self.state == "done" else []

    @property
    def live(self) -> bool:
        """Whether a job works on it, or will."""
        return self.job is not None and not self.job.finished

    @property
    def can_resume(self) -> bool:
        return self.state in UNFINISHED and not self.live and (self.folder / CONFIG_FILE).is_file()

    def curve(self, name: str) -> list[tuple[float, float]]:
        """(step, value) of what was logged under a name: `loss`, `eval_f1`."""
        points = [(float(one["step"]), float(one[name])) for one in self.history if name in one]
        return points[:: max(1, len(points) // SHOWN_POINTS)]

    @property
    def loss_curves(self) -> dict[str, list[tuple[float, float]]]:
        """Losses by the part that they are of."""
        curves = {TRAINING_PART: self.curve("loss"), VALIDATION_PART: validation_losses(self.history)}
        return {part: points for part, points in curves.items() if points}

    @property
    def score_curves(self) -> dict[str, list[tuple[float, float]]]:
        """Validation scores by what people call them, the one it is known by first."""
        first, _ = self.score
        names = [first, *(name for name in SCORES if name != first)]
        curves = {SCORES[name]: self.curve(f"eval_{name}") for name in names}
        return {label: points for label, points in curves.items() if points}


def list_trainings(store: Store, limit: int = 200) -> list[Training]:
    """The newest trainings, newest first."""
    by_run = _jobs_by_run(store)
    with store.session() as session:
        rows = session.scalars(select(RunRow).order_by(RunRow.created_at.desc()).limit(limit)).all()
    return [_training(store, row, by_run.get(row.id)) for row in rows]


def find_training(store: Store, run_id: str) -> Training:
    """Raises NotFoundError when there is no such run."""
    with store.session() as session:
        row = session.get(RunRow, run_id)
    if row is None:
        raise NotFoundError(f"There is no training '{run_id}'.", "See: autogpt models list")
    return _training(store, row, _jobs_by_run(store).get(run_id))


def waiting_jobs(store: Store) -> list[jobs.Job]:
    """Jobs that train, or will, and of which it is not known yet which run they are."""
    return [one for one in jobs.jobs_of(store, "train") if not one.finished and not run_of_job(one)]


def run_of_job(job: jobs.Job) -> str:
    """Id of the run that a training's job works on; empty while that is not known."""
    return str(job.payload.get("run") or job.payload.get("resume") or job.result.get("run") or "")


def resumed(store: Store, run_id: str) -> dict[str, Any]:
    """The payload of a job that goes on with a training: told the same as it was.

    Raises NotFoundError when there is no such run, UsageError when it is done, or being worked on.
    """
    training = find_training(store, run_id)
    if training.live:
        raise UsageError("A job works on this training already.", "Wait for it, or stop it first.")
    if not training.can_resume:
        raise UsageError(f"The training is {training.state}; there is nothing to go on with.", "Begin a new one.")
    raw = json.loads((training.folder / CONFIG_FILE).read_text(encoding="utf-8"))
    section = training.kind.replace("-", "_")
    asked = raw["train"][section]
    present = getattr(store.config.train, section).model_dump(mode="json")
    changed = {key: value for key, value in asked.items() if present.get(key) != value}
    return {"what": training.kind, "settings": changed, "resume": run_id}


def _jobs_by_run(store: Store) -> dict[str, jobs.Job]:
    found: dict[str, jobs.Job] = {}
    for job in jobs.jobs_of(store, "train"):
        if run := run_of_job(job):
            found.setdefault(run, job)
    return found


def _training(store: Store, row: RunRow, job: jobs.Job | None) -> Training:
    state, reason = row.state, row.reason
    if state == "running" and job is not None and job.finished:  # its process was ended before it could say so
        state, reason = "stopped", job.reason
    return Training(
        id=row.id,
        kind=row.kind,
        state=state,
        reason=reason,
        settings=row.settings,
        metrics=row.metrics,
        created_at=row.created_at,
        finished_at=row.finished_at,
        folder=store.runs / row.id,
        job=job,
    )
