"""Describes the examples of a workspace in numbers: how many of each kind, their balance, how long they are.

In: a store. Out: counts, of the sealed test part too; never a text. Knows nothing about how they are drawn.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import func, select

from autogpt.records import Split, Status, Task
from autogpt.services.examples.listing import NO_SPLIT
from autogpt.store import Store
from autogpt.store.tables import DocumentVersionRow, ExampleRow

#: Parts and those without one, in the order they are shown.
PARTS = (*(part.value for part in Split), NO_SPLIT)
#: Classes that are counted one by one; the rest is counted together.
_CLASSES = 40
_EDGES = tuple(step * 10**power for power in range(7) for step in (1, 2, 5))


@dataclass(frozen=True, slots=True)
class Lengths:
    """A distribution of lengths, in code points: how many fall between two edges, the upper one not included."""

    counts: tuple[tuple[int, int, int], ...] = ()
    total: int = 0
    median: float = 0
    longest: int = 0


@dataclass(frozen=True, slots=True)
class ClassCount:
    """A class of labelled questions: accepted examples of it by part."""

    name: str
    by_part: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_part.values())


@dataclass(frozen=True, slots=True)
class Description:
    """Examples in numbers.

    Attributes:
        total: all of them, whatever their status.
        by_status: status → part → number; the part of those without one is `none`.
        tasks, languages: number of accepted examples by name, the largest first.
        answerable, unanswerable: accepted extractive examples by part.
        classes: of accepted labelled questions, the largest first; `other_classes` are counted in none of them.
        lengths: of what (question, answer, context) → distribution, of accepted examples.
    """

    total: int
    by_status: Mapping[str, Mapping[str, int]]
    tasks: tuple[tuple[str, int], ...]
    languages: tuple[tuple[str, int], ...]
    answerable: Mapping[str, int]
    unanswerable: Mapping[str, int]
    classes: tuple[ClassCount, ...]
    other_classes: int
    lengths: Mapping[str, Lengths]

    @property
    def accepted(self) -> int:
        return sum(self.by_status.get(Status.ACCEPTED.value, {}).values())

    @property
    def undivided(self) -> int:
        """Accepted examples that are in no part."""
        return self.by_status.get(Status.ACCEPTED.value, {}).get(NO_SPLIT, 0)


def describe(store: Store) -> Description:
    """Count everything."""
    columns = (
        ExampleRow.status,
        ExampleRow.split,
        ExampleRow.task,
        ExampleRow.language,
        ExampleRow.answerable,
        func.length(ExampleRow.question),
        func.length(ExampleRow.answer_text),
    )
    accepted = ExampleRow.status == Status.ACCEPTED.value
    held = select(ExampleRow.version_id).where(accepted, ExampleRow.version_id.is_not(None)).distinct()
    contexts = select(func.length(DocumentVersionRow.text)).where(DocumentVersionRow.id.in_(held))
    labelled = select(ExampleRow.classes, ExampleRow.split).where(accepted, ExampleRow.task == Task.CLASSIFY.value)
    with store.session() as session:
        rows = session.execute(select(*columns)).all()
        lengths = {"context": _lengths(session.scalars(contexts))}
        classes = session.execute(labelled).all()
    by_status: dict[str, Counter[str]] = {status.value: Counter() for status in Status}
    for row in rows:
        by_status[row[0]][row[1] or NO_SPLIT] += 1
    taken = [row for row in rows if row[0] == Status.ACCEPTED.value]
    extractive = [row for row in taken if row[2] == Task.EXTRACTIVE.value]
    lengths |= {
        "question": _lengths(row[5] for row in taken),
        "answer": _lengths(row[6] for row in extractive if row[4] and row[6]),
    }
    counted, others = _classes([(found, part) for found, part in classes])
    return Description(
        total=len(rows),
        by_status={status: dict(counts) for status, counts in by_status.items() if counts},
        tasks=tuple(Counter(row[2] for row in taken).most_common()),
        languages=tuple(Counter(row[3] or "und" for row in taken).most_common()),
        answerable=dict(Counter(row[1] or NO_SPLIT for row in extractive if row[4])),
        unanswerable=dict(Counter(row[1] or NO_SPLIT for row in extractive if not row[4])),
        classes=counted,
        other_classes=others,
        lengths={what: lengths[what] for what in ("question", "answer", "context")},
    )


def _lengths(values: Iterable[int]) -> Lengths:
    """How lengths are distributed, between edges of 1, 2 and 5 times a power of ten; no empty bins at the ends."""
    found = [value or 0 for value in values]
    if not found:
        return Lengths()
    counts = Counter(bisect_right(_EDGES, value) for value in found)
    bins = [
        (_EDGES[at - 1] if at else 0, _EDGES[at] if at < len(_EDGES) else max(found) + 1, counts[at])
        for at in range(min(counts), max(counts) + 1)
    ]
    return Lengths(tuple(bins), len(found), median(found), max(found))


def _classes(rows: Sequence[tuple[list[str], str | None]]) -> tuple[tuple[ClassCount, ...], int]:
    counts: dict[str, Counter[str]] = {}
    for names, part in rows:
        for name in names:
            counts.setdefault(name, Counter())[part or NO_SPLIT] += 1
    ordered = sorted((ClassCount(name, dict(parts)) for name, parts in counts.items()), key=_largest_first)
    return tuple(ordered[:_CLASSES]), sum(one.total for one in ordered[_CLASSES:])


def _largest_first(one: ClassCount) -> tuple[int, str]:
    return (-one.total, one.name)
