"""Whether numbers and names stand in a statement beside what they stand beside in its evidence.

In: a parsed statement, a window that holds its atoms, and what was asked. Out: numbers and names that belong to
something else there. Knows nothing about other rules.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import combinations

from autogpt.answer.grounding.parts import Atom, Parsed, equal
from autogpt.answer.grounding.polarity import contrary
from autogpt.answer.grounding.window import Window
from autogpt.answer.grounding.wording import is_safe
from autogpt.text.quantities import Quantity

#: Share of a statement's atoms that one sentence must hold to be compared with it place by place.
_MAIN = 0.5
#: Atoms between what is left out and what is put in, for one to stand in the place of the other.
_NEAR = 2


def misplaced(said: Parsed, window: Window, names: frozenset[str], words: frozenset[str]) -> Iterator[str]:
    """What the window holds, but of something else.

    Args:
        names: keys of the question's names; they may stand far from what is said of them.
        words: keys of its words; they may stand for others.
    """
    if _in_one_piece(said, window):
        return
    subject = next((atom.key for atom in window.atoms if atom.kind == "name"), "")
    for at, atom in enumerate(said.atoms):
        if atom.kind == "word" or not window.find(atom) or (atom.kind == "name" and atom.key in {subject, *names}):
            continue
        verdicts = [_beside(said, window, at, step) for step in (-1, 1)]
        if False in verdicts and True not in verdicts:
            yield atom.key
    yield from _repeated(said, window)
    for sentence in window.sentences:
        yield from _replaced(said, sentence, words)
    yield from _turned(said, window)


def _in_one_piece(said: Parsed, window: Window) -> bool:
    """Whether the window holds the same atoms side by side."""
    own = [atom for atom in said.atoms if not is_safe(atom.key)]
    starts = range(len(window.atoms) - len(own) + 1)
    return any(all(map(equal, own, window.atoms[at : at + len(own)])) for at in starts)


def _beside(said: Parsed, window: Window, at: int, step: int) -> bool | None:
    """Whether the atom has the same neighbour in the window, looking left (-1) or right (1); None: it cannot be told.

    From the neighbour's place the next atom of its sort must be the one that was said.
    """
    atom = said.atoms[at]
    neighbour = _neighbour(said, window, at, step)
    if neighbour is None:
        return None
    mention = [one for one in said.atoms if one is atom or one.mention == atom.mention != -1]
    found = None
    for place in window.find(neighbour):
        beyond = window.atoms[place + 1 :] if step < 0 else window.atoms[:place][::-1]
        nearest = next((one for one in beyond if _same_sort(one, atom)), None)
        if nearest is None:
            continue
        if any(equal(one, nearest) for one in mention):
            return True
        found = False
    return found


def _neighbour(said: Parsed, window: Window, at: int, step: int) -> Atom | None:
    """The next atom on that side, within the clause, that the window holds; none beyond another of the same sort."""
    atom = said.atoms[at]
    beyond = said.atoms[at + 1 :] if step > 0 else said.atoms[:at][::-1]
    for one in beyond:
        if one.clause != atom.clause:
            return None
        if one.mention == atom.mention != -1 or (one.quantity and atom.quantity and not _same_sort(one, atom)):
            continue
        if _same_sort(one, atom):
            return None
        if window.find(one):
            return one
    return None


def _same_sort(one: Atom, other: Atom) -> bool:
    if one.quantity is None or other.quantity is None:
        return one.kind == other.kind == "name"
    return _sort(one.quantity) == _sort(other.quantity)


def _sort(one: Quantity) -> tuple[str, str]:
    return ("date", "") if one.is_year or one.kind == "date" else (one.kind, one.unit)


def _absent(atom: Atom, said: Parsed) -> bool:
    return not any(equal(one, atom) for one in said.atoms)


def _repeated(said: Parsed, window: Window) -> Iterator[str]:
    """Said more often than it stands there, while another of its sort is left out."""
    for key, times in Counter(atom.key for atom in said.atoms if atom.kind != "word").items():
        atom = next(one for one in said.atoms if one.key == key)
        stands = len(window.find(atom))
        if 0 < stands < times and any(_same_sort(one, atom) and _absent(one, said) for one in window.atoms):
            yield key


def _replaced(said: Parsed, sentence: Parsed, words: frozenset[str]) -> Iterator[str]:
    """In the place of another of its sort, of its contrary, or of words that do not stand elsewhere in the sentence,
    between the same words."""
    first, second = list(map(_compared, said.atoms)), list(map(_compared, sentence.atoms))
    matcher = SequenceMatcher(None, second, first, autojunk=False)
    if sum(block.size for block in matcher.get_matching_blocks()) < _MAIN * len(first):
        return
    steps = matcher.get_opcodes()
    alone, own = Window((sentence,)), Window((said,))
    for at, (kind, _, _, start, end) in enumerate(steps):
        if kind not in ("replace", "insert"):
            continue
        there = [atom for low, high in _left_out_near(steps, at) for atom in sentence.atoms[low:high]]
        left_out = kind == "replace" and any(_absent(one, said) and _foreign(one, own) for one in there)
        for atom in said.atoms[start:end]:
            if atom.kind != "word":
                wrong = any(_same_sort(one, atom) and _absent(one, said) for one in there)
            elif left_out and _foreign(atom, alone) and atom.key not in words:
                wrong = True
            else:
                wrong = bool(contrary(atom.surface, {one.surface for one in there}))
            if wrong:
                yield atom.key


def _foreign(atom: Atom, window: Window) -> bool:
    return not window.holds(atom) and not is_safe(atom.key)


def _left_out_near(steps: Sequence[tuple[str, int, int, int, int]], at: int) -> Iterator[tuple[int, int]]:
    """Ranges of the source that are left out where step `at` puts something else, or with few atoms between."""
    for other in (at - 2, at, at + 2):
        if not 0 <= other < len(steps) or steps[other][0] not in ("replace", "delete"):
            continue
        between = steps[(other + at) // 2]
        if other == at or between[2] - between[1] <= _NEAR:
            yield steps[other][1:3]


def _compared(atom: Atom) -> Hashable:
    one = atom.quantity
    return atom.key if one is None else (one.kind, one.value, one.days, one.unit)


def _turned(said: Parsed, window: Window) -> Iterator[str]:
    """Two of one sort in the other order, with the same word between them and no other voice."""
    placed = [
        (at, places[0], atom)
        for at, atom in enumerate(said.atoms)
        if atom.kind != "word" and len(places := window.find(atom)) == 1
    ]
    for (at, place, atom), (later, before, other) in combinations(placed, 2):
        if before >= place or not _same_sort(atom, other) or atom.mention == other.mention != -1:
            continue
        between = _words_between(said.atoms, at, later) & _words_between(window.atoms, before, place)
        if between and _passive(said.text) == _passive(window.text):
            yield f"{atom.key} / {other.key}"


def _words_between(atoms: Sequence[Atom], low: int, high: int) -> set[str]:
    return {atom.key for atom in atoms[low + 1 : high] if atom.kind == "word"}


def _passive(text: str) -> bool:
    return " by " in text or "被" in text or "由" in text
