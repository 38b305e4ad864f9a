"""Reads the place of an answer again, closer: whether the reader stands by it.

In: what was found in each text, and a function that reads. Out: the same, with the features `sentence_log_probability`
and `near_log_probability`: how likely the same span is when only its sentence is read, and when its neighbours are read
with it. An answer that holds from near and from far is more often right; averaging over views of an input is known as
test-time augmentation. Knows nothing about models or calibrators.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from autogpt.read.decode import Candidate, Decoded
from autogpt.read.features import LEAST_LOG_PROBABILITY
from autogpt.records import Span
from autogpt.text.sentences import sentences

#: A question and the text to look for its answer in.
Pair = tuple[str, str]

#: An answer with a smaller margin over its null is not read again: hardly anybody would give it.
LOWEST_MARGIN = -2.0
#: Sentences on each side of the answer's that `near_log_probability` is read with.
NEIGHBOURS = 1


def look_again(
    pairs: Sequence[Pair], decoded: Sequence[Decoded], read: Callable[[list[Pair]], Sequence[Decoded]]
) -> list[Decoded]:
    """`decoded` with the features of a second look; all texts to read again are read in one call.

    Args:
        pairs: what was read, one per `decoded`.
        read: reads pairs, without looking again.
    """
    views = [_views(context, one) for (_, context), one in zip(pairs, decoded, strict=True)]
    wanted = {
        (question, view.of(context)): None
        for (question, context), places in zip(pairs, views, strict=True)
        for view in places.values()
    }
    again = dict(zip(wanted, read(list(wanted)), strict=True)) if wanted else {}
    return [
        _with(one, {name: (view, again[question, view.of(context)]) for name, view in places.items()})
        for (question, context), one, places in zip(pairs, decoded, views, strict=True)
    ]


def _views(context: str, decoded: Decoded) -> dict[str, Span]:
    """What to read again, by the feature it gives; nothing where it would be the whole text once more."""
    best = decoded.best
    if best is None or decoded.features["null_margin"] < LOWEST_MARGIN:
        return {}
    spans = sentences(context)
    touched = [at for at, span in enumerate(spans) if span.start < best.end and best.start < span.end]
    if not touched:
        return {}
    first, last = touched[0], touched[-1]
    views = {
        "sentence_log_probability": Span(spans[first].start, spans[last].end),
        "near_log_probability": Span(
            spans[max(0, first - NEIGHBOURS)].start, spans[min(len(spans) - 1, last + NEIGHBOURS)].end
        ),
    }
    whole = Span(spans[0].start, spans[-1].end)
    return {name: view for name, view in views.items() if view != whole}


def _with(decoded: Decoded, looks: dict[str, tuple[Span, Decoded]]) -> Decoded:
    best = decoded.best
    if best is None or not looks:
        return decoded
    found = {name: _log_probability(best, view.start, again) for name, (view, again) in looks.items()}
    return replace(decoded, features={**decoded.features, **found})


def _log_probability(answer: Candidate, offset: int, again: Decoded) -> float:
    """Log-probability of `answer` in a text that begins at `offset` of the one it was found in."""
    place = (answer.start - offset, answer.end - offset)
    score = next((one.score for one in again.candidates if (one.start, one.end) == place), None)
    if again.best is None or score is None:
        return LEAST_LOG_PROBABILITY
    return max(again.features["span_log_probability"] + score - again.best.score, LEAST_LOG_PROBABILITY)
