"""What memory and how many cores the machine has to give.

In: nothing but the machine. Out: bytes, and a number; a process that keeps to fewer cores. Knows nothing about what
needs them.
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


def cores_beside(wanted: int = 0) -> int:
    """Cores for long work that goes on beside the answering of questions: as many as are `wanted`, if there are.

    With 0 a quarter of the cores, at least one, is left to answering alone. Of one or two all are taken: there
    priorities have to do.
    """
    there = cores()
    if wanted:
        return min(wanted, there)
    return there if there <= 2 else there - max(1, there // 4)


def keep_to(count: int) -> None:
    """Let this process and all that it starts use `count` cores, the last of those that it may use.

    Libraries that are loaded later take as many threads. Where the system binds no process to cores, those that
    ask OpenMP do.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-count:])
    else:
        os.environ.setdefault("OMP_NUM_THREADS", str(count))


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
