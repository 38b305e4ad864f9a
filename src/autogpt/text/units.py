"""Units that stand beside numbers, each by one name however it is written.

In: a text and where a number begins or ends in it. Out: the name of its unit and where that ends or begins. Knows
nothing about values: kilometres are not turned into metres.
"""

import re

#: Name → what it is written as after a number.
_AFTER_TEXT = {
    "percent": "%|percent|per cent|％",
    "percentage point": "percentage points?|percentage-points?|个百分点|pp",
    "USD": "us dollars?|u\\.s\\. dollars?|dollars?|usd|美元|美金",
    "HKD": "hong kong dollars?|hkd|港元|港币",
    "EUR": "euros?|eur|€|欧元",
    "GBP": "pounds? sterling|pounds?|gbp|英镑",
    "JPY": "yen|jpy|日元",
    "CNY": "yuan|renminbi|rmb|cny|元|人民币|块钱",
    "cent": "cents?|分钱",
    "second": "seconds?|secs?|秒钟?",
    "minute": "minutes?|mins?|分钟",
    "hour": "hours?|hrs?|个?小时|个钟头?",
    "day": "(?:calendar )?days?|天|日",
    "working day": "(?:working|business) days?|个?工作日",
    "week": "weeks?|周|个?星期",
    "month": "months?|个月",
    "year": "(?:years?|yrs?)(?: old| of age)?|年|周?岁",
    "decade": "decades?|'?s|年代",
    "century": "century|centuries|世纪",
    "kilometre": "kilomet(?:re|er)s?|km|公里|千米",
    "metre": "met(?:re|er)s?|m|米",
    "centimetre": "centimet(?:re|er)s?|cm|厘米|公分",
    "millimetre": "millimet(?:re|er)s?|mm|毫米",
    "mile": "miles?|英里",
    "foot": "foot|feet|ft|英尺",
    "inch": "inch(?:es)?|英寸",
    "kilogram": "kilograms?|kilos?|kg|公斤|千克",
    "gram": "grams?|grammes?|g|克",
    "milligram": "milligrams?|mg|毫克",
    "tonne": "tonnes?|tons?|吨",
    "litre": "lit(?:re|er)s?|升",
    "millilitre": "millilit(?:re|er)s?|ml|毫升",
    "square kilometre": "square kilomet(?:re|er)s?|sq km|km2|平方公里|平方千米",
    "square metre": "square met(?:re|er)s?|m2|平方米|平米",
    "square mile": "square miles?|sq mi",
    "kilobyte": "kilobytes?|kb",
    "megabyte": "megabytes?|mb",
    "gigabyte": "gigabytes?|gb",
    "degree Celsius": "degrees? celsius|°c|摄氏度",
    "degree": "degrees?|°",
    "time": "times|次",
}
_BEFORE_TEXT = {
    "USD": "us\\$|\\$|usd",
    "HKD": "hk\\$|hkd",
    "EUR": "€|eur",
    "GBP": "£|gbp",
    "CNY": "¥|rmb|cny|人民币",
}


def _pattern(table: dict[str, str], form: str) -> re.Pattern[str]:
    written = sorted(
        ((one, at) for at, forms in enumerate(table.values()) for one in re.split(r"\|(?![^(]*\))", forms)),
        key=lambda one: -len(one[0]),
    )
    words = "|".join(rf"(?P<u{at}_{number}>{one}{_end_of(one)})" for number, (one, at) in enumerate(written))
    return re.compile(form.format(words), re.IGNORECASE)


def _end_of(written: str) -> str:
    """A word in letters ends where its letters end."""
    return r"(?![A-Za-z])" if re.search(r"[A-Za-z?)2]$", written) and re.match(r"[A-Za-z(]", written) else ""


_AFTER = _pattern(_AFTER_TEXT, r"[ -]?(?:{})")
_BEFORE = _pattern(_BEFORE_TEXT, r"(?<![A-Za-z])(?:{})\s?$")
_AFTER_NAMES, _BEFORE_NAMES = list(_AFTER_TEXT), list(_BEFORE_TEXT)
_LOOK_BACK = 5


def unit_after(text: str, end: int) -> tuple[str, int]:
    """The unit that follows a number ending at `end`, and where it ends; "" and `end` without any.

    >>> unit_after("45 euros a year", 2), unit_after("5个月内", 1), unit_after("7 members", 1)
    (('EUR', 8), ('month', 3), ('', 1))
    """
    match = _AFTER.match(text, end)
    if match is None:
        return "", end
    return _AFTER_NAMES[_number(match)], match.end()


def unit_before(text: str, start: int) -> tuple[str, int]:
    """The unit before a number that starts at `start`, and where it begins; "" and `start` without any.

    >>> unit_before("a fee of US$45", 12), unit_before("page 45", 5)
    (('USD', 9), ('', 5))
    """
    low = max(0, start - _LOOK_BACK)
    match = _BEFORE.search(text[low:start])
    if match is None:
        return "", start
    return _BEFORE_NAMES[_number(match)], low + match.start()


def _number(match: re.Match[str]) -> int:
    return int((match.lastgroup or "u0_0")[1:].split("_")[0])
