"""What a classifier is to learn of labelled texts.

In: examples and settings. Out: a `Task`: classes in order, and the target of each example; or what is wrong with the
examples, in words. Knows nothing about models.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from autogpt.classify.probability import Kind
from autogpt.config import ClassifierTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.records import ClassifierExample

#: Labels that say no to a yes-or-no question.
_NO = frozenset({"no", "n", "false", "0", "negative", "none", "other", "否", "不是"})
#: With fewer examples a class, texts are drawn together and a head is fitted. With 10 of BANKING77, fine-tuning from a
#: fitted head was better (docs/results/methods.md).
FEW = 8
#: Names shown in an error.
_SHOWN = 5

Targets = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Task:
    """What is learnt.

    Attributes:
        labels: classes by name; for binary no and yes, for similarity none.
        train, validation: examples that are about a class, or pairs.
        strange: out-of-scope examples of the validation part, and those of the train part, which are not trained on.
        low, high: scores that become 0 and 1, for similarity.
    """

    kind: Kind
    labels: tuple[str, ...]
    train: tuple[ClassifierExample, ...]
    validation: tuple[ClassifierExample, ...]
    strange: tuple[ClassifierExample, ...] = ()
    low: float = 0.0
    high: float = 1.0

    @property
    def outputs(self) -> int:
        """Logits of a text."""
        return len(self.labels) if self.kind in ("intents", "multi-label") else 1

    @property
    def mean_size(self) -> float:
        """Training examples a class, on average."""
        counts = Counter(label for one in self.train for label in self.given(one))
        return fmean(counts.values()) if counts else 0.0

    def given(self, example: ClassifierExample) -> tuple[str, ...]:
        """Labels of an example, as the classifier would give them."""
        if self.kind == "binary":
            return (self.labels[int(self.labels[1] in example.labels)],)
        return example.labels

    def targets(self, examples: Sequence[ClassifierExample]) -> Targets:
        """int[N] classes (intents), else float[N, outputs]."""
        if self.kind == "intents":
            place = {label: at for at, label in enumerate(self.labels)}
            return np.array([place[one.labels[0]] for one in examples], dtype=np.float64)
        if self.kind == "similarity":
            scores = np.array([[one.score if one.score is not None else 0.0] for one in examples])
            return np.asarray((scores - self.low) / ((self.high - self.low) or 1.0))
        names = self.labels[1:] if self.kind == "binary" else self.labels
        return np.array([[float(name in one.labels) for name in names] for one in examples]).reshape(-1, len(names))


def task_of(
    settings: ClassifierTrainingSection,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    known: Sequence[str] = (),
) -> Task:
    """The task, checked.

    Args:
        known: labels of the base that are told on, whether examples have them or not.

    Raises:
        DataError: there is nothing to train on, a text is empty, there is one class only, or a label of the validation
            part is none of the train part's.
        UsageError: the positive label of a yes-or-no question cannot be told.
    """
    if not train:
        raise DataError("There is nothing to train on.", "Import labelled questions, or give a file that holds some.")
    for one in (*train, *validation):
        if not one.text.strip():
            raise DataError(f"The text of example '{one.id}' is empty.", "Take it out, or write its text.")
    if settings.kind == "similarity":
        return _pairs(train, validation)
    strange = {*settings.out_of_scope}
    inside, held = _in_scope(train, strange), _in_scope(validation, strange)
    if known and not inside:
        raise DataError(
            "All texts to train on are out of scope.", "Replay earlier ones: train.classifier.replay_share."
        )
    outside = tuple(one for one in (*validation, *train) if strange & {*one.labels})
    if settings.kind == "intents":
        for one in (*inside, *held):
            if len(one.labels) != 1:
                raise DataError(
                    f"The text of example '{one.id}' has {len(one.labels)} labels; an intent is one.",
                    "Give each text one label, or set train.classifier.kind to multi-label.",
                )
    labels = tuple(sorted({label for one in inside for label in one.labels} | {*known}))
    if settings.kind == "binary":
        yes_and_no = (known[0], known[1]) if known else _yes_and_no(settings.positive, inside, labels)
        return Task("binary", yes_and_no, inside, held, outside)
    _require_classes(labels)
    unknown = sorted({label for one in held for label in one.labels} - {*labels})
    if unknown:
        listed = ", ".join(f"'{label}'" for label in unknown[:_SHOWN])
        raise DataError(
            f"The validation part has {len(unknown)} labels that the train part has not: {listed}.",
            "Divide anew with autogpt examples split --force, give more examples, or name labels that mean none of the "
            "classes in train.classifier.out_of_scope.",
        )
    return Task(settings.kind, labels, inside, held, outside)


def _in_scope(examples: Sequence[ClassifierExample], strange: set[str]) -> tuple[ClassifierExample, ...]:
    return tuple(one for one in examples if not strange & {*one.labels})


def _require_classes(labels: Sequence[str]) -> None:
    if len(labels) < 2:
        only = f" ('{labels[0]}')" if labels else ""
        raise DataError(
            f"There is one class only{only}: nothing can be told apart." if labels else "No example has a label.",
            "Add examples of another class.",
        )


def _yes_and_no(positive: str, known: Sequence[ClassifierExample], labels: tuple[str, ...]) -> tuple[str, str]:
    """The names of no and yes."""
    if len(labels) > 2 and not positive:
        raise UsageError(
            f"A yes-or-no question has two labels; there are {len(labels)}.",
            "Name the one that means yes with train.classifier.positive, or set train.classifier.kind to intents.",
        )
    bare = any(not one.labels for one in known)
    if not positive:
        yes = [label for label in labels if label.casefold() not in _NO]
        if len(yes) != 1 or (len(labels) == 1 and not bare):
            if len(labels) < 2:
                _require_classes(labels)
            raise UsageError(
                f"Which of {' and '.join(map(repr, labels))} means yes cannot be told.",
                "Name it with train.classifier.positive.",
            )
        positive = yes[0]
    if positive not in labels:
        raise UsageError(f"No example has the label '{positive}' that means yes.", "See train.classifier.positive.")
    others = [label for label in labels if label != positive]
    if not others and not bare:
        _require_classes(labels)
    return (others[0] if len(others) == 1 and not bare else f"not {positive}", positive)


def _pairs(train: Sequence[ClassifierExample], validation: Sequence[ClassifierExample]) -> Task:
    for one in (*train, *validation):
        if not one.other.strip() or one.score is None:
            raise DataError(
                f"Example '{one.id}' is no pair with a score.",
                "Similarity is learnt of rows with two texts and a number: text, other, score.",
            )
    scores = [one.score for one in train if one.score is not None]
    if min(scores) == max(scores):
        raise DataError(f"All pairs have the score {scores[0]:g}: nothing can be told apart.", "Add other pairs.")
    return Task("similarity", (), tuple(train), tuple(validation), low=min(scores), high=max(scores))
