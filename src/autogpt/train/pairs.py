"""What a retriever or a reranker is trained and validated on: questions, and the texts that should be found for them.

In: passages and examples. Out: `Pair`s, a `Ranking`, and what was `Asked`. Knows nothing about models or where passages
come from.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autogpt.records import AnswerSpan, Passage
from autogpt.retrieve.encoder import Prompt

#: Mined pairs are kept in the folder of a run: a run that goes on has the same negatives.
FILE_NAME = "pairs.jsonl"


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and the text that should be nearest to it.

    Attributes:
        negatives: texts that should be further away, the hardest first.
        alike: other texts that are right as well, and so never a negative of this question.
        prompt: what `positive` and `negatives` are to the encoder: passages, or other ways to put a question.
    """

    question: str
    positive: str
    negatives: tuple[str, ...] = ()
    prompt: Prompt = "document"
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """A validation: all passages are ranked for each question.

    Attributes:
        passages: texts as they are embedded.
        questions: each with the places in `passages` of those that answer it.
    """

    passages: tuple[str, ...] = ()
    questions: tuple[tuple[str, frozenset[int]], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a reranker's validation, and what the search found for it.

    Attributes:
        texts: as they are embedded, best first.
        scores: fused ones, in standard deviations.
        right: places in `texts` of those that answer; -1, -2, … stand for those that the search did not find.
    """

    question: str
    texts: tuple[str, ...]
    scores: tuple[float, ...]
    right: frozenset[int]


def holding(passages: Sequence[Passage], spans: Sequence[AnswerSpan]) -> list[int]:
    """Places of the passages of one document that hold a span whole, the one with most text around it first.

    Where a span is longer than any passage, the one that holds most of it.
    """
    whole: dict[int, int] = {}
    parts: dict[int, int] = {}
    for place, passage in enumerate(passages):
        for span in spans:
            around = min(span.start - passage.start, passage.end - span.end)
            if around >= 0:
                whole[place] = max(around, whole.get(place, 0))
            common = min(passage.end, span.end) - max(passage.start, span.start)
            if common > 0:
                parts[place] = max(common, parts.get(place, 0))
    if whole:
        return sorted(whole, key=lambda place: -whole[place])
    return sorted(parts, key=lambda place: -parts[place])[:1]


def with_strangers(pairs: Sequence[Pair], width: int, seed: int) -> list[Pair]:
    """`pairs` with `width` negatives each, or with none where there is nothing to take them from.

    What mining did not find is filled up with positives of other questions, taken by chance: negatives as those of the
    same step are.
    """
    if not width:
        return [replace(one, negatives=()) for one in pairs]
    rng = random.Random(seed)
    right: dict[str, set[str]] = {}
    for one in pairs:
        right.setdefault(one.question, {one.question}).update((one.positive, *one.alike))
    pools = {
        prompt: sorted({one.positive for one in pairs if one.prompt == prompt}) for prompt in ("document", "query")
    }
    filled = []
    for one in pairs:
        negatives = [text for text in one.negatives if text not in right[one.question]][:width]
        barred = {*right[one.question], *negatives}
        pool = pools[one.prompt]
        for _ in range(8 * width):  # a few tries find what a large pool has
            if len(negatives) == width or not pool:
                break
            text = rng.choice(pool)
            if text not in barred:
                negatives.append(text)
                barred.add(text)
        filled.append(replace(one, negatives=tuple(negatives)))
    if not any(one.negatives for one in filled):
        return filled
    # Columns are of one length; of what little there is, something stands twice.
    others = [text for one in filled for text in one.negatives]
    made = []
    for one in filled:
        own = one.negatives or tuple(text for text in others if text not in right[one.question])[:1]
        if own:
            made.append(replace(one, negatives=(own * width)[:width]))
    return made
