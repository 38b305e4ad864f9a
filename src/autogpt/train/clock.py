"""The time a training may take and the memory it took, kept over kills.

In: a limit. Out: how much of it is used. Knows nothing about what is trained.
"""

import json
import resource
import shutil
import sys
import time
from pathlib import Path

import torch

from autogpt.train import processes

FILE_NAME = "clock.json"


class Clock:
    """Seconds a training has used of its limit since `start`, and the highest memory, over all the times it was
    resumed.

    `limit` 0 means none.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._before = 0.0
        self._since: float | None = None
        self._peak_before = 0
        self._agreed: float | None = None if processes.count() == 1 else 0.0

    def start(self) -> None:
        self._since = time.monotonic()

    @property
    def used(self) -> float:
        return self._before + (0.0 if self._since is None else time.monotonic() - self._since)

    @property
    def share(self) -> float:
        """Part of the limit that is used, 0 without a limit; of several processes what they agreed on last, so that
        they learn at one rate and end together.
        """
        return self._own_share if self._agreed is None else self._agreed

    @property
    def _own_share(self) -> float:
        return self.used / self.limit if self.limit else 0.0

    def agree(self) -> None:
        """Take over the share of the first process."""
        if self._agreed is not None:
            self._agreed = processes.said_by_first(self._own_share)

    @property
    def peak(self) -> int:
        """Bytes: of the GPU where there is one, else of this process."""
        return max(self._peak_before, _peak_bytes())

    def save(self, folder: Path) -> None:
        said = {"seconds": self.used, "peak_bytes": self.peak}
        (folder / FILE_NAME).write_text(json.dumps(said), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Go on from what `save` wrote."""
        said = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        self._before, self._peak_before = float(said["seconds"]), int(said.get("peak_bytes", 0))


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint in `folder` that was written whole: the clock is written last."""
    found = [path for path in folder.glob("checkpoint-*") if (path / FILE_NAME).is_file()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def drop_broken(folder: Path) -> None:
    """Delete checkpoints that were not written whole: by a kill, or because there was no room."""
    for path in folder.glob("checkpoint-*"):
        if not (path / FILE_NAME).is_file():
            shutil.rmtree(path, ignore_errors=True)


def _peak_bytes() -> int:
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
