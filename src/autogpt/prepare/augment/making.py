"""Makes examples of several kinds from given ones, and keeps those that are new.

In: reader examples (or questions alone), kinds and a seed. Out: `Made` examples: the same for the same input, in
whatever order or company an example comes. What says something else than its original in numbers, negations or names is
dropped, and so is what is too near to another one. Knows nothing about files and workspaces.
"""

import difflib
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from autogpt.errors import UsageError
from autogpt.prepare.augment import AUGMENTERS
from autogpt.prepare.augment.base import Augmenter, Made, Resources, question_of
from autogpt.prepare.augment.protect import counts_the_same, says_the_same
from autogpt.progress import Sink, silent, track
from autogpt.records import ReaderExample

#: Share of characters two made questions may have in common, in order.
_TOO_NEAR = 0.95
#: Variants looked at for each that is wanted.
_TRIES = 8
#: Stands in the ids of made examples, before their kind.
MARK = "-augmented-"
_PLAIN = re.compile(r"[\W_]+")


def augment(
    examples: Sequence[ReaderExample],
    kinds: Sequence[str],
    *,
    times: int = 1,
    share: float = 1.0,
    seed: int = 13,
    resources: Resources | None = None,
    sink: Sink = silent,
) -> list[Made]:
    """Up to `times` made examples for a share of the examples, the kinds in turn.

    Easy data augmentation (Wei and Zou 2019) with fewer liberties: no word is deleted or inserted by chance, and
    nothing is replaced that carries a number, a negation or a name.

    Args:
        kinds: names in `AUGMENTERS`; each made example is of one kind.
        times: made examples for each original, at most: not every question lends itself to every kind.
        share: part of the examples that anything is made from, 0 to 1.

    Raises UsageError for an unknown kind, for no kind, or for one that lacks what it needs.
    """
    if not kinds:
        raise UsageError("No kind of augmentation is named.", f"Available: {', '.join(AUGMENTERS)}.")
    makers: list[Augmenter] = [
        AUGMENTERS.load(kind)(resources or Resources()) for kind in dict.fromkeys(kind.strip() for kind in kinds)
    ]
    chosen = [one for one in examples if _rng(seed, one.id, "share").random() < share]
    for maker in makers:
        maker.ready(chosen, sink)
    asked = {_key(one) for one in examples}
    made: list[Made] = []
    for example in track(chosen, "augment", sink):
        numbers: Counter[str] = Counter()
        for one in islice(_apart(_in_turn(example, makers, times, seed), asked), times):
            numbers[one.kind] += 1
            id = f"{example.id}{MARK}{one.kind}-{numbers[one.kind]}"
            made.append(replace(one, example=replace(one.example, id=id)))
            asked.add(_key(one.example))
    return made


def question_variants(
    question: str,
    kinds: Sequence[str],
    *,
    times: int = 1,
    seed: int = 13,
    resources: Resources | None = None,
) -> list[str]:
    """Other wordings of a question alone, for FAQ entries and classification.

    Raises UsageError for a kind that changes more than the question.
    """
    for kind in kinds:
        if not AUGMENTERS.load(kind).question_only:
            raise UsageError(
                f"'{kind}' changes more than the question.", "Leave it out where there is only a question."
            )
    alone = ReaderExample(id=question, question=question, context="")
    return [one.example.question for one in augment([alone], kinds, times=times, seed=seed, resources=resources)]


def is_made(id: str) -> bool:
    """Whether an example with this id was made by `augment`."""
    return MARK in id


def _in_turn(example: ReaderExample, makers: Sequence[Augmenter], times: int, seed: int) -> Iterator[Made]:
    """Variants of the kinds by turns, beginning with one by chance; each kind is tried a few times for each wanted."""
    order = list(makers)
    _rng(seed, example.id, "order").shuffle(order)
    lines = {
        maker: islice(maker.variants(example, _rng(seed, example.id, maker.kind)), _TRIES * times) for maker in order
    }
    while lines:
        for maker, line in list(lines.items()):
            found = next((one for one in line if _valid(one, example, maker)), None)
            if found is None:
                del lines[maker]
            else:
                yield Made(found, maker.kind, example)


def _valid(one: ReaderExample, original: ReaderExample, maker: Augmenter) -> bool:
    """Whether a variant is one: another question or text, with its answers in it and all that the original says."""
    if any(one.context[answer.start : answer.end] != answer.text for answer in one.answers):
        return False
    if one.answerable != original.answerable or not one.question.strip() or _key(one) == _key(original):
        return False
    if not maker.question_only:
        return True
    language = question_of(original).language
    if not maker.keeps_names:
        return counts_the_same(original.question, one.question, language)
    return says_the_same(original.question, one.question, language, original.context)


def _apart(found: Iterable[Made], asked: set[tuple[str, str]]) -> Iterator[Made]:
    """Those that are near neither to what is asked already nor to one another."""
    kept: list[ReaderExample] = []
    for one in found:
        if _key(one.example) not in asked and not any(_near(one.example, other) for other in kept):
            kept.append(one.example)
            yield one


def _near(one: ReaderExample, other: ReaderExample) -> bool:
    if one.context != other.context:
        return False
    matcher = difflib.SequenceMatcher(None, _plain(one.question), _plain(other.question), autojunk=False)
    return matcher.real_quick_ratio() > _TOO_NEAR and matcher.ratio() > _TOO_NEAR


def _key(one: ReaderExample) -> tuple[str, str]:
    return _plain(one.question), one.context


def _plain(text: str) -> str:
    return _PLAIN.sub("", text.casefold())


def _rng(seed: int, id: str, what: str) -> random.Random:
    return random.Random(f"{seed} {id} {what}")
