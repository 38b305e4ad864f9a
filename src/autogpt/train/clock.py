"""The time a training may take, kept over kills.

In: a limit. Out: how much of it is used. Knows nothing about what is trained.
"""

import json
import time
from pathlib import Path

FILE_NAME = "clock.json"


class Clock:
    """Seconds a training has used of its limit since `start`, over all the times it was resumed.

    `limit` 0 means none.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._before = 0.0
        self._since: float | None = None

    def start(self) -> None:
        self._since = time.monotonic()

    @property
    def used(self) -> float:
        return self._before + (0.0 if self._since is None else time.monotonic() - self._since)

    @property
    def share(self) -> float:
        """Part of the limit that is used, 0 without a limit."""
        return self.used / self.limit if self.limit else 0.0

    def save(self, folder: Path) -> None:
        (folder / FILE_NAME).write_text(json.dumps({"seconds": self.used}), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Go on from what `save` wrote."""
        self._before = float(json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))["seconds"])


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint in `folder` that was written whole: the clock is written last."""
    found = [path for path in folder.glob("checkpoint-*") if (path / FILE_NAME).is_file()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
