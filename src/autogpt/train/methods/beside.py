"""Methods whose additions cannot be merged: they are saved beside the base's weights (see `models.adapters`).

In: a model. Out: the same with adapters or prefixes, which alone are trained.
"""

from abc import abstractmethod
from typing import Any

from autogpt.errors import UsageError
from autogpt.models.adapters import ADAPTERS, kept
from autogpt.models.adapters.anatomy import layers_of, parts_of
from autogpt.train.methods.base import Method


class _Beside(Method):
    @abstractmethod
    def _sizes(self) -> dict[str, int]:
        """What `models.adapters` is told."""

    def _change(self, model: Any) -> None:
        """A base that has the same from an earlier training is trained on."""
        sizes, earlier = self._sizes(), kept(model).get(self.name)
        if earlier not in (None, sizes):
            said = ", ".join(f"{name} {size}" for name, size in (earlier or {}).items())
            raise UsageError(
                f"This base was trained by the method {self.name} before, in another size: {said}.",
                "Take the same sizes (first_layer is frozen_layers), or the base that it was made of.",
            )
        if earlier is None:
            ADAPTERS.load(self.name)(model, **sizes)
        model.requires_grad_(False)
        found = layers_of(model)
        assert found is not None
        for layer in found[1][self.settings.frozen_layers :]:
            self._train(layer)

    @abstractmethod
    def _train(self, layer: Any) -> None:
        """Set which parameters of a layer are trained."""


class Adapter(_Beside):
    """Bottleneck adapters and layer norms are trained (Houlsby et al. 2019)."""

    name = "adapter"

    def _sizes(self) -> dict[str, int]:
        return {"bottleneck": self.settings.bottleneck, "first_layer": self.settings.frozen_layers}

    def _train(self, layer: Any) -> None:
        for name, module in layer.named_modules():
            if name.endswith(".bottleneck") or "norm" in type(module).__name__.lower():
                module.requires_grad_(True)


class Prefix(_Beside):
    """Keys and values before those of the text are trained (Li and Liang 2021)."""

    name = "prefix"

    @classmethod
    def fits(cls, model: Any) -> bool:
        parts = parts_of(model)
        return super().fits(model) and parts is not None and parts.cached

    def _why_not(self, model: Any) -> str:
        return ", whose attention takes no keys and values from outside" if parts_of(model) else ""

    def _sizes(self) -> dict[str, int]:
        return {"prefix_tokens": self.settings.prefix_tokens, "first_layer": self.settings.frozen_layers}

    def _train(self, layer: Any) -> None:
        for name, module in layer.named_modules():
            if name.endswith(".prefix"):
                module.requires_grad_(True)
