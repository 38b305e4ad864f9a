"""Keeps uploaded files in the workspace's folder `uploads`, where ingesting finds them.

In: a name from outside and bytes. Out: a path inside the folder. The same name again replaces the file, and becomes a
new version of its document. Knows nothing about what is in the files.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from fastapi import UploadFile

from autogpt.errors import DataError, UsageError
from autogpt.services.uploads import UPLOADS
from autogpt.store.store import new_id

MEGABYTE = 1_000_000
#: Bytes read at once.
BLOCK = 1 << 20
_MAX_NAME_BYTES = 150
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def safe_name(name: str) -> str:
    """A file name without folders, control characters, leading dots or names that systems reserve.

    >>> safe_name("../../etc/passwd"), safe_name("C:\\\\tmp\\\\fees.pdf"), safe_name("...")
    ('passwd', 'fees.pdf', 'document')
    """
    bare = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    bare = _UNSAFE.sub("", bare.encode("utf-8", "ignore").decode()).strip().lstrip(".").rstrip(". ")
    if _RESERVED.fullmatch(bare):
        bare = f"_{bare}"
    stem, dot, extension = bare.rpartition(".")
    if not dot or len(extension) > 16:
        stem, dot, extension = bare, "", ""
    room = _MAX_NAME_BYTES - len(dot + extension)
    return stem.encode()[:room].decode("utf-8", "ignore").strip() + dot + extension or "document"


def keep_all(folder: Path, files: Sequence[UploadFile], max_file_mb: int) -> list[Path]:
    """Keep several uploads; see `keep`. Raises UsageError when two have one name, before any is kept."""
    names = [safe_name(file.filename or "") for file in files]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"Two files are called '{twice[0]}'.", "Rename one, or upload them one after the other.")
    return [keep(folder, file.filename or "", file.file.read, max_file_mb * MEGABYTE) for file in files]


def keep(folder: Path, name: str, read: Callable[[int], bytes], max_bytes: int) -> Path:
    """Write an upload into `folder/uploads` and return its path.

    Args:
        read: gives the next bytes, none at the end.
        max_bytes: a longer file is refused while it is read.

    Raises DataError when the file is too long or empty. Nothing half-written stays.
    """
    return keep_in(folder / UPLOADS, name, read, max_bytes)


def keep_in(folder: Path, name: str, read: Callable[[int], bytes], max_bytes: int) -> Path:
    """As `keep`, straight into `folder`."""
    target = folder / safe_name(name)
    target.parent.mkdir(exist_ok=True)
    partial = target.with_name(f".{new_id()}.partial")
    try:
        size = 0
        with partial.open("wb") as file:
            while block := read(BLOCK):
                size += len(block)
                if size > max_bytes:
                    raise DataError(
                        f"'{target.name}' is larger than {max_bytes / 1e6:,.0f} MB.", "Raise ingest.max_file_mb."
                    )
                file.write(block)
        if not size:
            raise DataError(f"'{target.name}' is empty.", "Choose a file with content.")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target
