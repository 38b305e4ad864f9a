"""Puts questions together that ask the same.

In: unit vectors of questions, and what must be the same for two to be put together. Out: groups of numbers. Needs numpy
alone; knows nothing about models or workspaces. N questions, H the size of a vector.
"""

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

#: Closeness (see `closeness`) from which two questions ask the same, by language; `benchmarks/clustering.py` shows what
#: it keeps together and apart. Chinese questions of one business are more alike than English ones.
SAME = {"en": 0.65, "zh": 0.8}
#: Questions that have nothing to do with each other: how alike an encoder finds them is its zero.
UNRELATED = {
    "en": (
        "What is the capital of France?",
        "How do I bake bread?",
        "When was the company founded?",
        "Who wrote this book?",
        "How much does a ticket cost?",
        "Where can I park my car?",
        "Why is the sky blue?",
        "Can I bring my dog?",
    ),
    "zh": (
        "法国的首都是哪里？",
        "面包怎么做？",
        "公司是哪一年成立的？",
        "这本书是谁写的？",
        "一张票多少钱？",
        "哪里可以停车？",
        "天空为什么是蓝色的？",
        "可以带狗吗？",
    ),
}


def zero_of(vectors: Floats) -> float:
    """Mean cosine of the different rows of float[N, H]: what texts that have nothing in common have."""
    size = len(vectors)
    return float(((vectors @ vectors.T).sum() - size) / (size * (size - 1)))


def closeness(cosines: Floats, zero: float) -> Floats:
    """Cosines on a scale that encoders share: 0 as alike as unrelated questions are, 1 the same.

    >>> closeness(np.array([0.7, 0.85, 1.0]), zero=0.7).round(2).tolist()
    [0.0, 0.5, 1.0]
    """
    return (cosines - zero) / (1 - zero)


def clusters(
    vectors: Floats,
    zeros: Sequence[float],
    least: Sequence[float],
    kinds: Sequence[Hashable],
    may_join: Callable[[int, int], bool] = lambda one, other: True,
) -> list[list[int]]:
    """Questions in groups, each begun by its first one, in the order of these.

    A question joins the group whose first is nearest to it; comparing with the first alone keeps a chain of small
    steps from leading to another question.

    Args:
        vectors: float[N, H] of length 1; those that should begin groups come first.
        zeros: of each question, see `closeness`.
        least: closeness that each question needs.
        kinds: only questions of the same kind are put together.
        may_join: further condition, by the numbers of a group's first question and another.
    """
    found: list[list[int]] = []
    firsts: list[int] = []
    for at in range(len(vectors)):
        near = closeness(vectors[firsts] @ vectors[at], zeros[at]) if firsts else np.empty(0)
        for group in np.argsort(-near, kind="stable"):
            if near[group] < least[at]:
                found.append([at])
                firsts.append(at)
                break
            if kinds[firsts[group]] == kinds[at] and may_join(firsts[group], at):
                found[group].append(at)
                break
        else:
            found.append([at])
            firsts.append(at)
    return found
