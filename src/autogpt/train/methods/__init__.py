"""Methods of fine-tuning: which part of a model is trained. One file a family and one line each.

Every entry is a `methods.base.Method`.
"""

from typing import TYPE_CHECKING

from autogpt.errors import MissingExtraError
from autogpt.registry import Registry

if TYPE_CHECKING:
    from autogpt.config import AdaptedTrainingSection
    from autogpt.train.methods.base import Method

METHODS = Registry(
    "method",
    {
        "full": "autogpt.train.methods.whole:Full",
        "frozen": "autogpt.train.methods.whole:Frozen",
        "adapter": "autogpt.train.methods.beside:Adapter",
        "prefix": "autogpt.train.methods.beside:Prefix",
        "lora": "autogpt.train.methods.merged:Lora",
        "adalora": "autogpt.train.methods.adalora:AdaLora",
        "ia3": "autogpt.train.methods.merged:Ia3",
    },
)


def open_method(settings: "AdaptedTrainingSection") -> "Method":
    """The method that `settings` name, with their sizes. Raises MissingExtraError without PEFT, where it is PEFT's."""
    try:
        method: Method = METHODS.load(settings.method)(settings)
    except ModuleNotFoundError:
        raise MissingExtraError(f"The method {settings.method}", "train") from None
    return method
