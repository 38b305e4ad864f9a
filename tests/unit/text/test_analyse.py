"""The words keyword search compares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.text.analyse import STOP_WORDS, terms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What are the transfer fees?", ["transfer", "fee"]),
        ("Transferring money", ["transfer", "money"]),
        ("$1,200.00 in the U.S.", ["1200", "us"]),
        ("Ｖｉｓａ　ｃａｒｄ", ["visa", "card"]),
        ("25℃, Acme™ №5", ["25", "c", "acmetm", "no", "5"]),
        ("the bank's café doesn’t close", ["bank", "cafe", "doesnt", "close"]),
        ("COVID-19 10-K version 2.10.3", ["covid", "19", "10", "k", "version", "2.10.3"]),
        ("I cannot log in", ["cannot", "log"]),
        ("", []),
    ],
)
def test_english_words(text: str, words: list[str]) -> None:
    assert terms(text) == words


def test_chinese_words_are_found_in_longer_words() -> None:
    assert {"信用", "信用卡", "年费"} <= set(terms("信用卡的年费是多少"))
    assert "的" not in terms("信用卡的年费")


def test_chinese_inside_english_text_is_segmented() -> None:
    assert terms("the 信用卡 fee") == ["信用", "信用卡", "fee"]
    assert terms("Visa信用卡fees") == ["visa", "信用", "信用卡", "fee"]


def test_english_words_meet_whatever_language_stands_around_them() -> None:
    assert "mortgag" in set(terms("mortgage最长可以多少年？")) & set(terms("A mortgage may run for 35 years."))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("年費一百二十元", "年费120元"),
        ("網路銀行轉帳限額五萬元", "网络银行转账限额50,000元"),
        ("二〇二四年五月一日起生效", "2024-05-01起生效"),
        ("2024年05月01日", "2024/5/1"),
        ("利率百分之三點五", "利率3.50%"),
        ("限额5万", "limit of 50,000"),
    ],
)
def test_what_is_said_in_another_script_or_in_numerals_is_found(said: str, written: str) -> None:
    figures = {one for one in terms(written) if one[0].isdigit()}
    assert figures <= set(terms(said))
    assert len(set(terms(said)) & set(terms(written))) >= len(figures)


def test_a_date_is_its_parts_and_a_version_is_not() -> None:
    assert terms("due 2024-05-01") == ["due", "2024", "5", "1"]
    assert terms("version 2024.5.1.3") == ["version", "2024.5.1.3"]


def test_no_stop_word_is_kept() -> None:
    assert terms(" ".join(STOP_WORDS)) == []


@given(st.text(max_size=80))
def test_case_and_width_do_not_matter(text: str) -> None:
    assert terms(text.upper().lower()) == terms(text.upper())
