"""Swaps amounts, years, figures and people's names for others: in question, text and answers alike.

In: a reader example. Out: the same example with other entities, its answers where they stand now. A reader that has
learned "Paris" by heart must read the text to answer it (Longpre et al. 2021, "Entity-based knowledge conflicts in
question answering"). Each swap is one map for the whole example: amounts are all multiplied by one number and years all
moved by as many, so that sums, orders and durations stay true. Where a text also says such things in a form that is not
recognised, that swap is left out.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from autogpt.prepare.augment.base import Augmenter
from autogpt.prepare.augment.edits import Edit, Edited
from autogpt.prepare.augment.figures import amounts, figures, years
from autogpt.prepare.augment.people import people
from autogpt.records import ReaderExample

#: Finds what to replace in texts of one example, the same in each; empty lists where it cannot be done.
Swap = Callable[[Sequence[str], str, random.Random], list[list[Edit]]]
#: Earlier ones keep their places where two would replace the same.
_SWAPS: tuple[Swap, ...] = (people, amounts, years, figures)


class Entities(Augmenter):
    kind = "entities"
    question_only = False

    def variants(self, example: ReaderExample, rng: random.Random) -> Iterator[ReaderExample]:
        while (made := self._swapped(example, rng)) is not None:
            yield made

    def _swapped(self, example: ReaderExample, rng: random.Random) -> ReaderExample | None:
        """The example with all that can be swapped; None where neither its question nor an answer would be another."""
        found: tuple[list[Edit], list[Edit]] = ([], [])
        for swap in _SWAPS:
            for edits, more in zip(
                found, swap((example.question, example.context), example.language, rng), strict=True
            ):
                edits += [one for one in more if not any(one.span.overlaps(other.span) for other in edits)]
        question, context = Edited(example.question, found[0]), Edited(example.context, found[1])
        answers = [context.answer(answer) for answer in example.answers]
        kept = tuple(answer for answer in answers if answer is not None)
        same = question.text == example.question and [one.text for one in kept] == [one.text for one in example.answers]
        if same or len(kept) < len(answers):
            return None
        return replace(example, question=question.text, context=context.text, answers=kept)
