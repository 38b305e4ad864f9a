"""How a base model is tried for a task: as it is, and after a short fine-tuning.

In: a store. Out: `Trials` of a task, which say what a candidate reaches. Knows nothing about halving or command lines.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from autogpt.errors import UsageError
from autogpt.evaluate.reader import read_all
from autogpt.evaluate.side_by_side import SideBySide
from autogpt.models.packs import find_pack
from autogpt.models.sources import resolve_encoder, resolve_reader
from autogpt.progress import Sink
from autogpt.records import Split
from autogpt.registry import Registry
from autogpt.services import comparing_classifiers
from autogpt.services.classifiers import classifier_source
from autogpt.services.comparing import compared
from autogpt.services.contenders import kind_of_folder
from autogpt.services.evaluating import open_reader
from autogpt.services.examples.chosen import choice_of
from autogpt.services.examples.classes import classifier_examples
from autogpt.services.reader_data import reader_data
from autogpt.services.training_classifier import SHOWN
from autogpt.store import Store

#: What the parts of a workspace are called in a comparison.
_VALIDATION = "the validation part"
_DIVIDE = "Divide the examples with: autogpt examples split"


class Trials(Protocol):
    """Tries candidates for one task on a workspace's own examples.

    Attributes:
        measure: what a score is called.
        asked: what a training reads, in the plural.
        untried: what a candidate is that has no score as it is.
        train, validation: examples.
    """

    measure: str
    asked: ClassVar[str]
    untried: ClassVar[str]
    train: Sequence[Any]
    validation: Sequence[Any]

    def __init__(self, store: Store, sink: Sink) -> None: ...

    def settings(self) -> dict[str, Any]:
        """All settings that decide what a training gives."""
        ...

    def resolved(self, name: str) -> Path | str:
        """What a training starts from. Raises NotFoundError."""
        ...

    def as_it_is(self, base: Path | str, sink: Sink) -> float | None:
        """The score of a candidate that was not fine-tuned, in points; None for one that has none."""
        ...

    def whole(self, base: Path | str) -> Path | None:
        """The folder of a candidate that does the task as it is, so that it can be set beside others."""
        ...

    def trained(self, base: Path | str, minutes: float, out: Path, sink: Sink) -> tuple[Path, float]:
        """The folder of the model, and its score."""
        ...

    def present(self) -> Path | None:
        """What does the task in the workspace now."""
        ...

    def compared(self, models: Sequence[tuple[str, Path]], sink: Sink) -> SideBySide:
        """Models side by side on the validation part."""
        ...


#: By the name of the training.
TASKS = Registry("task", {"reader": f"{__name__}:ReaderTrials", "classifier": f"{__name__}:ClassifierTrials"})


class ReaderTrials:
    """Answers questions. What is a reader already is measured as it is."""

    measure = "F1"
    asked = "questions"
    untried = "cannot answer untrained"

    def __init__(self, store: Store, sink: Sink) -> None:
        self._config = store.config
        data = reader_data(store, sink)
        self.train, self.validation = data.train, data.validation
        if not self.validation:
            raise UsageError("There are no accepted extractive examples in the validation part to choose by.", _DIVIDE)

    def settings(self) -> dict[str, Any]:
        return self._config.train.reader.model_dump(mode="json")

    def resolved(self, name: str) -> Path | str:
        return resolve_reader(name)

    def as_it_is(self, base: Path | str, sink: Sink) -> float | None:
        from autogpt.train.validate import measures

        folder = self.whole(base)
        if folder is None:
            return None
        with open_reader(str(folder)) as reader:
            return measures(self.validation, read_all(reader, self.validation, sink))["f1"]

    def whole(self, base: Path | str) -> Path | None:
        from autogpt.train.base import local_folder

        folder = local_folder(base)
        return folder if folder is not None and kind_of_folder(folder) == "reader" else None

    def trained(self, base: Path | str, minutes: float, out: Path, sink: Sink) -> tuple[Path, float]:
        from autogpt.train.reader import train_reader

        settings = self._config.train.reader.model_copy(update={"max_minutes": minutes, "trackers": ()})
        result = train_reader(settings, self.train, self.validation, base, out, sink)
        return result.model_dir, result.metrics["f1"]

    def present(self) -> Path | None:
        pack = find_pack(self._config.workspace.pack)
        return pack.reader if pack.has_reader else None

    def compared(self, models: Sequence[tuple[str, Path]], sink: Sink) -> SideBySide:
        return compared(models, self.validation, _VALIDATION, False, sink)


class ClassifierTrials:
    """Tells classes. As it is, a candidate has a head that is fitted to its vectors; nothing of it is trained."""

    asked = "texts"
    untried = "has no head untrained"

    def __init__(self, store: Store, sink: Sink) -> None:
        from autogpt.train.scope import BEST

        self._store = store
        self._told = store.config.train.classifier
        self.train = classifier_examples(store, Split.TRAIN, choice_of(self._told))
        self.validation = classifier_examples(store, Split.VALIDATION)
        if not self.validation:
            raise UsageError("There are no accepted labelled questions in the validation part to choose by.", _DIVIDE)
        self._score = BEST[self._told.kind]
        self.measure = SHOWN[self._score]

    def settings(self) -> dict[str, Any]:
        return self._told.model_dump(mode="json")

    def resolved(self, name: str) -> Path | str:
        return resolve_encoder(name)

    def as_it_is(self, base: Path | str, sink: Sink) -> float | None:
        from autogpt.train.arguments import uses_bf16
        from autogpt.train.few_shot import HeadValidator
        from autogpt.train.labelling import task_of
        from autogpt.train.sentence import SentenceEncoder

        if self._told.kind == "similarity":
            return None
        told = self._told
        encoder = SentenceEncoder(base, 0.0, told.max_length, uses_bf16(told.precision))
        return HeadValidator(task_of(told, self.train, self.validation), encoder, told).measure()[self._score]

    def whole(self, base: Path | str) -> Path | None:
        return None

    def trained(self, base: Path | str, minutes: float, out: Path, sink: Sink) -> tuple[Path, float]:
        from autogpt.train.classifier import train_classifier

        settings = self._told.model_copy(update={"max_minutes": minutes, "trackers": ()})
        result = train_classifier(settings, self.train, self.validation, base, out, sink)
        return result.model_dir, result.metrics[self._score]

    def present(self) -> Path | None:
        found = classifier_source(self._store)
        return found.folder if found is not None and found.card.kind == self._told.kind else None

    def compared(self, models: Sequence[tuple[str, Path]], sink: Sink) -> SideBySide:
        return comparing_classifiers.compared(models, self.validation, _VALIDATION, sink)
