"""Names, numbers and words that fill the slots of the Chinese parity texts, in simplified script; all of them invented.

In: a source of chance. Out: text, by kind of value. Knows nothing about questions.
"""

import random
from functools import partial
from pathlib import Path

from cn2an import an2cn
from making.parity import Maker, named, read_names

NAMES = read_names(Path(__file__).parent / "parity_names.toml")
#: Share of numbers that are spelled in characters.
SPELLED = 0.4
_named = partial(named, NAMES)
_YEAR_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")


def numeral(number: int) -> str:
    """`number` in characters, as one counts things.

    >>> numeral(2), numeral(12), numeral(2200)
    ('两', '十二', '两千二百')
    """
    spelled: str = an2cn(number, "low")
    return "两" + spelled[1:] if number == 2 or spelled.startswith(("二千", "二万")) else spelled


def _number(number: int, rng: random.Random) -> str:
    return numeral(number) if rng.random() < SPELLED else str(number)


def _measured(lowest: int, highest: int, *units: str, step: int = 1) -> Maker:
    return lambda rng: _number(rng.randrange(lowest, highest + 1, step), rng) + rng.choice(units)


def _ordinal(lowest: int, highest: int, unit: str) -> Maker:
    def make(rng: random.Random) -> str:
        number = rng.randint(lowest, highest)
        return f"{an2cn(number, 'low') if rng.random() < SPELLED else number}{unit}"

    return make


def _decimal(lowest: int, highest: int, unit: str) -> Maker:
    return lambda rng: f"{rng.randint(lowest, highest)}.{rng.randint(1, 9)}{unit}"


def _any(*makers: Maker) -> Maker:
    return lambda rng: rng.choice(makers)(rng)


def _day(rng: random.Random) -> str:
    month, day = rng.randint(1, 12), rng.randint(1, 28)
    return f"{an2cn(month, 'low')}月{an2cn(day, 'low')}日" if rng.random() < SPELLED / 2 else f"{month}月{day}日"


def _date(rng: random.Random) -> str:
    year, day = str(rng.randint(1995, 2024)), _day(rng)
    return f"{year}年{day}" if day[0].isdigit() else f"{year.translate(_YEAR_DIGITS)}年{day}"


def _percent(lowest: int, highest: int) -> Maker:
    def make(rng: random.Random) -> str:
        whole, tenth = rng.randint(lowest, highest), rng.randint(0, 9)
        number = f"{whole}.{tenth}" if tenth else str(whole)
        return f"百分之{an2cn(number, 'low')}" if rng.random() < SPELLED else f"{number}%"

    return make


def _clock(part: str, lowest: int, highest: int) -> Maker:
    def make(rng: random.Random) -> str:
        hour = rng.randint(lowest, highest)
        if rng.random() < SPELLED:
            return f"{part}{numeral(hour)}点{rng.choice(('', '半', '一刻'))}"
        return f"{part}{hour}{rng.choice(('点', '点半', ':15', ':30', ':45'))}"

    return make


def _phone(rng: random.Random) -> str:
    middle, last = rng.randint(100, 999), rng.randint(1000, 9999)
    return rng.choice((f"400-{middle}-{last}", f"0{rng.randint(310, 999)}-8{middle}{last}"))


MAKERS: dict[str, Maker] = {
    "person": _named("surnames", "given"),
    "spot": _named("spots"),
    "place": _named("spots", "levels"),
    "firm": _named("firms"),
    "company": _named("firms", "trades", "公司"),
    "builder": _named("firms", "builders", "公司"),
    "maker": _named("firms", "makers"),
    "drug": _named("stems", "endings"),
    "eponym": _named("eponyms"),
    "school": _named("schools"),
    "hospital": _named("hospitals"),
    "bird": _named("markings", "birds"),
    "feast": _named("feasts"),
    "class": _named("classes"),
    "appliance": _named("appliances"),
    "style": _named("styles"),
    "weekday": _named("weekdays"),
    "autumn": _ordinal(8, 11, "月"),
    "day": _day,
    "date": _date,
    "year": lambda rng: f"{rng.randint(1903, 1995)}年",
    "old": lambda rng: f"{rng.randint(1403, 1905)}年",
    "recent": lambda rng: f"{rng.randint(2009, 2022)}年",
    "early": _any(_clock("早上", 6, 7), _clock("清晨", 6, 7)),
    "morning": _any(_clock("早上", 7, 8), _clock("上午", 8, 10)),
    "afternoon": _clock("下午", 2, 6),
    "phone": _phone,
    "fee": _any(_measured(6, 98, "元"), _decimal(5, 60, "元")),
    "money": _any(_measured(100, 900, "元", step=10), _measured(1000, 9000, "元", step=100)),
    "wan": _any(_measured(2, 80, "万元"), _decimal(1, 30, "万元")),
    "yi": _any(_measured(2, 90, "亿元"), _decimal(1, 60, "亿元")),
    "percent": _percent(1, 29),
    "rate": _percent(1, 4),
    "spend": _any(_measured(39, 299, "元", step=10), _measured(30, 300, "元", step=10)),
    "few": _measured(3, 60, "人"),
    "people": _measured(120, 980, "人"),
    "residents": _any(_decimal(1, 6, "万人"), _measured(1000, 9900, "人", step=100)),
    "crowd": _any(_decimal(1, 20, "万人"), _measured(2, 30, "万人")),
    "minor": _measured(10, 18, "岁"),
    "age": _measured(12, 78, "岁"),
    "score": _measured(60, 95, "分"),
    "moment": _measured(2, 20, "分钟"),
    "minutes": _measured(5, 95, "分钟"),
    "hours": _measured(6, 16, "小时", "个小时"),
    "stretch": _measured(2, 15, "天"),
    "days": _measured(2, 60, "天"),
    "workdays": _any(_measured(2, 10, "个工作日"), lambda rng: f"{rng.randint(1, 4)}至{rng.randint(5, 9)}个工作日"),
    "weeks": _measured(2, 12, "周", "个星期"),
    "months": _measured(2, 36, "个月"),
    "years": _measured(2, 12, "年"),
    "times": _measured(2, 4, "次"),
    "megabits": _measured(100, 1000, "兆", step=100),
    "watts": _measured(30, 2200, "瓦", step=10),
    "decibels": _measured(20, 65, "分贝"),
    "metres": _any(_measured(200, 2900, "米", step=10), _decimal(120, 990, "米")),
    "kilometres": _any(_measured(3, 88, "公里"), _decimal(1, 40, "公里")),
    "centimetres": _any(_measured(12, 30, "厘米"), _decimal(11, 29, "厘米")),
    "kilograms": _any(_measured(2, 18, "公斤"), _decimal(1, 12, "公斤")),
    "grams": _measured(15, 160, "克"),
    "doses": _measured(5, 400, "毫克", step=5),
    "degrees": _measured(15, 30, "摄氏度"),
    "shops": _measured(3, 160, "家"),
    "books": _any(_measured(2, 60, "万册"), _decimal(1, 40, "万册")),
    "volumes": _measured(2, 12, "本"),
    "lessons": _measured(8, 60, "节"),
    "seats": _measured(40, 900, "个", step=10),
    "beds": _measured(40, 980, "张", step=10),
    "eggs": _measured(2, 7, "枚"),
    "floor": _ordinal(2, 9, "楼"),
    "fields": _measured(2, 30, "项"),
    "arches": _measured(3, 19, "孔"),
}
