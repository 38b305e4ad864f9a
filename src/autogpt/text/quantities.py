"""Finds numbers, amounts, dates and times in a text and brings each to one form, however it is written.

In: English or Chinese text. Out: `Quantity` values with their places: "1,000 euros", "one thousand EUR" and "一千欧元"
agree, as do "3 March 2024", "2024-03-03" and "2024年3月3日". Knows nothing about what is counted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from autogpt.text import chinese
from autogpt.text.numerals import SPELT, spelt_value
from autogpt.text.units import unit_after, unit_before

Kind = Literal["number", "ordinal", "date", "time"]
#: Year, month and day; what a date leaves open is 0.
Day = tuple[int, int, int]

_MONTHS_TEXT = "january february march april may june july august september october november december"
_MONTHS = _MONTHS_TEXT.split()
_MONTH_NUMBERS = {name: at for at, name in enumerate(_MONTHS, 1)} | {name[:3]: at for at, name in enumerate(_MONTHS, 1)}
_MONTH_NUMBERS["sept"] = 9
#: "may" and "march" are words, too: a month is written with a capital.
_MONTH = "(?:" + "|".join(sorted((name.title() for name in _MONTH_NUMBERS), key=len, reverse=True)) + r")\b\.?"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b"
_YEAR = r"(?P<year>[12]\d{3})\b"
_HAN_NUMBER = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_DATES = (
    r"(?<![\d.-])(?P<year>[12]\d{3})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})(?![\d-])",
    r"(?<![\d./-])(?P<first>\d{1,2})(?P<sign>[-/.])(?P<second>\d{1,2})(?P=sign)(?P<year>[12]\d{3})(?!\d)",
    rf"\b(?P<month>{_MONTH})\s+{_DAY}(?:,?\s+{_YEAR})?",
    rf"\b{_DAY}\s+(?:of\s+)?(?P<month>{_MONTH})(?:,?\s+{_YEAR})?",
    rf"\b(?P<month>{_MONTH})(?:\s+of)?,?\s+{_YEAR}",
    rf"(?P<year>\d{{4}}|[〇零一二三四五六七八九]{{4}})\s*年(?!代)"
    rf"(?:\s*(?P<month>{_HAN_NUMBER})\s*月份?(?:\s*(?P<day>{_HAN_NUMBER})\s*[日号])?)?",
    rf"(?<!\d)(?P<month>{_HAN_NUMBER})\s*月份?(?:\s*(?P<day>{_HAN_NUMBER})\s*[日号])?",
    rf"(?<=[Ii]n )(?P<month>{_MONTH})|(?<=[Oo]f )(?P<month_>{_MONTH})|\b(?P<month__>(?!May|March|Mar\b){_MONTH})",
)
_DATE = [re.compile(pattern) for pattern in _DATES]
_TIME = re.compile(
    r"\b(?P<hour>[0-2]?\d):(?P<minute>[0-5]\d)(?:\s*(?P<half>[AaPp])\.?\s?[Mm]\b\.?)?(?![\d:])"
    r"|\b(?P<only>1?\d)\s*(?P<part>[AaPp])\.?\s?[Mm]\b\.?"
)
#: Figures that are part of a name: "A380", "COVID-19", "555-1234-8", "1.2.3". They are no quantities.
_CODE = re.compile(
    r"\b[A-Za-z]+-?\d[\w-]*|\b\d+(?:[A-Za-z]{3,}|(?=[A-Za-z]*\d*[A-Z])[A-Za-z]+\d[\w-]*)|\b\d+(?:[-.]\d+){2,}|"
    r"\b\d{3,}-\d{4,}\b"
)
_NOT_CODE = re.compile(
    r"(?i)\d+(?:st|nd|rd|th|bn|mn|mio|[kmg]b|km|kg|mm|cm|am|pm|yrs?|mins?|secs?|hrs?)|(?:us|hk)?\d.*"
)
_SCALES = {"hundred": 2, "thousand": 3, "k": 3, "million": 6, "m": 6, "mn": 6, "billion": 9, "bn": 9, "trillion": 12}
_HAN_SCALES = {"百": 2, "千": 3, "万": 4, "亿": 8}
_HAN_SCALE_AFTER = re.compile(r"[万亿]+")
_FIGURES = re.compile(
    r"(?P<minus>(?<!\d )(?<![\w)\]%.-])[-−])?(?P<figures>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:(?P<ordinal>st|nd|rd|th)\b|[ -]?(?P<scale>hundred|thousand|million|billion|trillion)\b|(?P<short>k|m|mn|bn)\b|"
    r"\s?(?P<han>[百千万亿]+))?",
    re.IGNORECASE,
)
_ORDINAL_BEFORE = re.compile(r"第\s*$")
_PERCENT_BEFORE = re.compile(r"百分之\s*$")

_FROM_BEFORE = re.compile(
    r"(?i)(?:\b(?:at least|(?:no|not) (?:less|fewer|earlier) than|(?:a )?minimum (?:of|is)|more than|greater than|over|"
    r"above|exceed(?:s|ed|ing)?|upwards? of|after|since)|至少|不少于|不低于|不小于|最少|最低|超过|超出|多于|高于|大于)"
    r"[\s为达到约:]*(?:the )?$"
)
_TO_BEFORE = re.compile(
    r"(?i)(?:\b(?:at most|(?:no|not) (?:more|greater|later) than|up to|(?:a )?maximum (?:of|is)|(?:not|cannot) exceed"
    r"(?:s|ed|ing)?|less than|fewer than|under|below|within|before|until|prior to)|至多|最多|不超过|不多于|不高于|"
    r"不大于|最高|少于|低于|小于|不足|不到|未满|不满)[\s为达到约:]*(?:the )?$"
)
_FROM_AFTER = re.compile(
    r"(?i)\s*(?:\+|(?:or|and) (?:more|above|over|older|later|greater|higher)\b|and up\b|[及或]?以上|之后|以后|以来)"
)
_TO_AFTER = re.compile(
    r"(?i)\s*(?:(?:or|and) (?:less|fewer|below|under|younger|earlier|lower)\b|[及或]?以下|以内|之内|之前|以前)"
)
_LOOK_BACK = 28
_WHOLE_YEAR = range(1000, 3000)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, a place in an order, a day or a time of day.

    Attributes:
        value: the number with its scale ("1.2 million" is 1,200,000), or minutes since midnight; 0 for a date.
        days: what a date may mean: two readings for "03/04/2024".
        unit: one name for all the ways to write it: "EUR", "percent", "day"; empty for none that is known.
        bound: "from" or "to" where the number is a limit ("at least 5", "before 1990"), else empty.
        start, end: half-open range of the characters, the unit included.
        reach: the same with the words that make it a limit.
    """

    kind: Kind
    start: int
    end: int
    value: Fraction = Fraction(0)
    days: tuple[Day, ...] = ()
    unit: str = ""
    bound: str = ""
    reach: tuple[int, int] = (0, 0)

    def equals(self, other: "Quantity") -> bool:
        """Whether `other` says at least what this says, but for unit and bound: a year agrees with a day of it."""
        if self.kind == "date":
            if other.kind == "number":
                return any(day[1:] == (0, 0) and day[0] == other.value for day in self.days)
            return any(_covers(one, day) for one in self.days for day in other.days)
        if other.kind == "date":
            return self.is_year and any(day[0] == self.value for day in other.days)
        return self.kind == other.kind and self.value == other.value

    @property
    def is_year(self) -> bool:
        """Whether it may be the number of a year."""
        return self.kind == "number" and not self.unit and self.value in _WHOLE_YEAR


