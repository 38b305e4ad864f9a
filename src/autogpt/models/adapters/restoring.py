"""Puts back what a saved model kept beside its base.

In: a model that transformers opened without it, and where it was opened from. Out: the model as it was saved. Knows
nothing about what the adapters compute.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers.utils import cached_file

from autogpt.errors import DataError
from autogpt.models import layout
from autogpt.models.adapters import ADAPTERS, kept


def restore_kept(model: Any, folder: str | Path) -> None:
    """See `models.adapters.restore`."""
    before = {name for name, _ in model.named_parameters()}
    for name, sizes in kept(model).items():
        ADAPTERS.load(name)(model, **sizes)
    added = {name: parameter for name, parameter in model.named_parameters() if name not in before}
    path = cached_file(str(folder), layout.WEIGHTS, local_files_only=True)
    with safe_open(path, framework="pt") as weights, torch.no_grad():
        held = set(weights.keys())
        for name, parameter in added.items():
            saved = next((one for one in _names(name, model.base_model_prefix) if one in held), None)
            if saved is None or list(parameter.shape) != weights.get_slice(saved).get_shape():
                raise DataError(
                    f"The weights in {folder} lack what its {layout.CONFIG} names: {name}.",
                    "Take the folder that the training wrote, whole.",
                )
            parameter.copy_(weights.get_tensor(saved))


def _names(name: str, prefix: str) -> tuple[str, ...]:
    """Names a weight may have: a model with a head and one without differ by a prefix."""
    return name, f"{prefix}.{name}", name.removeprefix(f"{prefix}.")
