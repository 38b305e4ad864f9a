"""Other amounts of money, years and figures for those in the texts of one example.

In: texts that belong together. Out: for each the replacements, by one rule for all. Nothing is replaced where a text
holds amounts or years in a form that would stay as it is. Knows nothing about answers.
"""

import random
import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from autogpt.prepare.augment.edits import Edit
from autogpt.records import Span

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_BEFORE = r"(?:US\$|HK\$|A\$|C\$|[$€£¥￥]|\b(?:USD|EUR|GBP|RMB|CNY|HKD|JPY)\b)"
_SCALED = r"(?:hundred|thousand|million|billion|trillion|[mb]n)"
_AFTER = (
    rf"(?:{_SCALED}\s+)?(?:US\s+|Hong Kong\s+)?"
    r"(?:dollars?|euros?|pounds?|yuan|renminbi|cents?|USD|EUR|GBP|RMB|CNY|HKD)\b"
    r"|[百千万亿萬億]{0,2}余?(?:元|块钱|块|美元|美金|欧元|歐元|港元|港币|日元|日圆|英镑|人民币)"
)
_AMOUNT = re.compile(
    rf"(?<![\w.,]){_BEFORE}\s?(?P<before>{_NUMBER})(?![\d.,]*\d)|(?<![\w.,/-])(?P<after>{_NUMBER})(?=\s?-?(?:{_AFTER}))"
)
#: Amounts that stay as they are, which the others would no longer agree with: in words, or a range's first half.
_LOOSE_AMOUNT = re.compile(
    r"\b(?:a|one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|hundred|thousand|million|billion)"
    r"\s+(?:US\s+)?(?:dollars?|euros?|pounds?|yuan|cents?)\b"
    r"|[一二两三四五六七八九十百千万亿零几]+多?(?:元|块|美元|欧元|港元|日元|英镑)"
    rf"|(?:{_NUMBER})\s?(?:and|or|to|-|–|—|/|至|到|~|～|、|或)\s?(?=(?:{_NUMBER})\s?(?:{_AFTER}))"
    rf"|{_BEFORE}\s?(?:{_NUMBER})\s?(?:and|or|to|-|–|—|/|至|到|~|～)\s?\d",
    re.IGNORECASE,
)
_FACTORS = (2, 3, 4, 6, 7, 8)

_YEAR = r"1\d{3}|2[01]\d{2}"
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_BEFORE_YEAR = "since|by|until|from|during|of|between|and|to|after|before|around|about|year|late|early|mid"
_YEARS = re.compile(
    rf"(?<=\b[Ii]n )(?P<in>{_YEAR})\b(?![\w:,.-]*\d)"
    rf"|\b(?:{_BEFORE_YEAR})\s(?P<other>{_YEAR})\b(?![,.]\d|\s?[%$€£]|\s[a-z]+s\b)"
    rf"|\b(?:{_MONTH})(?: \d{{1,2}}(?:st|nd|rd|th)?,)?\s(?P<month>{_YEAR})\b"
    rf"|(?<![\w.,-])(?P<bracket>(?<=\(){_YEAR}(?=[)–-]))|(?<=[–-])(?P<end>{_YEAR})(?=\))"
    rf"|(?<!\d)(?P<zh>{_YEAR})(?=年(?![代级]))"
)
_ANY_YEAR = re.compile(rf"(?<![\d.,])(?:{_YEAR})(?![\d]|[.,]\d)")
#: What years depend on and would not follow them.
_LOOSE_YEAR = re.compile(
    r"\b\d{4}s\b|\d0'?s\b|\bcentur|世纪|世紀|年代|[一二〇零○]{2}[一二三四五六七八九〇零○]{2}年|\b\d{4}[-–/]\d{2}\b"
    r"|'\d{2}\b|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|星期|周[一二三四五六日]"
    r"|\b(?:29|29th)(?: of)? February|February 29|2月29日|Q[1-4]"
    # years counted by an era beside those counted from Christ
    r"|(?:\d{1,2}|[元一二三四五六七八九十]+)年[（(]\d|年[（(][^（()）\d]{2,4}(?:\d{1,2}|[元一二三四五六七八九十]+)年"
)

