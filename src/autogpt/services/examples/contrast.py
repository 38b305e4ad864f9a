"""Finds what a reader will meet when it answers: passages that the search finds for a question and that do not answer.

In: a store, its examples of one part. Out: unanswerable `ReaderExample`s. A reader that has only seen passages with an
answer scores those of other passages too high (Clark and Gardner 2018, "Simple and effective multi-paragraph reading
comprehension"). Knows nothing about tokens or training.
"""

from collections.abc import Container
from itertools import islice

from autogpt.progress import Sink, silent, track
from autogpt.records import Example, Passage, ReaderExample, Split, Status, Task
from autogpt.services.examples.listing import load_examples
from autogpt.services.retrieving import open_retriever
from autogpt.store import Store
from autogpt.train.hard_negatives import without_answer


def retrieved_negatives(
    store: Store, per_question: int, sink: Sink = silent, only: Container[str] | None = None
) -> list[ReaderExample]:
    """For every question of the train part, the `per_question` best-ranked passages that do not hold its answer.

    Documents that validation and test questions are asked of are left out. Raises what opening the search does.

    Args:
        only: ids of the questions that are taken; None: all.
    """
    examples = [one for one in load_examples(store, Status.ACCEPTED) if one.task == Task.EXTRACTIVE]
    train = [one for one in examples if one.split == Split.TRAIN and (only is None or one.id in only)]
    if not train or not per_question:
        return []
    held_out = {one.version_id for one in examples if one.split in (Split.VALIDATION, Split.TEST)}
    made: list[ReaderExample] = []
    with open_retriever(store) as retriever:
        retriever.rerank_weight = 0.0  # what it judges depends on the time it has: another training would find others
        for example in track(train, "negatives", sink):
            passages = [one.passage for one in retriever.retrieve(example.question, labels=None)]
            for number, passage in enumerate(islice(without_answer(example, passages, held_out), per_question)):
                made.append(_unanswerable(example, passage, number, store.config.workspace.domain))
    return made


def _unanswerable(example: Example, passage: Passage, number: int, domain: str) -> ReaderExample:
    return ReaderExample(
        id=f"{example.id}-retrieved-{number}",
        question=example.question,
        context=passage.text,
        title=passage.title,
        domain=domain,
        language=example.language,
    )
