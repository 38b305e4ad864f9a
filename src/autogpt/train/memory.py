"""How much memory a training will take, before it is begun.

In: a model, and what makes a loss of a few rows. Out: bytes by what takes them, or a refusal. The activations are not
guessed by a formula: a forward pass of a few rows is run, and what it keeps for the backward pass is counted. That
grows with the rows, and holds for any architecture and method. Knows nothing about tasks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd.graph import saved_tensors_hooks

from autogpt.errors import UsageError
from autogpt.machine import memory
from autogpt.train import processes

#: Rows by which the memory of a training is told: enough to be worth counting, few enough to fit.
PROBED = 2
#: Bytes of state for each trained number, by optimiser.
_STATE = {"adamw": 8, "sgd": 4, "adafactor": 1}
#: Memory that both passes take, in what the forward pass keeps. 1.1 to 1.2 was taken on a processor
#: (`benchmarks/training_memory.py`); the rest is a margin.
_AT_ONCE = 1.5
#: Inputs of a transformer layer, in all that it keeps: one of about 17 tensors of their size.
_INPUT = 1 / 17


@dataclass(frozen=True, slots=True)
class Probe:
    """By what the memory of a training is told.

    Attributes:
        loss: of a few of the longest rows.
        times: how many times as many are in memory at once.
        rows: that many, as the `setting` of the configuration says.
        checkpointed_layers: of how many layers only the inputs will be kept.
    """

    loss: Callable[[], torch.Tensor]
    times: float
    rows: int
    setting: str = "batch_size"
    checkpointed_layers: int = 0


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a training takes, by what takes them."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def further(self) -> int:
        """What is not taken yet: all but the weights."""
        return self.gradients + self.optimizer + self.activations

    @property
    def summary(self) -> str:
        """One line for people."""
        parts = {
            "weights": self.weights,
            "gradients": self.gradients,
            "optimiser": self.optimizer,
            "activations": self.activations,
        }
        listed = ", ".join(f"{name} {_size(count)}" for name, count in parts.items())
        return f"about {_size(self.weights + self.further)} of memory ({listed})"


def needed(
    model: Any, loss: Callable[[], torch.Tensor], times: float, optimizer: str = "adamw", checkpointed_layers: int = 0
) -> Need:
    """What training `model` takes.

    Args:
        loss: of a few of the longest rows; called once, and nothing is learnt from it. Chance is left as it was.
        times: how many times as many rows a step holds.
        optimizer: name of the optimiser.
        checkpointed_layers: of how many layers only the inputs will be kept, and one at a time computed again.
    """
    counts = [(one.numel() * one.element_size(), one.numel(), one.requires_grad) for one in model.parameters()]
    trained = sum(number for _, number, wanted in counts if wanted)
    return Need(
        weights=sum(size for size, _, _ in counts),
        gradients=sum(size for size, _, wanted in counts if wanted),
        optimizer=trained * _STATE[optimizer],
        activations=int(times * _AT_ONCE * _kept(model, loss) * _share_kept(checkpointed_layers)),
    )


def require(need: Need, section: str, rows: int, setting: str = "batch_size") -> None:
    """Refuse what cannot fit.

    Args:
        section: of the configuration, for the advice.
        rows: that are in memory at once, as `setting` says there.

    Raises UsageError when there is less free memory than the training takes.
    """
    free = torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else memory().free // processes.beside()
    if need.further <= free:
        return
    fixed = need.gradients + need.optimizer
    fitting = int(rows * (free - fixed) / max(1, need.activations))
    if fitting >= 1:
        hint = f"Set {section}.{setting} to {fitting} or less (it is {rows})."
    else:
        hint = (
            f"Gradients and optimiser alone take {_size(fixed)}: take a smaller base model, train fewer parameters "
            f"({section}.method), or end other programs."
        )
    raise UsageError(f"The training takes {need.summary}, and {_size(free)} are free.", hint)


def _share_kept(checkpointed_layers: int) -> float:
    """What checkpointing leaves of the activations: those of one layer, and the inputs of all."""
    return min(1.0, 1 / checkpointed_layers + _INPUT) if checkpointed_layers else 1.0


def _kept(model: Any, loss: Callable[[], torch.Tensor]) -> int:
    """Bytes that a forward pass keeps for the backward pass, without the weights; each storage counts once."""
    weights = {one.untyped_storage().data_ptr() for one in (*model.parameters(), *model.buffers())}
    sizes: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor  # kept until the pass is over, so that no place is given out twice

    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices), saved_tensors_hooks(count, lambda kept: kept):
        held = loss()
        kept = sum(sizes.values())
        del held
    return kept


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
