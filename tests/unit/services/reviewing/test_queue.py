"""What waits for review: counted, put together by meaning, those that teach most first."""

import pytest

from answers import FakeAnswerer
from autogpt.records import Answer, AnswerKind, Evidence, Example
from autogpt.services import feedback
from autogpt.services.auditing import Recorder
from autogpt.services.question_vectors import question_vectors
from autogpt.services.reviewing import Item, dismiss, find_row, open_questions, review_items
from autogpt.store import Store
from autogpt.store.examples import values_of
from autogpt.store.tables import ExampleRow
from word_encoder import WordEncoder

LOST = "How do I report a lost card?"
OTHER = "Which branch opens on a Sunday?"


def seen(item: Item) -> dict[str, int]:
    return {row.id: row.version for row in item.rows}


def texts(items: list[Item]) -> list[list[str]]:
    return [[one.text for one in item.questions] for item in items]


def test_questions_that_ask_the_same_are_one_item_counted_together(store: Store, answerer: FakeAnswerer) -> None:
    for question in (OTHER, LOST, "How do I report a lost card", LOST, "A lost card: how to report?", LOST.upper()):
        answerer.ask(question)
    items = review_items(store, WordEncoder())
    assert texts(items) == [
        [LOST, "How do I report a lost card", "A lost card: how to report?"],
        [OTHER],
    ]
    assert [item.times for item in items] == [5, 1]
    assert items[0].confidence == pytest.approx(0.12)
    # Without an encoder only the same words are the same question.
    assert [item.times for item in review_items(store, None)] == [3, 1, 1, 1]


def test_other_numbers_languages_and_audiences_are_other_questions(store: Store, answerer: FakeAnswerer) -> None:
    for question in ("What is the fee after 3 years?", "What is the fee after 5 years?"):
        answerer.ask(question)
    answerer.ask("What is the fee after 3 years?", frozenset({"staff"}))
    assert len(review_items(store, WordEncoder(), None)) == 3
    assert len(review_items(store, WordEncoder())) == 2  # what staff asked may tell what staff may see
    answerer.ask("金卡的年费是多少？")
    answerer.ask("金卡 年费是 多少？")
    assert len(review_items(store, WordEncoder())) == 3


def test_what_teaches_most_comes_first(store: Store, answerer: FakeAnswerer) -> None:
    for question in (LOST, OTHER, OTHER, OTHER):
        answerer.ask(question)
    assert texts(review_items(store, WordEncoder())) == [[OTHER], [LOST]]  # asked more often
    with store.session() as session:
        session.add(ExampleRow(**values_of(Example("e1", OTHER))))
    assert texts(review_items(store, WordEncoder())) == [[LOST], [OTHER]]  # that is labelled already
    assert review_items(store, WordEncoder())[1].novelty == pytest.approx(0, abs=1e-3)


def test_a_complaint_is_no_second_asking_and_outweighs_confidence(store: Store, answerer: FakeAnswerer) -> None:
    sure = answerer.ask("What does the Gold card cost a year?")
    feedback.give(store, sure.audit_id, "down", by="test")
    asked = answerer.ask(LOST)
    feedback.send_to_review(store, asked.audit_id, by="test")
    feedback.send_to_review(store, asked.audit_id, by="test")
    items = {item.text: item for item in review_items(store, None)}
    assert items[sure.question].doubt == 1.0
    assert (items[LOST].times, items[LOST].reasons) == (1, ("abstained", "requested"))


def test_what_was_decided_waits_again_only_after_another_release_or_a_complaint(
    store: Store, answerer: FakeAnswerer
) -> None:
    for question in (LOST, OTHER):
        answerer.ask(question)
    put_aside, learnt = review_items(store, None)
    dismiss(store, seen(put_aside), "anna")
    row = learnt.rows[0]
    from autogpt.services.reviewing import close

    assert close(store, [row.id], "corrected", "anna", example="e1") == 1
    for question in (LOST, OTHER):
        answerer.ask(question)
    assert open_questions(store) == []
    again = find_row(store, row.id)
    assert again is not None
    assert (again.times, again.resolution["examples"]) == (2, ["e1"])
    answerer.release = "r8"
    for question in (LOST, OTHER):
        answerer.ask(question)
    assert [one.text for one in open_questions(store)] == [learnt.text]
    feedback.send_to_review(store, answerer.ask(put_aside.text).audit_id, by="test")
    assert {one.text for one in open_questions(store)} == {learnt.text, put_aside.text}


def test_sources_that_disagree_wait_for_a_person(store: Store) -> None:
    def cited(quote: str, score: float) -> Evidence:
        return Evidence("fees.txt", "d", "v", 0, len(quote), quote, score)

    def asked(number: int, *evidence: Evidence, **explanation: object) -> None:
        told = {"threshold": 0.4, **explanation}
        best, question = evidence[0], f"Question {number}?"
        Recorder(store).answer(Answer(best.quote, AnswerKind.SPAN, best.score, evidence, told, question=question))

    asked(1, cited("45 euro", 0.8), cited("60 euro", 0.75))
    asked(2, cited("45 euro", 0.8), cited("60 euro", 0.4))
    asked(3, cited("45 euro", 0.8), cited("45 euro a year", 0.79))
    asked(4, cited("45 euro", 0.8), near_faq={"id": "f1", "confidence": 0.7, "agrees": False})
    asked(5, cited("45 euro", 0.8), near_faq={"id": "f1", "confidence": 0.7, "agrees": True})
    waiting = {one.text: one for one in open_questions(store)}
    assert sorted(waiting) == ["Question 1?", "Question 4?"]
    assert {row.reason for one in waiting.values() for row in one.rows} == {"disagreeing"}
    assert {one.doubt for one in waiting.values()} == {0.5}


def test_vectors_are_embedded_once_and_a_broken_cache_is_made_anew(store: Store) -> None:
    encoder = WordEncoder()
    first = question_vectors(store, encoder, ["one fee", "two fees"])
    again = question_vectors(store, encoder, ["two fees", "three fees", "one fee", "one fee"])
    assert encoder.encoded == 3
    assert (again[0] == first[1]).all()
    assert (again[2:] == first[0]).all()
    for file in (store.folder / "cache").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    assert (question_vectors(store, encoder, ["one fee"]) == first[:1]).all()
    assert question_vectors(store, encoder, []).shape == (0, 0)
