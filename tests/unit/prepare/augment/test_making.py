"""What holds for every kind: answers where they are said to be, meaning kept, nothing twice, the same by seed."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autogpt.errors import UsageError
from autogpt.prepare.augment import AUGMENTERS
from autogpt.prepare.augment.base import Made, Resources
from autogpt.prepare.augment.making import augment, is_made, question_variants
from autogpt.records import AnswerSpan, ReaderExample

OWN = ("synonyms", "typos", "paraphrase", "entities")

QUESTIONS = (
    "How can I close my account with Jane Harper before 2019?",
    "What is the fee for a replacement card?",
    "Who doesn't have to pay $1,250.50 in 2021?",
    "How many customers did Mark Twain's bank have?",
    "如何开立账户，每月费用是多少元？",
    "王小明在2018年没有缴纳多少元的手续费？",
    "如果信用卡丢失，应该怎么办？",
    "帳戶的月費是多少？",
)
PIECES = (
    "Jane Harper opened the branch in 2019. ",
    "The fee is $1,250.50, and 12,400 customers pay it. ",
    "Call 4008123123. ",
    "Robert Miller said so in March 2021. ",
    "王小明（1975年生）担任经理，手续费为每月30元。",
    "共有12000名客户，年费为1,200元。",
    "帳戶月費二十元。",
    "",
)


class Echo:
    """Comes back with other words."""

    def round_trip(self, texts: Sequence[str], language: str) -> list[str]:
        return [f"{text} indeed" for text in texts]


@st.composite
def examples(draw: st.DrawFn) -> ReaderExample:
    context = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5)))
    question = draw(st.sampled_from(QUESTIONS))
    spans = []
    for _ in range(draw(st.integers(0, 2)) if context else 0):
        start = draw(st.integers(0, len(context) - 1))
        end = draw(st.integers(start + 1, min(len(context), start + 12)))
        spans.append(AnswerSpan(context[start:end], start))
    language = "zh" if any(ord(one) > 0x3000 for one in question) else "en"
    return ReaderExample("q", question, context, tuple(spans), language=language)


def make(one: ReaderExample, kinds: Sequence[str], times: int = 4, seed: int = 13) -> list[Made]:
    return augment([one], kinds, times=times, seed=seed, resources=Resources(translator=Echo()))


@pytest.mark.parametrize("kind", AUGMENTERS)
@settings(max_examples=25, deadline=None)
@given(one=examples())
def test_answers_stand_where_they_are_said_to_and_what_has_none_gets_none(kind: str, one: ReaderExample) -> None:
    for made in make(one, [kind]):
        assert all(made.example.context[span.start : span.end] == span.text for span in made.example.answers)
        assert len(made.example.answers) == len(one.answers)
        assert made.kind == kind
        assert made.original is one


@settings(max_examples=25, deadline=None)
@given(one=examples())
def test_nothing_is_made_that_is_there_already_and_nothing_twice(one: ReaderExample) -> None:
    made = [made.example for made in make(one, OWN, times=8)]
    seen = {(one.question, one.context), *((other.question, other.context) for other in made)}
    assert len(seen) == len(made) + 1
    assert len({other.id for other in made}) == len(made)
    assert all(is_made(other.id) for other in made)
    assert not is_made(one.id)


@settings(max_examples=25, deadline=None)
@given(one=examples())
def test_the_text_stays_where_only_the_question_is_changed(one: ReaderExample) -> None:
    for made in make(one, [kind for kind in AUGMENTERS if kind != "entities"]):
        assert (made.example.context, made.example.answers) == (one.context, one.answers)


@pytest.mark.parametrize("kind", ["synonyms", "typos", "paraphrase"])
@pytest.mark.parametrize(
    ("question", "kept"),
    [
        (
            "Who doesn't have to purchase it for $1,250.50 in 2021, Jane Harper?",
            ("doesn't", "$1,250.50", "2021", "Jane Harper"),
        ),
        ('Is the fee never above 30 euros without the "Gold Plus" offer?', ("never", "30", "without", '"Gold Plus"')),
        ("王小明在2018年没有缴纳手续费，《办法》第三条怎么规定？", ("王小明", "2018年", "没有", "《办法》", "第三条")),
    ],
)
def test_numbers_negations_quotations_and_names_stay(kind: str, question: str, kept: Sequence[str]) -> None:
    made = question_variants(question, [kind], times=20)
    assert made
    for variant in made:
        assert all(one in variant for one in kept), variant


def test_the_words_of_the_answer_stay() -> None:
    context = "Customers of the company pay a fee."
    one = ReaderExample("q", "Do all customers of the company pay a fee?", context, (AnswerSpan("Customers", 0),))
    assert all("customers" in made.example.question for made in make(one, ["synonyms", "typos"], times=20))


def test_the_same_seed_makes_the_same_in_whatever_company_and_another_seed_others() -> None:
    asked = [ReaderExample(str(number), question, "A text.") for number, question in enumerate(QUESTIONS)]

    def made(seed: int, given: Sequence[ReaderExample]) -> dict[str, str]:
        return {one.example.id: one.example.question for one in augment(given, OWN, times=2, seed=seed)}

    assert made(1, asked) == made(1, asked[::-1])
    assert made(1, asked[:3]).items() <= made(1, asked).items()
    assert made(1, asked) != made(2, asked)


def test_a_share_of_the_examples_is_taken_and_kinds_take_turns() -> None:
    asked = [ReaderExample(str(number), "How can I close my account?", f"Text {number}") for number in range(200)]
    made = augment(asked, ["synonyms", "typos", "paraphrase"], share=0.5, seed=4)
    assert 70 < len(made) < 130
    assert {one.kind for one in made} == {"synonyms", "typos", "paraphrase"}
    made = augment(asked[:1], ["typos", "paraphrase"], times=4)
    assert sorted(one.kind for one in made) == ["paraphrase", "paraphrase", "typos", "typos"]


def test_what_another_example_asks_is_not_made() -> None:
    one = ReaderExample("a", "如何开户", "文本")
    made = {other.example.question for other in make(one, ["paraphrase"], times=20)}
    assert "怎么开户" in made
    other = replace(one, id="b", question="怎么开户")
    both = augment([one, other], ["paraphrase"], times=20)
    assert "怎么开户" not in {made.example.question for made in both if made.original is one}


def test_an_unknown_kind_and_none_say_what_there_is() -> None:
    with pytest.raises(UsageError, match="spam") as caught:
        augment([], ["spam"])
    assert "synonyms" in caught.value.hint
    with pytest.raises(UsageError, match="No kind"):
        augment([], [])


def test_a_question_alone_gets_no_other_text() -> None:
    with pytest.raises(UsageError, match="entities"):
        question_variants("How much is it?", ["entities"])
