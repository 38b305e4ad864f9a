"""Makes what a generator is trained and measured on, of a workspace's examples and vetted answers.

In: a store and a part, or reader examples of files. Out: `GeneratorExample`s. Knows nothing about tokens.
"""

from collections.abc import Sequence

from autogpt.config import GeneratorTrainingSection
from autogpt.progress import Sink, silent
from autogpt.records import ReaderExample, Split
from autogpt.services.examples.chosen import ALL, choice_of
from autogpt.services.examples.contrast import passages_without_answer
from autogpt.services.examples.reading import reader_examples
from autogpt.store import Store
from autogpt.store.faq import load_faq
from autogpt.train.generator_data import GeneratorExample, beside, vetted, worded


def generator_examples(store: Store, split: Split, sink: Sink = silent) -> list[GeneratorExample]:
    """The accepted extractive examples of a part, of the train part those that are chosen, each with what the search
    finds beside it; no vetted answers.

    Raises what opening the search does.
    """
    settings = store.config.train.generator
    choice = choice_of(settings) if split == Split.TRAIN else ALL
    examples = reader_examples(store, split, sink=sink, choice=choice)
    found = {
        example.id: tuple(passage.text for passage in passages)
        for example, passages in passages_without_answer(store, split, settings.distractors, sink)
    }
    return [worded(one, found.get(one.id, ()), settings.target) for one in examples]


def vetted_examples(store: Store) -> list[GeneratorExample]:
    """The vetted answers of a workspace, once for each phrasing."""
    with store.session() as session:
        entries = load_faq(session)
    return [one for entry in entries for one in vetted(entry)]


def worded_files(settings: GeneratorTrainingSection, examples: Sequence[ReaderExample]) -> list[GeneratorExample]:
    """The same of the examples of files, with other contexts of their titles in the place of a search."""
    others = beside(examples, settings.distractors)
    return [worded(one, texts, settings.target) for one, texts in zip(examples, others, strict=True)]
