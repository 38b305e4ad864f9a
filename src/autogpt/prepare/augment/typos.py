"""Puts typing errors into a question, as people make them at a keyboard.

In: a question. Out: the question with one or two errors: in English a neighbouring key, two letters swapped, one left
out or doubled; in Chinese a character that sounds the same (what an input method offers) or looks alike. The error
never makes another word, the first letter stays, and short words, names and numbers are left alone: the question can
still be understood. Belinkov and Bisk 2018 ("Synthetic and natural noise both break neural machine translation") show
what such noise does to models that never saw it.
"""

import random
import re
from collections.abc import Callable, Iterator
from functools import cache

from autogpt.prepare.augment.base import Question, QuestionAugmenter
from autogpt.prepare.augment.edits import Edit, Edited
from autogpt.prepare.augment.homophones import ALIKE, homophones
from autogpt.records import Span
from autogpt.text.chinese import is_word, tagged
from autogpt.text.scripts import HAN

#: Questions of so many words, and of so many Chinese characters, get a second error now and then.
_LONG, _LONG_CHINESE = 9, 18
_WORD = re.compile(r"(?<![\w'’-])[A-Za-z][a-z]{4,}(?![\w'’-])")
_ASKING_TEXT = "which where whose would could should there their these those about"
_ASKING = frozenset(_ASKING_TEXT.split())
#: Words that are one error away from another word.
_CONFUSED_TEXT = (
    "quite trail trial angel angle diary dairy desert dessert though through thought breath breathe loose lose form "
    "from change charge rate date accept except affect effect stationary stationery planning planing being begin begun "
    "began county country causal casual untied united sever server serve silver sliver marital martial sacred scared "
    "latter later letter better bitter butter"
)
_CONFUSED = frozenset(_CONFUSED_TEXT.split())
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_HAN_WORD = re.compile(f"[{HAN}]{{2,4}}")
_CHINESE_ASKING = re.compile(r"什么|多少|怎么.*|如何|.*何.*|为什么|哪.*|请问|是否|可以|没有|我们|你们|他们|这.|那.")


class Typos(QuestionAugmenter):
    kind = "typos"

    def rewritten(self, question: Question, rng: random.Random) -> Iterator[str]:
        chinese = question.language == "zh"
        places = _chinese_words(question) if chinese else _english_words(question)
        wrong = _wrong_chinese if chinese else _wrong_english
        long = len(question.text) > _LONG_CHINESE if chinese else len(question.text.split()) > _LONG
        while places:
            chosen = rng.sample(places, 2 if long and len(places) > 1 and rng.random() < 0.4 else 1)
            edits = [edit for span in chosen if (edit := wrong(question, span, rng)) is not None]
            yield Edited(question.text, edits).text


def _english_words(question: Question) -> list[Span]:
    return [
        Span(*match.span())
        for match in _WORD.finditer(question.text)
        if question.free(*match.span()) and match.group().lower() not in _ASKING
    ]


def _wrong_english(question: Question, span: Span, rng: random.Random) -> Edit | None:
    word = span.of(question.text)
    ways: list[Callable[[str, int, random.Random], str]] = [_neighbour, _swapped, _dropped, _doubled]
    wrong = rng.choice(ways)(word, rng.randrange(1, len(word)), rng)
    low = wrong.lower()
    if low == word.lower() or low in question.vocabulary or low in _CONFUSED:
        return None
    return Edit(span, wrong)


def _neighbour(word: str, at: int, rng: random.Random) -> str:
    return word[:at] + rng.choice(_neighbours()[word[at]]) + word[at + 1 :]


def _swapped(word: str, at: int, rng: random.Random) -> str:
    at = min(at, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _dropped(word: str, at: int, rng: random.Random) -> str:
    at = min(at, len(word) - 2)  # without its last letter it is often another word: cards, card
    return word[:at] + word[at + 1 :]


def _doubled(word: str, at: int, rng: random.Random) -> str:
    return word[: at + 1] + word[at] + word[at + 1 :]


@cache
def _neighbours() -> dict[str, str]:
    """Letter → the letters beside it on a QWERTY keyboard."""
    places = {letter: (row, at + row / 3) for row, letters in enumerate(_ROWS) for at, letter in enumerate(letters)}
    return {
        letter: "".join(
            other
            for other, (row, at) in places.items()
            if other != letter and abs(row - places[letter][0]) <= 1 and abs(at - places[letter][1]) <= 1
        )
        for letter in places
    }


def _chinese_words(question: Question) -> list[Span]:
    found = []
    at = 0
    for word, _tag in tagged(question.simple, guess=True):
        span = Span(at, at + len(word))
        at += len(word)
        known = _HAN_WORD.fullmatch(word) and is_word(word) and not _CHINESE_ASKING.fullmatch(word)
        if known and question.free(span.start, span.end):
            found.append(span)
    return found


def _wrong_chinese(question: Question, span: Span, rng: random.Random) -> Edit | None:
    word = span.of(question.simple)
    at = rng.randrange(len(word))
    alike = ALIKE.get(word[at], "")
    offered = homophones(word, at)
    pool = alike if alike and (not offered or rng.random() < 0.3) else offered
    if not pool:
        return None
    wrong = rng.choice(pool)
    if is_word(word[:at] + wrong + word[at + 1 :]) or word[:at] + wrong + word[at + 1 :] in question.simple:
        return None
    place = Span(span.start + at, span.start + at + 1)
    return Edit(place, question.as_written(wrong))
