"""Finds what a model will meet when it answers: passages that the search finds for a question and that do not answer.

In: a store, its examples of one part. Out: these passages, or unanswerable `ReaderExample`s of them. A reader that has
only seen passages with an answer scores those of other passages too high (Clark and Gardner 2018, "Simple and effective
multi-paragraph reading comprehension"). Knows nothing about tokens or training.
"""

from collections.abc import Container, Iterator
from itertools import islice

from autogpt.progress import Sink, silent, track
from autogpt.records import Example, Passage, ReaderExample, Split, Status, Task
from autogpt.services.examples.listing import load_examples
from autogpt.services.retrieving import open_retriever
from autogpt.store import Store
from autogpt.train.hard_negatives import without_answer

#: Parts whose documents are not shown to those of a part.
_HELD_OUT = {Split.TRAIN: (Split.VALIDATION, Split.TEST), Split.VALIDATION: (Split.TEST,)}


def retrieved_negatives(
    store: Store, per_question: int, sink: Sink = silent, only: Container[str] | None = None
) -> list[ReaderExample]:
    """For every question of the train part, the `per_question` best-ranked passages that do not hold its answer.

    Documents that validation and test questions are asked of are left out. Raises what opening the search does.

    Args:
        only: ids of the questions that are taken; None: all.
    """
    return [
        _unanswerable(example, passage, number, store.config.workspace.domain)
        for example, passages in passages_without_answer(store, Split.TRAIN, per_question, sink, only)
        for number, passage in enumerate(passages)
    ]


def passages_without_answer(
    store: Store, split: Split, per_question: int, sink: Sink = silent, only: Container[str] | None = None
) -> Iterator[tuple[Example, list[Passage]]]:
    """Every extractive example of a part with the `per_question` best-ranked passages that do not hold its answer.

    Documents that questions of a part held out from it are asked of are left out. Raises what opening the search does.

    Args:
        only: ids of the questions that are taken; None: all.
    """
    examples = [one for one in load_examples(store, Status.ACCEPTED) if one.task == Task.EXTRACTIVE]
    asked = [one for one in examples if one.split == split and (only is None or one.id in only)]
    if not asked or not per_question:
        return
    held_out = {one.version_id for one in examples if one.split in _HELD_OUT.get(split, ())}
    with open_retriever(store) as retriever:
        retriever.rerank_weight = 0.0  # what it judges depends on the time it has: another training would find others
        for example in track(asked, "negatives", sink):
            passages = [one.passage for one in retriever.retrieve(example.question, labels=None)]
            yield example, list(islice(without_answer(example, passages, held_out), per_question))


def _unanswerable(example: Example, passage: Passage, number: int, domain: str) -> ReaderExample:
    return ReaderExample(
        id=f"{example.id}-retrieved-{number}",
        question=example.question,
        context=passage.text,
        title=passage.title,
        domain=domain,
        language=example.language,
    )
