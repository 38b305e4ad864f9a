"""AdaLoRA: low-rank matrices whose ranks are divided among the layers while they are trained.

In: a model. Out: as `methods.merged`. Source: Zhang et al. 2023, "AdaLoRA: Adaptive Budget Allocation for
Parameter-Efficient Fine-Tuning"; matrices and division are PEFT's. Knows no task.
"""

import json
import math
from pathlib import Path
from typing import Any

import torch
from peft import AdaLoraConfig
from peft.tuners.adalora import AdaLoraModel
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

from autogpt.models.adapters.anatomy import Parts
from autogpt.train.clock import Clock
from autogpt.train.methods.merged import NAME, Merged

#: Parts of the training before ranks are cut, and after they are settled.
_BEFORE, _AFTER = 0.1, 0.3
#: Ranks begin higher than they end by this factor.
_SPARE = 1.5
#: Weight of the penalty for matrices that are not orthogonal, PEFT's usual one.
_ORTHOGONALITY = 0.5
_STATE, _PATTERN = "adalora.safetensors", "adalora.json"
_KINDS = ("ipt", "exp_avg_ipt", "exp_avg_unc")


class AdaLora(Merged):
    """A singular value decomposition beside all linear maps; the least important values are cut, step by step."""

    name = "adalora"

    def _tuner(self, model: Any, places: list[str], parts: Parts, transposed: bool) -> Any:
        config = AdaLoraConfig(
            target_r=self.settings.rank,
            init_r=max(math.ceil(self.settings.rank * _SPARE), self.settings.rank + 1),
            lora_alpha=self.settings.alpha,
            target_modules=[f"{place}.{part}" for place in places for part in parts.linear],
            fan_in_fan_out=transposed,
            total_step=1,  # set when the training begins
        )
        return AdaLoraModel(model, {NAME: config}, NAME)

    def callbacks(self, clock: Clock) -> list[TrainerCallback]:
        return [Allocation(self.tuner, clock)]

    def penalty(self) -> torch.Tensor | None:
        """How far the singular vectors are from orthogonal (section 3.1, equation 4), as PEFT adds it to a loss of the
        model's own.
        """
        norms = []
        for name, matrix in self.tuner.model.named_parameters():
            if f"lora_A.{NAME}" in name or f"lora_B.{NAME}" in name:
                product = matrix @ matrix.T if "lora_A" in name else matrix.T @ matrix
                norms.append(torch.linalg.matrix_norm(product - torch.eye(len(product), device=product.device)))
        return _ORTHOGONALITY * torch.stack(norms).mean()


class Allocation(TrainerCallback):  # type: ignore[misc]
    """Divides the ranks after every step, by the steps or by the clock, whichever is further; keeps in each checkpoint
    what it knows of the matrices' importance.
    """

    def __init__(self, tuner: Any, clock: Clock) -> None:
        self._tuner, self._clock = tuner, clock
        self._config = tuner.peft_config[NAME]
        self._settled = False

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        total = state.max_steps
        self._config.total_step = total
        self._config.tinit, self._config.tfinal = int(_BEFORE * total), int(_AFTER * total)
        if state.global_step:
            self._load(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        total, last = state.max_steps, state.max_steps - self._config.tfinal
        step = max(state.global_step + 1, int(self._clock.share * total))
        allocator = self._tuner.rankallocator
        if self._settled:
            allocator.mask_using_rank_pattern(self._tuner.model, self._config.rank_pattern)
        elif step >= last:
            allocator.update_ipt(self._tuner.model)
            self._tuner.update_and_allocate(last)
            self._settled = True
        else:
            self._tuner.update_and_allocate(step)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        allocator = self._tuner.rankallocator
        held = {f"{kind}/{name}": value for kind in _KINDS for name, value in getattr(allocator, kind).items()}
        save_file({name: value.contiguous() for name, value in held.items()}, folder / _STATE)
        known = {"settled": self._settled, "pattern": self._config.rank_pattern}
        (folder / _PATTERN).write_text(json.dumps(known), encoding="utf-8")

    def _load(self, folder: Path) -> None:
        known = json.loads((folder / _PATTERN).read_text(encoding="utf-8"))
        self._settled, self._config.rank_pattern = known["settled"], known["pattern"]
        allocator = self._tuner.rankallocator
        device = next(self._tuner.model.parameters()).device
        for key, value in load_file(folder / _STATE).items():
            kind, _, name = key.partition("/")
            getattr(allocator, kind)[name] = value.to(device)
