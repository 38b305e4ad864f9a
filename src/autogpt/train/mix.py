"""Mixes sets of examples: general ones against forgetting, foreign ones for calibration.

In: reader examples. Out: reader examples. Knows nothing about models.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from autogpt.errors import DataError
from autogpt.records import ReaderExample

#: Domain that questions put to another document's text get.
MISMATCHED = "mismatched"


def with_general(
    train: Sequence[ReaderExample], general: Sequence[ReaderExample], share: float, seed: int
) -> list[ReaderExample]:
    """`train` and as many of `general`, drawn by chance, that they make up `share` of the whole.

    When there are too few they are repeated. Mixing in data of the earlier task is the simplest guard against
    forgetting it (rehearsal; Robins 1995). Raises DataError when a share is wanted of none.
    """
    if not share:
        return list(train)
    if not general:
        raise DataError(
            f"train.reader.general_share is {share:g}, but there are no general examples.",
            "Name a file of them in train.reader.general_data, or set the share to 0.",
        )
    wanted = round(len(train) * share / (1 - share))
    rng = random.Random(seed)
    drawn: list[ReaderExample] = []
    while len(drawn) < wanted:
        drawn += rng.sample(list(general), min(len(general), wanted - len(drawn)))
    mixed = [*train, *drawn]
    rng.shuffle(mixed)
    return mixed


def mismatched(examples: Sequence[ReaderExample], count: int, seed: int) -> list[ReaderExample]:
    """Questions put to texts of other titles that do not hold their answer: all unanswerable, `count` at most.

    A calibrator has to see questions from outside of what the reader knows (Kamath et al. 2020, "Selective question
    answering under domain shift"); these are the ones that any set gives.
    """
    rng = random.Random(seed)
    contexts = sorted({(one.title, one.context) for one in examples})
    made: list[ReaderExample] = []
    for example in rng.sample(list(examples), min(count, len(examples))):
        answers = [answer.text.lower() for answer in example.answers]
        for title, context in rng.sample(contexts, min(8, len(contexts))):
            if title != example.title and not any(answer in context.lower() for answer in answers):
                made.append(
                    replace(
                        example,
                        id=f"{example.id}-{MISMATCHED}",
                        context=context,
                        answers=(),
                        title=title,
                        domain=MISMATCHED,
                    )
                )
                break
    return made
