"""What the curves of a training say, in words.

In: the history of a training: losses, and a validation score after each epoch. Out: remarks, each with what may help.
Knows nothing about models.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import mean

History = Sequence[Mapping[str, float]]

#: Points of a score that are worth a remark.
_NOTABLE = 1.0
#: Fewest losses that tell whether they fall.
_FEWEST = 6


def remarks(history: History, score: str, name: str) -> list[str]:
    """Remarks on a training that ended; none where it went well.

    Args:
        history: entries with `step` and either `loss` or `eval_<score>`, in order; step 0 is the base.
        score: the validation metric, larger is better, in points.
        name: what people call it: "F1".

    >>> remarks([{"step": s, "loss": 2 - s / 10} for s in range(1, 9)] + [{"step": 8, "eval_f1": 50.0}], "f1", "F1")
    []
    """
    losses = [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]
    scores = [(entry["step"], entry[f"eval_{score}"]) for entry in history if f"eval_{score}" in entry]
    values = [value for _, value in scores]
    gained = bool(values) and max(values) - values[0] >= _NOTABLE
    return [*_of_losses([loss for _, loss in losses], gained), *_of_scores(losses, scores, name)]


def _of_losses(losses: Sequence[float], gained: bool) -> Iterator[str]:
    if len(losses) < _FEWEST:
        return
    third = len(losses) // 3
    first, last = mean(losses[:third]), mean(losses[-third:])
    lowest = min(losses[0], *(mean(losses[at : at + third]) for at in range(len(losses) - third + 1)))
    if last > 1.5 * lowest and last > lowest + 0.1:
        yield (
            f"The training loss rose again, from {lowest:.2g} to {last:.2g}: the learning rate is likely too high. "
            "Try a third of it."
        )
    elif last > 0.98 * first and not gained:
        yield (
            f"The training loss did not fall ({first:.2g} at the beginning, {last:.2g} at the end): little was learnt. "
            "Try another learning rate, more epochs, or look whether the examples are right: autogpt examples check, "
            "autogpt examples suspects."
        )


def _of_scores(
    losses: Sequence[tuple[float, float]], scores: Sequence[tuple[float, float]], name: str
) -> Iterator[str]:
    epochs = [(step, value) for step, value in scores if step > 0]
    if not epochs:
        return
    values = [value for _, value in epochs]
    best = max(range(len(values)), key=values.__getitem__)
    before = next((value for step, value in scores if step == 0), None)
    if before is not None and values[best] < before:
        yield (
            f"{name} on the validation questions was {before:.1f} before, and {values[best]:.1f} at best: the training "
            "has not helped. Try a lower learning rate, or more examples."
        )
    if len(values) < 2:
        return
    if values[best] - values[-1] >= _NOTABLE and _falls(losses, epochs[best][0]):
        yield (
            f"{name} on the validation questions was best after epoch {best + 1} of {len(values)} ({values[best]:.1f}) "
            f"and fell to {values[-1]:.1f} while the training loss went on falling: the model has begun to learn its "
            "examples by heart. The best epoch is kept; fewer epochs, more dropout or more examples may help."
        )
    elif all(later > earlier for earlier, later in pairwise(values)) and values[-1] - values[-2] >= _NOTABLE:
        yield (
            f"{name} on the validation questions was still rising when the training ended "
            f"({values[-2]:.1f}, then {values[-1]:.1f}): more epochs may help."
        )


def _falls(losses: Sequence[tuple[float, float]], since: float) -> bool:
    """Whether the loss after a step is lower on average than before it."""
    before, after = ([loss for step, loss in losses if (step > since) is later] for later in (False, True))
    return bool(before and after) and mean(after) < mean(before)
