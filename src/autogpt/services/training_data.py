"""What a workspace has to train on, for each kind of training, and whether that is enough.

In: a store, the settings of a training. Out: counts, what can be chosen from, and reasons in words why a training
cannot begin. Knows nothing about how training works.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from autogpt.config import ChosenExamplesSection, ContinualTrainingSection, Section
from autogpt.errors import AutoGPTError
from autogpt.records import AnswerSpan, ClassifierExample, Example, ReaderExample, Split, Status, Task
from autogpt.services.continuing import base_of
from autogpt.services.examples.chosen import ALL, choice_of
from autogpt.services.examples.listing import load_examples
from autogpt.services.lineage import Learnt, Lineage, lineage_of
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow, ExampleRow, FaqRow

#: Fewest of each that can be trained on, and measured by.
FEWEST_TRAIN, FEWEST_VALIDATION = 2, 1
#: Below these a model may learn its examples by heart, and a score says little: which is said, and not refused.
ENOUGH_TRAIN, ENOUGH_VALIDATION = 30, 10
#: Fewest characters of documents that are worth reading on.
FEWEST_CHARACTERS = 10_000
NO_PART = "none"

#: What learns where answers stand: from questions with an answer in a document alone.
_WHERE = frozenset({"retriever", "reranker"})

#: Why a training cannot begin, as pages say it.
REASONS = {
    "train": "Questions in the training part: %(found)s. It takes %(least)s or more.",
    "validation": "Questions in the validation part: %(found)s. It takes %(least)s or more to measure by.",
    "undivided": "%(found)s questions are in no part yet. Divide them into training, validation and test first.",
    "classes": "The labelled questions of the training part have %(found)s class; at least %(least)s are needed.",
    "documents": "The documents have %(found)s characters; at least %(least)s are needed.",
}


@dataclass(frozen=True, slots=True)
class Lack:
    """One reason why there is too little: a key of `REASONS` with its values."""

    reason: str
    found: int
    least: int = 0

    def __str__(self) -> str:
        return REASONS[self.reason] % {"found": f"{self.found:,}", "least": f"{self.least:,}"}


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What there is for one kind of training.

    Attributes:
        parts: accepted examples of its task by part; `none` are those in no part.
        classes: different labels in the training part; of classifiers alone.
        faq: vetted answers that train too.
        characters: of all documents.
        left_out: examples of the train part that the settings do not take: of other languages or sources, or known to
            the base where only what is new is trained on.
    """

    what: str
    parts: Mapping[str, int]
    classes: int
    faq: int
    characters: int
    left_out: int = 0

    @property
    def taken(self) -> int:
        """Examples of the train part that are trained on."""
        return self.parts.get(Split.TRAIN, 0) - self.left_out

    @property
    def train(self) -> int:
        """All that is trained on, vetted answers among it."""
        return self.taken + self.faq

    @property
    def validation(self) -> int:
        return self.parts.get(Split.VALIDATION, 0)

    @property
    def lacks(self) -> list[Lack]:
        """Why there is too little; empty where there is enough."""
        if self.what == "language-model":
            few = self.characters < FEWEST_CHARACTERS
            return [Lack("documents", self.characters, FEWEST_CHARACTERS)] if few else []
        found: list[Lack] = []
        if self.train < FEWEST_TRAIN:
            found.append(Lack("train", self.train, FEWEST_TRAIN))
        if self.validation < FEWEST_VALIDATION:
            found.append(Lack("validation", self.validation, FEWEST_VALIDATION))
        if found and (waiting := self.parts.get(NO_PART, 0)):
            found.append(Lack("undivided", waiting))
        if self.what == "classifier" and self.parts.get(Split.TRAIN, 0) and self.classes < 2:
            found.append(Lack("classes", self.classes, 2))
        return found

    @property
    def few(self) -> bool:
        """Whether it is enough to begin, and too little for the score to say much."""
        if self.what == "language-model" or self.lacks:
            return False
        return self.train < ENOUGH_TRAIN or self.validation < ENOUGH_VALIDATION


