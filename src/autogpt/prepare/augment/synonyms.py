"""Puts other words of the same meaning into a question: of a list of ours, and of the workspace's glossary.

In: a question. Out: the question with one or two of its words replaced. Chinese words are replaced where they stand as
words, so that none is taken out of a longer one. Why the list is ours is said in `prepare.augment`.
"""

import random
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from autogpt.prepare.augment.base import Question, QuestionAugmenter, Resources
from autogpt.prepare.augment.edits import Edit, Edited
from autogpt.records import Span
from autogpt.text.chinese import tagged
from autogpt.text.glossary import Glossary
from autogpt.text.scripts import HAN, has_han

#: Most words replaced in one question.
_MOST = 2
_VOWEL = re.compile(r"(?!uni|use|eu|one)[aeiou]|hour|honest|ATM")
_ARTICLE = re.compile(r"\b(?P<article>an?)\s+$", re.IGNORECASE)

#: After these a verb has two characters: 进行更换, not 进行换.
_TWO_CHARACTERS = frozenset({"进行", "停止", "予以", "加以", "给予", "开始", "的", "被"})

Table = Mapping[str, tuple[str, ...]]


class Synonyms(QuestionAugmenter):
    kind = "synonyms"
    keeps_names = False

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self._own = _names(resources.glossary)

    def rewritten(self, question: Question, rng: random.Random) -> Iterator[str]:
        places = list(self._places(question))
        choices = [Edit(span, other) for span, others in places for other in others]
        rng.shuffle(choices)
        for first in choices:
            edits = [first]
            rest = [edit for edit in choices if not edit.span.overlaps(first.span)]
            if rest and rng.random() < 0.5:
                edits += rng.sample(rest, 1)[: _MOST - 1]
            yield Edited(question.text, edits).text

    def _places(self, question: Question) -> Iterator[tuple[Span, list[str]]]:
        """Ranges of the question that may be replaced, with what may stand there."""
        taken: list[Span] = []
        found = [
            *_terms(question, self._own),
            *(_chinese(question) if question.language == "zh" else _english(question)),
        ]
        for span, others in found:
            if any(span.overlaps(other) for other in taken):
                continue
            fitting = [one for one in others if _fits(question, span, one)]
            if fitting:
                taken.append(span)
                yield span, fitting


def _terms(question: Question, names: Table) -> Iterator[tuple[Span, list[str]]]:
    """Terms of the glossary in the question, the longest first, which may be replaced even where they are names."""
    low = question.simple.casefold()
    if len(low) != len(question.text):
        return
    for name in sorted(names, key=len, reverse=True):
        border = "" if has_han(name) else r"\b"
        for match in re.finditer(border + re.escape(name) + border, low):
            yield Span(*match.span()), [question.as_written(other) for other in names[name]]


def _english(question: Question) -> Iterator[tuple[Span, list[str]]]:
    table, pattern = _list("en")
    for match in pattern.finditer(question.text):
        if question.free(*match.span()):
            yield Span(*match.span()), [_cased(one, match.group()) for one in table[match.group().lower()]]


def _chinese(question: Question) -> Iterator[tuple[Span, list[str]]]:
    table, _ = _list("zh")
    at = 0
    words = [word for word, _ in tagged(question.simple, guess=True)]
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        if word in table and question.free(at, at + len(word)):
            short = before not in _TWO_CHARACTERS and after not in ("的", "了")
            others = [one for one in table[word] if short or len(one) > 1]
            yield Span(at, at + len(word)), [question.as_written(one) for one in others]
        at += len(word)


def _fits(question: Question, span: Span, other: str) -> bool:
    """Whether `other` may stand in place of `span`: it is not said already, and an article before it stays right."""
    around = f"{question.text[: span.start]}\n{question.text[span.end :]}"
    if other.casefold() in around.casefold():
        return False
    article = _ARTICLE.search(question.text[: span.start])
    if article is None:
        return True
    return (article["article"].lower() == "an") == bool(_VOWEL.match(other)) and not other.startswith(("a ", "an "))


def _cased(word: str, like: str) -> str:
    return word[0].upper() + word[1:] if like[0].isupper() else word


def _names(glossary: Glossary) -> Table:
    """Every name in the glossary → the others of the same thing; a name of two things has none."""
    found: dict[str, tuple[str, ...]] = {}
    twice: set[str] = set()
    for term, others in glossary.names.items():
        names = (term, *others)
        for name in names:
            if name in found:
                twice.add(name)
            found[name] = tuple(other for other in names if other != name)
    return {name: others for name, others in found.items() if others and name not in twice}


@cache
def _list(language: str) -> tuple[Table, re.Pattern[str]]:
    """The list of a language, and a pattern that finds its words, the longest first."""
    text = files("autogpt.prepare.augment").joinpath("words", f"synonyms-{language}.txt").read_text(encoding="utf-8")
    table: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        words, _, others = line.partition(":")
        for other in others.split(","):
            for word, form in zip(words.split("/"), other.split("/"), strict=True):
                table.setdefault(word.strip(), []).append(form.strip())
    longest = sorted(table, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w'’-])(?:{'|'.join(map(re.escape, longest))})(?![\w'’{HAN}-])", re.IGNORECASE)
    return {word: tuple(dict.fromkeys(forms)) for word, forms in table.items()}, pattern
