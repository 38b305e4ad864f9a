import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogpt.errors import DataError
from autogpt.records import AnswerSpan, ReaderExample
from autogpt.train.mix import MISMATCHED, mismatched, with_general
from autogpt.train.negatives import KINDS, articles, crop, make_unanswerable
from tiny_models import make_examples

TEXT = (
    "The first library of Arden was founded in 1850 by Mara Ellison. It moved to Belmor in 1912 after a flood. "
    "Since then the collection has grown to 40,000 volumes. The largest hall was designed by Tobias Renn and "
    "opened in May 1931. Readers borrowed fewer books during the war."
)
OTHER = "The second library of Corvane has grown slowly. It was founded by monks and moved to Delphin in June 1777."


def asked(question: str, answer: str, text: str = TEXT) -> ReaderExample:
    return ReaderExample("q", question, text, (AnswerSpan(answer, text.index(answer)),), title="Libraries")


EXAMPLES = [
    asked("When was the first library of Arden founded?", "1850"),
    asked("By whom was the largest hall of the library in Belmor designed?", "Tobias Renn"),
    asked("How many volumes did the collection hold after 1912?", "40,000 volumes"),
]
ARTICLE = articles([*EXAMPLES, asked("When did it move to Delphin?", "June 1777", OTHER)])["Libraries"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.answers[0].text)
def test_every_kind_makes_an_unanswerable_question_that_differs(kind: str, example: ReaderExample) -> None:
    made = [make_unanswerable(example, ARTICLE, kind, random.Random(seed)) for seed in range(20)]
    assert any(made)
    for one in filter(None, made):
        assert not one.answerable
        assert (one.question, one.context) != (example.question, example.context)
        assert one.id == f"q-{kind}"
        assert one.title == example.title


def test_a_swap_keeps_the_type_of_what_it_replaces() -> None:
    questions = set()
    for seed in range(30):
        made = make_unanswerable(EXAMPLES[2], ARTICLE, "swap", random.Random(seed))
        assert made is not None
        questions.add(made.question)
    assert questions <= {f"How many volumes did the collection hold after {year}?" for year in (1850, 1931, 1777)}


def test_a_text_without_its_answer_does_not_hold_it() -> None:
    for kind in ("removed", "other"):
        made = make_unanswerable(EXAMPLES[0], ARTICLE, kind, random.Random(1))
        assert made is not None
        assert "1850" not in made.context


def test_a_question_that_lends_itself_to_nothing_is_left_alone() -> None:
    bare = asked("colour?", "1850")
    assert [make_unanswerable(bare, ARTICLE, kind, random.Random(1)) for kind in ("swap", "antonym", "negation")] == [
        None,
        None,
        None,
    ]


@given(st.integers(0, 10_000), st.integers(0, 2), st.integers(20, 400))
def test_a_crop_keeps_the_answer_where_it_stands(seed: int, which: int, most: int) -> None:
    example = EXAMPLES[which]
    made = crop(example, random.Random(seed), 10, most)
    assert made.context in example.context
    (span,) = made.answers
    assert made.context[span.start : span.end] == example.answers[0].text


def test_crops_shorten_and_differ() -> None:
    lengths = {len(crop(EXAMPLES[0], random.Random(seed), 50, 200).context) for seed in range(30)}
    assert len(lengths) > 2
    assert min(lengths) < len(TEXT) / 2


def test_general_examples_make_up_their_share() -> None:
    train, general = make_examples(30), make_examples(4, 100)
    mixed = with_general(train, general, 0.25, seed=1)
    assert len(mixed) == 40
    assert sum(one in general for one in mixed) == 10
    assert with_general(train, [], 0.0, seed=1) == train
    with pytest.raises(DataError, match="general_share"):
        with_general(train, [], 0.25, seed=1)


def test_mismatched_questions_cannot_be_answered_from_their_text() -> None:
    made = mismatched(make_examples(30), 20, seed=1)
    assert len(made) > 10
    for one in made:
        original = next(other for other in make_examples(30) if one.id == f"{other.id}-{MISMATCHED}")
        assert not one.answerable
        assert one.title != original.title
        assert not any(answer.text in one.context for answer in original.answers)
