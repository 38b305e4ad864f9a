"""Reports a training's progress.

In: what `Trainer` logs. Out: `Progress` with loss, learning rate, tokens per second and seconds left. Knows nothing
about terminals.
"""

import time
from typing import Any

from transformers import TrainerCallback

from autogpt.progress import Progress, Sink
from autogpt.train.trainer import Clock


class ProgressCallback(TrainerCallback):  # type: ignore[misc]
    """Passes each log entry to `sink`.

    Args:
        tokens_per_row: mean tokens of a row, padding left out.
        rows: rows per step and device.
    """

    def __init__(self, sink: Sink, clock: Clock, tokens_per_row: float, rows: int) -> None:
        self._sink = sink
        self._clock = clock
        self._tokens = tokens_per_row * rows
        self._at = (time.monotonic(), 0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._at = (time.monotonic(), state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        if not logs or "loss" not in logs:
            return
        now = time.monotonic()
        seconds, steps = now - self._at[0], state.global_step - self._at[1]
        self._at = (now, state.global_step)
        speed = steps * args.gradient_accumulation_steps / max(seconds, 1e-9)
        left = (state.max_steps - state.global_step) / max(steps / max(seconds, 1e-9), 1e-9)
        if self._clock.limit:
            left = min(left, max(0.0, self._clock.limit - self._clock.used))
        self._sink(
            Progress(
                "train",
                state.global_step,
                state.max_steps,
                {
                    "loss": logs["loss"],
                    "learning_rate": logs.get("learning_rate", 0.0),
                    "tokens_per_second": speed * self._tokens,
                    "seconds_left": left,
                },
            )
        )
