"""Writes the parity set of the English pack (`making.parity` says what that is).

In: the tables in parity_texts/ and parity_names.toml. Out: JSON lines, packed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from making import parity

from .parity_values import MAKERS

SEED = 20
TEXTS = 358
TABLES = Path(__file__).parent / "parity_texts"
#: Fewest words of a section.
SHORTEST = 40
#: Sections of a text: one of these by chance.
SECTIONS = (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3)


def capitalised(text: str) -> str:
    """`text` with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def language() -> parity.Language:
    return parity.Language(
        code="en",
        ids="parity",
        subjects=parity.read_subjects(TABLES),
        values=parity.Values(MAKERS),
        length=lambda text: len(text.split()),
        shortest=SHORTEST,
        sections=SECTIONS,
        between=" ",
        begin=capitalised,
    )


def texts(seed: int = SEED, count: int = TEXTS) -> Iterator[dict[str, Any]]:
    """Records of the parity set."""
    return parity.texts([language()], seed, count)


def write(path: Path) -> int:
    """Write the set, the same bytes each time; returns how many questions it has."""
    return parity.write(texts(), path)
