"""One or two neighbouring sentences of the evidence, laid out to look things up in.

In: parsed sentences. Out: a `Window`: which atoms stand where, in what company. Knows no rule.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from autogpt.answer.grounding.parts import Atom, Parsed, scopes
from autogpt.answer.grounding.wording import han_twins
from autogpt.text.quantities import Quantity
from autogpt.text.scripts import has_han


class Window:
    """Sentences of one source that stand side by side.

    Args:
        sentences: parsed, in order.
        titles: parsed titles and headings above them.
        before: the sentences before.
    """

    def __init__(
        self, sentences: tuple[Parsed, ...], titles: tuple[Parsed, ...] = (), before: tuple[Parsed, ...] = ()
    ) -> None:
        self.sentences = sentences
        self.titles = titles
        self.context = (*titles, *before)
        self.atoms: tuple[Atom, ...] = tuple(atom for one in sentences for atom in one.atoms)

    @cached_property
    def text(self) -> str:
        return " ".join(one.text for one in self.sentences)

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Key → positions among the atoms."""
        found: dict[str, list[int]] = defaultdict(list)
        for at, atom in enumerate(self.atoms):
            found[atom.key].append(at)
        return found

    @cached_property
    def surfaces(self) -> frozenset[str]:
        """The words as they are written, folded."""
        return frozenset(atom.surface for atom in self.atoms if atom.surface)

    @cached_property
    def quantities(self) -> list[tuple[int, Quantity]]:
        """Positions and quantities."""
        return [(at, atom.quantity) for at, atom in enumerate(self.atoms) if atom.quantity is not None]

    @cached_property
    def _compact(self) -> str:
        return self.text.replace(" ", "").lower()

    def find(self, atom: Atom) -> list[int]:
        """Positions of the atoms that say the same as `atom`."""
        if atom.quantity is not None:
            return [at for at, one in self.quantities if atom.quantity.equals(one)]
        return self.places.get(atom.key, [])

    def holds(self, atom: Atom) -> bool:
        """Whether `atom` stands here: the word, or in Chinese its characters, however they are cut into words."""
        if self.find(atom):
            return True
        if not has_han(atom.key):
            return False
        if any(one.lower() in self._compact for one in (atom.key, *han_twins().get(atom.key, ()))):
            return True
        return atom.kind == "word" and (self._pieced(atom.key) or self._paired(atom.key))

    def _pieced(self, run: str) -> bool:
        """Whether a run that the dictionary does not know is made of pieces, of two characters or more, from here."""
        ends = [True] + [False] * len(run)
        for end in range(2, len(run) + 1):
            ends[end] = any(ends[start] and run[start:end] in self._compact for start in range(end - 1))
        return ends[-1]

    def _paired(self, run: str) -> bool:
        """Whether two characters that are no word stand here as words of one."""
        return len(run) == 2 and all(self.places.get(one) for one in run)

    def names(self, mention: tuple[Atom, ...]) -> bool:
        """Whether a name of several words stands here, its words side by side."""
        first, *others = mention
        if has_han(first.key):
            return all(self.holds(one) for one in mention)
        return any(
            all(
                at + step < len(self.atoms) and self.atoms[at + step].key == one.key
                for step, one in enumerate(others, 1)
            )
            for at in self.find(first)
        )

    def denied(self, width: int) -> Iterator[tuple[Atom, ...]]:
        """What each denial denies."""
        for one in self.sentences:
            yield from scopes(one, width)
