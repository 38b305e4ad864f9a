"""How a classifier is trained: fine-tuned, asked by a prompt, or, of few examples, a head on an encoder's vectors.

In: settings, examples, a base. Out: a `Plan`; or what cannot be, in words. Knows nothing about models but what their
folders say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autogpt.config import ClassifierTrainingSection
from autogpt.errors import DataError, UsageError
from autogpt.records import ClassifierExample
from autogpt.train.labelling import FEW, Task, task_of
from autogpt.train.prompting import require_promptable
from autogpt.train.remembering import is_headed_encoder, require_classifier

#: What texts of a class are not drawn together with; teachers are another matter: with them it is not done at all.
_OF_FINE_TUNING = ("objective", "label_smoothing", "rdrop", "adversarial")
#: What is told otherwise there, or is always so.
_TOLD_OTHERWISE = ("epochs", "learning_rate", "pooling", "linear_probe")


@dataclass(frozen=True)
class Plan:
    """What is learnt, and how.

    Attributes:
        goes_on: from a classifier, whose classes are told on.
        few: texts of a class are drawn together, and a head is fitted.
    """

    task: Task
    goes_on: bool
    few: bool


def plan_of(
    settings: ClassifierTrainingSection,
    train: Sequence[ClassifierExample],
    validation: Sequence[ClassifierExample],
    base: str | Path,
) -> Plan:
    """What `train_classifier` would do. Raises as it does for examples and a base that cannot be trained."""
    if settings.new_only or settings.lwf_weight:
        task = task_of(settings, train, validation, require_classifier(base, settings.kind).labels)
        return Plan(task, goes_on=True, few=goes_on_few(settings, task, base))
    task = task_of(settings, train, validation)
    return Plan(task, goes_on=False, few=is_few(settings, task))


def is_few(settings: ClassifierTrainingSection, task: Task) -> bool:
    """Whether texts of a class are drawn together and a head is fitted, in place of fine-tuning a classifier.

    Raises UsageError where that is asked for and cannot be.
    """
    if settings.few_shot == "prompt":
        require_promptable(settings, task)
        return False
    if task.kind == "similarity":
        if settings.few_shot == "always":
            raise UsageError(
                "Similarity has no classes whose texts could be drawn together.",
                "Set train.classifier.few_shot to auto.",
            )
        return False
    unused = [*(("teachers",) if settings.teachers else ()), *_changed(settings, _OF_FINE_TUNING)]
    if settings.few_shot == "always" and unused:
        listed = ", ".join(unused)
        raise UsageError(
            f"With few examples a head is fitted to the encoder's vectors: there is no place for {listed}.",
            f"Set train.classifier.few_shot to never or auto, or leave out: {listed}.",
        )
    head_alone = settings.method == "frozen" and not settings.frozen_layers
    able = not settings.teachers and not head_alone
    few = settings.few_shot == "always" or (settings.few_shot == "auto" and able and task.mean_size < FEW)
    if few and settings.head == "centroid" and task.kind != "intents":
        raise UsageError(
            f"A head of centroids tells classes apart of which a text has one, and here the kind is '{task.kind}'.",
            "Set train.classifier.head to auto or logistic.",
        )
    return few


def _changed(settings: ClassifierTrainingSection, names: Iterable[str]) -> list[str]:
    usual = type(settings).model_fields
    return [name for name in names if getattr(settings, name) != usual[name].default]


def unused_by_few(settings: ClassifierTrainingSection) -> list[str]:
    """Settings that ask for what is done where a classifier is fine-tuned alone."""
    return _changed(settings, (*_OF_FINE_TUNING, *_TOLD_OTHERWISE))


def remark_on_unused(settings: ClassifierTrainingSection) -> str:
    """What of the settings goes unheard where texts of a class are drawn together, in words; empty: nothing does."""
    unused = ", ".join(f"train.classifier.{name}" for name in unused_by_few(settings))
    if not unused:
        return ""
    return (
        f"There are few examples a class, so their texts were drawn together and a head was fitted: {unused} had no "
        "place in that; passes and rate are few_shot_epochs and few_shot_learning_rate there. To fine-tune with it all "
        "the same, set train.classifier.few_shot to never."
    )


def goes_on_few(settings: ClassifierTrainingSection, task: Task, base: str | Path) -> bool:
    """Whether the classifier that is gone on from is an encoder with a head, which is fitted anew.

    Raises UsageError where it is and cannot be held near its logits, DataError where a class of its has no example.
    """
    if not is_headed_encoder(base):
        return False
    if settings.lwf_weight:
        raise UsageError(
            f"The base '{base}' is an encoder whose head is fitted anew: it has no logits to be held near.",
            "Set train.classifier.lwf_weight to 0; examples that are replayed keep its classes.",
        )
    missing = sorted({*task.labels} - {label for one in task.train for label in task.given(one)})
    if missing:
        raise DataError(
            f"{len(missing)} classes that {base} tells have no example, for example '{missing[0]}'; its head is fitted "
            "anew and would lose them.",
            "Replay earlier examples: raise train.classifier.replay_share, or name files in replay_data.",
        )
    return True
