"""What a training began with, kept until it is known whether anything better came of it.

In: a model before its training, with its validation metrics. Out: the same weights again, where no epoch was better.
Knows nothing about tasks.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from autogpt.train import processes
from autogpt.train.clock import last_checkpoint
from autogpt.train.folder import CHECKPOINTS, write_json

_FOLDER, _WEIGHTS, _METRICS = "start", "weights.safetensors", "metrics.json"


class Start:
    """The trained weights of a model as they were before, in the folder of its training. A training that goes on after
    a kill finds them again.
    """

    def __init__(self, out: Path) -> None:
        self._checkpoints = out / CHECKPOINTS
        self._folder = self._checkpoints / _FOLDER

    @property
    def is_past(self) -> bool:
        """Whether the training goes on from a checkpoint."""
        return last_checkpoint(self._checkpoints) is not None

    def begin(self, model: Any, measure: Callable[[Any], dict[str, float]]) -> dict[str, float]:
        """Measure `model`, and keep what is trained of it; returns its metrics, those of then where it is past."""
        if self.is_past:
            return self._metrics
        self._drop()
        metrics = measure(model)
        if processes.is_first():
            self._folder.mkdir(parents=True)
            trained = {name: one.detach().cpu().contiguous() for name, one in _trained(model).items()}
            save_file(trained, self._folder / _WEIGHTS)
            write_json(self._folder / _METRICS, metrics)  # last: without them nothing is kept
        return metrics

    def end(self, model: Any, score: str, best: float | None) -> bool:
        """Give `model` its weights of before, unless its best epoch was better by `score`; whether that was done."""
        before = self._metrics.get(score)
        back = before is not None and (best is None or best <= before)
        if back:
            kept = load_file(self._folder / _WEIGHTS)
            with torch.no_grad():
                for name, parameter in _trained(model).items():
                    parameter.copy_(kept[name])
        self._drop()
        return back

    @property
    def _metrics(self) -> dict[str, float]:
        path = self._folder / _METRICS
        found: dict[str, float] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return found

    def _drop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _trained(model: Any) -> dict[str, torch.nn.Parameter]:
    return {name: one for name, one in model.named_parameters() if one.requires_grad}