_FIGURES = re.compile(
    r"(?<![\w.,/#:$€£¥￥+–-])(?P<figure>\d{1,3}(?:,\d{3})+|\d{3,9})"
    r"(?!\d|[\w/:+–-]|[.,]\d|\s?(?:%|‰|per ?cent\b)|\s?(?:BCE?|CE|AD|BP)\b|[年月日号號％级路])"
)
#: Small figures that belong to large ones and would stay as they are: a range, the same in another unit.
_LOOSE_FIGURE = re.compile(
    r"(?<![\d.,])\d{1,2}(?:\.\d+)?\s?(?:to|and|or|-|–|—|至|到|~|～)\s?\d{3}"
    r"|\d{3}[^()\d]{1,12}\((?:about |approximately |~)?\d{1,2}(?:\.\d+)?[ a-z]"
)
_CONSTANT = {"360", "365", "366", "911", "999", "110", "119", "120", "100", "1,000,000", "000"}
_LONGEST_SCALED = 4
Rule = Callable[[str], str]


def amounts(texts: Sequence[str], language: str, rng: random.Random) -> list[list[Edit]]:
    """All amounts of money multiplied by one number."""
    if any(_LOOSE_AMOUNT.search(text) for text in texts):
        return [[] for _ in texts]
    factor = rng.choice(_FACTORS)
    return [_edits(_AMOUNT, text, lambda told: _multiplied(told, factor)) for text in texts]


def years(texts: Sequence[str], language: str, rng: random.Random) -> list[list[Edit]]:
    """All years moved by as many; none where one of them cannot be told from another number."""
    told = {match.group(match.lastgroup or 0) for text in texts for match in _YEARS.finditer(text)}
    loose = {match.group() for text in texts for match in _ANY_YEAR.finditer(text)} - told
    if loose or any(_LOOSE_YEAR.search(text) for text in texts):
        return [[] for _ in texts]
    by = rng.choice([years for years in range(-9, 10) if years])
    rule = {year: str(int(year) + by) for year in told}
    return [_edits(_ANY_YEAR, text, lambda year: rule[year]) if told else [] for text in texts]


def figures(texts: Sequence[str], language: str, rng: random.Random) -> list[list[Edit]]:
    """Numbers of three figures and more multiplied by one number; long ones, which are no quantities, drawn anew."""
    if any(_LOOSE_FIGURE.search(text) for text in texts):
        return [[] for _ in texts]
    factor = rng.choice(_FACTORS)
    drawn: dict[str, str] = {}

    def other(told: str) -> str:
        if told in _CONSTANT or (told.isdigit() and 1000 <= int(told) < 2200):
            return told
        if len(told) > _LONGEST_SCALED and told.isdigit():
            return drawn.setdefault(told, told[0] + "".join(rng.choice("0123456789") for _ in told[1:]))
        return _multiplied(told, factor)

    return [_edits(_FIGURES, text, other) for text in texts]


def _edits(pattern: re.Pattern[str], text: str, rule: Rule) -> list[Edit]:
    found = []
    for match in pattern.finditer(text):
        group = match.lastgroup or 0
        told = match.group(group)
        other = rule(told)
        if other != told:
            found.append(Edit(Span(*match.span(group)), other))
    return found


def _multiplied(told: str, factor: int) -> str:
    """`told` times `factor`, written as it was: with as many decimals, and commas where it had some or now needs them.

    >>> _multiplied("1,250.50", 4), _multiplied("600", 2)
    ('5,002.00', '1200')
    """
    value = Decimal(told.replace(",", "")) * factor
    places = len(told.partition(".")[2])
    return f"{value:,.{places}f}" if "," in told else f"{value:.{places}f}"
