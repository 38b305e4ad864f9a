"""Methods of PEFT whose additions are merged into the base's weights when the training ends.

In: a model. Out: the same with additions in its linear maps, which alone are trained; merged, a model like the base.
Checkpoints of a training hold everything, the base's weights too, so that going on needs nothing else.
"""

from abc import abstractmethod
from typing import Any

from peft import IA3Config, LoraConfig
from peft.tuners.ia3 import IA3Model
from peft.tuners.lora import LoraModel
from torch import nn

from autogpt.errors import UsageError
from autogpt.models.adapters.anatomy import Parts, layers_of, parts_of
from autogpt.train.methods.base import Method, refuse_kept

#: What PEFT calls the additions; part of their parameters' names.
NAME = "default"


class Merged(Method):
    """A tuner of PEFT, put into the model in place."""

    tuner: Any = None

    def _change(self, model: Any) -> None:
        refuse_kept(model, self.name, ("adapter",))
        found, parts = layers_of(model), parts_of(model)
        assert found is not None
        assert parts is not None
        name, layers = found
        places = [f"{name}.{number}" for number in range(self.settings.frozen_layers, len(layers))]
        if not places:
            raise UsageError(
                f"The method {self.name} has no layer left: all {len(layers)} are to stay as they are.",
                "Lower frozen_layers, or take the method frozen.",
            )
        transposed = not isinstance(layers[0].get_submodule(parts.attention_out), nn.Linear)
        self.tuner = self._tuner(model, places, parts, transposed)

    @abstractmethod
    def _tuner(self, model: Any, places: list[str], parts: Parts, transposed: bool) -> Any:
        """A tuner of PEFT for the layers named `places`; `transposed` for GPT-2, whose weights are float[in, out]."""

    def merge(self, model: Any) -> Any:
        tuner, self.tuner = self.tuner, None
        return tuner.merge_and_unload()


class Lora(Merged):
    """Low-rank matrices beside all linear maps of the layers (Hu et al. 2022; all of them: Dettmers et al. 2023)."""

    name = "lora"

    def _tuner(self, model: Any, places: list[str], parts: Parts, transposed: bool) -> Any:
        config = LoraConfig(
            r=self.settings.rank,
            lora_alpha=self.settings.alpha,
            target_modules=[f"{place}.{part}" for place in places for part in parts.linear],
            fan_in_fan_out=transposed,
        )
        return LoraModel(model, {NAME: config}, NAME)


class Ia3(Merged):
    """Factors for keys, values and what the feed-forward part narrows again (Liu et al. 2022)."""

    name = "ia3"

    def _tuner(self, model: Any, places: list[str], parts: Parts, transposed: bool) -> Any:
        narrowing = [f"{place}.{parts.feed_forward_out}" for place in places]
        config = IA3Config(
            target_modules=[*(f"{place}.{part}" for place in places for part in parts.scaled), *narrowing],
            feedforward_modules=narrowing,
            fan_in_fan_out=transposed,
        )
        return IA3Model(model, {NAME: config}, NAME)
