"""What is added to a base and cannot be merged into its weights: one file and one line each.

In: a model as transformers opened it. Out: the same model with small changes of ours in its layers. Which ones, and how
large, stands in the model's `config.json` under `KEPT`, so that whoever saves the model saves that too; their weights
lie beside the base's in `model.safetensors`. Loads PyTorch only when a model has any.
"""

from pathlib import Path
from typing import Any

from autogpt.registry import Registry

#: Entries take a model and their sizes, and add modules with fresh weights.
ADAPTERS = Registry(
    "adapter",
    {
        "adapter": "autogpt.models.adapters.bottleneck:attach",
        "prefix": "autogpt.models.adapters.prefix:attach",
        "pooling": "autogpt.models.adapters.pooling:attach",
    },
)
#: Entry of a `config.json`: name of an adapter → its sizes.
KEPT = "kept_adapters"


def kept(model: Any) -> dict[str, dict[str, int]]:
    """What `model` was given and keeps: name → sizes."""
    found: dict[str, dict[str, int]] = getattr(model.config, KEPT, None) or {}
    return found


def restore(model: Any, folder: str | Path) -> None:
    """Add what the model in `folder` (or a copy of the hub's) kept, with its weights, to `model`, which was opened from
    there without it.

    Raises DataError when the weights are not all there.
    """
    if kept(model):
        from autogpt.models.adapters.restoring import restore_kept

        restore_kept(model, folder)
