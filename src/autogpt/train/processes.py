"""Several processes that train one model together, as `torchrun` or `accelerate launch` start them.

In: the environment that these set. Out: which of them this one is, what the first says, and waiting for each other. One
process is the usual case: then nothing waits, and nothing is imported. Knows nothing about training.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

from autogpt.errors import UsageError

T = TypeVar("T")

#: Of waiting for each other. What the first does alone, calibrating a large model for example, may take hours.
_PATIENCE = timedelta(days=1)


def count() -> int:
    """How many there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def beside() -> int:
    """How many of them are on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this is the one that writes files and speaks."""
    return int(os.environ.get("RANK", "0")) == 0


def divide_models() -> bool:
    """Whether each of them is to hold a part of a model alone, as accelerate's FSDP has it."""
    return count() > 1 and accelerate_uses("FSDP")


def accelerate_uses(what: str) -> bool:
    """Whether accelerate's configuration names a way, "FSDP" or "DEEPSPEED", to divide models."""
    return os.environ.get(f"ACCELERATE_USE_{what}", "").lower() in {"1", "true", "yes"}


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


def done_by_first(make: Callable[[], T]) -> T:
    """What `make` gives on the first one, which alone calls it."""
    return said_by_first(make() if is_first() else cast("T", None))


def on_accelerators() -> bool:
    """Whether they compute on GPUs or the like, as accelerate sees it."""
    from accelerate import DistributedType, PartialState

    _group()
    return PartialState().distributed_type not in (DistributedType.NO, DistributedType.MULTI_CPU)


def require_one(what: str) -> None:
    """Raises UsageError for what several processes cannot do together."""
    if count() > 1:
        raise UsageError(
            f"{what} runs in one process; here are {count()}.",
            "Start it without torchrun or accelerate launch. Readers, fine-tuned classifiers, language models and "
            "generators take several.",
        )


def _group() -> Any:
    """`torch.distributed`, begun."""
    import torch
    from accelerate import PartialState

    PartialState(cpu=not torch.cuda.is_available(), timeout=_PATIENCE)
    return torch.distributed