def quantities(text: str) -> list[Quantity]:
    """The quantities of `text` (NFKC, simplified characters, capitals kept), in order; none overlap.

    >>> [(str(one.value), one.unit, one.bound) for one in quantities("at least 1,200 euros, i.e. 三点五万美元, or 3%")]
    [('1200', 'EUR', 'from'), ('35000', 'USD', ''), ('3', 'percent', '')]
    >>> quantities("on 3 March 2024")[0].days, quantities("2024年3月3日")[0].days
    (((2024, 3, 3),), ((2024, 3, 3),))
    """
    taken = _Taken(text)
    for pattern in _DATE:
        for match in pattern.finditer(text):
            if days := _days(match):
                taken.add(Quantity("date", match.start(), match.end(), days=days))
    for match in _TIME.finditer(text):
        if (minutes := _minutes(match)) is not None:
            taken.add(Quantity("time", match.start(), match.end(), Fraction(minutes)))
    for match in _CODE.finditer(text):
        if not _NOT_CODE.fullmatch(match[0]):
            taken.block(match.start(), match.end())
    for one in (*_figures(text), *_chinese(text), *_spelt(text)):
        taken.add(_with_unit(text, one))
    return [_with_bound(text, one) for one in sorted(taken.found, key=lambda one: one.start)]


class _Taken:
    """What was found so far; who comes later takes no character of it."""

    def __init__(self, text: str) -> None:
        self._free = bytearray(b"\1" * (len(text) + 1))
        self.found: list[Quantity] = []

    def add(self, one: Quantity) -> None:
        if self._free.find(b"\0", one.start, one.end) < 0:
            self.block(one.start, one.end)
            self.found.append(one)

    def block(self, start: int, end: int) -> None:
        self._free[start:end] = bytes(end - start)


