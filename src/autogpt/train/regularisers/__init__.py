"""What works against overfitting: one file and one line each. Every entry is a `regularisers.base.Regulariser`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autogpt.registry import Registry

if TYPE_CHECKING:
    from autogpt.config import ObjectiveTrainingSection
    from autogpt.train.regularisers.base import Regulariser

#: In the order in which they are put around an objective.
REGULARISERS = Registry(
    "regulariser",
    {
        "distil": "autogpt.train.regularisers.distil:Distil",
        "rdrop": "autogpt.train.regularisers.rdrop:RDrop",
        "adversarial": "autogpt.train.regularisers.adversarial:Adversarial",
    },
)


def open_regularisers(
    settings: "ObjectiveTrainingSection", teachers: Sequence[Any], keeps: "Regulariser | None" = None
) -> "list[Regulariser]":
    """Those that `settings` ask for.

    Args:
        teachers: the models that `settings.teachers` name, for evaluation.
        keeps: what keeps the base from forgetting (`train.remembering`); stands next to the objective.

    Raises UsageError for settings that do not go together.
    """
    made = [keeps, *(REGULARISERS.load(name).of(settings, teachers) for name in REGULARISERS)]
    return [one for one in made if one is not None]
