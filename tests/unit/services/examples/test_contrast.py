"""Passages that the search finds for a question and that do not answer it."""

from types import SimpleNamespace
from typing import Any

import pytest

from autogpt.records import AnswerSpan, Example, Passage, Split
from autogpt.services.examples import contrast
from autogpt.services.examples.contrast import retrieved_negatives
from autogpt.store import Store
from autogpt.train.hard_negatives import without_answer

FEE = "The monthly fee is 5 euros. "
FEES = FEE + "Withdrawals abroad cost 2 euros."


def passage(text: str, version: str = "fees", start: int = 0) -> Passage:
    return Passage(f"{version}-{start}", f"d-{version}", version, start, start + len(text), text, title="Fees")


def example(split: Split | None = Split.TRAIN, version: str = "fees", answer: str = "5 euros") -> Example:
    spans = (AnswerSpan(answer, FEES.index(answer)),) if answer else ()
    return Example(id=f"e-{version}", question="What is the fee?", version_id=version, spans=spans, split=split)


def test_the_passage_with_the_answer_is_no_negative() -> None:
    rest = passage(FEES[len(FEE) :], start=len(FEE))
    assert list(without_answer(example(), [passage(FEE), rest])) == [rest]


def test_a_passage_that_says_the_same_elsewhere_is_no_negative() -> None:
    same, other = passage("It costs 5 EUROS, too.", "copy"), passage("It costs 15 euros.", "other")
    assert list(without_answer(example(), [same, other])) == [other]


def test_a_chinese_answer_is_seen_inside_a_sentence() -> None:
    asked = Example(id="e", question="年费是多少？", version_id="fees", spans=(AnswerSpan("二百元", 5),))
    same, other = passage("金卡年费为二百元，按年收取。", "copy"), passage("白金卡年费为三百元。", "other")
    assert list(without_answer(asked, [same, other])) == [other]


def test_every_passage_is_a_negative_of_an_unanswerable_question() -> None:
    assert list(without_answer(example(answer=""), [passage(FEE)])) == [passage(FEE)]


def test_documents_of_other_parts_are_left_out() -> None:
    assert not list(without_answer(example(), [passage("Cards are free.", "held")], {"held"}))


def test_questions_of_the_train_part_get_their_best_passages_without_the_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    ranked = [
        passage(FEE),
        passage("Held out.", "test"),
        passage("Cards are free.", "cards"),
        passage("Loans cost more.", "loans"),
        passage("Keys are free.", "keys"),
    ]

    class Search:
        def __enter__(self) -> "Search":
            return self

        def __exit__(self, *exception: object) -> None: ...

        def retrieve(self, question: str, labels: Any) -> list[Any]:
            asked.append((question, labels))
            return [SimpleNamespace(passage=one) for one in ranked]

    monkeypatch.setattr(contrast, "open_retriever", lambda _: Search())
    monkeypatch.setattr(contrast, "load_examples", lambda *_: [example(), example(Split.TEST, "test")])
    made = retrieved_negatives(store, 2)
    assert [(one.id, one.context) for one in made] == [
        ("e-fees-retrieved-0", "Cards are free."),
        ("e-fees-retrieved-1", "Loans cost more."),
    ]
    assert not any(one.answerable for one in made)
    assert asked == [("What is the fee?", None)]


def test_none_are_looked_for_where_none_are_wanted(store: Store) -> None:
    assert retrieved_negatives(store, 0) == []
