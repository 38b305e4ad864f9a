"""Several processes that train one model together, as `torchrun` or `accelerate launch` start them.

In: the environment that these set. Out: which of them this one is, what the first says, and waiting for each other. One
process is the usual case: then nothing waits, and nothing is imported. Knows nothing about training.
"""

import os
from typing import Any, TypeVar

from autogpt.errors import UsageError

T = TypeVar("T")

#: What accelerate sets for models in parts.
_SHARDED = {"ACCELERATE_USE_FSDP": "FSDP", "ACCELERATE_USE_DEEPSPEED": "DeepSpeed"}


def count() -> int:
    """How many there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def beside() -> int:
    """How many of them are on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this is the one that writes files and speaks."""
    return int(os.environ.get("RANK", "0")) == 0


def wait() -> None:
    """Go on when all have come here."""
    if count() > 1:
        _group().barrier()


def said_by_first(value: T) -> T:
    """The value that the first one has."""
    if count() == 1:
        return value
    told: list[Any] = [value]
    _group().broadcast_object_list(told)
    found: T = told[0]
    return found


def require_one(what: str) -> None:
    """Raises UsageError for what several processes cannot do together."""
    if count() > 1:
        raise UsageError(
            f"{what} runs in one process; here are {count()}.",
            "Start it without torchrun or accelerate launch. Readers and fine-tuned classifiers take several.",
        )


def require_whole_models() -> None:
    """Raises UsageError where accelerate is to divide a model among processes: each has to hold it whole."""
    for variable, name in _SHARDED.items():
        if os.environ.get(variable, "").lower() in {"1", "true", "yes"}:
            raise UsageError(
                f"{name} divides a model among processes, which trainings here do not take.",
                "Turn it off in accelerate's configuration: each process then holds the whole model.",
            )


def _group() -> Any:
    """`torch.distributed`, begun."""
    import torch
    from accelerate import PartialState

    PartialState(cpu=not torch.cuda.is_available())
    return torch.distributed
