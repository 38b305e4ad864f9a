"""Keeps what a retriever or a reranker is trained on in the folder of its run, and finds it again.

In: pairs and a run's folder, or the id of a run. Out: `Pair`s. Knows nothing about how they are made.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autogpt.errors import UsageError
from autogpt.services.runs import run_of
from autogpt.store import Store
from autogpt.store.tables import RunRow
from autogpt.train.pairs import FILE_NAME, Pair


def kept_pairs(folder: Path, key: str, mine: Callable[[], list[Pair]]) -> list[Pair]:
    """What `mine` gives, kept in `folder`: asked again with the same key, the file is read.

    Args:
        key: names all that the pairs follow from.

    Raises UsageError when the folder holds those of another training.
    """
    path = folder / FILE_NAME
    if path.is_file():
        head, *lines = _lines(path)
        if json.loads(head) != {"key": key}:
            raise UsageError(
                f"{folder} holds a training that was begun with other data or settings.",
                "Give another folder, or begin anew with --no-resume.",
            )
        return [_pair(json.loads(line)) for line in lines]
    pairs = mine()
    folder.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(path.name + ".part")
    rows = [json.dumps(one, ensure_ascii=False) for one in ({"key": key}, *map(asdict, pairs))]
    waiting.write_text("\n".join(rows) + "\n", encoding="utf-8")
    waiting.replace(path)
    return pairs


def trained_pairs(store: Store, run: str) -> list[Pair] | None:
    """What a run's encoder was trained on, and before that the encoders that it came from.

    Args:
        run: id of a retriever's run; empty for no training.

    Returns None where that is no longer known.
    """
    pairs: list[Pair] = []
    while run:
        path = store.runs / run / FILE_NAME
        with store.session() as session:
            row = session.get(RunRow, run)
        if row is None or not path.is_file():
            return None
        pairs += [_pair(json.loads(line)) for line in _lines(path)[1:]]
        run = run_of(store, Path(row.settings["base"]))
    return pairs


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def _pair(raw: dict[str, Any]) -> Pair:
    return Pair(raw["question"], raw["positive"], tuple(raw["negatives"]), raw["prompt"], tuple(raw["alike"]))
