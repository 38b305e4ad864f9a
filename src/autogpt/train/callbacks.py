"""What happens beside a training: progress, its history on disk, its end by the clock.

In: what `Trainer` logs. Out: `Progress` values, `history.jsonl`, the signal to stop. Knows nothing about terminals.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from autogpt.progress import Progress, Sink
from autogpt.train import processes
from autogpt.train.clock import Clock
from autogpt.train.history import read_history

#: Points of a short training's curve, as far as it has steps for them.
_POINTS = 20


class ClockCallback(TrainerCallback):  # type: ignore[misc]
    """Ends the training at its limit, saves every `save_minutes`, and marks each checkpoint as whole."""

    def __init__(self, clock: Clock, save_minutes: float) -> None:
        self._clock = clock
        self._every = save_minutes * 60
        self._saved = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._clock.start()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._clock.agree()
        if processes.said_by_first(time.monotonic() - self._saved >= self._every):
            control.should_save = True
        if self._clock.share >= 1:
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._saved = time.monotonic()
        processes.wait()  # each writes a part of the checkpoint
        if processes.is_first():
            self._clock.save(Path(args.output_dir) / f"checkpoint-{state.global_step}")


class ProgressCallback(TrainerCallback):  # type: ignore[misc]
    """Passes loss, pace, seconds left and the last validation score to `sink`.

    Args:
        pace: what the pace is called, and how much of it a step does: ("tokens_per_second", tokens of a step).
        score: the validation metric to show.
    """

    def __init__(self, sink: Sink, clock: Clock, pace: tuple[str, float], score: str) -> None:
        self._sink = sink
        self._clock = clock
        self._pace, self._per_step = pace
        self._score = score
        self._began = (time.monotonic(), 0)
        self._shown: dict[str, float] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._began = (time.monotonic(), state.global_step)
        self._sink(Progress("train", state.global_step, state.max_steps))

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        logs = logs or {}
        if f"eval_{self._score}" in logs:
            self._shown |= {self._score: logs[f"eval_{self._score}"]}
        elif "loss" in logs:
            seconds, steps = time.monotonic() - self._began[0], state.global_step - self._began[1]
            rate = steps / max(seconds, 1e-9)
            left = (state.max_steps - state.global_step) / max(rate, 1e-9)
            if self._clock.limit:
                left = min(left, max(0.0, self._clock.limit - self._clock.used))
            self._shown |= {
                "loss": logs["loss"],
                self._pace: rate * self._per_step,
                "seconds_left": left,
                "epoch": state.epoch or 0.0,
            }
        else:
            return
        self._sink(Progress("train", state.global_step, state.max_steps, dict(self._shown)))


class HistoryCallback(TrainerCallback):  # type: ignore[misc]
    """Appends each log entry with its step to a file, one JSON object a line.

    A resumed training first drops what lies after its checkpoint. A short one is logged more often, so that its curve
    says something.

    Args:
        before: what the base scored, logged as step 0.
    """

    def __init__(self, path: Path, before: Mapping[str, float] | None = None) -> None:
        self._path = path
        self._first = [{"step": 0, **{f"eval_{name}": value for name, value in before.items()}}] if before else []

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        kept = [one for one in read_history(self._path) if one["step"] <= state.global_step]
        state.logging_steps = min(state.logging_steps, max(1, state.max_steps // _POINTS))
        if not state.is_world_process_zero:
            return
        waiting = self._path.with_name(self._path.name + ".part")
        lines = kept if state.global_step else self._first
        waiting.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
        waiting.replace(self._path)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        if not state.is_world_process_zero:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": state.global_step, **(logs or {})}) + "\n")
