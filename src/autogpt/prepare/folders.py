"""Lists the files of a folder, and reads them safely.

In: a folder. Out: its files in a fixed order, and what in it cannot be used. Links never lead outside. Knows nothing
about formats.
"""

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from autogpt.errors import DataError

#: What desktop systems leave in folders.
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx", "icon\r"})


@dataclass(frozen=True, slots=True)
class Found:
    """A file, or something that cannot be used: then `problem` says why and `hint` what to do.

    Attributes:
        name: path below the folder, with "/".
        is_folder: an unusable folder; nothing is known of the files in it.
    """

    path: Path
    name: str
    problem: str = ""
    hint: str = ""
    is_folder: bool = False


def walk(root: Path, left_out: Collection[Path] = ()) -> Iterator[Found]:
    """Files below `root`, sorted, folder by folder. Hidden ones and those under `left_out` are passed over.

    Args:
        root: an existing folder, resolved.
        left_out: resolved paths.
    """
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            name = _name(folder, root) or folder.name
            yield Found(folder, name, f"The folder cannot be read ({error.strerror}).", "Check its rights.", True)
            continue
        folders: list[Path] = []
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith((".", "~$")) or entry.name.lower() in _LITTER or path in left_out:
                continue
            if not entry.is_symlink() and entry.is_dir(follow_symlinks=False):
                folders.append(path)
                continue
            found = _found(entry, path, root)
            if found is not None:
                yield found
        waiting.extend(reversed(folders))


def read(path: Path, max_bytes: int) -> bytes:
    """Bytes of a regular file. Raises DataError when it is none, too large, gone or not readable."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise DataError("The file is gone.", "It was there when reading began: try again.") from None
    except OSError as error:
        raise DataError(f"The file cannot be read ({error.strerror}).", "Check its rights.") from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise DataError("It is no ordinary file.", "Leave it out.")
    with os.fdopen(handle, "rb") as file:
        if status.st_size > max_bytes:
            raise DataError(
                f"The file is larger than {max_bytes // 2**20} MB.", "Split it, or raise ingest.max_file_mb."
            )
        try:
            return file.read(max_bytes + 1)
        except OSError as error:
            raise DataError(f"The file cannot be read ({error.strerror}).", "Check the disk.") from None


def _found(entry: os.DirEntry[str], path: Path, root: Path) -> Found | None:
    name = _name(path, root)
    if name != path.relative_to(root).as_posix():
        return Found(path, name, "Its name is not valid UTF-8.", "Rename it.")
    if entry.is_symlink():
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):
            return Found(path, name, "It is a link that leads nowhere.", "Remove it.")
        if not target.is_relative_to(root):
            return Found(path, name, "It is a link that leads outside the folder.", "Copy the file into the folder.")
        return None
    if not entry.is_file(follow_symlinks=False):
        return Found(path, name, "It is no ordinary file.", "Leave it out.")
    return Found(path, name)


def _name(path: Path, root: Path) -> str:
    return os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", errors="replace")
