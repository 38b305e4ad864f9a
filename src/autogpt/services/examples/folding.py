"""Reads every example with a reader that was trained on the others: what none has learned by heart.

In: a store and its examples. Out: what the readers say, in the order of the examples. The documents are divided into
folds, and each fold is read by a reader of the workspace's base and settings that was trained on the other folds, as
cross-validation does it. Trainings that were stopped go on when the same is asked again. Changes nothing.
"""

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from autogpt.config import override
from autogpt.errors import DataError, UsageError
from autogpt.evaluate.reader import read_all
from autogpt.progress import Progress, Sink
from autogpt.read.decode import Decoded
from autogpt.records import ReaderExample
from autogpt.services import runs
from autogpt.services.evaluating import open_reader
from autogpt.services.training_reader import train_reader_on_files
from autogpt.store import Store

FEWEST, MOST = 2, 20


def read_by_folds(
    store: Store,
    examples: Sequence[ReaderExample],
    folds: int,
    *,
    backend: str = "",
    threads: int = 0,
    sink: Sink,
) -> list[Decoded]:
    """What a reader trained without its fold says of each example.

    Raises:
        UsageError: not between 2 and 20 folds.
        DataError: fewer documents than folds.
        BusyError: another process trains in this workspace.
    """
    if not FEWEST <= folds <= MOST:
        raise UsageError(f"Expected between {FEWEST} and {MOST} folds, got {folds}.")
    fold = folds_of(examples, folds)
    alone: dict[str, Any] = {"trackers": [], "new_only": False, "replay_data": [], "lwf_weight": 0.0, "remember": []}
    alone |= {"languages": [], "sources": []}  # what is asked about was chosen
    if store.config.train.reader.base and (store.runs / store.config.train.reader.base).is_dir():
        alone["base"] = ""  # a run of this workspace has learnt the examples
    config = override(store.config, {f"train.reader.{key}": value for key, value in alone.items()})
    settings = config.train.reader.model_dump(mode="json")
    asked = json.dumps([settings, store.config.workspace.pack, folds, [asdict(one) for one in examples]])
    work = store.folder / ".folds" / sha256(asked.encode(errors="replace")).hexdigest()[:16]
    found: dict[int, Decoded] = {}
    with runs.alone(store):
        for other in {*work.parent.glob("*")} - {work}:  # stopped, and asked otherwise now
            shutil.rmtree(other)
        for number in range(folds):
            held = [at for at in range(len(examples)) if fold[at] == number]
            others = [examples[at] for at in range(len(examples)) if fold[at] != number]
            sink(Progress("train", message=f"fold {number + 1} of {folds}: {len(others):,} questions of the others"))
            run = train_reader_on_files(config, others, (), work / str(number), sink)
            with open_reader(str(run.model), backend=backend, threads=threads) as reader:
                found |= zip(held, read_all(reader, [examples[at] for at in held], sink), strict=True)
        shutil.rmtree(work)
    return [found[at] for at in range(len(examples))]


def folds_of(examples: Sequence[ReaderExample], folds: int) -> list[int]:
    """The fold of each example: all of a document in one, folds about as large as each other.

    Raises DataError for fewer documents than folds.
    """
    counts = Counter(one.title for one in examples)
    if len(counts) < folds:
        raise DataError(
            f"The examples are about {len(counts)} documents, and {folds} folds were asked for: each fold holds whole "
            "documents.",
            "Ask for fewer folds, or bring in examples about more documents.",
        )
    sizes = [0] * folds
    of: dict[str, int] = {}
    for title, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        of[title] = sizes.index(min(sizes))
        sizes[of[title]] += count
    return [of[one.title] for one in examples]
