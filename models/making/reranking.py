"""Trains a reranker out of a pack's reader, to measure what it adds to the search; the packs hold none.

In: questions, recipe.toml, the reader in the pack. Out: a folder of a training, which goes on where it was killed; its
`model` is what `benchmarks/retrieval.py --reranker` takes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from making.reader import report

from autogpt.config import Config
from autogpt.records import ReaderExample
from autogpt.services.training_reranker import train_reranker_on_files


def train_reranker(
    pack: str,
    settings: dict[str, Any],
    train: Sequence[ReaderExample],
    validation: Sequence[ReaderExample],
    base: Path,
    out: Path,
) -> None:
    """Train from the reader in `base`, on what the search of `pack` finds for the questions."""
    given = {"workspace": {"model": pack}, "train": {"reranker": {**settings, "base": str(base)}}}
    print(f"{len(train)} questions, {len(validation)} to validate", flush=True)
    print(train_reranker_on_files(Config.model_validate(given), train, validation, out, report).summary, flush=True)
