"""What a training minimises: one file and one line each. Every entry is an `objectives.base.Loss`."""

from typing import Any

from autogpt.errors import UsageError, unknown_name
from autogpt.registry import Registry

OBJECTIVES = Registry(
    "objective",
    {
        "span": "autogpt.train.objectives.span:Span",
        "cross-entropy": "autogpt.train.objectives.cross_entropy:CrossEntropy",
        "binary-cross-entropy": "autogpt.train.objectives.binary:BinaryCrossEntropy",
        "causal": "autogpt.train.objectives.causal:Causal",
        "mean-squared-error": "autogpt.train.objectives.squared_error:SquaredError",
        "language-model": "autogpt.train.objectives.language_model:LanguageModel",
        "contrastive": "autogpt.train.objectives.contrastive:Contrastive",
    },
)


def find_objective(name: str, trained: str) -> Any:
    """The class of the objective called `name`.

    Args:
        trained: what it is to train, as `Loss.trains` names it.

    Raises UsageError for one that there is not, or that trains something else.
    """
    found = OBJECTIVES.load(name) if name in OBJECTIVES else None
    if found is not None and trained in found.trains:
        return found
    able = [one for one in OBJECTIVES if trained in OBJECTIVES.load(one).trains]
    if found is None:
        raise unknown_name("objective", name, able)
    raise UsageError(f"No {trained} is trained by the objective '{name}'.", f"Available: {', '.join(able)}.")
