"""A workspace's own terms: which there are, which mean the same, and the words that a text has with them.

In: the text of a glossary, a term a line; then texts. Out: a `Glossary`, or all that is wrong with the lines; then
analysed words: those of `analyse.terms`, and one more for each term that stands in the text. Knows nothing about files
or indexes.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from operator import add

from autogpt.errors import ConfigError
from autogpt.text import chinese
from autogpt.text.analyse import NUMBER, STOP_WORDS, WORD, folded, placed, prepared, prepared_terms, stemmed
from autogpt.text.scripts import has_han

#: Longest term, in code points. Longer lines are sentences, which nobody types again.
MAX_CHARACTERS = 100
#: Problems and notices that are listed; a file of another kind has one in every line.
_LISTED = 20

_WORDS = re.compile(f"{WORD}|{NUMBER}")
#: What stands unseen in lines that were copied from elsewhere.
_UNSEEN = str.maketrans(dict.fromkeys("\0\u200b\ufeff", " "))
_LINE_END = re.compile(r"\r\n?|\n")
_COMMENT = re.compile(r"(?:^|\s)#.*")
#: Between names that mean the same; a comma within a number is none.
_BETWEEN = re.compile(r"(?<!\d),|,(?!\d)|、")
#: What does not count in comparing: "网银 U盾" is "网银U盾", and "Pay-Later" is "Pay Later".
_PASSED = r"\s_·\-\u00ad\u2010-\u2015\u200b-\u200d\u2060\ufeff"
_LONG_UNIT = rf"\n[{_PASSED}]*\n|{WORD}|{NUMBER}"
#: What terms are compared by: ends of paragraphs, words and numbers whole, and single characters.
_UNIT = re.compile(rf"{_LONG_UNIT}|[^{_PASSED}]")
#: What is written otherwise to compare it character by character: long units as one character, the rest not at all. It
#: goes over what is passed one by one, as `_UNIT` does: each character written must be one unit.
_REWRITTEN = re.compile(rf"{_LONG_UNIT}|[{_PASSED}]")
#: First of the characters that stand for words: no text holds them.
_FIRST_CODE = 0x40000
#: Words that no term consists of.
_EVERYWHERE = STOP_WORDS | chinese.STOP_WORDS


@dataclass(frozen=True)
class Glossary:
    """Terms that stay whole in the search, and the names that mean the same.

    Two of them are alike when they say the same, however their files are written.

    Attributes:
        names: each term with the other names that it goes by, all folded; none where only the term is to stay whole.
        notices: what was passed over in reading it.
    """

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notices: tuple[str, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return bool(self.names)

    def __str__(self) -> str:
        """It as `parse` reads it: sorted, without comments and repeats. No space stands before a name, which would make
        a comment of "#1", and "、" parts figures, too."""
        return "".join(
            f"{term}={'、'.join(others)}\n" if others else f"{term}\n" for term, others in sorted(self.names.items())
        )

    @cached_property
    def hash(self) -> str:
        """32 hexadecimal characters that tell what it says; empty for one without terms."""
        return sha256(str(self).encode()).hexdigest()[:32] if self else ""

    def terms(self, text: str) -> list[str]:
        """The analysed words of `text`: those of its terms, then those of `analyse.terms`.

        >>> parse("网银U盾 = 电子密钥").terms("電子密鑰")
        ['网银u盾', '电子', '密钥']
        """
        simple = prepared(text)
        found = prepared_terms(simple)
        return [*(word for word, _, _ in self.added(simple, found)), *found]

    def added(self, simple: str, held: Collection[str]) -> Iterator[tuple[str, int, int]]:
        """What a text has more than the words `held` by its terms, each with its range in the `prepared` text: a word
        for the term, and words in it that the dictionary cut otherwise than in the term alone.
        """
        held = frozenset(held)
        for words, start, end in self._found(simple) if self else ():
            inner = _inner(simple[start:end])
            known = {word for word, _, _ in inner}
            yield from ((word, start, end) for word in words if word not in known)
            yield from ((word, start + first, start + last) for word, first, last in inner if word not in held)

    def _found(self, simple: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
        """The words for the terms in `prepared` text, with their ranges: from left to right the longest, and those
        within it that stand for something else.
        """
        words_of, lengths, codes = self._compiled
        line = _rewritten(simple, codes)
        border, told, places = 0, set[str](), list[tuple[int, int]]()
        pairs = map(add, line, f"{line[1:]}\n")
        for at in [at for at, pair in enumerate(pairs) if pair in lengths or pair[0] in lengths]:
            for length in lengths.get(line[at : at + 2], ()) + lengths.get(line[at], ()):
                end = at + length
                words = words_of.get(line[at:end])
                if words is None or end > len(line) or at < border < end:
                    continue
                if at >= border:
                    border, told = end, set()
                fresh = tuple(word for word in words if word not in told)
                told.update(fresh)
                places = places or [unit.span() for unit in _UNIT.finditer(simple)]
                yield fresh, places[at][0], places[end - 1][1]

    @cached_property
    def _compiled(self) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[int, ...]], dict[str, str]]:
        """What is looked for: every name, rewritten → the words it stands for; its first two characters → lengths to
        try, longest first; and word → the character it is rewritten as.
        """
        words_of: dict[str, tuple[str, ...]] = {}
        sizes: dict[str, set[int]] = {}
        codes: dict[str, str] = {}
        known = list(dict.fromkeys(name for term, others in self.names.items() for name in (term, *others)))
        forms = dict(zip(known, _forms(known), strict=True))
        for term, others in self.names.items():
            word = _as_word(forms[term][0])
            for form in dict.fromkeys(form for name in (term, *others) for form in forms[name]):
                for unit in _UNIT.findall(form):
                    if len(unit) > 1:
                        codes.setdefault(stemmed(unit), chr(_FIRST_CODE + len(codes)))
                key = _rewritten(form, codes)
                if word not in words_of.get(key, ()):
                    words_of[key] = (*words_of.get(key, ()), word)
                sizes.setdefault(key[:2], set()).add(len(key))
        return words_of, {start: tuple(sorted(lengths, reverse=True)) for start, lengths in sizes.items()}, codes


#: That of a workspace without one.
NO_GLOSSARY = Glossary()


def parse(text: str, where: str = "The glossary") -> Glossary:
    """The glossary that `text` says: a term a line, or `term = other name, another`; "#" begins a comment.

    Raises ConfigError with every line that cannot be read.

    >>> parse("# cards\\nGold Card\\n大額存單＝大额CD，存单\\n").names
    {'gold card': (), '大額存單': ('大额cd', '存单')}
    """
    names: dict[str, dict[str, None]] = {}
    problems: list[str] = []
    notices: list[str] = []
    for number, line in enumerate(_LINE_END.split(folded(text.translate(_UNSEEN))), 1):
        told = " ".join((_COMMENT.sub("", line) if "#" in line else line).split())
        if not told:
            continue
        term, *sides = map(str.strip, told.split("="))
        others = [name.strip() for side in sides for name in _BETWEEN.split(side)]
        if problem := _problem(term, sides, others):
            problems.append(f"line {number}: {problem}")
            continue
        idle = [name for name in (term, *others) if all(unit[0] in _EVERYWHERE for unit in _UNIT.finditer(name))]
        if idle:
            notices.append(f"line {number}: '{idle[0]}' is passed over: every text holds that word")
        if term not in idle:
            names.setdefault(term, {}).update(dict.fromkeys(name for name in others if name not in (*idle, term)))
    if problems:
        raise ConfigError(where, _shortened(problems))
    return Glossary({term: tuple(sorted(others)) for term, others in names.items()}, tuple(_shortened(notices)))


def _problem(term: str, sides: list[str], others: list[str]) -> str:
    """What is wrong with a line, or nothing."""
    if len(sides) > 1:
        return "expected one '=', with commas between the names after it"
    if _BETWEEN.search(term):
        return f"expected one term, got '{term}'; names that mean the same are written: term = other name, another"
    return next(filter(None, map(_problem_of_name, (term, *others))), "")


def _problem_of_name(name: str) -> str:
    if not name:
        return "expected a term on both sides of '=', and between commas"
    if len(name) > MAX_CHARACTERS:
        return f"expected at most {MAX_CHARACTERS} characters, got {len(name)}"
    return "" if any(map(str.isalnum, name)) else f"expected a term with a letter or figure, got '{name}'"


def _shortened(lines: list[str]) -> list[str]:
    left = len(lines) - _LISTED
    return [*lines[:_LISTED], f"and {left:,} more"] if left > 0 else lines


def _forms(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """How texts may hold each folded name once they are `prepared`, with its own characters first."""
    joined = "\n".join(names)
    ways = chinese.ways_simplified(joined) if has_han(joined) else (joined,)
    yield from zip(*(way.split("\n") for way in ways), strict=True)


def _rewritten(simple: str, codes: Mapping[str, str]) -> str:
    """`prepared` text with one character for each unit."""

    def code(match: re.Match[str]) -> str:
        unit = match[0]
        if unit[0].isalnum():
            return unit if len(unit) == 1 else codes.get(stemmed(unit), "\0")
        return "\n" if unit.count("\n") > 1 else ""

    return _REWRITTEN.sub(code, simple)


def _as_word(name: str) -> str:
    """The analysed word for a term; no other word of a text is like it, unless that is the term."""
    units = [stemmed(unit) if len(unit) > 1 else unit for unit in _UNIT.findall(name)]
    return "".join(
        ("_" if at and all(map(_WORDS.fullmatch, units[at - 1 : at + 1])) else "") + unit
        for at, unit in enumerate(units)
    )


@lru_cache(maxsize=10_000)
def _inner(piece: str) -> tuple[tuple[str, int, int], ...]:
    return tuple(placed(piece))
