"""Divides labelled texts into train, validation and test so that each part has its share of every class, as far as
near-duplicates, which stay together, allow that.

In: texts with what ties them, and their classes. Out: a part for each. The same texts get the same parts in whatever
order they come; parts given once stay. Knows nothing about where texts are kept.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from random import Random

from autogpt.prepare.split import SplitItem, SplitResult, connected, inherited
from autogpt.records import Split


def stratified(
    items: Sequence[SplitItem], classes: Mapping[str, Sequence[str]], test: float, train: float, seed: int
) -> SplitResult:
    """Give every text that has no part one of the three: iterative stratification (Sechidis et al. 2011, "On the
    stratification of multi-label data"). The class with the fewest texts left is divided first, each text to the part
    that lacks most of that class; so the only text of a class trains.

    Args:
        classes: of each text by its id; none count as a class of their own.
        test: share set aside for the test, 0 to 1.
        train: share of the rest that trains; the remainder validates.
        seed: another one gives another division.
    """
    parts, left_out, components = inherited(connected(sorted(items, key=lambda item: item.id), set()))
    free = [component.items for component in components]
    shares = {Split.TRAIN: (1 - test) * train, Split.VALIDATION: (1 - test) * (1 - train), Split.TEST: test}
    lacking = _lacking(items, classes, parts, shares)
    counts = [Counter(label for item in one for label in _classes(classes, item)) for one in free]
    by_class: dict[str, list[int]] = defaultdict(list)
    for number, count in enumerate(counts):
        for label in count:
            by_class[label].append(number)
    waiting = set(range(len(free)))
    for label in sorted(by_class, key=lambda one: (sum(counts[number][one] for number in by_class[one]), one)):
        those = [number for number in by_class[label] if number in waiting]
        _random(seed, label).shuffle(those)
        for number in sorted(those, key=lambda one: -counts[one][label]):
            part = max(shares, key=lambda one: (lacking[one][label], sum(lacking[one].values())))
            waiting.remove(number)
            lacking[part].subtract(counts[number])
            parts.update((item.id, part) for item in free[number])
    return SplitResult(parts, left_out)


def _lacking(
    items: Sequence[SplitItem],
    classes: Mapping[str, Sequence[str]],
    parts: Mapping[str, Split],
    shares: Mapping[Split, float],
) -> dict[Split, Counter[str]]:
    """Texts of each class that each part still lacks."""
    totals = Counter(label for item in items for label in _classes(classes, item))
    lacking: dict[Split, Counter[str]] = {part: Counter() for part in shares}
    for part, share in shares.items():
        for label, total in totals.items():
            lacking[part][label] = share * total  # type: ignore[assignment]
    for item in items:
        if item.id in parts:
            lacking[parts[item.id]].subtract(_classes(classes, item))
    return lacking


def _classes(classes: Mapping[str, Sequence[str]], item: SplitItem) -> Sequence[str]:
    return classes[item.id] or ("",)


def _random(seed: int, label: str) -> Random:
    return Random(hashlib.sha256(f"{seed} {label}".encode()).digest())  # noqa: S311 - a division, not a secret
