"""The rules by which evidence supports a statement, or does not.

In: a parsed statement, a window of the evidence, and the words of the question. Out: what is wrong, if anything. Knows
nothing about where the evidence comes from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from autogpt.answer.grounding.attachment import misplaced
from autogpt.answer.grounding.parts import Atom, Parsed, equal, scopes
from autogpt.answer.grounding.polarity import adds_duty, contrary, excepts
from autogpt.answer.grounding.window import Window
from autogpt.answer.grounding.wording import is_safe
from autogpt.text.quantities import Quantity
from autogpt.text.scripts import has_han

#: Atoms that a denial is taken to reach.
_REACH = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """Why evidence does not support a statement.

    Attributes:
        kind: "number", "unit", "limit", "name", "word", "denial", "exception", "duty", "contrary", "attachment", or
            "nothing" for a statement without content.
        text: the part of the statement that it is about.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How strict the check is. Fitted by `benchmarks/grounding.py`.

    Attributes:
        coverage: least share of a statement's atoms that stands in the window itself.
        asked: largest share of them that stands in the question only.
        missing: largest share of them that stands nowhere.
    """

    coverage: float = 0.6
    asked: float = 0.1
    missing: float = 0.0


@dataclass(frozen=True, slots=True)
class Topic:
    """What a question speaks of, and a statement may repeat.

    Attributes:
        words: keys of its words.
        names: keys of its names.
    """

    words: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, question: Parsed) -> "Topic":
        atoms = question.atoms
        return cls(
            frozenset(atom.key for atom in atoms if atom.kind == "word"),
            frozenset(atom.key for atom in atoms if atom.kind == "name"),
        )


def problems(said: Parsed, window: Window, topic: Topic, limits: Limits) -> Iterator[Problem]:
    """All that speaks against `window` supporting `said`."""
    if all(is_safe(atom.key) for atom in said.atoms):
        yield Problem("nothing", said.text)
        return
    yield from _quantities(said, window)
    yield from _names(said, window, topic)
    yield from _words(said, window, topic, limits)
    yield from _denials(said, window)
    yield from _conditions(said, window)
    for text in misplaced(said, window, topic.names, topic.words):
        yield Problem("attachment", text)


def coverage(said: Parsed, window: Window) -> float:
    """Share of the statement's atoms that stand in the window."""
    return sum(map(window.holds, said.atoms)) / max(len(said.atoms), 1)


def _quantities(said: Parsed, window: Window) -> Iterator[Problem]:
    for atom in said.atoms:
        one = atom.quantity
        if one is None:
            continue
        equal = [other for _, other in window.quantities if one.equals(other)]
        of_unit = [other for other in equal if _same_unit(one, other, window)]
        if not equal:
            yield Problem("number", atom.key)
        elif not of_unit:
            yield Problem("unit", atom.key)
        elif all(one.bound != other.bound for other in of_unit):
            yield Problem("limit", atom.key)


def _same_unit(one: Quantity, other: Quantity, window: Window) -> bool:
    """A unit may be left out unless it is a share; and it may stand with another number ("5 to 10 days")."""
    if one.unit == other.unit:
        return True
    if not one.unit:
        return other.unit not in ("percent", "percentage point", "decade", "century")
    return not other.unit and any(near.unit == one.unit for _, near in window.quantities)


def _names(said: Parsed, window: Window, topic: Topic) -> Iterator[Problem]:
    for _, group in groupby(said.atoms, key=lambda atom: atom.mention):
        mention = tuple(group)
        if mention[0].mention < 0 or window.names(mention):
            continue
        asked = all(atom.key in topic.names for atom in mention)
        if not ((asked or _points_back(said, window)) and any(Window((one,)).names(mention) for one in window.context)):
            yield Problem("name", " ".join(said.text[atom.start : atom.end] for atom in mention))


