"""Reads and writes the text of example files.

In: paths. Out: text, whatever its encoding and whether gzipped or not. Knows nothing about formats.
"""

import gzip
import io
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from autogpt.errors import DataError

#: Larger files are refused, so that a small gzip cannot fill the memory.
MAX_BYTES = 1 << 30

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_text(path: Path) -> str:
    """The text of a file. Raises DataError when it is too large, broken, or no text."""
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Check that the file is complete.") from None
    if len(data) > MAX_BYTES:
        raise DataError(f"{path} holds more than {MAX_BYTES >> 20:,} MiB.", "Split it into several files.")
    return decode(data, str(path))


def decode(data: bytes, name: str) -> str:
    """Text of `data`: by its byte-order mark, as UTF-8, or in the encoding it most likely has (GB 18030, CP 1252 …).

    Raises DataError when it is no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise DataError(f"{name} begins like {encoding} but is not: {error}.", "Save it as UTF-8.") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=["gb18030", "big5", "cp1252", "utf_16_le", "utf_16_be"]).best()
    if best is None or b"\x00" in data[:4096]:
        raise DataError(f"{name} is not a text file.", "Save it as UTF-8 text (CSV, JSON or JSON lines).")
    return str(best)


def parse_json(text: str) -> Any:
    """As `json.loads`, with JSONDecodeError also for what is nested too deeply or holds a number beyond measure."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError) as error:
        raise json.JSONDecodeError(f"it cannot be read: {error}", text[:1], 0) from None


@contextmanager
def open_replacing(path: Path) -> Iterator[TextIO]:
    """A text stream that becomes `path` at the end of the block, and nothing on an exception."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as raw:
            if path.suffix == ".gz":
                with (
                    gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
                    io.TextIOWrapper(packed, encoding="utf-8", newline="") as stream,
                ):
                    yield stream
            else:
                with io.TextIOWrapper(raw, encoding="utf-8", newline="") as stream:
                    yield stream
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
