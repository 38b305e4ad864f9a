"""What memory and how many cores the machine has to give.

In: nothing but the machine. Out: bytes, and a number. Knows nothing about what needs it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Files with the limit of a container, and with what it uses: cgroups, version 2 and 1.
_LIMITS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that can still be taken, and that there are in all."""

    free: int
    total: int


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> Memory:
    """The memory of the machine, or of the container where that has less."""
    found = psutil.virtual_memory()
    free, total = found.available, found.total
    for limit, used in _containers():
        free, total = min(free, max(0, limit - used)), min(total, limit)
    return Memory(free, total)


def _containers() -> Iterator[tuple[int, int]]:
    """Limit and use of each container that has a limit."""
    for limit, used in _LIMITS:
        try:
            yield int(limit.read_text()), int(used.read_text())
        except (OSError, ValueError):
            continue
