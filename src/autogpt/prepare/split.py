"""Divides examples into train, validation and test by document and near-duplicate cluster, never by row.

In: examples with the groups they belong to. Out: a part for each. The same examples get the same parts in whatever
order they come; parts given once stay. Knows nothing about how the groups were found.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from autogpt.records import Split

#: A question asked of many documents ties them together; a component larger than this share of all is untied again.
LARGEST_TIED = 0.2
#: Random orders tried; the number falls with the number of components.
_TRIES = 200
_WORK = 100_000


@dataclass(frozen=True, slots=True)
class SplitItem:
    """An example as the split sees it.

    Attributes:
        groups: everything that must not be divided: its document, the document's article and near-duplicate cluster.
        question: key of its question; examples with near-duplicate questions have the same one. Empty: none.
        document: key of its document, to count documents by.
        split: the part it already has.
    """

    id: str
    groups: tuple[str, ...]
    question: str = ""
    document: str = ""
    answerable: bool = True
    split: Split | None = None


@dataclass(frozen=True, slots=True)
class SplitResult:
    """Parts by example id. `left_out`: id → why it has none."""

    parts: Mapping[str, Split]
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Component:
    """Examples that stay together; `key` is the same in every order of the rows."""

    key: str
    items: list[SplitItem]

    @property
    def size(self) -> int:
        return len(self.items)


def split(items: Sequence[SplitItem], test: float, train: float, seed: int) -> SplitResult:
    """Give every example that has no part one of the three.

    Args:
        test: share of documents and examples set aside for the test, 0 to 1.
        train: share of the rest that trains; the remainder validates.
        seed: another one gives another division.

    Raises ValueError when there are fewer than three groups to divide and none is divided yet.
    """
    components, cut = _components(sorted(items, key=lambda item: item.id))
    parts, left_out, free = inherited(components)
    if not parts and len(free) < len(Split):
        raise ValueError(f"{len(free)} groups cannot be divided into {len(Split)} parts")
    shares = {Split.TEST: test, Split.TRAIN: (1 - test) * train, Split.VALIDATION: (1 - test) * (1 - train)}
    for component, part in _divide(free, components, shares, seed):
        parts.update((item.id, part) for item in component.items)
    left_out.update(_untied(items, parts, cut))
    return SplitResult({id: part for id, part in parts.items() if id not in left_out}, left_out)


def inherited(components: Sequence[Component]) -> tuple[dict[str, Split], dict[str, str], list[Component]]:
    """What has a part or gets that of what it is connected with, what can have none and why, and what is free."""
    parts: dict[str, Split] = {}
    left_out: dict[str, str] = {}
    free: list[Component] = []
    for component in components:
        held = {item.split for item in component.items if item.split}
        fresh = [item for item in component.items if not item.split]
        parts.update((item.id, item.split) for item in component.items if item.split)
        if len(held) == 1:
            parts.update((item.id, next(iter(held))) for item in fresh)
        elif held:
            reason = "it is a near-duplicate of examples in several parts"
            left_out.update((item.id, reason) for item in fresh)
        else:
            free.append(component)
    return parts, left_out, free


def _components(items: Sequence[SplitItem]) -> tuple[list[Component], set[str]]:
    """Connected examples, and the question keys that were cut because they tied too much together."""
    by_question: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if item.question:
            by_question[item.question].update(item.groups[:1])
    cut: set[str] = set()
    while True:
        found = connected(items, cut)
        largest = max(found, key=lambda component: component.size, default=None)
        if largest is None or largest.size <= max(LARGEST_TIED * len(items), 1):
            return found, cut
        ties = {item.question for item in largest.items if len(by_question[item.question]) > 1} - cut - {""}
        if not ties:
            return found, cut
        # The questions asked of most documents go first.
        widest = max(len(by_question[question]) for question in ties)
        cut |= {question for question in ties if len(by_question[question]) == widest}


def connected(items: Sequence[SplitItem], cut: set[str]) -> list[Component]:
    """Examples that share a group or a question, directly or through others; questions in `cut` tie nothing."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for item in items:
        keys = [f"example {item.id}", *(f"group {group}" for group in item.groups)]
        if item.question and item.question not in cut:
            keys.append(f"question {item.question}")
        for key in keys[1:]:
            parent[root(keys[0])] = root(key)
    members: dict[str, list[SplitItem]] = defaultdict(list)
    for item in items:
        members[root(f"example {item.id}")].append(item)
    return [Component(found[0].id, found) for found in members.values()]


