"""Hugging Face `Trainer` with our hooks: the objective, the optimiser's pace by the clock, errors in words.

In: a model, rows of windows, `TrainingArguments`. Out: a trained model. Knows nothing about files of examples.
"""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.optim.lr_scheduler import LambdaLR
from transformers import Trainer, TrainerCallback

from autogpt.errors import AutoGPTError

Objective = Callable[[Any, dict[str, torch.Tensor]], torch.Tensor]
_CLOCK_FILE = "clock.json"


class Clock:
    """Seconds a training has used of its limit, over all the times it was resumed. `limit` 0 means none."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._before = 0.0
        self._since = time.monotonic()

    @property
    def used(self) -> float:
        return self._before + time.monotonic() - self._since

    @property
    def share(self) -> float:
        """Part of the limit that is used, 0 without a limit."""
        return self.used / self.limit if self.limit else 0.0

    def save(self, folder: Path) -> None:
        (folder / _CLOCK_FILE).write_text(json.dumps({"seconds": self.used}))

    def load(self, folder: Path) -> None:
        self._before = float(json.loads((folder / _CLOCK_FILE).read_text())["seconds"])
        self._since = time.monotonic()


class PacedTrainer(Trainer):  # type: ignore[misc]
    """Minimises `objective`; the learning rate falls by steps or by the clock, whichever is further.

    Args:
        objective: an entry of `train.objectives`.
        clock: its limit ends the training, with the learning rate at zero by then.
        schedule: "linear", "cosine" or "constant".
        warmup: part of the training during which the learning rate rises.
        optimizer_name: "adamw" or "sgd" (with momentum 0.9).
    """

    loss_is_scaled_for_ga = False

    def __init__(self, *args: Any, objective: Objective, clock: Clock, schedule: str, warmup: float, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._objective = objective
        self._clock = clock
        self._pace = pace(schedule, warmup)

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        loss = self._objective(model, inputs)
        if not torch.isfinite(loss):
            raise AutoGPTError(
                f"The loss became {loss.item()} at step {self.state.global_step + 1}: the training has diverged.",
                "Lower train.reader.learning_rate (try a third of it), or raise train.reader.warmup.",
            )
        return (loss, {}) if return_outputs else loss

    def create_scheduler(self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None) -> Any:
        if self.lr_scheduler is None:
            self.lr_scheduler = LambdaLR(
                optimizer or self.optimizer,
                lambda step: self._pace(min(1.0, max(step / num_training_steps, self._clock.share))),
            )
            self._created_lr_scheduler = True
        return self.lr_scheduler


def pace(schedule: str, warmup: float) -> Callable[[float], float]:
    """Share of the peak learning rate by share of the training done."""

    def at(done: float) -> float:
        if done < warmup:
            return max(done / warmup, 1e-3)
        left = (1 - done) / max(1 - warmup, 1e-9)
        return {"linear": left, "cosine": (1 - math.cos(math.pi * left)) / 2, "constant": 1.0}[schedule]

    return at


class ClockCallback(TrainerCallback):  # type: ignore[misc]
    """Ends the training at its limit, and saves every `save_minutes`; 0 leaves saving to the arguments."""

    def __init__(self, clock: Clock, save_minutes: float = 0.0) -> None:
        self.clock = clock
        self._every = save_minutes * 60
        self._saved = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._every and time.monotonic() - self._saved >= self._every:
            control.should_save = True
        if self.clock.limit and self.clock.share >= 1:
            control.should_training_stop = True
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._saved = time.monotonic()
        self.clock.save(Path(args.output_dir) / f"checkpoint-{state.global_step}")
