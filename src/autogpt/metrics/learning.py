"""What the curves of a training say, in words.

In: the history of a training: losses, and validation scores and losses after each epoch. Out: remarks, each with what
may help.
Knows nothing about models.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import mean

History = Sequence[Mapping[str, float]]

#: What may be said, by what was seen.
WORDS = {
    "rose": "The training loss rose again, from %(lowest)s to %(last)s: the learning rate is likely too high. Try a "
    "third of it.",
    "swung": "The training loss rose from %(first)s to %(highest)s before it fell: the learning rate is likely too "
    "high. Try a third of it.",
    "stood": "The training loss did not fall (%(first)s at the beginning, %(last)s at the end): little was learnt. Try "
    "another learning rate, more epochs, or look whether the examples are right: at their findings, and at suspected "
    "label errors.",
    "no help": "%(name)s on the validation questions was %(before)s before, and %(best)s at best: the training has not "
    "helped. Try a lower learning rate, or more examples.",
    "by heart": "%(name)s on the validation questions was best after epoch %(epoch)s of %(epochs)s (%(best)s) and fell "
    "to %(last)s while the training loss went on falling: the model has begun to learn its examples by heart. The best "
    "epoch is kept; fewer epochs, more dropout or more examples may help.",
    "too sure": "The validation loss was lowest after epoch %(epoch)s of %(epochs)s (%(best)s) and rose to %(last)s "
    "while the training loss went on falling: the model has begun to learn its examples by heart, and is too sure "
    "where it is wrong. The epoch with the best %(name)s is kept; fewer epochs, more dropout, label smoothing or more "
    "examples may help.",
    "not done": "%(name)s on the validation questions was still rising when the training ended (%(before)s, then "
    "%(last)s): more epochs may help.",
}

#: Points of a score that are worth a remark.
_NOTABLE = 1.0
#: Share by which a validation loss has to rise, and how much that has to be at least.
_RISE, _LEAST_RISE = 0.1, 0.02
#: Fewest losses that tell whether they fall.
_FEWEST = 6


class Remark(str):
    """A remark in English, with its words and the values in them apart, to be said in another language.

    Attributes:
        words: one of `WORDS`.
        values: what stands in them, by name.
    """

    __slots__ = ("values", "words")

    words: str
    values: Mapping[str, str]

    def __new__(cls, seen: str, **values: str) -> "Remark":
        made = super().__new__(cls, WORDS[seen] % values)
        made.words, made.values = WORDS[seen], values
        return made


def remarks(history: History, score: str, name: str) -> list[Remark]:
    """Remarks on a training that ended; none where it went well.

    Args:
        history: entries with `step` and either `loss` or `eval_<score>`, in order; step 0 is the base. Of the latter
            `eval_loss` or `eval_perplexity` is looked at, too.
        score: the validation metric, larger is better, in points.
        name: what people call it: "F1".

    >>> remarks([{"step": s, "loss": 2 - s / 10} for s in range(1, 9)] + [{"step": 8, "eval_f1": 50.0}], "f1", "F1")
    []
    """
    losses = [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]
    scores = [(entry["step"], entry[f"eval_{score}"]) for entry in history if f"eval_{score}" in entry]
    values = [value for _, value in scores]
    gained = bool(values) and max(values) - values[0] >= _NOTABLE
    of_losses = [*_of_losses([loss for _, loss in losses], gained)]
    wild = any(one.words in (WORDS["rose"], WORDS["swung"]) for one in of_losses)
    lasting = [] if wild else losses
    of_scores = [*_of_scores(lasting, scores, name)]
    return [*of_losses, *of_scores] if of_scores else [*of_losses, *_of_sureness(lasting, history, name)]


def validation_losses(history: History) -> list[tuple[float, float]]:
    """(step, loss of the validation part), as far as it was logged; of language models the perplexity's logarithm.

    >>> validation_losses([{"step": 4, "loss": 0.4}, {"step": 5, "eval_loss": 0.5}])
    [(5, 0.5)]
    >>> validation_losses([{"step": 8, "eval_perplexity": 1.0}])
    [(8, 0.0)]
    """
    losses = [(one["step"], one["eval_loss"]) for one in history if "eval_loss" in one]
    perplexities = [(one["step"], math.log(one["eval_perplexity"])) for one in history if "eval_perplexity" in one]
    return losses + perplexities


def _of_losses(losses: Sequence[float], gained: bool) -> Iterator[Remark]:
    if len(losses) < _FEWEST:
        return
    third = len(losses) // 3
    first, last = mean(losses[:third]), mean(losses[-third:])
    parts = [mean(losses[at : at + third]) for at in range(len(losses) - third + 1)]
    lowest, highest = min(losses[0], *parts), max(parts)
    if last > 1.5 * lowest and last > lowest + 0.1:
        yield Remark("rose", lowest=f"{lowest:.2g}", last=f"{last:.2g}")
    elif highest > 3 * losses[0] and highest > losses[0] + 0.1:
        yield Remark("swung", first=f"{losses[0]:.2g}", highest=f"{highest:.2g}")
    elif last > 0.98 * first and not gained:
        yield Remark("stood", first=f"{first:.2g}", last=f"{last:.2g}")


def _of_scores(
    losses: Sequence[tuple[float, float]], scores: Sequence[tuple[float, float]], name: str
) -> Iterator[Remark]:
    """Args:
    losses: none where they say nothing about what was learnt.
    """
    epochs = [(step, value) for step, value in scores if step > 0]
    if not epochs:
        return
    values = [value for _, value in epochs]
    best = max(range(len(values)), key=values.__getitem__)
    before = next((value for step, value in scores if step == 0), None)
    if before is not None and values[best] < before:
        yield Remark("no help", name=name, before=f"{before:.1f}", best=f"{values[best]:.1f}")
    if len(values) < 2:
        return
    if values[best] - values[-1] >= _NOTABLE and _falls(losses, epochs[best][0]):
        yield Remark(
            "by heart",
            name=name,
            epoch=str(best + 1),
            epochs=str(len(values)),
            best=f"{values[best]:.1f}",
            last=f"{values[-1]:.1f}",
        )
    elif all(later > earlier for earlier, later in pairwise(values)) and values[-1] - values[-2] >= _NOTABLE:
        yield Remark("not done", name=name, before=f"{values[-2]:.1f}", last=f"{values[-1]:.1f}")


def _of_sureness(losses: Sequence[tuple[float, float]], history: History, name: str) -> Iterator[Remark]:
    epochs = [(step, loss) for step, loss in validation_losses(history) if step > 0]
    if len(epochs) < 2:
        return
    lowest, (_, last) = min(range(len(epochs)), key=lambda at: epochs[at][1]), epochs[-1]
    step, best = epochs[lowest]
    if last - best >= max(_RISE * best, _LEAST_RISE) and _falls(losses, step):
        found = {"epoch": str(lowest + 1), "epochs": str(len(epochs)), "best": f"{best:.2g}", "last": f"{last:.2g}"}
        yield Remark("too sure", name=name, **found)


def _falls(losses: Sequence[tuple[float, float]], since: float) -> bool:
    """Whether the loss after a step is lower on average than before it."""
    before, after = ([loss for step, loss in losses if (step > since) is later] for later in (False, True))
    return bool(before and after) and mean(after) < mean(before)
