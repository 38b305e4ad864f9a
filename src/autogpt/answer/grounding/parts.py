"""Takes a sentence apart into what its evidence must hold: words, names, quantities, and what is denied.

In: a sentence, English or Chinese. Out: a `Parsed` one. Knows nothing about evidence.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from autogpt.answer.grounding.polarity import HAN_NEGATIONS, han_negation, latin_negation
from autogpt.answer.grounding.wording import HAN_STOP, is_stop, key
from autogpt.text import chinese
from autogpt.text.analyse import folded
from autogpt.text.quantities import Quantity, covered, quantities
from autogpt.text.scripts import HAN

_TOKEN = re.compile(
    rf"(?P<han>[{HAN}]+)|(?P<code>[A-Za-z]+-?\d[A-Za-z0-9-]*|\d[A-Za-z0-9]*(?:[.-][A-Za-z0-9]+)*)"
    rf"|(?P<word>[^\W\d_{HAN}]+(?:['’][^\W\d_{HAN}]+)*)|(?P<end>[,;:()，；：、（）。—]|\s[-–]\s)"
)
_QUOTED_HAN = re.compile(r"[《「『“]([^》」』”]{2,30})[》」』”]")
_HAN_NAME_TAGS = frozenset({"nr", "ns", "nt", "nz", "nrt", "nrfg"})
_JOINED = re.compile(r"(?:\.? |-| ?& ?)")
#: Words that point back to something named before, where a sentence or a part of it begins.
_ANAPHOR = re.compile(
    r"(?:^|[,;:(] ?)(?:\w+ ){0,2}(?:it|its|they|their|them|he|his|him|she|her|hers|this|these|those|such|we|our|the "
    r"(?:company|group|former|latter|team|city|school|service|site|state|policy))\b"
    r"|(?:^|[,;] ?)[^,;]{0,2}(?:[它其该此他她]|本[公行校院片剧作]|这[个一些项种])",
    re.IGNORECASE,
)

AtomKind = Literal["word", "name", "quantity"]


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing that a sentence says.

    Attributes:
        key: what it is compared by; of a quantity, its characters.
        start, end: place in the cleaned sentence.
        clause: number of the part between commas and the like, from 0.
        mention: words of one name share it; -1 for others.
        quantity: for a quantity.
        opens: a word with a capital because the sentence begins there; it may be a name.
    """

    kind: AtomKind
    key: str
    start: int
    end: int
    clause: int
    mention: int = -1
    quantity: Quantity | None = None
    opens: bool = False
    surface: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A sentence: its atoms in order and, for each denial, the place of the first atom after it."""

    text: str
    atoms: tuple[Atom, ...]
    negations: tuple[int, ...]

    @property
    def points_back(self) -> bool:
        """Whether it speaks of something by a pronoun."""
        return _ANAPHOR.search(self.text) is not None


def parse(sentence: str) -> Parsed:
    """The parts of one sentence.

    >>> [(one.kind, one.key) for one in parse("The Gold card does not cost 45 euros.").atoms]
    [('name', 'gold'), ('word', 'card'), ('word', 'cost'), ('quantity', '45 euros')]
    """
    text = cleaned(sentence)
    found = quantities(text)
    builder = _Builder(text, found)
    for match in _TOKEN.finditer(text):
        builder.take(match)
    return builder.parsed()


def cleaned(text: str) -> str:
    """`text` in compatible forms (NFKC) and simplified characters, on one line; capitals stay."""
    return chinese.simplified(" ".join(unicodedata.normalize("NFKC", text).split()))


class _Builder:
    def __init__(self, text: str, found: list[Quantity]) -> None:
        self._text, self._quantities = text, found
        self._waiting = list(found)
        self._atoms: list[Atom] = []
        self._negations: list[int] = []
        self._clause = 0
        self._mention = -1
        self._last_name_end = -1
        self._words = 0
        self._titles = [match.span(1) for match in _QUOTED_HAN.finditer(text)]
        self._loose: list[tuple[str, int]] = []

    def take(self, match: re.Match[str]) -> None:
        start, end = match.span()
        self._quantities_until(start if match.lastgroup == "han" else end)
        if match.lastgroup == "end":
            self._clause += 1
        elif match.lastgroup == "han":
            self._han(match[0], start)
        elif not covered(self._quantities, start, end):
            self._latin(match)

    def parsed(self) -> Parsed:
        self._quantities_until(len(self._text) + 1)
        return Parsed(self._text, tuple(self._atoms), tuple(self._negations))

    def _quantities_until(self, start: int) -> None:
        while self._waiting and self._waiting[0].start < start:
            self._flush()
            one = self._waiting.pop(0)
            shown = self._text[one.start : one.end].strip()
            self._atoms.append(Atom("quantity", shown, one.start, one.end, self._clause, quantity=one))

    def _latin(self, match: re.Match[str]) -> None:
        word, (start, end) = match[0], match.span()
        first, self._words = self._words == 0, self._words + 1
        if latin_negation(self._text, start, end):
            self._negations.append(len(self._atoms))
            return
        plain = folded(word).replace("’", "'")
        named = match.lastgroup == "code" or (word[0].isupper() and word not in ("I", "A"))
        if is_stop(plain) and not (named and not first and len(word) > 3 and word.isupper()):
            return
        shouted = len(word) > 1 and (word[1:] != word[1:].lower())
        followed = named and self._followed_by_capital(end)
        name = named and (not first or shouted or followed or match.lastgroup == "code")
        if name:
            joined = self._last_name_end >= 0 and _JOINED.fullmatch(self._text, self._last_name_end, start)
            self._mention += 0 if joined else 1
            self._last_name_end = end
        kind: AtomKind = "name" if name else "word"
        mention = self._mention if name else -1
        opens = named and first and not name
        self._atoms.append(Atom(kind, key(word), start, end, self._clause, mention, opens=opens, surface=plain))

    def _followed_by_capital(self, end: int) -> bool:
        following = re.compile(r"(?:\.? |-)([^\W\d_])").match(self._text, end)
        return following is not None and following[1].isupper()

    def _han(self, run: str, start: int) -> None:
        at = start
        for word, tag in chinese.tagged(run):
            self._quantities_until(at + len(word))
            self._han_word(word, tag, at)
            at += len(word)
        self._flush()

    def _han_word(self, word: str, tag: str, at: int) -> None:
        end = at + len(word)
        if covered(self._quantities, at, end):
            self._flush()
            return
        quoted = any(low <= at and end <= high for low, high in self._titles)
        denied = "" if quoted else han_negation(word)
        if denied:
            self._flush()
            self._negations.append(len(self._atoms))
            word, at = word.removeprefix(denied), at + len(denied)
            if not word or word in HAN_STOP:
                return
        if word in HAN_STOP:
            self._flush()
        elif len(word) == 1 and word not in HAN_NEGATIONS:
            self._loose.append((word, at))
        else:
            self._flush()
            self._add_han(word, at, name=quoted or tag in _HAN_NAME_TAGS)

    def _flush(self) -> None:
        """What stands in single characters is one word: the dictionary does not know it."""
        if self._loose:
            word, at = "".join(one for one, _ in self._loose), self._loose[0][1]
            self._loose = []
            self._add_han(word, at, name=any(low <= at < high for low, high in self._titles))

    def _add_han(self, word: str, at: int, name: bool) -> None:
        self._mention += name
        mention = self._mention if name else -1
        kind: AtomKind = "name" if name else "word"
        self._atoms.append(Atom(kind, word, at, at + len(word), self._clause, mention, surface=word))


def scopes(parsed: Parsed, width: int) -> Iterator[tuple[Atom, ...]]:
    """For each denial the atoms that it denies: up to `width` after it in its clause, else the two before it."""
    for first in parsed.negations:
        after = parsed.atoms[first : first + width]
        same = tuple(one for one in after if after and one.clause == after[0].clause)
        yield same or parsed.atoms[max(0, first - 2) : first]


def equal(one: Atom, other: Atom) -> bool:
    """Whether two atoms say the same, units apart."""
    if one.quantity is not None and other.quantity is not None:
        return one.quantity.equals(other.quantity)
    return one.key == other.key
