"""What is doubtful about labels, by the texts and names alone.

In: texts with their labels; names of labels. Out: texts that are labelled in several ways, names that are likely one.
Knows nothing about where they come from.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence


def alike_texts(labelled: Iterable[tuple[str, Sequence[str]]]) -> dict[str, list[int]]:
    """Places of the texts that are the same but for case and white space, by that text; also of those that stand once.

    >>> alike_texts([("Where is it?", ["a"]), ("where  is it?", ["b"]), (" ", ["a"])])
    {'where is it?': [0, 1]}
    """
    found: dict[str, list[int]] = defaultdict(list)
    for at, (text, _) in enumerate(labelled):
        if plain := " ".join(text.casefold().split()):
            found[plain].append(at)
    return dict(found)


def contradicted(labelled: Sequence[tuple[str, Sequence[str]]]) -> dict[str, list[int]]:
    """Places of the texts that stand several times with different labels, by text.

    >>> contradicted([("A card?", ["card"]), ("a card?", ["loan"]), ("A loan?", ["loan"]), ("A loan?", ["loan"])])
    {'a card?': [0, 1]}
    """
    return {
        text: places
        for text, places in alike_texts(labelled).items()
        if len({frozenset(labelled[at][1]) for at in places}) > 1
    }


def spelt_alike(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Names that differ in case, spaces and punctuation alone: they are likely one class.

    >>> spelt_alike(["card-lost", "Card lost", "loan"])
    [('Card lost', 'card-lost')]
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        alike["".join(one for one in label.casefold() if one.isalnum()) or label].append(label)
    return [tuple(sorted(names)) for names in alike.values() if len(names) > 1]