#: Examples, unanswerable ones, documents.
_Counts = tuple[int, int, int]
#: How much a miss of each weighs.
_WEIGHTS = (1.0, 1.0, 0.5)


def _divide(
    free: Sequence[Component], everything: Iterable[Component], shares: Mapping[Split, float], seed: int
) -> list[tuple[Component, Split]]:
    """The best of many random divisions of the components without a part."""
    if not free:
        return []
    parts = list(shares)
    goal = [0, 0, 0]
    held = [[0, 0, 0] for _ in parts]
    for component in everything:
        _add(goal, _counts(component.items))
        for number, part in enumerate(parts):
            _add(held[number], _counts([item for item in component.items if item.split == part]))
    aims = [[share * total for total in goal] for share in shares.values()]
    digest = hashlib.sha256(f"{seed}\n".encode() + "\n".join(component.key for component in free).encode()).digest()
    random = Random(digest)  # noqa: S311 - a division, not a secret
    counts = [_counts(component.items) for component in free]
    tries = (_one_division(counts, held, aims, random) for _ in range(max(3, min(_TRIES, _WORK // len(free)))))
    best = min(tries, key=lambda division: division[0])
    return [(component, parts[number]) for component, number in zip(free, best[1], strict=True)]


def _one_division(
    counts: Sequence[_Counts], held: Sequence[Sequence[int]], aims: Sequence[Sequence[float]], random: Random
) -> tuple[float, list[int]]:
    """One random division (the number of each component's part) and how far it is from its aims.

    No part that aims at any stays empty; then each component goes where most examples are lacking.
    """
    tally = [list(one) for one in held]
    division = [0] * len(counts)
    order = list(range(len(counts)))
    random.shuffle(order)
    numbers = [number for number, aim in enumerate(aims) if aim[0]]
    empty = [number for number in numbers if not held[number][0]]
    for index in order:
        half = counts[index][0] / 2
        number = empty.pop(0) if empty else max(numbers, key=lambda one: 1 - (tally[one][0] + half) / aims[one][0])
        division[index] = number
        _add(tally[number], counts[index])
    missed = sum(
        weight * (count / aim - 1) ** 2
        for number in numbers
        for weight, count, aim in zip(_WEIGHTS, tally[number], aims[number], strict=True)
        if aim
    )
    return missed, division


def _counts(items: Sequence[SplitItem]) -> _Counts:
    documents = {item.document for item in items if item.document}
    return len(items), sum(not item.answerable for item in items), len(documents)


def _add(total: list[int], counts: Sequence[int]) -> None:
    for number, count in enumerate(counts):
        total[number] += count


def _untied(items: Iterable[SplitItem], parts: Mapping[str, Split], cut: set[str]) -> dict[str, str]:
    """Of questions that were cut apart, the examples to leave out so that no question is in two parts.

    The test keeps its own, then the part that holds most; examples that had a part before are never left out.
    """
    asked: dict[str, list[SplitItem]] = defaultdict(list)
    for item in items:
        if item.question in cut and item.id in parts:
            asked[item.question].append(item)
    left_out: dict[str, str] = {}
    for group in asked.values():
        held = Counter(parts[item.id] for item in group if item.split)
        counts = held or Counter(parts[item.id] for item in group)
        keeps = max(counts, key=lambda part: (part == Split.TEST, counts[part], part))
        for item in group:
            if parts[item.id] != keeps and not item.split:
                left_out[item.id] = f"its question is asked in the {keeps} part too"
    return left_out
