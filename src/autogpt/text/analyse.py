"""Turns text into the words that keyword search compares.

In: text of an index or of a question. Out: analysed words; both sides must be analysed alike. Knows nothing about
ranking.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_LETTERS = rf"[^\W\d_{_HAN}]+"
_TOKEN = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    r"|(?P<number>\d+(?:[.,]\d+)*)"
    r"|(?P<acronym>(?:[a-z]\.){2,})"
    rf"|(?P<word>{_LETTERS}(?:['’]{_LETTERS})*)"
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
_CHINESE_STOP_WORDS_TEXT = "的 了 是 在 和 与 及 或 吗 呢 吧 啊 嗎 與 之 也 就 都 而 着 著 把 被"
_CHINESE_STOP_WORDS = frozenset(_CHINESE_STOP_WORDS_TEXT.split())


def terms(text: str, language: str = "en") -> list[str]:
    """Analysed words of `text`, in order, repeats included.

    Lower-cased NFKC without accents; English words stemmed (Snowball, Porter 2) and stop words left out; Chinese
    segmented as for search (overlapping words); "1,200.00" and "1200" are one number.

    Args:
        language: "zh" leaves Latin words unstemmed; Chinese inside any other text is segmented all the same.

    >>> terms("What are the fees for 1,200 transfers?")
    ['fee', '1200', 'transfer']
    """
    found: list[str] = []
    for match in _TOKEN.finditer(_folded(text)):
        token, kind = match[0], match.lastgroup
        if kind == "han":
            found.extend(word for word in _segmenter().cut_for_search(token) if word not in _CHINESE_STOP_WORDS)
        elif kind == "number":
            found.append(_number(token))
        elif kind == "acronym":
            found.append(token.replace(".", ""))
        else:
            word = token.replace("’", "'").removesuffix("'s").replace("'", "")
            if word and word not in STOP_WORDS and token not in STOP_WORDS:
                found.append(word if language == "zh" else _stem(word))
    return found


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return unicodedata.normalize("NFKC", "".join(one for one in decomposed if not unicodedata.combining(one)))


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


@cache
def _segmenter() -> Any:
    import rjieba

    return rjieba.Jieba()
