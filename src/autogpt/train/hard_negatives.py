"""Chooses hard negatives: passages that rank high for a question and do not answer it.

In: passages as the untuned search ranks them, by words and by meaning. Out: those that a retriever is to learn to rank
lower. What may well answer is left out, since a false negative teaches the opposite of what is wanted (Moreira et al.
2024, "NV-Retriever: Improving text embedding models with effective hard-negative mining", TopK-PercPos; so does
`relative_margin` of sentence-transformers' `mine_hard_negatives`, which knows neither words nor answers). Knows nothing
about models.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from autogpt.metrics.answers import holds
from autogpt.records import Example, Passage


def without_answer(
    example: Example, passages: Sequence[Passage], held_out: Collection[str | None] = ()
) -> Iterator[Passage]:
    """Those of `passages`, in order, that neither overlap the example's answers nor hold their words elsewhere.

    Args:
        held_out: ids of document versions whose passages are left out too.
    """
    golds = [span.text for span in example.spans]
    for passage in passages:
        if passage.version_id in held_out:
            continue
        overlaps = passage.version_id == example.version_id and any(
            passage.start < span.end and span.start < passage.end for span in example.spans
        )
        if not overlaps and not holds(passage.text, golds):
            yield passage


def less_similar(ranked: Iterable[tuple[str, float]], positive: float, margin: float, count: int) -> tuple[str, ...]:
    """The first `count` different texts that are not nearly as similar to the question as what answers it.

    Args:
        ranked: texts, best first, with their cosines with the question.
        positive: cosine of the question and the text that answers it.
        margin: share of `positive` that a negative's cosine has to be below it.

    >>> less_similar([("near copy", 0.79), ("other", 0.7), ("far", 0.2)], positive=0.8, margin=0.05, count=2)
    ('other', 'far')
    """
    highest = positive - abs(positive) * margin
    return tuple(dict.fromkeys(text for text, cosine in ranked if cosine <= highest))[:count]
