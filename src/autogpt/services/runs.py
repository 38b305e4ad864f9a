"""Runs: trainings and their rows, from their beginning to their end, whatever they train.

In: a store. Out: rows of `runs`, `config.json` in the folder of a run, and what all finished runs tell. Knows nothing
about how training works.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from autogpt.config import Config, Section, TrainingSection
from autogpt.errors import AutoGPTError, CancelledError, MissingExtraError, UsageError
from autogpt.evaluate.forgetting import Forgetting
from autogpt.metrics.learning import remarks
from autogpt.models.costs import Costs
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.store import new_id
from autogpt.store.tables import RunRow, now
from autogpt.train import processes
from autogpt.train.history import HISTORY, read_history

if TYPE_CHECKING:
    from autogpt.train.search import Trial

CONFIG_FILE = "config.json"
#: A run in one of these states is gone on with when the same training is asked for again.
UNFINISHED = ("running", "stopped", "failed")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks of a training besides its settings.

    Attributes:
        tell: called with the id of the run as soon as that is known.
        run: the run that has to be gone on with; empty: whichever the same was asked of, or a new one.
    """

    tell: Callable[[str], None]
    run: str = ""


_wish: ContextVar[Wish | None] = ContextVar("wish", default=None)


@contextmanager
def wished(tell: Callable[[str], None], run: str = "") -> Iterator[None]:
    """Trainings that are begun inside are held to a `Wish`."""
    token = _wish.set(Wish(tell, run))
    try:
        yield
    finally:
        _wish.reset(token)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished training.

    Attributes:
        id: of the run; its folder's name.
        folder: `model/`, `metrics.json`, `history.jsonl`, `curves.png`.
        base: what was fine-tuned.
        metrics: on the validation questions, in points; empty without any.
        trials: of the search for its settings, in order; empty without one.
    """

    id: str
    folder: Path
    base: str
    metrics: Mapping[str, float]
    trials: tuple["Trial", ...] = field(default=(), kw_only=True)

    @property
    def model(self) -> Path:
        """The folder of the trained model."""
        return self.folder / "model"

    @property
    def costs(self) -> Costs | None:
        """What it cost; None for trainings of earlier versions."""
        return Costs.load(self.folder)

    @property
    def forgetting(self) -> Forgetting | None:
        """What the base has forgotten; None where it was not measured."""
        return Forgetting.load(self.folder)

    @property
    def score(self) -> tuple[str, str]:
        """The metric whose best epoch is kept, and what people call it."""
        return "f1", "F1"

    @property
    def doubts(self) -> list[str]:
        """What is doubtful about its examples, in words."""
        return []

    @property
    def remarks(self) -> list[str]:
        """What is doubtful about its examples, and what its curves say, in words: it learnt by heart, it did not learn,
        it was not done.
        """
        return [*self.doubts, *remarks(read_history(self.folder / HISTORY), *self.score)]

    def trained_on(self, examples: str) -> str:
        """How a summary begins: "run x: trained 0.8% of 22.7 M parameters on 1,200 questions"; without the share where
        all were trained.

        Args:
            examples: "1,200 questions".
        """
        costs, part = self.costs, ""
        if costs is not None and costs.share < 1:
            part = f" {100 * costs.share:.2g}% of {costs.parameters / 1e6:.3g} M parameters"
        best = f", the best of {len(self.trials)} trials" if self.trials else ""
        return f"run {self.id}: trained{part} on {examples}{best}"

    def to_json(self) -> dict[str, Any]:
        costs, forgetting = self.costs, self.forgetting
        told = {
            "model": self.model,
            "costs": None if costs is None else asdict(costs),
            "remarks": self.remarks,
            "forgetting": None if forgetting is None else forgetting.to_json(),
        }
        return {**asdict(self), **told}


def alone(store: Store) -> AbstractContextManager[None]:
    """Hold the workspace for one training; of several processes that train together the first does. Raises BusyError
    while another one trains in it.
    """
    if not processes.is_first():
        return nullcontext()
    return exclusive(store.folder / ".training.lock", "training")


def require_packages(what: str, package: str = "sentence_transformers") -> None:
    """Raises MissingExtraError before `what` is begun, which could not be finished without a package."""
    if find_spec(package) is None:
        raise MissingExtraError(what, "train")


def require_trackers(settings: TrainingSection) -> None:
    """Raises UsageError for trackers that cannot be had, before anything takes long."""
    from autogpt.train.trackers import require_trackers as require

    require(settings.trackers)


def require_objective(name: str, trained: str) -> None:
    """Raises UsageError for an objective that does not train what is to be `trained`, before anything takes long."""
    from autogpt.train.objectives import find_objective

    find_objective(name, trained)


def begin(
    store: Store, kind: str, settings: Section, base: Path | str, data_hash: str, resume: bool
) -> tuple[str, Path]:
    """Id and folder of a new run, or of the unfinished one that the same was asked of; its configuration is written.

    Args:
        kind: "reader", "retriever", "reranker", "classifier", "generator" or "language-model".
        settings: what the training is told; kept in the row, with `base`.
        data_hash: of all that decides how the training goes.

    Raises UsageError where a certain run was to be gone on with (`wished`), and another was asked for.
    """
    first = _begun(store, kind, settings, base, data_hash, resume) if processes.is_first() else ""
    if first and (wish := _wish.get()):
        wish.tell(first)
    run_id = processes.said_by_first(first)
    return run_id, store.runs / run_id


def _begun(store: Store, kind: str, settings: Section, base: Path | str, data_hash: str, resume: bool) -> str:
    """Id of the run, whose row and folder are there."""
    with store.session() as session:
        query = (
            select(RunRow)
            .where(RunRow.kind == kind, RunRow.data_hash == data_hash, RunRow.state.in_(UNFINISHED))
            .order_by(RunRow.created_at.desc())
        )
        wish = _wish.get()
        if wish and wish.run:
            query = query.where(RunRow.id == wish.run)
        row = session.scalar(query.limit(1)) if resume else None
        if row is None and wish and wish.run:
            raise UsageError(
                f"Run {wish.run} cannot be gone on with: its examples, its base or how it is trained is another now.",
                "Begin a new training; what this one has learnt stays in its folder.",
            )
        if row is None:
            told = {**settings.model_dump(mode="json"), "base": str(base)}
            row = RunRow(id=new_id(), kind=kind, settings=told, data_hash=data_hash, metrics={}, state="running")
            session.add(row)
        row.state, row.reason = "running", ""
        session.flush()
        run_id = row.id
    folder = store.runs / run_id
    folder.mkdir(parents=True, exist_ok=True)
    write_config(folder, store.config)
    return run_id


@contextmanager
def recorded(store: Store, run_id: str) -> Iterator[None]:
    """Write down how a run that does not finish ended."""
    try:
        yield
    except (KeyboardInterrupt, CancelledError):
        end(store, run_id, "stopped", "stopped on request")
        raise
    except AutoGPTError as error:
        end(store, run_id, "failed", str(error))
        raise
    except Exception as error:
        end(store, run_id, "failed", f"{type(error).__name__}: {error}")
        raise


def end(store: Store, run_id: str, state: str, reason: str = "", metrics: Mapping[str, float] | None = None) -> None:
    """Note how a run ended, once where several processes trained it."""
    if not processes.is_first():
        return
    with store.session() as session:
        row = session.get_one(RunRow, run_id)
        row.state, row.reason, row.finished_at = state, reason, now()
        row.metrics = dict(metrics or {})


def run_of(store: Store, model: Path) -> str:
    """Id of the run whose model is in the folder `model`; empty for any other folder."""
    folder = model.resolve().parent
    return folder.name if folder.parent == store.runs.resolve() else ""


def write_config(folder: Path, config: Config) -> None:
    """Keep the configuration beside what was trained with it."""
    if not processes.is_first():
        return
    path = folder / CONFIG_FILE
    waiting = path.with_name(path.name + ".part")
    waiting.write_text(json.dumps(config.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")
    waiting.replace(path)


def list_runs(store: Store) -> list[dict[str, Any]]:
    """All runs, newest first: id, kind, state, metrics, reason, created_at."""
    with store.session() as session:
        rows = session.scalars(select(RunRow).order_by(RunRow.created_at.desc())).all()
        return [
            {
                "id": row.id,
                "kind": row.kind,
                "state": row.state,
                "metrics": row.metrics,
                "reason": row.reason,
                "created_at": row.created_at,
            }
            for row in rows
        ]
