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
from typing import Any

import numpy as np
from sqlalchemy import select

from autogpt.errors import NotFoundError, UsageError
from autogpt.evaluate.side_by_side import Contender, SideBySide, side_by_side
from autogpt.models import layout
from autogpt.models.costs import Costs
from autogpt.models.gguf import SUFFIX
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
#: Ends of the architectures of models that tell words, and what a run of one is called, unless its training says.
_TELL_WORDS = {
    "ForCausalLM": "generator",
    "LMHeadModel": "generator",
    "ForMaskedLM": "language-model",
    "ForPreTraining": "language-model",
}
#: A setting that only trainings of the kind have.
_SETTINGS = {"distractors": "generator", "mask_share": "language-model"}


@dataclass(frozen=True, slots=True)
class Measured:
    """A model that was measured.

    Attributes:
        folder: of the model; None where there is none, as for a search without a reranker.
        scores: on each question, in points.
        measures: further metrics; those that do not apply are None.
        ask: asks it the question at a place, to take its time; None where its time is known, or it answers nothing.
        latency_ms: where it is known.
    """

    name: str
    folder: Path | None
    scores: Sequence[float]
    measures: Mapping[str, float | None]
    ask: Callable[[int], object] | None = None
    latency_ms: float | None = None


def compare(
    measured: Sequence[Measured],
    measure: str,
    data: str,
    groups: Sequence[Hashable] | None = None,
    unit: str = "questions",
) -> SideBySide:
    """The models side by side, their times taken in turns.

    Args:
        measure: what the scores are called.
        groups: of each question; resampled in place of questions where there are enough of them.
        unit: what the questions are.
    """
    asks = [one.ask for one in measured if one.ask is not None]
    taken = iter(_latencies(asks, len(measured[0].scores)))
    latencies = [one.latency_ms if one.ask is None else next(taken) for one in measured]
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
    return side_by_side(contenders, measure, data, groups if many else None, unit=unit)


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
    """What the model in a folder is, in the `model/` of a training's, or in a GGUF file; empty where there is none."""
    inside = folder / layout.MODEL if (folder / layout.MODEL).is_dir() else folder
    if (inside / layout.CLASSIFIER).is_file():  # an encoder with a head is a classifier as well, and so is a prompt
        return "classifier"
    told = _request(folder).get("settings", {}) if inside is not folder else {}
    if kind := next((kind for setting, kind in _SETTINGS.items() if setting in told), ""):
        return kind
    if folder.suffix == SUFFIX or (not (inside / layout.CONFIG).is_file() and any(inside.glob(f"*{SUFFIX}"))):
        return "generator"
    try:
        task = model_facts(inside).task
    except NotFoundError:
        return ""
    return next((kind for end, kind in _TELL_WORDS.items() if _architecture(inside).endswith(end)), _KINDS[task])


def resolved(names: Sequence[str], find: Callable[[str], Path]) -> list[tuple[str, Path]]:
    """Names with the places of their models; `base` is what the first of the others was trained from.

    Raises what `find` does, and NotFoundError for a base that is not known, or not on this machine.
    """
    found = {name: find(name) for name in names if name != BASE}
    if BASE in names:
        found[BASE] = _begun_with(next(iter(found.values())))
    return [(name, found[name]) for name in names]


def _begun_with(model: Path) -> Path:
    """The base of the training whose model is in a folder."""
    from autogpt.train.base import local_folder

    base = str(_request(model.parent).get("base", ""))
    place = Path(base) if Path(base).is_file() else local_folder(base) if base else None
    if place is None:
        told = f"'{base}', which is not on this machine" if base else "not known"
        raise NotFoundError(f"What {model} was trained from is {told}.", "Name the folder of its base.")
    return place


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
    told = _request(model.parent) if model else {}
    return str(told["settings"].get("method", "full")) if told else ""


def _request(training: Path) -> dict[str, Any]:
    """What a training was asked for; empty for a folder of none."""
    try:
        told: dict[str, Any] = json.loads((training / "request.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return told


def _architecture(model: Path) -> str:
    """As the configuration in a model's folder calls it; empty for an exported model."""
    try:
        told = json.loads((model / layout.CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    return str((told.get("architectures") or [""])[0])


def _weights(folder: Path) -> int:
    """Bytes of the weights; of an exported model, of its file."""
    if folder.is_file():
        return folder.stat().st_size
    sizes = [path.stat().st_size for path in folder.glob("*.safetensors")]
    sizes = sizes or [
        path.stat().st_size for file in MODEL_FILES.values() for path in folder.glob(f"{Path(file).stem}.*")
    ]
    return sum(sizes)
