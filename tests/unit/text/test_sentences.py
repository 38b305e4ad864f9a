"""Where sentences begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.text.sentences import sentences


def split(text: str, language: str = "en") -> list[str]:
    return [span.of(text) for span in sentences(text, language)]


@pytest.mark.parametrize(
    "parts",
    [
        ["Dr. Wu of Acme Inc. signed it.", "The fee, e.g. for cards, is 1.5%."],
        ["He lives in the U.S. and works there.", "It opened in the U.S.", "The branch is small."],
        ["See Fig. 3 and No. 12 for details.", "The answer is no.", "Ask again!"],
        ['"Is it free?" she asked.', "“Yes.”", "Fine."],
        ["Is it?!", "It is...", "Perhaps."],
        ["J. P. Morgan wrote to A. Smith on Jan. 5 about it."],
        ["You and I.", "They agreed."],
        ["Fees apply (see below.)", "Call 1-800-555-0100."],
        ["The rate fell 0.5 to 3.25 percent. of what?"],
    ],
)
def test_english_sentences(parts: list[str]) -> None:
    assert split(" ".join(parts)) == parts


def test_chinese_sentences_need_no_space() -> None:
    assert split("年费是多少？首年免费。“可以退款。”他说：好！", "zh") == [
        "年费是多少？",
        "首年免费。",
        "“可以退款。”",
        "他说：好！",
    ]


def test_numbers_of_list_items_stay_with_their_item() -> None:
    assert split("1. Open the app.\n2. Choose Cards.\n") == ["1. Open the app.", "2. Choose Cards."]


def test_a_number_may_end_a_sentence() -> None:
    assert split("It rose in 2019. The next year it fell.") == ["It rose in 2019.", "The next year it fell."]


@given(st.text(st.sampled_from('aB1 .?!。！\n\t\u2028"”)(’U.S. Inc'), max_size=60) | st.text(max_size=60))
def test_sentences_cover_everything_but_white_space(text: str) -> None:
    spans = sentences(text)
    at = 0
    for span in spans:
        assert not text[at : span.start].strip()
        assert span.of(text)
        assert span.of(text) == span.of(text).strip()
        at = span.end
    assert not text[at:].strip()
