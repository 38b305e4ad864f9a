"""Numbers, amounts, dates and times, however they are written."""

from fractions import Fraction

import pytest

from autogpt.text.quantities import Quantity, quantities


def one(text: str) -> Quantity:
    found = quantities(text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    "text",
    ["1,000", "1000", "1000.0", "one thousand", "a thousand", "1 thousand", "1k", "一千", "1千", "壹仟"],
)
def test_a_number_is_the_same_in_figures_and_words(text: str) -> None:
    assert one(text).value == 1000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("twenty-five", 25),
        ("two hundred and fifty-two", 252),
        ("1.2 million", 1_200_000),
        ("三点五万", 35_000),
        ("1,200万", 12_000_000),
        ("2.5亿", 250_000_000),
        ("a dozen", 12),
        ("it fell to -5", -5),
    ],
)
def test_scales_and_words_are_worked_out(text: str, value: int) -> None:
    assert one(text).value == value


@pytest.mark.parametrize("text", ["$45", "45 dollars", "US$45", "45 USD", "45美元", "四十五美元"])
def test_a_currency_is_the_same_before_and_after(text: str) -> None:
    assert (one(text).value, one(text).unit) == (45, "USD")


@pytest.mark.parametrize("text", ["3.5%", "3.5 percent", "3.5 per cent", "百分之三点五", "百分之3.5"])
def test_a_percentage_is_the_same_in_both_languages(text: str) -> None:
    assert (one(text).value, one(text).unit) == (Fraction(7, 2), "percent")


@pytest.mark.parametrize(
    "text",
    [
        "3 March 2024",
        "March 3, 2024",
        "3rd of March 2024",
        "2024-03-03",
        "2024/3/3",
        "2024年3月3日",
        "二〇二四年3月三日",
    ],
)
def test_a_date_is_the_same_in_all_forms(text: str) -> None:
    assert one(f"on {text}" if text.isascii() else text).days == ((2024, 3, 3),)


def test_a_day_agrees_with_its_year_and_not_with_another_day() -> None:
    day, year, other = one("on 3 March 2024"), one("in 2024"), one("on 4 March 2024")
    assert year.equals(day)
    assert not day.equals(other)
    assert one("2024年").equals(day)


def test_a_date_of_two_readings_agrees_with_either() -> None:
    assert one("03/04/2024").equals(one("on 3 April 2024"))
    assert one("03/04/2024").equals(one("on 4 March 2024"))
    assert not one("25/04/2024").equals(one("on 4 March 2024"))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("at least 5", "from"),
        ("5 or more", "from"),
        ("至少5天", "from"),
        ("18岁以上", "from"),
        ("no more than 5", "to"),
        ("up to 5", "to"),
        ("under 26", "to"),
        ("不超过5天", "to"),
        ("18岁以下", "to"),
        ("5 days", ""),
    ],
)
def test_a_limit_says_which_way(text: str, bound: str) -> None:
    assert one(text).bound == bound


@pytest.mark.parametrize("text", ["COVID-19", "A380", "you may march", "no one", "the one", "一般"])
def test_names_and_words_are_no_quantities(text: str) -> None:
    assert quantities(text) == []


@pytest.mark.parametrize(("text", "minutes"), [("9:30 am", 570), ("9:30", 570), ("5 p.m.", 1020), ("17:00", 1020)])
def test_a_time_of_day_is_minutes(text: str, minutes: int) -> None:
    assert (one(text).kind, one(text).value) == ("time", minutes)


def test_a_decade_is_not_its_first_year() -> None:
    assert one("the 1990s").unit == "decade"
    assert not one("in 1990").unit


def test_units_tell_working_days_from_days() -> None:
    assert [found.unit for found in quantities("within 5 working days or 5 days or 5个工作日")] == [
        "working day",
        "day",
        "working day",
    ]