def _days(match: re.Match[str]) -> tuple[Day, ...]:
    parts = {name.strip("_"): part for name, part in match.groupdict().items() if part}
    year = _han_or_figures(parts.get("year", "0"))
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second"])
        both = ((year, first, second), (year, second, first))
        return tuple(dict.fromkeys(one for one in both if one[1] <= 12 and one[2] <= 31))
    month = parts.get("month", "0")
    number = _MONTH_NUMBERS.get(month.lower().rstrip("."), 0) or _han_or_figures(month)
    day = _han_or_figures(parts.get("day", "0"))
    return ((year, number, day),) if number <= 12 and day <= 31 and (year or number) else ()


def _han_or_figures(text: str) -> int:
    if text.isdigit() and text.isascii():
        return int(text)
    return int(next(chinese.numbers(text if len(text) > 1 else f"{text}月"), "0").split(".")[0])


def _covers(said: Day, by: Day) -> bool:
    """Whether every part that `said` gives is the same in `by`."""
    return all(one in (0, other) for one, other in zip(said, by, strict=True))


def _minutes(match: re.Match[str]) -> int | None:
    hour, minute = int(match["hour"] or match["only"]), int(match["minute"] or 0)
    half = (match["half"] or match["part"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + minute if hour <= 24 else None


def _chinese(text: str) -> Iterator[Quantity]:
    for value, start, end in chinese.placed_numbers(text):
        unit = "percent" if text.startswith("百分之", start) else ""
        ordinal = not unit and _ORDINAL_BEFORE.search(text, max(0, start - 2), start) is not None
        number = Fraction(value)
        scale = _HAN_SCALE_AFTER.match(text, end) if "点" in text[start:end] else None  # 三点五万
        if scale:
            number *= _han_scale(scale[0])
        yield Quantity("ordinal" if ordinal else "number", start, scale.end() if scale else end, number, unit=unit)


def _han_scale(scale: str) -> int:
    return int(10 ** sum(_HAN_SCALES[one] for one in scale))


def _figures(text: str) -> Iterator[Quantity]:
    for match in _FIGURES.finditer(text):
        value = Fraction(match["figures"].replace(",", ""))
        scale = (match["scale"] or match["short"] or "").lower()
        end = match.end()
        if scale == "m" and unit_before(text, match.start())[0] == "":
            scale, end = "", match.end("figures")  # metres, unless it is money
        value *= 10 ** _SCALES.get(scale, 0) * _han_scale(match["han"] or "") * (-1 if match["minus"] else 1)
        ordinal = match["ordinal"] or _ORDINAL_BEFORE.search(text, max(0, match.start() - 2), match.start())
        percent = "percent" if _PERCENT_BEFORE.search(text, max(0, match.start() - 4), match.start()) else ""
        yield Quantity("ordinal" if ordinal else "number", match.start(), end, value, unit=percent)


def _spelt(text: str) -> Iterator[Quantity]:
    for match in SPELT.finditer(text):
        if found := spelt_value(match[0]):
            value, ordinal = found
            yield Quantity("ordinal" if ordinal else "number", match.start(), match.end(), value)


def _with_unit(text: str, one: Quantity) -> Quantity:
    if one.unit or one.kind == "ordinal":
        return one
    unit, end = unit_after(text, one.end)
    if unit:
        before, start = unit_before(text, one.start)
        return replace(one, unit=before or unit, start=start, end=end)
    unit, start = unit_before(text, one.start)
    return replace(one, unit=unit, start=start)


def _with_bound(text: str, one: Quantity) -> Quantity:
    low = max(0, one.start - _LOOK_BACK)
    before = text[low : one.start]
    for bound, ahead, behind in (("to", _TO_BEFORE, _TO_AFTER), ("from", _FROM_BEFORE, _FROM_AFTER)):
        first, last = ahead.search(before), behind.match(text, one.end)
        if first or last:
            start, end = low + first.start() if first else one.start, last.end() if last else one.end
            return replace(one, bound=bound, reach=(start, end))
    return replace(one, reach=(one.start, one.end))


def covered(found: Sequence[Quantity], start: int, end: int) -> bool:
    """Whether the reach of one of `found` shares a character with the range.

    >>> covered(quantities("for about 45 days"), 0, 3), covered(quantities("for about 45 days"), 10, 13)
    (False, True)
    """
    return any(one.reach[0] < end and start < one.reach[1] for one in found)
