"""Trainings that go on from an earlier one: what they start from, which examples are new, which are replayed.

In: a store or files, settings, examples. Out: a base, and the examples to train on. Knows nothing about how training
works.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import select

from autogpt.answer.release import Release
from autogpt.config import ContinualTrainingSection
from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.records import ClassifierExample, ReaderExample
from autogpt.services.bundles import current_version, find_release
from autogpt.services.lineage import lineage_of
from autogpt.store import Store
from autogpt.store.tables import RunRow

E = TypeVar("E", ReaderExample, ClassifierExample)
#: Where the id of a run stands in the manifest of a release, by kind of model.
_IN_MANIFEST: dict[str, Callable[[Release], object]] = {
    "reader": lambda release: release.manifest.get("run"),
    "classifier": lambda release: (release.manifest.get("classifier") or {}).get("run"),
}


@dataclass(frozen=True, slots=True)
class Divided(Generic[E]):
    """What is trained on: examples that are new, and earlier ones that come up again."""

    new: list[E]
    replayed: list[E]

    @property
    def all(self) -> list[E]:
        return self.new + self.replayed


def base_of(
    store: Store, kind: str, settings: ContinualTrainingSection, resolve: Callable[[str | Path], Path | str]
) -> Path | str:
    """What a training in a workspace starts from: what the settings name, which may be the id of a finished run; with
    `new_only` and no name the run of the current release, else the newest finished one; else the workspace's pack.

    Args:
        kind: of run, "reader" or "classifier".
        resolve: opens any other name (`models.sources`).

    Raises NotFoundError when there is no such model, UsageError when there is nothing to go on from.
    """
    name = settings.base
    run = _run(store, kind, name) if name or settings.new_only else None
    if run is not None:
        return store.runs / run / "model"
    if settings.new_only and not name:
        raise UsageError(
            f"There is no finished training of a {kind} to go on from.",
            f"Train on everything first: autogpt train {kind}",
        )
    return resolve(name or store.config.workspace.pack)


def divide(
    settings: ContinualTrainingSection, train: Sequence[E], base: Path | str, earlier: Sequence[E]
) -> Divided[E]:
    """What of `train` is new to `base`, and a share of earlier examples to go with it. Without `new_only` all of
    `train` is new.

    Mixing in data of earlier tasks is the simplest guard against forgetting them (rehearsal; Robins 1995, and for
    deep networks Chaudhry et al. 2019, "On tiny episodic memories in continual learning").

    Args:
        earlier: examples to be replayed, beside those of `train` that `base` was trained on.

    Raises UsageError when it is not known what `base` was trained on, DataError when nothing is new.
    """
    new, pool = list(train), list(earlier)
    if settings.new_only:
        lineage = lineage_of(base)
        if lineage is None:
            raise UsageError(
                f"What {base} was trained on is not known, so nothing tells what is new.",
                "Name a run as --base, or train on everything, without --new-only.",
            )
        pool += [one for one in train if lineage.knows(one)]
        new = [one for one in train if not lineage.knows(one)]
        if not new:
            raise DataError(
                f"{base} was trained on all {len(train):,} examples: there is nothing new.",
                "Bring more in with: autogpt examples import FILE, then: autogpt examples split",
            )
    share = settings.replay_share
    return Divided(new, replayed(pool, round(len(new) * share / (1 - share)), settings.seed) if pool and share else [])


def unseen(settings: ContinualTrainingSection, validation: Sequence[E], base: Path | str) -> list[E]:
    """What of `validation` may validate a training with `new_only`: not what `base` was trained on, as may be after
    another division.
    """
    lineage = lineage_of(base) if settings.new_only else None
    return [one for one in validation if lineage is None or not lineage.knows(one)]


def set_aside(
    settings: ContinualTrainingSection,
    examples: Sequence[E],
    base: Path | str,
    hold_out: Callable[[Sequence[E], int], tuple[list[E], list[E]]],
) -> tuple[list[E], list[E]]:
    """Training and validation examples of files that are not divided. With `new_only` what `base` was trained on stays
    in training, and what it was validated on in validation.

    Args:
        hold_out: divides examples by a seed.
    """
    lineage = lineage_of(base) if settings.new_only else None
    if lineage is None:
        return hold_out(examples, settings.seed)
    trained = [one for one in examples if lineage.knows(one)]
    held = [one for one in examples if lineage.has_validated(one) and not lineage.knows(one)]
    new = [one for one in examples if not lineage.knows(one) and not lineage.has_validated(one)]
    train, validation = hold_out(new, settings.seed) if new else ([], [])
    return trained + train, held + validation


def replayed(pool: Sequence[E], count: int, seed: int) -> list[E]:
    """So many earlier examples by chance, none twice: of labelled texts each class in turn, and each once at least."""
    rng = random.Random(seed)  # noqa: S311
    classes: dict[tuple[str, ...], list[E]] = defaultdict(list)
    for one in pool:
        classes[one.labels if isinstance(one, ClassifierExample) else ()].append(one)
    groups = [rng.sample(group, len(group)) for _, group in sorted(classes.items())]
    rng.shuffle(groups)
    count = max(count, len(groups))
    turns = [group[turn] for turn in range(max(map(len, groups), default=0)) for group in groups if turn < len(group)]
    return turns[:count]


def _run(store: Store, kind: str, name: str) -> str | None:
    """Id of a finished run: `name` itself, None where that is none; without a name as `base_of` chooses."""
    query = select(RunRow.id).where(RunRow.kind == kind, RunRow.state == "done").order_by(RunRow.created_at.desc())
    asked = name or _released(store, kind)
    with store.session() as session:
        if asked and (found := session.scalar(query.where(RunRow.id == asked))):
            return found
        return None if name else session.scalar(query.limit(1))


def _released(store: Store, kind: str) -> str:
    """Id of the run whose model the current release has; empty without one."""
    version = current_version(store)
    if version is None:
        return ""
    try:
        return str(_IN_MANIFEST[kind](find_release(store, version)) or "")
    except (DataError, NotFoundError):  # a damaged release has no model to go on from
        return ""
