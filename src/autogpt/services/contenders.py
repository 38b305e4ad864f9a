"""Models that are set side by side: what each costs, how fast it is, what of it is compared.

In: for each model its scores on the same questions, and a way to ask it one. Out: a `SideBySide`. Knows no kind of
model.
"""

import json
import random
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import select

from autogpt.errors import NotFoundError, UsageError
from autogpt.evaluate.side_by_side import Contender, SideBySide, side_by_side
from autogpt.models.costs import Costs
from autogpt.read.backends.facts import MODEL_FILES, model_facts
from autogpt.store import Store
from autogpt.store.tables import RunRow

#: Questions whose time is taken, after some that do not count.
TIMED, WARM = 50, 5
#: Fewest groups for an interval that resamples groups instead of questions.
FEWEST_GROUPS = 10
#: The untuned model of a workspace.
BASE = "base"
#: What a model is for → what a run of it is called.
_KINDS = {"reader": "reader", "classifier": "classifier", "encoder": "retriever", "reranker": "reranker"}


@dataclass(frozen=True, slots=True)
class Measured:
    """A model that was measured.

    Attributes:
        folder: of the model; None where there is none, as for a search without a reranker.
        scores: on each question, in points.
        measures: further metrics; those that do not apply are None.
        ask: asks it the question at a place.
    """

    name: str
    folder: Path | None
    scores: Sequence[float]
    measures: Mapping[str, float | None]
    ask: Callable[[int], object]


def compare(
    measured: Sequence[Measured], measure: str, data: str, groups: Sequence[Hashable] | None = None
) -> SideBySide:
    """The models side by side, their times taken in turns.

    Args:
        measure: what the scores are called.
        groups: of each question; resampled in place of questions where there are enough of them.
    """
    latencies = _latencies([one.ask for one in measured], len(measured[0].scores))
    contenders = [
        Contender(
            name=one.name,
            method=_method(one.folder),
            scores=one.scores,
            measures={name: value for name, value in one.measures.items() if value is not None},
            costs=Costs.load(one.folder.parent) if one.folder else None,
            size_bytes=_weights(one.folder) if one.folder else 0,
            latency_ms=latency,
        )
        for one, latency in zip(measured, latencies, strict=True)
    ]
    many = groups is not None and len(set(groups)) >= FEWEST_GROUPS
    return side_by_side(contenders, measure, data, groups if many else None)


def distinct(names: Sequence[str]) -> list[str]:
    """The names, each once. Raises UsageError for fewer than two."""
    found = list(dict.fromkeys(names))
    if len(found) < 2:
        raise UsageError("There is nothing to compare with.", "Name two models or more.")
    return found


def kind_of(models: Mapping[str, str]) -> str:
    """The kind that all models have.

    Args:
        models: kind by name; empty for a name that may be any.

    Raises UsageError where they differ.
    """
    found = {kind: name for name, kind in models.items() if kind}
    if len(found) > 1:
        listed = ", ".join(f"'{name}' is a {kind}" for kind, name in found.items())
        raise UsageError(f"Models of several kinds cannot be compared: {listed}.", "Name models of one kind.")
    return next(iter(found), "reader")


def kind_of_run(store: Store, name: str) -> str:
    """What a run, or the model in a folder, is; empty for `base` and for what is not known."""
    with store.session() as session:
        kind = session.scalar(select(RunRow.kind).where(RunRow.id == name).limit(1))
    return kind or kind_of_folder(Path(name))


def kind_of_folder(folder: Path) -> str:
    """What the model in a folder is, or in the `model/` of a training's; empty where there is none."""
    inside = folder / "model" if (folder / "model").is_dir() else folder
    try:
        task = model_facts(inside).task
    except NotFoundError:
        return ""
    # An encoder with a head is a classifier as well.
    return "classifier" if (inside / "classifier.json").is_file() else _KINDS[task]


def model_in(name: str) -> Path:
    """The folder of a model: one given as such, or that of a training. Raises NotFoundError without one."""
    folder = Path(name)
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {name}.", "Name the folder of a training, or of its model.")
    return folder / "model" if (folder / "model").is_dir() else folder


def run_model(store: Store, name: str, kind: str) -> Path:
    """The folder of the model of a finished run of a kind, or a folder. Raises NotFoundError without one."""
    if Path(name).is_dir():
        return model_in(name)
    with store.session() as session:
        query = select(RunRow.id).where(RunRow.kind == kind, RunRow.state == "done", RunRow.id == name)
        run = session.scalar(query.limit(1))
    if run is None:
        raise NotFoundError(
            f"There is no finished run '{name}' of a {kind}.",
            f"Train one with: autogpt train {kind}, or name a folder.",
        )
    return store.runs / run / "model"


def _latencies(asks: Sequence[Callable[[int], object]], count: int) -> list[float]:
    """Median milliseconds of each, one question at a time; they take turns, so that what else the machine does falls on
    all of them."""
    drawn = random.Random(0).sample(range(count), min(count, TIMED))  # noqa: S311
    taken: list[list[float]] = [[] for _ in asks]
    for place, one in enumerate([*drawn[:WARM], *drawn]):
        for ask, times in zip(asks, taken, strict=True):
            began = time.perf_counter()
            ask(one)
            if place >= min(WARM, len(drawn)):
                times.append(1_000 * (time.perf_counter() - began))
    return [float(np.median(times)) for times in taken]


def _method(model: Path | None) -> str:
    """How the model in a training's folder was fine-tuned; empty where it is none's."""
    try:
        told = (model.parent / "request.json").read_text(encoding="utf-8") if model else None
    except FileNotFoundError:
        return ""
    return str(json.loads(told)["settings"].get("method", "full")) if told else ""


def _weights(folder: Path) -> int:
    """Bytes of the weights; of an exported model, of its file."""
    sizes = [path.stat().st_size for path in folder.glob("*.safetensors")]
    sizes = sizes or [
        path.stat().st_size for file in MODEL_FILES.values() for path in folder.glob(f"{Path(file).stem}.*")
    ]
    return sum(sizes)
