"""Personal data never reaches what is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.guard.mask import mask


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to Ann.Lee+bank@mail.example.co.uk please", "Write to [email] please"),
        ("card 4111 1111 1111 1111 declined", "card [card] declined"),
        ("card 4111-1111-1111-1111, why?", "card [card], why?"),
        ("pay GB82 WEST 1234 5698 7654 32 now", "pay [iban] now"),
        ("IBAN DE89370400440532013000", "IBAN [iban]"),
        ("我的身份证号是11010519491231002X对吗", "我的身份证号是[id]对吗"),
        ("手机13812345678打不通", "手机[phone]打不通"),
        ("手机１３８１２３４５６７８打不通", "手机[phone]打不通"),
        ("+86 138 1234 5678", "[phone]"),
        ("call 415-555-2671 or +44 20 7946 0958", "call [phone] or [phone]"),
        ("My SSN is 078-05-1120.", "My SSN is [id]."),
        ("NI number AB 12 34 56 C", "NI number [id]"),
        ("account 000123456789 is empty", "account [number] is empty"),
        ("from 192.168.10.44?", "from [ip]?"),
    ],
)
def test_personal_data_is_replaced_by_its_kind(text: str, expected: str) -> None:
    assert mask(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "What was the revenue of 1,234,567,890 dollars in 2019-2020?",
        "What is the fee under section 4.2.1 of form 10-K?",
        "2023年营业收入是多少？",
        "Is the rate 4.75% or 5.25% from 01/02/2024?",
        "Which account has no monthly fee @ home?",
    ],
)
def test_figures_and_dates_of_a_question_stay(text: str) -> None:
    assert mask(text).text == text


def test_a_number_that_fails_its_check_digit_is_no_card() -> None:
    assert mask("4111 1111 1111 1112").found != ("card",)
    assert mask("4111 1111 1111 1111").found == ("card",)


@given(st.text())
def test_any_text_can_be_masked_and_masking_again_changes_nothing(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once


@given(st.text(alphabet=st.characters(categories=["L", "Zs"])), st.text(alphabet=st.characters(categories=["L", "Zs"])))
def test_an_address_is_found_wherever_it_stands(before: str, after: str) -> None:
    assert "ann@example.org" not in mask(f"{before} ann@example.org {after}").text
