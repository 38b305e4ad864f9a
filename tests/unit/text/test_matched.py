"""Where the words stand that a search matched."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.text.analyse import folded, terms
from autogpt.text.chinese import placed_words, words
from autogpt.text.glossary import parse
from autogpt.text.matched import matched_spans, placed_terms

#: Pieces of text whose words are the same in whatever company they stand.
PIECES = (
    *("The Gold card", "fees", "transferring", "the bank's", "café", "cafe\u0301", "1,200.00", "2024-05-01", "U.S."),
    *("信用卡", "年費", "網路銀行", "帳戶", "一百二十元", "５万", "隨身碟", "Ｖｉｓａ", "ﬁnance", "①", "½", "İstanbul"),
    *("한국어", "\u1112\u1161\u11ab", "שלום", "مرحبا", "😀", "👩\u200d💻", "𠮷野", "ΟΔΟΣ", "…", "", "\u0301", "10-K"),
)
texts = st.lists(st.sampled_from(PIECES)).flatmap(
    lambda pieces: st.sampled_from([" ", "\n", ", "]).map(lambda one: one.join(pieces))
)
GLOSSARY = parse("网银U盾 = 電子密鑰，U key\nPay Later\n資訊卡 = 信息卡\n")


def marked(text: str, question: str) -> list[str]:
    return [span.of(text) for span in matched_spans(text, terms(question))]


@pytest.mark.parametrize(
    ("text", "question", "places"),
    [
        ("The fees for transferring money", "What is the transfer fee?", ["fees", "transferring"]),
        ("It costs $1,200.00.", "1200", ["1,200.00"]),
        ("due 2024-05-01 in the U.S.", "US 2024", ["2024-05-01", "U.S."]),
        ("a cafe\u0301 and a café", "cafe", ["cafe\u0301", "café"]),
        ("😀😀 the bank’s 😀 bank", "bank", ["bank’s", "bank"]),
        ("ﬁnance, Ｖｉｓａ", "finance visa", ["ﬁnance", "Ｖｉｓａ"]),
        ("한국어 카드", "카드", ["카드"]),
        ("The fees", "cards", []),
        ("The fees", "", []),
        ("", "fees", []),
    ],
)
def test_words_are_marked_as_they_stand(text: str, question: str, places: list[str]) -> None:
    assert marked(text, question) == places


@pytest.mark.parametrize(
    ("text", "question", "places"),
    [
        ("信用卡的年费是多少", "年费", ["年费"]),
        ("網路銀行的帳戶，信用卡", "账户 网络", ["網路", "帳戶"]),
        ("年費為一百二十元", "120", ["一百二十"]),
        ("請把資料存到隨身碟裡，再去印表機", "U盘 打印机", ["隨身碟", "印表機"]),
        ("二〇二四年05月01日", "2024年5月", ["二〇二四", "05月"]),
        ("𠮷野家的年費", "年费", ["年費"]),
    ],
)
def test_chinese_is_marked_in_its_own_script(text: str, question: str, places: list[str]) -> None:
    assert marked(text, question) == places


@given(texts, st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_marks_are_in_the_text_in_order_and_give_what_was_wanted(text: str, question: str) -> None:
    wanted = set(terms(question))
    spans = matched_spans(text, wanted)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end < other.start for one, other in pairwise(spans))
    for span in spans:
        assert wanted & set(terms(span.of(text)))
    assert bool(spans) == bool(wanted & set(terms(text)))


@given(st.one_of(st.text(max_size=60), st.text("年费一百二十信用卡的元網路帳隨身碟5.,-/'’a\u0301ﬁ", max_size=40)))
def test_words_with_places_are_the_words_without(text: str) -> None:
    placed = list(placed_terms(text))
    assert sorted(term for term, _, _ in placed) == sorted(terms(text))
    assert all(0 <= start <= end <= len(text) for _, start, end in placed)


@given(st.text("年费信用卡的了元银行账户额度"))
def test_chinese_words_stand_where_they_are_said_to(run: str) -> None:
    placed = list(placed_words(run))
    assert sorted(word for word, _, _ in placed) == sorted(words(run))
    assert all(run[start:end] == word for word, start, end in placed)


def test_signs_with_capitals_in_them_are_marked_as_what_they_say() -> None:
    assert folded("Acme™ 25℃ №5") == folded(folded("Acme™ 25℃ №5")) == "acmetm 25°c no5"
    assert marked("Run it at 25℃, №5", "c") == ["℃"]
    assert marked("Run it at 25℃, №5", "no") == ["№"]


def test_a_mark_never_parts_a_character_from_its_accents() -> None:
    text = "re\u0301sume\u0301 x"
    assert folded(text) == "resume x"
    assert marked(text, "resume") == ["re\u0301sume\u0301"]


@pytest.mark.parametrize(
    ("question", "text", "places"),
    [
        ("网银U盾坏了", "攜帶網銀 U 盾到網點", ["網銀 U 盾"]),
        ("Where is my U key?", "请携带网银U盾，或電子密鑰。", ["网银U盾", "電子密鑰"]),
        ("U Keys", "The key of the building; a U\nkey costs nothing.", ["key", "U\nkey"]),
        ("pay later", "Pay-Later plans are paid later.", ["Pay-Later", "later"]),
        ("信息卡", "資訊卡的年費", ["資訊卡"]),
    ],
)
def test_terms_of_the_glossary_are_marked_by_whichever_name_they_have(
    question: str, text: str, places: list[str]
) -> None:
    assert [span.of(text) for span in matched_spans(text, GLOSSARY.terms(question), GLOSSARY)] == places


@given(texts)
def test_the_words_of_a_glossary_have_places_too(text: str) -> None:
    glossary = parse("卡\n年費 = fee\n帐户 = 账单，gold card\n")
    text = f"{text}年費 gold  card"
    placed = list(placed_terms(text, glossary))
    assert sorted(term for term, _, _ in placed) == sorted(glossary.terms(text))
    assert all(0 <= start < end <= len(text) for _, start, end in placed)
