import pytest

from autogpt.text.chinese import numbers, simplified, simplified_character, words


@pytest.mark.parametrize(
    ("traditional", "expected"),
    [
        ("銀行帳戶", "银行账户"),
        ("轉賬與轉帳", "转账与转账"),
        ("網路銀行", "网络银行"),
        ("乾淨的頭髮", "干净的头发"),
        ("账户", "账户"),
        ("信用卡 credit card", "信用卡 credit card"),
        ("no Chinese", "no Chinese"),
    ],
)
def test_both_scripts_become_one(traditional: str, expected: str) -> None:
    assert simplified(traditional) == expected


def test_one_character_becomes_one_character() -> None:
    assert [simplified_character(one) for one in "帳發a，𠮷"] == ["账", "发", "a", "，", "𠮷"]


def test_what_the_dictionary_does_not_know_gives_the_same_words_in_any_company() -> None:
    for run in ("张伟豪", "张伟豪的信用卡", "给张伟豪转账"):
        assert {"张伟", "伟豪"} <= set(words(run))
    assert words("花呗") == ["花", "呗", "花呗"]


def test_known_words_come_with_the_shorter_ones_in_them() -> None:
    assert words("招商银行") == ["招商", "商银", "银行", "招商银行"]


def test_words_without_content_part_the_unknown_ones() -> None:
    assert words("税的费") == ["税", "费"]
    assert words("的") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("年费一百二十元", ["120"]),
        ("限额五万元", ["50000"]),
        ("限额5万元", ["50000"]),
        ("1.5亿元", ["150000000"]),
        ("两千零五", ["2005"]),
        ("二〇二四年五月一日", ["2024", "5", "1"]),
        ("一九九八年", ["1998"]),
        ("百分之三点五", ["3.5"]),
        ("壹仟贰佰元整", ["1200"]),
        ("分三期", ["3"]),
        ("零点五", ["0.5"]),
        ("一般来说万一发生", []),
        ("千千万万", []),
        ("百度", []),
        ("十十一，〇十一，五万元", ["50000"]),
    ],
)
def test_numerals_are_said_in_figures(text: str, expected: list[str]) -> None:
    assert list(numbers(text)) == expected


@pytest.mark.parametrize("numeral", ["一" * 400 + "点五", "一" * 4_400, "十十一"])
def test_a_row_of_figures_that_is_no_number_is_passed_over(numeral: str) -> None:
    assert all(len(one) < 5_000 for one in numbers(f"编号{numeral}年"))
