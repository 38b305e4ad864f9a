"""Turns text into the words that keyword search compares.

In: text of an index or of a question. Out: analysed words; both sides must be analysed alike. Knows nothing about
ranking.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from autogpt.text import chinese
from autogpt.text.scripts import HAN, has_han

_LETTERS = rf"[^\W\d_{HAN}]+"
#: A word of folded text that is written in letters, and a number.
WORD = rf"{_LETTERS}(?:['’]{_LETTERS})*"
NUMBER = r"\d+(?:[.,]\d+)*"
#: What of folded text is a word, a number, a date or a run of Han characters, by the name of the group.
TOKEN = re.compile(
    rf"(?P<han>[{HAN}]+)"
    r"|(?P<date>(?<!\d)(?<!\d[-/.])\d{4}(?P<sign>[-/.])\d{1,2}(?P=sign)\d{1,2}(?!(?P=sign)?\d))"
    r"|(?P<padded>0\d(?=[年月日号时点分]))"
    rf"|(?P<number>{NUMBER})"
    r"|(?P<acronym>(?:[a-z]\.){2,})"
    rf"|(?P<word>{WORD})"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")

#: English words without content. Negations, question words that carry meaning ("when") and "us" stay out of it.
_STOP_WORDS_TEXT = (
    "a an and are as at be been being but by can could did do does doing for from had has have having he her hers him "
    "his i if in into is it its itself just me my of on or our ours she should so some such than that the their "
    "theirs them then there these they this those to too was we were what which who whom whose will with would you "
    "your yours am about also may might must shall"
)
STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())


def terms(text: str) -> list[str]:
    """Analysed words of `text`, in order, repeats included.

    Lower-cased NFKC without accents; English words stemmed (Snowball, Porter 2) and stop words left out; Chinese
    simplified and cut into overlapping words, its numerals also given in figures (`text.chinese`); "1,200.00" and
    "1200" are one number, a date is its year, month and day.

    >>> terms("What are the fees for 1,200 transfers?")
    ['fee', '1200', 'transfer']
    >>> terms("年費，一百二十元")
    ['年', '费', '年费', '一百', '百二', '二十', '十元', '一百二', '二十元', '一百二十元', '120']
    """
    return prepared_terms(prepared(text))


def prepared(text: str) -> str:
    """`text` folded and simplified: what is cut into words."""
    return chinese.simplified(folded(text))


def prepared_terms(simple: str) -> list[str]:
    """The words of `terms` for text that is `prepared`."""
    found: list[str] = []
    for match in TOKEN.finditer(simple):
        found.extend(chinese.words(match[0]) if match.lastgroup == "han" else token_terms(match))
    if has_han(simple):
        found.extend(chinese.numbers(simple))
    return found


def placed(simple: str) -> Iterator[tuple[str, int, int]]:
    """The words of `prepared_terms`, each with its half-open range; those of Chinese in another order."""
    for match in TOKEN.finditer(simple):
        at, end = match.span()
        if match.lastgroup == "han":
            for word, first, last in chinese.placed_words(match[0]):
                yield word, at + first, at + last
        else:
            for word in token_terms(match):
                yield word, at, end
    if has_han(simple):
        yield from chinese.placed_numbers(simple)


def folded(text: str) -> str:
    """`text` in lower case, in compatible forms (NFKC), without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    # Lower-cased twice: "™", "℃" and "№" have no small form, and are written with capitals in their compatible one.
    plain = "".join(one for one in decomposed if not unicodedata.combining(one)).lower()
    return unicodedata.normalize("NFKC", plain)


def token_terms(match: re.Match[str]) -> Sequence[str]:
    """The words that a match of `TOKEN` stands for, unless it is a run of Han characters."""
    token, kind = match[0], match.lastgroup
    if kind == "word":
        word = _bare(token)
        if not word or word in STOP_WORDS or token in STOP_WORDS:
            return ()
        return (_stem(word),)
    if kind == "number":
        return (_number(token),)
    if kind == "date":
        return [part.lstrip("0") or "0" for part in token.split(match["sign"])]
    if kind == "padded":
        return (token.lstrip("0") or "0",)
    return (token.replace(".", ""),)


def stemmed(word: str) -> str:
    """A folded word, or what else is no Han character, as it is compared: an English one without its ending."""
    return _stem(_bare(word))


def _bare(token: str) -> str:
    return token.replace("’", "'").removesuffix("'s").replace("'", "")


def _number(token: str) -> str:
    if _THOUSANDS.fullmatch(token):
        token = token.replace(",", "")
    if token.count(".") == 1 and "," not in token:
        token = token.rstrip("0").rstrip(".")
    return token


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")