@dataclass(frozen=True, slots=True)
class Choices:
    """Languages and sources of the train part, each with the number of its examples, the most frequent first."""

    languages: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]


def choices(store: Store, what: str) -> Choices:
    """What the examples that `what` can be trained on are chosen by."""
    found = _learnt(store, what)
    languages, sources = Counter(one.language for one in found), Counter(one.provenance for one in found)
    return Choices(tuple(languages.most_common()), tuple(sources.most_common()))


def training_data(store: Store, what: str, settings: Section | None = None) -> TrainingData:
    """What there is to train `what` on, a name of `requested.TRAININGS`.

    Args:
        settings: of the training, which may take some of it alone; None takes everything.
    """
    task = Task.CLASSIFY if what == "classifier" else Task.EXTRACTIVE
    accepted = (ExampleRow.status == Status.ACCEPTED, ExampleRow.task == task)
    counted = select(ExampleRow.split, func.count()).where(*accepted)
    if what in _WHERE:
        counted = counted.where(ExampleRow.answerable.is_(True), ExampleRow.version_id.is_not(None))
    characters = (
        select(func.coalesce(func.sum(func.length(DocumentVersionRow.text)), 0))
        .join(DocumentRow, DocumentRow.current_version_id == DocumentVersionRow.id)
        .where(DocumentRow.removed_at.is_(None), DocumentRow.duplicate_of.is_(None))
    )
    labels = select(ExampleRow.classes).where(*accepted, ExampleRow.split == Split.TRAIN)
    vetted = select(func.count()).where(FaqRow.removed_at.is_(None))
    learns_vetted = what == "retriever" or (what == "generator" and store.config.train.generator.faq)
    with store.session() as session:
        parts = {split or NO_PART: count for split, count in session.execute(counted.group_by(ExampleRow.split))}
        known = {str(one) for row in session.scalars(labels) for one in row} if what == "classifier" else set()
        return TrainingData(
            what=what,
            parts=parts,
            classes=len(known),
            faq=(session.scalar(vetted) or 0) if learns_vetted else 0,
            characters=session.scalar(characters) or 0,
            left_out=_left_out(store, what, settings) if settings is not None else 0,
        )


def _left_out(store: Store, what: str, settings: Section) -> int:
    choice = choice_of(settings) if isinstance(settings, ChosenExamplesSection) else ALL
    known = _known(store, what, settings) if isinstance(settings, ContinualTrainingSection) else None
    if choice == ALL and known is None:
        return 0
    return sum(
        not choice.takes(one) or (known is not None and known.knows(_as_learnt(one))) for one in _learnt(store, what)
    )


def _learnt(store: Store, what: str) -> list[Example]:
    """The examples of the train part that a training of `what` learns from."""
    if what == "language-model":
        return []
    task = Task.CLASSIFY if what == "classifier" else Task.EXTRACTIVE
    found = [one for one in load_examples(store, Status.ACCEPTED, split=Split.TRAIN) if one.task == task]
    return [one for one in found if what not in _WHERE or (one.answerable and one.version_id)]


def _known(store: Store, what: str, settings: ContinualTrainingSection) -> Lineage | None:
    """What the base of a training on what is new was trained on; None where that does not matter, or is not known."""
    if not settings.new_only:
        return None
    try:
        return lineage_of(base_of(store, what, settings, str))
    except AutoGPTError:  # the training itself says what is wrong
        return None


def _as_learnt(example: Example) -> Learnt:
    """An example as a lineage knows it: by its question with its answers or labels, without a context."""
    if example.task == Task.CLASSIFY:
        return ClassifierExample(example.id, example.question, example.classes)
    return ReaderExample(example.id, example.question, "", tuple(AnswerSpan(one.text, 0) for one in example.spans))
