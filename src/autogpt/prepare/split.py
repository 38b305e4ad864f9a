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
_TRIES = 300
_WORK = 300_000


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


@dataclass(slots=True)
class _Component:
    """Examples that stay together."""

    key: str
    items: list[SplitItem]
    documents: int

    @property
    def size(self) -> int:
        return len(self.items)

    @property
    def unanswerable(self) -> int:
        return sum(not item.answerable for item in self.items)


def split(items: Sequence[SplitItem], test: float, train: float, seed: int) -> SplitResult:
    """Give every example that has no part one of the three.

    Args:
        test: share of documents and examples set aside for the test, 0 to 1.
        train: share of the rest that trains; the remainder validates.
        seed: another one gives another division.

    Raises ValueError when there are fewer than three groups to divide and none is divided yet.
    """
    components, cut = _components(sorted(items, key=lambda item: item.id))
    parts: dict[str, Split] = {item.id: item.split for item in items if item.split}
    left_out: dict[str, str] = {}
    free: list[_Component] = []
    for component in components:
        held = {item.split for item in component.items if item.split}
        fresh = [item for item in component.items if not item.split]
        if len(held) == 1:
            parts.update((item.id, next(iter(held))) for item in fresh)
        elif held:
            reason = "it is a near-duplicate of examples in several parts"
            left_out.update((item.id, reason) for item in fresh)
        else:
            free.append(component)
    if not parts and len(free) < len(Split):
        raise ValueError(f"{len(free)} groups cannot be divided into {len(Split)} parts")
    shares = {Split.TEST: test, Split.TRAIN: (1 - test) * train, Split.VALIDATION: (1 - test) * (1 - train)}
    for component, part in _divide(free, components, shares, seed):
        parts.update((item.id, part) for item in component.items)
    left_out.update(_untied(items, parts, cut))
    return SplitResult({id: part for id, part in parts.items() if id not in left_out}, left_out)


def _components(items: Sequence[SplitItem]) -> tuple[list[_Component], set[str]]:
    """Connected examples, and the question keys that were cut because they tied too much together."""
    by_question: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if item.question:
            by_question[item.question].update(item.groups[:1])
    cut: set[str] = set()
    while True:
        found = _connected(items, cut)
        largest = max(found, key=lambda component: component.size, default=None)
        if largest is None or largest.size <= max(LARGEST_TIED * len(items), 1):
            return found, cut
        ties = {item.question for item in largest.items if len(by_question[item.question]) > 1} - cut - {""}
        if not ties:
            return found, cut
        # The questions asked of most documents go first.
        widest = max(len(by_question[question]) for question in ties)
        cut |= {question for question in ties if len(by_question[question]) == widest}


def _connected(items: Sequence[SplitItem], cut: set[str]) -> list[_Component]:
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
    return [
        _Component(found[0].id, found, len({item.document for item in found if item.document}))
        for found in members.values()
    ]


def _divide(
    free: Sequence[_Component], everything: Iterable[_Component], shares: Mapping[Split, float], seed: int
) -> list[tuple[_Component, Split]]:
    """The best of many random divisions of the components without a part."""
    if not free:
        return []
    held = _Tally()
    total = _Tally()
    for component in everything:
        total.add(Split.TRAIN, component)
        for item in component.items:
            if item.split:
                held.counts[item.split].update(examples=1, unanswerable=int(not item.answerable))
        parts = {item.split for item in component.items if item.split}
        if len(parts) == 1:
            held.counts[next(iter(parts))].update(documents=component.documents)
    goal = total.counts[Split.TRAIN]
    digest = hashlib.sha256(f"{seed}\n".encode() + "\n".join(component.key for component in free).encode()).digest()
    random = Random(digest)  # noqa: S311 - a division, not a secret
    best: tuple[float, list[Split]] | None = None
    for _ in range(max(3, min(_TRIES, _WORK // len(free)))):
        division = _one_division(free, shares, goal, held, random)
        if best is None or division[0] < best[0]:
            best = division
    assert best is not None
    return list(zip(free, best[1], strict=True))


def _one_division(
    free: Sequence[_Component], shares: Mapping[Split, float], goal: Counter[str], held: "_Tally", random: Random
) -> tuple[float, list[Split]]:
    """One random division and how far it is from its aims: no part stays empty, then the one that lacks most gets."""
    order = list(range(len(free)))
    random.shuffle(order)
    tally = held.copy()
    parts = [Split.TRAIN] * len(free)
    empty = [part for part, share in shares.items() if share and not held.counts[part]["examples"]]
    for index in order:
        component = free[index]
        if empty:
            part = empty.pop(0)
        else:
            part = max(shares, key=lambda one: _lack(tally.counts[one], component, shares[one], goal))
        parts[index] = part
        tally.add(part, component)
    return tally.distance(shares, goal), parts


def _lack(counts: Counter[str], component: _Component, share: float, goal: Counter[str]) -> float:
    """How much of its examples a part would still lack with half of the component, relative to its aim."""
    aim = share * goal["examples"]
    return (aim - counts["examples"] - component.size / 2) / aim if aim else -float("inf")


class _Tally:
    """Documents, examples and unanswerable ones of each part."""

    def __init__(self) -> None:
        self.counts: dict[Split, Counter[str]] = {part: Counter() for part in Split}

    def copy(self) -> "_Tally":
        other = _Tally()
        other.counts = {part: Counter(counts) for part, counts in self.counts.items()}
        return other

    def add(self, part: Split, component: _Component) -> None:
        self.counts[part].update(
            examples=component.size, unanswerable=component.unanswerable, documents=component.documents
        )

    def distance(self, shares: Mapping[Split, float], goal: Counter[str]) -> float:
        """Sum of squared misses of the shares, relative to each; documents weigh a half."""
        weights = {"examples": 1.0, "unanswerable": 1.0, "documents": 0.5}
        return sum(
            weight * (counts[kind] / (share * goal[kind]) - 1) ** 2
            for part, share in shares.items()
            for kind, weight in weights.items()
            if (counts := self.counts[part]) and share * goal[kind]
        )


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
