"""Learning rates that fall from the top layer of a model to the lowest.

In: an optimiser just made, and its model. Out: the optimiser, its groups divided by layer. Source: Howard and Ruder
2018, "Universal Language Model Fine-tuning for Text Classification", section 3.2. Knows no task.
"""

from typing import Any

from torch.optim import Optimizer
from transformers import PreTrainedModel

from autogpt.errors import UsageError
from autogpt.models.adapters.anatomy import embeddings_of, layers_of


def set_layer_rates(optimizer: Optimizer, model: Any, decay: float) -> None:
    """Give each layer `decay` times the rate of the one above it, embeddings that times the lowest layer's; the top
    layer and what stands over it keep theirs. `decay` 1 changes nothing.

    Args:
        model: a model of transformers, or one that holds one.

    Raises UsageError for a model whose layers cannot be told apart.
    """
    if decay == 1:
        return
    inside = next(module for module in model.modules() if isinstance(module, PreTrainedModel))
    found = layers_of(inside)
    if found is None:
        raise UsageError(
            f"The layers of this base, a {inside.config.model_type} model, cannot be told apart.",
            "Leave layer_decay at 1.",
        )
    layers = found[1]
    shares: dict[int, float] = {}
    for module in embeddings_of(inside):
        shares |= dict.fromkeys(map(id, module.parameters()), decay ** len(layers))
    for number, layer in enumerate(layers):
        shares |= dict.fromkeys(map(id, layer.parameters()), decay ** (len(layers) - 1 - number))
    divided: list[dict[str, Any]] = []
    for group in optimizer.param_groups:
        by_share: dict[float, list[Any]] = {}
        for parameter in group["params"]:
            by_share.setdefault(shares.get(id(parameter), 1.0), []).append(parameter)
        for share in sorted(by_share, reverse=True):
            divided.append({**group, "params": by_share[share], "lr": group["lr"] * share})
    optimizer.param_groups = divided
