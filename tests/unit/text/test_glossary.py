"""A workspace's own terms: how they are written down, and what words a text has with them."""

import random
import re
import time
import timeit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autogpt.errors import ConfigError
from autogpt.text import analyse
from autogpt.text.glossary import MAX_CHARACTERS, NO_GLOSSARY, Glossary, parse

BANK = """\
# Products
网银U盾 = 電子密鑰，U key
大額存單
大额存单转让    # longer than the one above
Pay Later
T+0
certificate of deposit ＝ 存款证、ＣＤ
"""


@pytest.fixture(scope="module")
def bank() -> Glossary:
    return parse(BANK)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("大額存單", {"大額存單": ()}),
        ("  Gold   Card ", {"gold card": ()}),
        ("Ｇｏｌｄ　Ｃａｒｄ", {"gold card": ()}),
        ("\ufeff网银", {"网银": ()}),
        ("C#", {"c#": ()}),
        ("C# # a language", {"c#": ()}),
        ("1,000计划", {"1,000计划": ()}),
        ("a卡 = b卡, c卡", {"a卡": ("b卡", "c卡")}),
        ("a卡＝b卡，c卡、d卡", {"a卡": ("b卡", "c卡", "d卡")}),
        ("a卡=b卡,b卡\r\na卡 = c卡\ra卡", {"a卡": ("b卡", "c卡")}),
        ("a卡 = 1,000计划", {"a卡": ("1,000计划",)}),
        ("a卡 = A卡", {"a卡": ()}),
        ("Acme™ №5", {"acmetm no5": ()}),
        ("number one=#1", {"number one": ("#1",)}),
        ("a卡 = 1, 2", {"a卡": ("1", "2")}),
        ("# nothing\n\n   \n\t#\n", {}),
        ("", {}),
    ],
)
def test_a_line_says_a_term_and_its_other_names(line: str, names: dict[str, tuple[str, ...]]) -> None:
    assert parse(line).names == names
    assert parse(str(parse(line))) == parse(line)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a卡 =", "expected a term on both sides"),
        ("= b卡", "expected a term on both sides"),
        ("a卡 = b卡,, c卡", "expected a term on both sides"),
        ("a卡 = b卡 = c卡", "expected one '='"),
        ("大额存单、结构性存款", "names that mean the same are written: term = other name, another"),
        ("a卡, b卡 = c卡", "expected one term, got 'a卡, b卡'"),
        ("——", "expected a term with a letter or figure, got '——'"),
        ("a卡 = (!)", "expected a term with a letter or figure"),
        ("字" * (MAX_CHARACTERS + 1), "expected at most 100 characters, got 101"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_its_number(line: str, problem: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(f"# first\n\n{line}\n好\n", "glossary.txt")
    assert raised.value.message.startswith("glossary.txt has 1 problem(s):\n  line 3: ")
    assert problem in raised.value.message


def test_all_problems_are_told_together_but_not_thousands() -> None:
    with pytest.raises(ConfigError) as raised:
        parse("a =\nb =\n")
    assert len(raised.value.problems) == 2
    with pytest.raises(ConfigError) as raised:
        parse("a =\n" * 5_000)
    assert len(raised.value.problems) == 21
    assert raised.value.problems[-1] == "and 4,980 more"


def test_a_word_of_every_text_is_passed_over_and_told() -> None:
    found = parse("IT = 信息技术部\n的\n金卡 = the, 黄金卡\n")
    assert found.names == {"金卡": ("黄金卡",)}
    assert [one.split(" is ")[0] for one in found.notices] == ["line 1: 'it'", "line 2: '的'", "line 3: 'the'"]


def test_a_term_is_one_word_and_keeps_its_inner_words(bank: Glossary) -> None:
    found = bank.terms("网银U盾怎么用")
    assert found.count("网银u盾") == 1
    assert set(found) >= {"网银u盾", "网银", "u", "盾"}
    assert bank.terms("Pay Later")[0] == "pay_later"
    assert set(bank.terms("Pay Later")) == {"pay_later", "pay", "later"}
    assert set(bank.terms("T+0理财")) >= {"t+0", "t", "0"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("大额存单", "大額存單"),
        ("网银Ｕ盾", "網銀 u 盾"),
        ("网银\nU盾", "网银U盾"),
        ("Pay Later", "pay-later"),
        ("Pay Later", "PAY\nLATERS"),
        ("Certificates of Deposit", "certificate of deposit"),
        ("T+0", "Ｔ＋０"),
        ("T+0", "t + 0"),
    ],
)
def test_a_term_is_the_same_in_any_script_width_case_and_spacing(bank: Glossary, one: str, other: str) -> None:
    assert bank.terms(f"办理 {one} 业务")[0] == bank.terms(f"辦理 {other} 業務")[0]
    assert bank.terms(one)[0] not in analyse.terms(one)


@pytest.mark.parametrize(
    ("term", "texts"),
    [
        ("網路卡", ["网路卡", "網路卡的費用", "网络卡"]),
        ("网路卡", ["网路卡", "網路卡的費用", "网络卡"]),
        ("智慧e貸", ["智慧e贷", "智慧e貸的費用", "智能e贷"]),
    ],
)
def test_words_of_a_region_within_a_term_are_found_in_either_script(term: str, texts: list[str]) -> None:
    glossary = parse(term)
    (word,) = {glossary.terms(text)[0] for text in texts}
    assert word not in analyse.terms(term)


@pytest.mark.parametrize(
    "text",
    [
        *("Repay later", "Pay, later", "Pay\n\nLater", "Pay\n---\nLater", "Pay\n\u200b\nLater"),
        *("T+0.5", "T+01", "网银UU盾", "网银。U盾", "大额存"),
    ],
)
def test_what_only_resembles_a_term_is_none(bank: Glossary, text: str) -> None:
    assert bank.terms(text) == analyse.terms(text)


def test_other_names_give_the_word_of_their_term(bank: Glossary) -> None:
    word = "网银u盾"
    assert all(word in bank.terms(text) for text in ("我的電子密鑰丢了", "Where is my U Key?", "网银U盾"))
    shared = set(bank.terms("Certificates of Deposit")) & set(bank.terms("存款證")) & set(bank.terms("CD"))
    assert shared == {"certif_of_deposit"}


def test_a_name_of_two_terms_gives_the_words_of_both_which_stay_apart() -> None:
    glossary = parse("光盘 = CD\n存单 = CD\n")
    assert {"光盘", "存单"} <= set(glossary.terms("CD"))
    assert "存单" not in glossary.terms("光盘")


def test_the_longest_of_overlapping_terms_is_found_and_those_within_it(bank: Glossary) -> None:
    assert bank.terms("大额存单转让")[:2] == ["大额存单转让", "大额存单"]
    glossary = parse("东方红\n红旗\n方红")
    assert [word for word in glossary.terms("东方红旗") if len(word) > 1 and word in {"东方红", "红旗", "方红"}][
        :2
    ] == [
        "东方红",
        "方红",
    ]


def test_a_term_within_another_name_of_the_same_thing_counts_once() -> None:
    assert parse("U盾 = 网银U盾").terms("网银U盾").count("u盾") == 1


def test_a_term_that_the_dictionary_knows_is_no_word_more() -> None:
    assert parse("信用卡").terms("信用卡的年费") == analyse.terms("信用卡的年费")
    assert parse("信用卡 = credit card").terms("credit card") == ["信用卡", "credit", "card"]


def test_without_a_glossary_words_are_those_of_every_text() -> None:
    for text in (BANK, "What are the fees?", ""):
        assert NO_GLOSSARY.terms(text) == analyse.terms(text)


def test_words_that_are_cut_otherwise_within_a_text_are_those_of_the_term_too() -> None:
    term = "小微快贷"
    for text in ("办理小微快贷款项", "大小微快贷超", "小微快贷"):
        assert set(analyse.terms(term)) <= set(parse(term).terms(text))


@settings(max_examples=50)
@given(st.text(), st.lists(st.text(min_size=1, max_size=12), max_size=5))
def test_a_text_keeps_all_its_words_and_gains_those_of_the_terms_in_it(text: str, terms: list[str]) -> None:
    glossary = made_of(terms)
    found = glossary.terms(f"{text} {' '.join(glossary.names)} {text}")
    for part in (text, *glossary.names):
        assert set(analyse.terms(part)) <= set(found) or not glossary
    assert set(found) >= {glossary.terms(term)[0] for term in glossary.names if glossary.terms(term)}


@pytest.mark.parametrize("line", ["---", "_", "——", "－", "\u200b", "- -\n- -", "·\n\n·", ""])
def test_a_term_stands_at_its_own_place_after_a_line_of_dashes(bank: Glossary, line: str) -> None:
    assert places(bank, f"余额\n{line}\n网银U盾遗失\n{line}\nPay Later") == ["网银u盾", "pay later"]


@given(
    st.lists(
        st.text("\n-_·—－\u200b ", min_size=1, max_size=6) | st.sampled_from(["遗", "x", "1", "网银U盾", "Pay Later"]),
        max_size=12,
    ).map("".join)
)
def test_whatever_stands_between_terms_moves_none_of_them(text: str) -> None:
    found = places(parse("网银U盾\nPay Later"), text)
    assert {re.sub(r"[\s_·\-—\u200b]", "", one) for one in found} <= {"网银u盾", "paylater"}
    assert len(found) >= text.count("网银U盾")


def places(glossary: Glossary, text: str) -> list[str]:
    """What stands where the glossary finds its terms."""
    simple = analyse.prepared(text)
    return [simple[start:end] for _, start, end in glossary.added(simple, analyse.prepared_terms(simple))]


@given(st.lists(st.text(max_size=12) | st.text("xy12 =#,、﹟™℃卡\u0301", max_size=12), max_size=8))
def test_what_a_glossary_says_is_read_as_it_was_written(lines: list[str]) -> None:
    glossary = made_of(lines)
    again = parse(str(glossary))
    assert again == glossary
    assert again.hash == glossary.hash


def made_of(lines: list[str]) -> Glossary:
    """A glossary of those lines that can be read."""
    readable = []
    for line in lines:
        try:
            parse(line)
        except ConfigError:
            continue
        readable.append(line)
    return parse("\n".join(readable))


def test_its_hash_tells_what_it_says_and_not_how() -> None:
    assert parse("金卡 = 黄金卡\nPay Later\n").hash == parse("# x\npay  later\n\n金卡＝黄金卡、黄金卡\n金卡\n").hash
    assert parse("金卡").hash != parse("金卡 = 黄金卡").hash != parse("黄金卡 = 金卡").hash
    assert NO_GLOSSARY.hash == parse("# nothing").hash == ""


def test_tens_of_thousands_of_terms_slow_a_text_little() -> None:
    chance = random.Random(7)
    characters = [chr(code) for code in range(0x4E00, 0x5E00)]
    small = parse("网银U盾")
    huge = parse("\n".join("".join(chance.choices(characters, k=chance.randint(3, 8))) for _ in range(30_000)))
    text = "".join(chance.choices(characters, k=2_000))

    def seconds(glossary: Glossary) -> float:
        glossary.terms(text)
        return min(timeit.repeat(lambda: glossary.terms(text), timer=time.process_time, number=10, repeat=5))

    # It takes two to three times as long; to look for each term would take hundreds of times.
    assert seconds(huge) < 15 * seconds(small)
