"""Names, numbers and words that fill the slots of the parity texts; all of them invented.

In: a source of chance. Out: text, by kind of value. Knows nothing about questions.
"""

import random
from functools import partial
from pathlib import Path

from making.parity import Maker, named, read_names

NAMES = read_names(Path(__file__).parent / "parity_names.toml")
_named = partial(named, NAMES)


def _numbered(lowest: int, highest: int, unit: str) -> Maker:
    return lambda rng: f"{rng.randint(lowest, highest):,} {unit}".strip()


def _money(rng: random.Random) -> str:
    return rng.choice((f"${rng.randint(2, 90) * 10:,}", f"{rng.randint(3, 60)}.{rng.randint(10, 99)} euros"))


MAKERS: dict[str, Maker] = {
    "person": _named("first", " ", "last"),
    "place": _named("places", "suffixes"),
    "firm": _named("firms", "branches"),
    "drug": _named("stems", "endings"),
    "syndrome": _named("last", "-", "last"),
    "course": _named("studies", "courses"),
    "bird": _named("adjectives", " ", "birds"),
    "ship": _named("vessels", " of ", "places"),
    "word": _named("words"),
    "month": _named("months"),
    "weekday": _named("weekdays"),
    "day": lambda rng: f"{rng.randint(1, 28)} {rng.choice(NAMES['months'])}",
    "date": lambda rng: f"{rng.choice(NAMES['months'])} {rng.randint(1995, 2023)}",
    "year": lambda rng: str(rng.randint(1780, 2021)),
    "clock": lambda rng: f"{rng.randint(6, 11)}:{rng.choice(('00', '10', '15', '30', '45'))}",
    "phone": lambda rng: f"0{rng.randint(100, 999)} {rng.randint(100000, 999999)}",
    "money": _money,
    "millions": lambda rng: f"{rng.randint(2, 900)}.{rng.randint(1, 9)} million {rng.choice(('dollars', 'euros'))}",
    "percent": lambda rng: f"{rng.randint(1, 29)}.{rng.randint(1, 9)}{rng.choice(('%', ' percent'))}",
    "count": lambda rng: f"{rng.choice((rng.randint(11, 99) * 100, rng.randint(140, 990))):,}",
    "number": _numbered(3, 94, ""),
    "people": lambda rng: f"{rng.randint(2, 90) * 1000:,} people",
    "dose": lambda rng: f"{rng.randint(2, 80) * 5} mg",
    "seconds": _numbered(60, 240, "seconds"),
    "minutes": _numbered(11, 95, "minutes"),
    "hours": _numbered(2, 72, "hours"),
    "days": _numbered(2, 60, "days"),
    "workdays": lambda rng: f"{rng.randint(1, 4)} to {rng.randint(5, 9)} working days",
    "weeks": _numbered(2, 26, "weeks"),
    "months": _numbered(2, 36, "months"),
    "years": _numbered(2, 45, "years"),
    "metres": _numbered(12, 910, "metres"),
    "kilometres": _numbered(3, 88, "kilometres"),
    "miles": _numbered(6, 29, "nautical miles"),
    "grams": _numbered(9, 940, "grams"),
    "watts": lambda rng: f"{rng.randint(9, 30) * 100:,} watts",
    "cents": _numbered(4, 98, "cents"),
    "gigabytes": _numbered(2, 100, "GB"),
    "megabytes": _numbered(5, 500, "MB"),
    "pages": _numbered(30, 400, ""),
}
