"""Draws how a training went.

In: the history of a run. Out: a PNG. Knows nothing about how the history came about.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from autogpt.metrics.learning import validation_losses
from autogpt.train.history import SCORES


def draw_curves(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Losses and learning rate by step above, validation scores below, as far as there are any."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    loss = [(one["step"], one["loss"]) for one in history if "loss" in one]
    rate = [(one["step"], one["learning_rate"]) for one in history if "learning_rate" in one]
    if loss:
        upper.plot(*zip(*loss, strict=True), color="tab:blue", label="training")
    if held := validation_losses(history):
        upper.plot(*zip(*held, strict=True), color="tab:orange", marker="o", label="validation")
    if len(upper.lines) > 1:
        upper.legend()
    upper.set_ylabel("loss")
    if rate:
        beside = upper.twinx()
        beside.plot(*zip(*rate, strict=True), color="tab:gray", linewidth=0.8)
        beside.set_ylabel("learning rate", color="tab:gray")
    for name, label in SCORES.items():
        points = [(one["step"], one[f"eval_{name}"]) for one in history if f"eval_{name}" in one]
        if points:
            lower.plot(*zip(*points, strict=True), marker="o", label=label)
    if lower.lines:
        lower.legend()
    lower.set_ylabel("validation, points")
    lower.set_xlabel("step")
    waiting = path.with_name(path.name + ".part")
    figure.savefig(waiting, format="png", dpi=110)
    waiting.replace(path)
