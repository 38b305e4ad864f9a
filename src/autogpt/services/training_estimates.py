"""How long a training will take, and how much memory, told before it begins.

In: the settings, what there is to train on, earlier trainings. Out: an `Estimate`. Where a training of the same kind,
base and method is finished, its time and memory are scaled; else the formula of the model's sizes and the speed of this
machine is taken, which is rough. Loads nothing that trains: the training itself runs a pass of two rows before it
begins (`train/memory.py`), and refuses what does not fit.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from autogpt.config import AdaptedTrainingSection, ReaderTrainingSection
from autogpt.errors import AutoGPTError
from autogpt.machine import cores_beside, memory
from autogpt.models import layout
from autogpt.models.catalogue import list_models
from autogpt.models.gguf import gguf_file
from autogpt.models.sources import resolve_encoder, resolve_generator, resolve_reader
from autogpt.models.weights import count_parameters
from autogpt.services.lineage import lineage_of
from autogpt.services.training_data import TrainingData
from autogpt.services.trainings import Training, list_trainings
from autogpt.store import Store

#: Bytes of optimiser state for each trained number (as in `train/memory.py`).
_STATE = {"adamw": 8, "sgd": 4, "adafactor": 1}
#: Bytes of activations for each token, layer and hidden unit, and what both passes take at once: measured with
#: `train.memory.needed` of the English pack's reader.
_KEPT, _AT_ONCE = 65, 1.5
#: Of the process besides: Python, PyTorch, the data.
_PROCESS = 700_000_000
#: Part of what matrix products reach that a training of a small model reaches.
_EFFICIENCY = 0.3
#: Operations for each number and token: forward and backward pass; of a method that trains little, without the
#: gradients of the weights.
_WHOLE, _PART = 6, 4
#: Share of the parameters that a method trains, where it does not train all: about.
_TRAINED = {"frozen": 0.01, "adapter": 0.03, "prefix": 0.01, "lora": 0.01, "adalora": 0.01, "ia3": 0.002}
#: Tokens of one training row, at most `max_length`, by kind.
_TOKENS = {"reader": 320, "retriever": 150, "reranker": 200, "classifier": 32, "generator": 700}
#: Characters of a token of a document, about.
_CHARACTERS = 3.5


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of a base model: numbers in all and without its word embeddings, layers, hidden units."""

    parameters: int
    body: int
    layers: int
    hidden: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training is likely to take, at most: it may end earlier, when it gains no more.

    Attributes:
        minutes: None where the base is not known.
        memory: bytes; None where the base is not known.
        free: bytes that can be taken at present.
        run: id of the earlier training whose figures were scaled; empty: a rough formula.
    """

    minutes: float | None
    memory: int | None
    free: int
    run: str = ""

    @property
    def fits(self) -> bool:
        return self.memory is None or self.memory <= self.free


def estimate(store: Store, settings: AdaptedTrainingSection, data: TrainingData) -> Estimate:
    """What a training of `data.what` with these settings is likely to take."""
    free = memory().free
    settings = planned(settings, data)
    base = _resolved(store, settings, data.what)
    earlier = _like(list_trainings(store), settings, base, data.what)
    minutes: float | None = None
    needed: int | None = None
    run = ""
    if earlier is not None and earlier.costs is not None:
        run = earlier.id
        minutes = _scaled_minutes(earlier, settings, data)
        needed = int(earlier.costs.peak_bytes * _rows(settings) / _rows_of(earlier))
        needed = max(needed, _PROCESS)
    elif (sizes := _sizes(base)) is not None:
        speed = _speed(sizes, settings, cores_beside(store.config.jobs.cores))
        minutes = _tokens(settings, data) / speed / 60
        needed = _memory(sizes, settings)
    if minutes is not None and settings.max_minutes:
        minutes = min(minutes, settings.max_minutes)
    return Estimate(minutes, needed, free, run)


def planned(settings: AdaptedTrainingSection, data: TrainingData) -> AdaptedTrainingSection:
    """The settings with what a training on so many examples would put in place of 0."""
    if isinstance(settings, ReaderTrainingSection):
        return settings.planned(int(data.train * _texts(settings, data.what)))
    return settings


def _resolved(store: Store, settings: AdaptedTrainingSection, what: str) -> str:
    """The folder or hub id of the base; empty where there is none of that name."""
    resolve = {"generator": resolve_generator, "retriever": resolve_encoder, "classifier": resolve_encoder}
    name = settings.base or ("" if what == "generator" else store.config.workspace.pack)
    if name and (store.runs / name / layout.MODEL).is_dir():
        return str(store.runs / name / layout.MODEL)
    try:
        return str(resolve.get(what, resolve_reader)(name))
    except AutoGPTError:
        return ""


def _like(trainings: Sequence[Training], settings: AdaptedTrainingSection, base: str, what: str) -> Training | None:
    """The newest finished training of the same kind, base and method, with as long rows."""
    for one in trainings:
        same = one.settings.get("base") == base and one.method == settings.method
        long = one.settings.get("max_length") == getattr(settings, "max_length", None)
        if one.kind == what and one.state == "done" and same and long and one.costs and _epochs(one):
            return one
    return None


def _epochs(one: Training) -> float:
    return max((entry.get("epoch", 0.0) for entry in one.history), default=0.0)


def _scaled_minutes(earlier: Training, settings: AdaptedTrainingSection, data: TrainingData) -> float:
    """Time grows with the examples and with the epochs."""
    assert earlier.costs is not None
    before = _trained_on(earlier) or max(1, data.train)
    return earlier.costs.seconds / 60 * max(1, data.train) / before * settings.epochs / _epochs(earlier)


def _trained_on(earlier: Training) -> int:
    """How many examples; 0 where that is not known."""
    known = lineage_of(earlier.folder)
    return len(known.trained) if known and known.trained else 0


def _tokens(settings: Any, data: TrainingData) -> float:
    """Tokens of all epochs, about; validating costs a third of training on as many."""
    if data.what == "language-model":
        return float(settings.epochs * data.characters / _CHARACTERS)
    rows = _TOKENS[data.what]
    each = min(rows, settings.max_length)
    trained = data.train * _texts(settings, data.what)
    return float(settings.epochs * (trained + data.validation / 3) * each)


def _texts(settings: Any, what: str) -> float:
    """Texts that are read for each example, about."""
    if what == "reader":
        return float((1 + settings.retrieved_negatives) / (1 - settings.general_share))
    if what == "retriever":
        return float(1.3 * (2 + settings.hard_negatives))
    return float(1 + settings.hard_negatives) if what == "reranker" else 1.0


def _speed(sizes: Sizes, settings: AdaptedTrainingSection, cores: int) -> float:
    """Tokens a second on so many cores, about."""
    operations = sizes.body * (_WHOLE if settings.method == "full" else _PART)
    return _EFFICIENCY * cores * _operations_per_second() / max(1, operations)


def _memory(sizes: Sizes, settings: AdaptedTrainingSection) -> int:
    """Bytes: weights, gradients, optimiser, activations, and the process itself."""
    trained = int(sizes.parameters * _TRAINED.get(settings.method, 1.0))
    tokens = _rows(settings) * getattr(settings, "max_length", 128)
    activations = int(_AT_ONCE * _KEPT * tokens * sizes.hidden * sizes.layers)
    if getattr(settings, "checkpointing", False):
        activations = int(activations * min(1.0, 1 / max(1, sizes.layers) + 1 / 17))
    return _PROCESS + 4 * sizes.parameters + (4 + _STATE[settings.optimizer]) * trained + activations


def _rows(settings: Any) -> int:
    """Rows in memory at once."""
    return int(getattr(settings, "mini_batch", None) or settings.batch_size)


def _rows_of(earlier: Training) -> int:
    """Rows that an earlier training had in memory at once."""
    size = earlier.settings.get("mini_batch") or earlier.settings.get("batch_size")
    return int(size or ReaderTrainingSection().planned(_trained_on(earlier)).batch_size)


#: Seconds of one product of matrices: the shortest seen, since other work on the machine only makes it longer.
_SHORTEST = [float("inf")]
_SIDE = 512


def _operations_per_second() -> float:
    """Of products of matrices on one core: the best of short tries, each time that it is asked for. Several cores that
    other work shares wait for each other, and take ten times as long.
    """
    one = np.random.default_rng(0).random((_SIDE, _SIDE), dtype=np.float32)
    with threadpool_limits(1, "blas"):
        for _ in range(5):
            began = time.perf_counter()
            _ = one @ one
            _SHORTEST[0] = min(_SHORTEST[0], time.perf_counter() - began)
    return float(2 * _SIDE**3 / _SHORTEST[0])


def _sizes(base: str) -> Sizes | None:
    """Of a base on this machine by its files, of another one by the catalogue; None where neither tells."""
    folder = Path(base)
    parameters = count_parameters(folder) if base else 0
    config: dict[str, Any] = {}
    if parameters:
        try:
            config = json.loads((folder / layout.CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            config = {}
    elif base and (file := _gguf(folder)):
        parameters = int(file.stat().st_size * 1.6)  # weights of about five bits
    else:
        listed = next((one for one in list_models() if one.name == base), None)
        parameters = int(listed.parameters * 1e6) if listed else 0
    if not parameters:
        return None
    layers = int(config.get("num_hidden_layers") or config.get("n_layer") or config.get("n_layers") or 12)
    hidden = int(config.get("hidden_size") or config.get("n_embd") or config.get("dim") or (parameters / 150) ** 0.5)
    body = max(parameters - int(config.get("vocab_size", 0)) * hidden, parameters // 5)
    return Sizes(parameters, body, layers, hidden)


def _gguf(path: Path) -> Path | None:
    try:
        return gguf_file(path)
    except AutoGPTError:
        return None
