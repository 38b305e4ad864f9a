"""Makes Chinese texts comparable: one script, the same words for the same characters, one form of numbers.

In: text as `analyse` folds it. Out: simplified text, words, numbers in Arabic figures. Knows nothing about other
languages.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from autogpt.text.scripts import has_han

_STOP_WORDS_TEXT = "的 了 是 在 和 与 及 或 吗 呢 吧 啊 之 也 就 都 而 着 把 被"
STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())

_DIGITS = "零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖"
_UNITS = "十百千万亿廿卅拾佰仟"
#: What a single figure must stand before to be read as a number: 五年, 三次; but not 一般.
_COUNTED = "年月日号天岁次元块角分个倍成折期级周季位张笔项条款人名家份件台部层楼小点时秒寸米里斤克升度"
_NUMERAL = re.compile(
    rf"百分之(?P<percent>[{_DIGITS}{_UNITS}]+(?:点[{_DIGITS}]+)?)"
    rf"|(?P<mixed>\d+(?:\.\d+)?[{_UNITS}]+)"
    rf"|(?P<plain>[{_DIGITS}{_UNITS}]{{2,}}(?:点[{_DIGITS}]+)?|[{_DIGITS}]点[{_DIGITS}]+)"
    rf"|(?P<single>[{_DIGITS}十](?=[{_COUNTED}]))"
)


def simplified(text: str) -> str:
    """`text` in simplified characters and, where it is traditional, in the words used with them (OpenCC: t2s, tw2sp).

    >>> simplified("網路銀行的帳戶"), simplified("网上银行"), simplified("bank")
    ('网络银行的账户', '网上银行', 'bank')
    """
    if not has_han(text):
        return text
    plain = _converted("t2s", text)
    return plain if plain == text.replace("帐", "账") else _converted("tw2sp", text)


def ways_simplified(text: str) -> tuple[str, ...]:
    """What `simplified` may give for `text` when it stands in another: with its own characters first, then with the
    words that are used with simplified ones.

    >>> ways_simplified("網路卡"), ways_simplified("网路卡")
    (('网路卡', '网络卡', '网络卡'), ('网路卡', '网路卡', '网络卡'))
    """
    plain = _converted("t2s", text)
    return plain, _converted("tw2sp", text), _converted("tw2sp", _converted("s2t", plain))


@lru_cache(maxsize=50_000)
def simplified_character(character: str) -> str:
    """One character in simplified form, whatever stands beside it: for comparing texts place by place.

    >>> simplified_character("帳"), simplified_character("a")
    ('账', 'a')
    """
    if not has_han(character):
        return character
    return _converted("t2s", character)


def traditional(text: str) -> str:
    """`text` in traditional characters as Taiwan writes them, for texts that are to read like others in them.

    >>> traditional("请问因为什么")
    '請問因為什麼'
    """
    return _converted("s2tw", text)


def is_word(text: str) -> bool:
    """Whether the dictionary holds `text`, simplified, as a word.

    >>> is_word("账户"), is_word("帐护")
    (True, False)
    """
    return bool(_segmenter().has_word(text))


def frequency(word: str) -> int:
    """How often a word of the dictionary is met, in a scale of its own."""
    return int(_segmenter().suggest_freq(word))


def words(run: str) -> list[str]:
    """Words of a run of simplified Han characters, as for search: long words and the shorter ones in them.

    What the dictionary does not know comes as its characters and as pairs of them, so that the same unknown word gives
    the same terms in whatever company it stands. A statistical guess (rjieba's HMM) would depend on that company.

    >>> words("信用卡年费")
    ['信用', '信用卡', '年', '费', '年费']
    """
    found: list[str] = []
    loose: list[str] = []
    for word in [*_segmenter().cut_for_search(run, False), ""]:
        if len(word) == 1 and word not in STOP_WORDS:
            loose.append(word)
            continue
        found += loose
        found += [first + second for first, second in pairwise(loose)]
        loose = []
        if word and word not in STOP_WORDS:
            found.append(word)
    return found


def placed_words(run: str) -> Iterator[tuple[str, int, int]]:
    """The words of `words(run)` with the half-open range where each stands in `run`, in another order.

    >>> list(placed_words("年费的信用"))
    [('年', 0, 1), ('费', 1, 2), ('年费', 0, 2), ('信用', 3, 5)]
    """
    before = ""
    for word, start, end in _segmenter().tokenize(run, "search", False):
        if word in STOP_WORDS:
            before = ""
            continue
        yield word, start, end
        if before and len(word) == 1:
            yield before + word, start - 1, end
        before = word if len(word) == 1 else ""


def tagged(text: str, guess: bool = False) -> list[tuple[str, str]]:
    """The words of simplified text, each once, with its part of speech as jieba names it; joined they are the text.

    Args:
        guess: find names that no dictionary holds, too; what is found then depends on the words around.

    >>> tagged("张学良在西安")
    [('张学良', 'nr'), ('在', 'p'), ('西安', 'ns')]
    >>> tagged("王小明忘记密码", guess=True)
    [('王小明', 'nr'), ('忘记', 'v'), ('密码', 'n')]
    """
    return [(str(word), str(tag)) for word, tag in _segmenter().tag(text, guess)]


def numbers(text: str) -> Iterator[str]:
    """The numbers that `text`, simplified, says in Chinese numerals, in Arabic figures.

    >>> list(numbers("二〇二四年五月起年费一百二十元，限额5万，利率百分之三点五"))
    ['2024', '5', '120', '50000', '3.5']
    """
    return (value for value, _, _ in placed_numbers(text))


def placed_numbers(text: str) -> Iterator[tuple[str, int, int]]:
    """The same with the half-open range of `text` that says each."""
    for match in _NUMERAL.finditer(text):
        value = _value(match[match.lastgroup or 0])
        if value is not None:
            yield value, match.start(), match.end()


def _value(numeral: str) -> str | None:
    try:
        value = _cn2an()(numeral, "smart")
        return f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    except (
        ValueError,
        KeyError,
        OverflowError,
    ):  # a row of figures that is no number, such as 十十一, or too long a one
        return None


@cache
def _cn2an() -> Any:
    from cn2an import cn2an

    return cn2an


def _converted(how: str, text: str) -> str:
    # OpenCC reads up to the first zero character.
    return str(_converter(how).convert(text.replace("\0", " "))).replace("帐", "账")


@cache
def _converter(name: str) -> Any:
    from opencc import OpenCC

    return OpenCC(name)


@cache
def _segmenter() -> Any:
    import rjieba

    return rjieba.Jieba()
