"""What every kind of augmentation is: a maker of further examples that say the same.

In: a reader example and a source of chance. Out: examples with another wording, or with other names and figures in
question, text and answer alike. A made example is no evidence: it trains, and nothing is measured on it. Knows nothing
about which are kept (`making`), nor about workspaces.
"""

import random
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol

from autogpt.prepare.augment.protect import protected
from autogpt.progress import Sink
from autogpt.records import ReaderExample, Span
from autogpt.text.chinese import simplified_character, traditional
from autogpt.text.glossary import NO_GLOSSARY, Glossary
from autogpt.text.language import detect


class Translator(Protocol):
    """Translates questions to another language and back."""

    def round_trip(self, texts: Sequence[str], language: str) -> list[str]:
        """Texts of `language` as they come back; empty ones where it does not know that language."""
        ...


@dataclass(frozen=True, slots=True)
class Resources:
    """What some kinds need besides the examples: a workspace's terms, whose names are synonyms; and a translator."""

    glossary: Glossary = NO_GLOSSARY
    translator: Translator | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A made example, its kind, and the example that it was made from."""

    example: ReaderExample
    kind: str
    original: ReaderExample


@dataclass(frozen=True)
class Question:
    """A question to be put otherwise.

    Attributes:
        text: as it was asked.
        language: "en" or "zh".
        kept: ranges of it that say too much to be touched, in order.
        vocabulary: words, in lower case, that its text and the question hold.
    """

    text: str
    language: str
    kept: tuple[Span, ...] = ()
    vocabulary: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def simple(self) -> str:
        """It in simplified characters, place by place: as long as `text`."""
        return "".join(map(simplified_character, self.text))

    def free(self, start: int, end: int) -> bool:
        """Whether nothing that is kept stands in [start, end)."""
        return not any(span.start < end and start < span.end for span in self.kept)

    def as_written(self, text: str) -> str:
        """`text`, simplified, in the characters that the question is written in."""
        return traditional(text) if self.language == "zh" and self.simple != self.text else text


class Augmenter(ABC):
    """One kind. Made once for many examples.

    Attributes:
        kind: its name in the table.
        question_only: it changes the question alone, so that it serves any question.
        keeps_names: whether what it makes is looked through for names that were lost; a glossary gives them others.
    """

    kind: ClassVar[str]
    question_only: ClassVar[bool] = True
    keeps_names: ClassVar[bool] = True

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def ready(self, examples: Sequence[ReaderExample], sink: Sink) -> None:  # noqa: B027
        """Do at once what is slow one by one; called before `variants`."""

    @abstractmethod
    def variants(self, example: ReaderExample, rng: random.Random) -> Iterator[ReaderExample]:
        """Other forms of an example, as many as there are, or endlessly many; ids are the original's."""


class QuestionAugmenter(Augmenter):
    """A kind that puts the question otherwise."""

    def variants(self, example: ReaderExample, rng: random.Random) -> Iterator[ReaderExample]:
        question = question_of(example)
        for text in self.rewritten(question, rng):
            yield replace(example, question=text)

    @abstractmethod
    def rewritten(self, question: Question, rng: random.Random) -> Iterator[str]:
        """Other wordings of a question, the better ones first."""


def question_of(example: ReaderExample) -> Question:
    """The question of an example with all that must stay in it."""
    language = "zh" if detect(example.question) == "zh" else "en"
    answers = [answer.text for answer in example.answers]
    kept = protected(example.question, language, example.context, answers)
    words = re.findall(r"[a-z]+", f"{example.context} {example.question}".lower())
    return Question(example.question, language, kept, frozenset(words))
