"""Writes the parity set of the bilingual pack (`making.parity` says what that is).

In: the tables in parity_texts/ and parity_names.toml, the English pack's texts. Out: JSON lines, packed: the first
English texts, then Chinese ones, a fifth of them in traditional script.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from en import parity as english
from making import parity
from opencc import OpenCC

from .parity_values import MAKERS

SEED = 21
#: Together they hold some 1,500 questions in either language.
ENGLISH_TEXTS, CHINESE_TEXTS = 178, 178
TABLES = Path(__file__).parent / "parity_texts"
#: Fewest characters of a section.
SHORTEST = 80
#: Sections of a text: one of these by chance.
SECTIONS = (1, 1, 1, 1, 1, 1, 2, 2, 3, 4)


def languages() -> list[parity.Language]:
    """Chinese as the texts are written in turn: mostly simplified, then traditional.

    Tables and values are converted, not what they are put together to: answers stay where they were put. Characters
    alone (OpenCC: s2tw): with words (s2twp) a firm named 万象 became 永珍, a country's capital, and 审核 稽核.
    """
    simplified = parity.Language(
        code="zh",
        ids="parity-zh",
        subjects=parity.read_subjects(TABLES),
        values=parity.Values(MAKERS),
        length=len,
        shortest=SHORTEST,
        sections=SECTIONS,
        between="",
    )
    convert = OpenCC("s2tw").convert
    traditional = replace(
        simplified, subjects=parity.read_subjects(TABLES, convert), values=parity.Values(MAKERS, convert)
    )
    return [simplified] * 4 + [traditional]


def texts(seed: int = SEED, count: int = CHINESE_TEXTS) -> Iterator[dict[str, Any]]:
    """Records of the Chinese half."""
    return parity.texts(languages(), seed, count)


def write(path: Path) -> int:
    """Write the set, the same bytes each time; returns how many questions it has."""
    return parity.write([*english.texts(count=ENGLISH_TEXTS), *texts()], path)
