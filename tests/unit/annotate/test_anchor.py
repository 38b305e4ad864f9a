"""Answers found in a text, past differences of form, and found again in a later version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.annotate.anchor import Hints, Text, context_of, loose, relocate
from autogpt.records import AnswerSpan, Heading, Outline, Page, Span

FEES = Text("Basic account\nThe monthly fee is $5.\nGold account\nThe monthly fee is $15, or $5 for students.")


@pytest.mark.parametrize(
    ("text", "answer", "found"),
    [
        ("The fee is $5 a month.", "$5", "$5"),
        ("Write to “Customer  Care”.", '"customer care"', "“Customer  Care”"),
        ("Open 9–17 on week days", "9-17", "9–17"),
        ("The café opens.", "cafe", "café"),
        ("Ｆｅｅ：５０元", "fee:50元", "Ｆｅｅ：５０元"),
        ("单笔限额为\n五万元。", "限额为五万元", "限额为\n五万元"),
        ("Within thirty days of receipt", "thirty days of receipt.", "thirty days of receipt"),
        ("It costs two dollars.", "two dollar", "two dollar"),
        ("zero\u200bwidth and soft\u00adhyphen", "zerowidth and softhyphen", "zero\u200bwidth and soft\u00adhyphen"),
        ("maximal 50万元", "50", "50"),
        ("臺灣銀行的帳戶管理費", "台湾银行的账户", "臺灣銀行的帳戶"),
        ("请携带《身份证》，按时办理。", "请携带“身份证”,按时办理.", "请携带《身份证》，按时办理。"),
        ("甲、乙两种", "甲,乙两种", "甲、乙两种"),
    ],
)
def test_differences_of_form_are_looked_past(text: str, answer: str, found: str) -> None:
    span = Text(text).locate(answer, Hints())
    assert span is not None
    assert span.text == found == text[span.start : span.end]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("There are 15 days.", "5"),
        ("A rate of 1.5 percent", "5"),
        ("Pay 5,000 at most", "5"),
        ("Questions and answers", "an"),
        ("The fee is $5.", "$7"),
        ("", "x"),
        ("text", "  "),
    ],
)
def test_what_only_looks_like_the_answer_is_not_taken(text: str, answer: str) -> None:
    assert Text(text).locate(answer, Hints()) is None


def test_a_right_offset_is_kept_even_inside_a_word() -> None:
    assert Text("15 days").locate("5", Hints(start=1)) == AnswerSpan("5", 1)


def test_a_wrong_offset_is_repaired_to_the_nearest_occurrence() -> None:
    assert Text("one two one two one").locate("one", Hints(start=11)) == AnswerSpan("one", 8)


def test_an_offset_below_zero_is_no_offset() -> None:
    assert Text("one two").locate("two", Hints(start=-1)) == AnswerSpan("two", 4)


def test_of_several_occurrences_the_one_in_the_quote_is_taken() -> None:
    found = FEES.locate("$5", Hints(quote="$15, or  $5 for students"))
    assert found is not None
    assert FEES.text[found.start :].startswith("$5 for students")


def test_of_several_occurrences_the_one_under_the_heading_is_taken() -> None:
    text = FEES.text
    gold = text.index("Gold")
    outline = Outline(headings=(Heading(Span(0, 13), 1), Heading(Span(gold, gold + 12), 1)))
    found = Text(text, outline).locate("monthly fee", Hints(heading="GOLD  account"))
    assert found is not None
    assert found.start > gold


def test_of_several_occurrences_the_one_on_the_page_is_taken() -> None:
    outline = Outline(pages=(Page(1, Span(0, 10)), Page(2, Span(10, 20))))
    assert Text("fee 1 ... fee 2 ....", outline).locate("fee", Hints(page=2)) == AnswerSpan("fee", 10)


def test_of_several_occurrences_the_one_near_the_words_of_the_question_is_taken() -> None:
    text = Text("The card costs 10 euros a year. " + "Nothing else. " * 40 + "A transfer abroad costs 10 euros.")
    found = text.locate("10 euros", Hints(question="What does a transfer abroad cost?"))
    assert found is not None
    assert found.start > 300


def test_white_space_before_an_answer_does_not_move_it() -> None:
    found = Text("0 10").locate(" 1", Hints(start=1))
    assert found is not None
    assert (found.text, found.start) == ("1", 2)


@given(st.text(max_size=60), st.data())
def test_what_is_cut_out_of_a_text_is_found_there(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    answer = text[start:end]
    found = Text(text).locate(answer, Hints(start=start))
    if answer.strip():
        assert found is not None
        assert found.text == text[found.start : found.end]
        assert found.text == answer.strip()
    else:
        assert found is None


@given(st.text(max_size=80))
def test_every_character_of_the_loose_form_knows_where_it_comes_from(text: str) -> None:
    form, origin = loose(text)
    assert len(form) == len(origin)
    assert list(origin) == sorted(origin)
    for offset, character in zip(origin, form, strict=True):
        assert character in loose(f"a{text[offset]}a")[0]


@given(st.text(max_size=60), st.text(min_size=1, max_size=8))
def test_whatever_is_found_is_a_part_of_the_text(text: str, answer: str) -> None:
    found = Text(text).locate(answer, Hints())
    if found is not None:
        assert text[found.start : found.end] == found.text
        assert found.text


def test_an_answer_is_found_again_after_text_was_put_before_it() -> None:
    answer = AnswerSpan("$5", FEES.text.index("$5"))
    moved = Text("News: from May on all is new, $5 here and there.\n" + FEES.text)
    found = relocate(moved, answer, context_of(FEES.text, answer))
    assert found is not None
    assert found.start == moved.text.index("The monthly fee is $5") + len("The monthly fee is ")


def test_an_answer_whose_sentence_is_gone_is_not_found_in_another() -> None:
    answer = AnswerSpan("$5", FEES.text.index("$5"))
    other = Text("Delivery\nReplacing a lost token takes a week and costs $5 by courier, free by letter post.")
    assert relocate(other, answer, context_of(FEES.text, answer)) is None


def test_a_changed_answer_is_not_found() -> None:
    answer = AnswerSpan("$15", FEES.text.index("$15"))
    assert relocate(Text(FEES.text.replace("$15", "$18")), answer, context_of(FEES.text, answer)) is None


def test_a_long_answer_is_its_own_context() -> None:
    sentence = "Transfers within the euro area are free of charge when they are ordered before noon of the day."
    old = f"Old words that go. {sentence} Other old words that go as well."
    new = Text(f"Entirely rewritten surroundings, see: {sentence}")
    answer = AnswerSpan(sentence, old.index(sentence))
    assert relocate(new, answer, context_of(old, answer)) == AnswerSpan(sentence, new.text.index(sentence))
