"""What a method of fine-tuning is.

In: a model and sizes. Out: the same model, in which only that is trained which the method says; hooks into the
training; in the end a model that can be saved. Knows no task.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Tensor, nn
from transformers import TrainerCallback

from autogpt.config import AdaptedTrainingSection
from autogpt.errors import UsageError
from autogpt.models.adapters import kept
from autogpt.models.adapters.anatomy import embeddings_of, layers_of, parts_of
from autogpt.train.clock import Clock
from autogpt.train.methods import METHODS


class Method(ABC):
    """Which part of a model is trained. The head of the task always is; what turns a language model's last states into
    words is none, and is often the same weights as its word embeddings.

    Args:
        settings: of the training; sizes and how many layers stay as they are.
    """

    #: Its name in `METHODS`.
    name: ClassVar[str]

    def __init__(self, settings: AdaptedTrainingSection) -> None:
        self.settings = settings

    @classmethod
    def fits(cls, model: Any) -> bool:
        """Whether it can be applied to a model of this architecture."""
        return parts_of(model) is not None and layers_of(model) is not None

    def apply(self, model: Any) -> None:
        """Add to `model` (any transformers model, at most one head) what the method adds; freeze what stays.

        Raises UsageError when the method does not go with the architecture, when more layers are to stay than there
        are, or when nothing would be trained.
        """
        if not self.fits(model):
            possible = [name for name in METHODS if METHODS.load(name).fits(model)]
            raise UsageError(
                f"The method {self.name} cannot be applied to this base, a {model.config.model_type} model"
                f"{self._why_not(model)}.",
                f"Methods that can: {', '.join(possible)}.",
            )
        found = layers_of(model)
        layers = len(found[1]) if found else 0
        if self.settings.frozen_layers > layers:
            raise UsageError(
                f"frozen_layers is {self.settings.frozen_layers}, but this base has {layers} layers"
                f"{'' if found else ' that can be told apart'}.",
                f"Take 0 to {layers}.",
            )
        self._change(model)
        _train_head(model)
        if not any(parameter.requires_grad for parameter in model.parameters()):
            raise UsageError(
                f"With method {self.name} and frozen_layers {self.settings.frozen_layers} nothing would be trained.",
                "Take another method, or another number of frozen layers.",
            )

    @abstractmethod
    def _change(self, model: Any) -> None:
        """Add what is added, and set which parameters are trained but for those of the head."""

    def _why_not(self, model: Any) -> str:
        return ""

    def callbacks(self, clock: Clock) -> list[TrainerCallback]:
        """Hooks into the training; `clock` says how much of its time is used."""
        return []

    def penalty(self) -> Tensor | None:
        """What is added to the loss of a step, a scalar."""
        return None

    def merge(self, model: Any) -> Any:
        """`model`, which has been trained, as it can be saved: what can be is folded into its weights."""
        return model


def head_of(model: Any) -> list[str]:
    """Names of the modules that stand over the body: the task's last layers, and a pooler that they look through; not
    the matrix of words of a language model.
    """
    body, words = model.base_model, model.get_output_embeddings()
    if body is model:
        return []
    over = [name for name, child in model.named_children() if child is not body and child is not words]
    pooler = getattr(body, "pooler", None)
    return [*over, f"{model.base_model_prefix}.pooler"] if isinstance(pooler, nn.Module) else over


def _train_head(model: Any) -> None:
    """Train the head; but not word embeddings that it shares with the body, which are as the method left them."""
    shared = {id(one) for one in model.get_input_embeddings().parameters()}
    for name in head_of(model):
        for parameter in model.get_submodule(name).parameters():
            if id(parameter) not in shared:
                parameter.requires_grad_(True)


def freeze_lowest(model: Any, count: int) -> None:
    """Leave the lowest `count` layers of `model` as they are, with all embeddings; the rest as before."""
    if not count:
        return
    found = layers_of(model)
    assert found is not None
    for layer in found[1][:count]:
        layer.requires_grad_(False)
    for module in embeddings_of(model):
        module.requires_grad_(False)


def refuse_kept(model: Any, method: str, names: tuple[str, ...]) -> None:
    """Raises UsageError for a base that keeps adapters which `method` could not be told from or merged under."""
    held = [name for name in names if name in kept(model)]
    if held:
        raise UsageError(
            f"This base was trained by the method {held[0]}, which it keeps beside its weights; {method} cannot be "
            "added to it.",
            "Train it on with full or frozen, or take the base that it was made of.",
        )
