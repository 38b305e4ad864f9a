"""Methods that add nothing: everything is trained, or only what stands highest.

In: a model. Out: the same, partly frozen.
"""

from typing import Any

from autogpt.train.methods.base import Method, freeze_lowest


class Full(Method):
    """Everything is trained, but for the lowest layers where `frozen_layers` says so."""

    name = "full"

    @classmethod
    def fits(cls, model: Any) -> bool:
        return True

    def _change(self, model: Any) -> None:
        model.requires_grad_(True)
        freeze_lowest(model, self.settings.frozen_layers)


class Frozen(Full):
    """The head alone is trained; with `frozen_layers` also the layers above those."""

    name = "frozen"

    def _change(self, model: Any) -> None:
        if self.settings.frozen_layers:
            super()._change(model)
        else:
            model.requires_grad_(False)
