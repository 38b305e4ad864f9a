"""What a workspace has to train on, for each kind of training, and whether that is enough.

In: a store. Out: counts, and reasons in words why a training cannot begin. Knows nothing about how training works.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from autogpt.records import Split, Status, Task
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow, ExampleRow, FaqRow

#: Fewest of each that can be trained on, and measured by.
FEWEST_TRAIN, FEWEST_VALIDATION = 2, 1
#: Below these a model may learn its examples by heart, and a score says little: which is said, and not refused.
ENOUGH_TRAIN, ENOUGH_VALIDATION = 30, 10
#: Fewest characters of documents that are worth reading on.
FEWEST_CHARACTERS = 10_000
NO_PART = "none"

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
    """

    what: str
    parts: Mapping[str, int]
    classes: int
    faq: int
    characters: int

    @property
    def train(self) -> int:
        """Examples that are trained on, vetted answers among them."""
        return self.parts.get(Split.TRAIN, 0) + self.faq

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


def training_data(store: Store, what: str) -> TrainingData:
    """What there is to train `what` on, a name of `requested.TRAININGS`."""
    task = Task.CLASSIFY if what == "classifier" else Task.EXTRACTIVE
    accepted = (ExampleRow.status == Status.ACCEPTED, ExampleRow.task == task)
    counted = select(ExampleRow.split, func.count()).where(*accepted)
    if what in {"retriever", "reranker"}:  # they learn where answers stand
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
        )
