"""Where work that can be done again is kept between runs: exports and compiled models.

In: a kind of work. Out: a folder of the user's cache (XDG). Deleting any of it costs time, never data.
"""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

#: Seconds after which an entry that nobody used may be removed.
KEPT = 60 * 24 * 3600.0


def cache_folder(kind: str) -> Path:
    """The folder for `kind`, for example "exports". Not created."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification has relative values ignored.
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return root / "autogpt" / kind


def used(entry: Path) -> None:
    """Note that the folder `entry` is in use, and remove its neighbours that were not for `KEPT` seconds."""
    now = time.time()
    with suppress(OSError):
        os.utime(entry)
        for other in entry.parent.iterdir():
            if other.is_dir() and other != entry and now - other.stat().st_mtime > KEPT:
                shutil.rmtree(other, ignore_errors=True)
