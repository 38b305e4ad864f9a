"""Reads a workspace's glossary, and tells where the index was made with another.

In: a store. Out: a `Glossary`, or a sentence for people. Knows nothing about how terms are found in texts.
"""

from functools import lru_cache
from pathlib import Path

from autogpt.config import GLOSSARY_FILE
from autogpt.errors import AutoGPTError, ConfigError, NotFoundError, UsageError
from autogpt.store import Store
from autogpt.text.glossary import NO_GLOSSARY, Glossary, parse

#: What brings the index in line.
REMEDY = "autogpt doctor --repair brings the index in line, and so does the next autogpt ingest."


def read_glossary(store: Store) -> Glossary:
    """The glossary as its file is now; none where there is no file and the configuration names none.

    Raises:
        ConfigError: lines of it cannot be read.
        NotFoundError: the file that the configuration names is not there.
    """
    path = store.glossary
    try:
        stat = path.stat()
        return _read(path, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        if store.config.workspace.glossary == GLOSSARY_FILE:
            return NO_GLOSSARY
        raise NotFoundError(
            f"There is no glossary {path}.", "Write it, or leave workspace.glossary out of the configuration."
        ) from None
    except OSError as error:
        raise UsageError(f"The glossary {path} cannot be read ({error.strerror}).", "Name a text file.") from None


def usable_glossary(store: Store) -> Glossary | None:
    """The same; None where it cannot be read, which is no reason to stop what goes on without it."""
    try:
        return read_glossary(store)
    except AutoGPTError:
        return None


def outdated(store: Store, used: Glossary) -> str:
    """What a person has to know where the index was made with the glossary `used`, and another is there now."""
    try:
        now = read_glossary(store)
    except AutoGPTError:
        return "The glossary cannot be read, so the search goes on with an earlier one: autogpt doctor says why."
    return "" if now.hash == used.hash else f"The glossary has changed since the index was made. {REMEDY}"


def size(glossary: Glossary) -> str:
    """How much it holds: `12 terms, 5 other names`."""
    others = sum(map(len, glossary.names.values()))
    return f"{len(glossary.names):,} terms" + (f", {others:,} other names" if others else "")


@lru_cache(maxsize=4)
def _read(path: Path, changed: int, size: int) -> Glossary:
    """The glossary in a file, read once while neither its time nor its size changes."""
    data = path.read_bytes()
    try:
        return parse(data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(str(path), [f"line {line}: expected UTF-8; save the file in that encoding"]) from None
