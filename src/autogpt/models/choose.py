"""Chooses among candidates by trying them: all of them briefly, then the better half for longer, and so on.

In: names, minutes, and what scores one that was given some time. Out: what each scored in each round. Knows nothing
about models. Source: successive halving (Karnin et al. 2013; Jamieson and Talwalkar 2016, arXiv:1502.07943).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Scores a candidate that had so many minutes in the round with this number; None where it cannot be tried any further.
Tries = Callable[[str, int, float], float | None]


@dataclass(frozen=True, slots=True)
class Try:
    """What a candidate scored in one round; `score` is None where it failed."""

    name: str
    round: int
    minutes: float
    score: float | None


def rounds(candidates: int) -> int:
    """How many it takes until one is left that had more time than all others.

    >>> [rounds(count) for count in (1, 2, 3, 4, 5, 8)]
    [1, 1, 2, 2, 3, 3]
    """
    return max(1, (candidates - 1).bit_length())


def successive_halving(names: Sequence[str], minutes: float, attempt: Tries) -> tuple[Try, ...]:
    """Try candidates in rounds that take the same time each; the better half of a round is in the next.

    Args:
        minutes: of all tries together.
        attempt: called with a name, the number of the round from 0, and the minutes that it may take.

    Returns every try, in order; the best of the last round comes first of it.
    """
    left, tried = list(names), []
    count = rounds(len(names))
    for number in range(count):
        each = minutes / count / max(1, len(left))
        found = [Try(name, number, each, attempt(name, number, each)) for name in left]
        found.sort(key=lambda one: (one.score is None, -(one.score or 0.0)))
        tried += found
        scored = [one.name for one in found if one.score is not None]
        left = scored[: (len(scored) + 1) // 2]
        if not left:
            break
    return tuple(tried)
