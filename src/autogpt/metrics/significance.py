"""Whether a difference is more than luck: paired bootstrap and Holm's correction.

In: a value per question for two systems, in the same order. Out: bounds and p-values. Knows nothing about what the
values mean. N questions, B resamples.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
#: A measure of the questions whose numbers it is given (with repetitions).
Measure = Callable[[Ints], float]


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference, new minus old.

    Attributes:
        value: on the questions as they are.
        lower, upper: one-sided bounds at `confidence` each (so together they hold 2 * confidence - 1).
        p_value: of the hypothesis that the true difference is at most minus the margin.
        questions: N.
    """

    value: float
    lower: float
    upper: float
    p_value: float
    confidence: float
    questions: int


def paired_bootstrap(
    new: ArrayLike,
    old: ArrayLike,
    *,
    margin: float = 0.0,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
    groups: Sequence[Hashable] | None = None,
) -> Difference:
    """The difference of two means over the same questions (Efron and Tibshirani 1993, percentile bounds).

    Args:
        new, old: float[N].
        margin: how much worse counts as no worse; moves the hypothesis of `p_value`.
        groups: what to resample instead of questions, for example each question's document: questions about one
            document are not independent.

    Raises ValueError when there are no questions or the lengths differ.
    """
    new, old = np.asarray(new, dtype=np.float64), np.asarray(old, dtype=np.float64)
    if new.shape != old.shape or new.ndim != 1 or not len(new):
        raise ValueError(f"expected two lists of one length, got shapes {new.shape} and {old.shape}")
    gaps = new - old
    # Units with the same sum and count are alike, so it is enough to draw how often each kind comes up.
    kinds, sizes = np.unique(np.column_stack(_by_group(gaps, groups)), axis=0, return_counts=True)
    times = np.random.default_rng(seed).multinomial(sizes.sum(), sizes / sizes.sum(), size=resamples)
    drawn = (times @ kinds[:, 0]) / (times @ kinds[:, 1])
    return _difference(float(gaps.mean()), drawn, margin, confidence, len(gaps))


def two_sided(
    new: ArrayLike, old: ArrayLike, *, groups: Sequence[Hashable] | None = None, resamples: int = 10_000
) -> Difference:
    """`paired_bootstrap` with a 95% interval and a p-value of there being no difference either way."""
    up, down = (
        paired_bootstrap(one, other, confidence=0.975, resamples=resamples, groups=groups)
        for one, other in ((new, old), (old, new))
    )
    return replace(up, p_value=min(1.0, 2 * min(up.p_value, down.p_value)))


def paired_bootstrap_of(
    new: Measure,
    old: Measure,
    questions: int,
    *,
    margin: float = 0.0,
    confidence: float = 0.95,
    resamples: int = 1_000,
    seed: int = 0,
) -> Difference:
    """The same for measures that are no means, such as an area under a curve: each is called with int[N] numbers of
    resampled questions, the same for both."""
    generator = np.random.default_rng(seed)
    everything = np.arange(questions)
    drawn = np.empty(resamples)
    for at in range(resamples):
        picks = generator.integers(0, questions, size=questions)
        drawn[at] = new(picks) - old(picks)
    return _difference(new(everything) - old(everything), drawn, margin, confidence, questions)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for testing all of them, in the order given (Holm 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for place, at in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[at]))
        corrected[at] = largest
    return corrected


def _by_group(gaps: NDArray[np.float64], groups: Sequence[Hashable] | None) -> tuple[NDArray[np.float64], Ints]:
    """Sum of the differences and number of questions of each resampled unit."""
    if groups is None:
        return gaps, np.ones(len(gaps), dtype=np.int64)
    if len(groups) != len(gaps):
        raise ValueError(f"{len(groups)} groups for {len(gaps)} questions")
    numbers: dict[Hashable, int] = {}
    index = np.array([numbers.setdefault(group, len(numbers)) for group in groups])
    return np.bincount(index, weights=gaps).astype(np.float64), np.bincount(index).astype(np.int64)


def _difference(
    value: float, drawn: NDArray[np.float64], margin: float, confidence: float, questions: int
) -> Difference:
    lower, upper = np.quantile(drawn, [1 - confidence, confidence])
    p_value = (1 + int((drawn <= -margin + 1e-12).sum())) / (1 + len(drawn))
    return Difference(value, float(lower), float(upper), p_value, confidence, questions)