def _points_back(said: Parsed, window: Window) -> bool:
    """Whether the window speaks of something named before, and of nobody else in its place."""
    keys = {atom.key for atom in said.atoms}
    return window.sentences[0].points_back and not any(
        atom.kind == "name" and atom.key not in keys for atom in window.sentences[0].atoms[:2]
    )


def _words(said: Parsed, window: Window, topic: Topic, limits: Limits) -> Iterator[Problem]:
    words = [atom for atom in said.atoms if atom.kind == "word"]
    unheld = [atom for atom in words if not window.holds(atom)]
    for atom in unheld:
        if other := contrary(atom.surface, window.surfaces):
            yield Problem("contrary", f"{atom.surface} / {other}")
    free = [atom for atom in unheld if not is_safe(atom.key) and not _in_context(atom, window)]
    asked = [atom for atom in free if _was_asked(atom, topic)]
    missing = [atom for atom in free if atom not in asked]
    for atom in missing:
        if atom.opens or len(missing) > limits.missing * len(said.atoms):
            yield Problem("word", said.text[atom.start : atom.end])
    if len(asked) > limits.asked * len(said.atoms):
        yield Problem("word", " ".join(said.text[atom.start : atom.end] for atom in asked))
    counted = [atom for atom in said.atoms if not (atom.kind == "word" and is_safe(atom.key))]
    if sum(map(window.holds, counted)) < limits.coverage * len(counted):
        yield Problem("word", said.text)


def _was_asked(atom: Atom, topic: Topic) -> bool:
    return atom.key in topic.words or (has_han(atom.key) and any(atom.key in one for one in topic.words))


def _in_context(atom: Atom, window: Window) -> bool:
    """Whether a word stands in a title, or before a window that points back."""
    near = window.context if window.sentences[0].points_back else window.titles
    return any(Window((one,)).holds(atom) for one in near)


def _denials(said: Parsed, window: Window) -> Iterator[Problem]:
    """What is denied here must be denied there, as often; and what is stated here, stated there."""
    denials = sum(len(one.negations) for one in window.sentences)
    if len(said.negations) > denials:
        yield Problem("denial", said.text)
    here, there = _Denied([said]), _Denied(window.sentences)
    for atom in here.heads:
        if here.times(atom, heads=True) > there.times(atom):
            yield Problem("denial", atom.key)
    always = [atom for atom in there.heads if _times(atom, window.atoms) == there.times(atom, heads=True)]
    if sum(_times(atom, said.atoms) > 0 for atom in always) > len(said.negations):
        yield Problem("denial", said.text)
    for atom in there.heads:
        stated = _times(atom, said.atoms) - here.times(atom)
        if stated > max(_times(atom, window.atoms) - there.times(atom), 0):
            yield Problem("denial", atom.key)


def _times(atom: Atom, atoms: Sequence[Atom]) -> int:
    return sum(_alike(atom, one) for one in atoms)


class _Denied:
    """What the denials of some sentences reach: heads, the first atoms after them, and those in their reach."""

    def __init__(self, sentences: Sequence[Parsed]) -> None:
        reached = [scope for one in sentences for scope in scopes(one, _REACH)]
        self.heads = [scope[0] for scope in reached if scope]
        self._heads = [(scope[0],) for scope in reached if scope]
        self._scopes = reached

    def times(self, atom: Atom, heads: bool = False) -> int:
        """How many denials reach `atom`; with `heads`, how many directly."""
        return sum(any(_alike(atom, one) for one in scope) for scope in (self._heads if heads else self._scopes))


def _alike(one: Atom, other: Atom) -> bool:
    """Whether two atoms say the same; in Chinese also where one is cut longer."""
    if equal(one, other):
        return True
    return has_han(one.key) and has_han(other.key) and (one.key in other.key or other.key in one.key)


def _conditions(said: Parsed, window: Window) -> Iterator[Problem]:
    if excepts(said.text) != excepts(window.text):
        yield Problem("exception", said.text)
    if adds_duty(said.text, window.text):
        yield Problem("duty", said.text)
