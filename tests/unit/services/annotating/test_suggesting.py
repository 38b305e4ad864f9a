"""Suggestions that a reader answers: it agrees, knows better or keeps silent; questions that wait for review, too."""

from contextlib import nullcontext

import pytest

from answers import FakeAnswerer, add_document
from autogpt.annotate.suggest import Suggestion
from autogpt.errors import AutoGPTError, DataError
from autogpt.records import Example, Status
from autogpt.services import jobs, vetted, working
from autogpt.services.annotating.suggesting import suggest_questions
from autogpt.services.annotating.work import Annotator, examples_seen, judge
from autogpt.services.events import history
from autogpt.services.examples import find_example, undo
from autogpt.services.examples.editing import SUBJECT
from autogpt.store import Store

TEXT = """Fees
The Gold card costs 45 euro a year. It is free for students under 26.
Cash abroad costs 1% of the sum.
A loan is paid out within two days.
"""
GOLD, LOAN, CASH = "How much does the Gold card cost?", "When is a loan paid out?", "How much does Cash abroad cost?"
WAITS = "What do students pay?"
BO = Annotator("bo")


@pytest.fixture
def place(store: Store) -> tuple[str, str]:
    return add_document(store, "fees.txt", TEXT)


def reader(store: Store, place: tuple[str, str], **found: tuple[str, float]) -> FakeAnswerer:
    names = {"gold": GOLD, "loan": LOAN, "cash": CASH, "waits": WAITS}
    return FakeAnswerer(store, place, TEXT, {names[name]: told for name, told in found.items()})


def shown(store: Store, place: tuple[str, str]) -> dict[str, Example]:
    return {one.example.question: one.example for one in examples_seen(store, place[0], BO)}


def asked_of(store: Store, place: tuple[str, str], answerer: FakeAnswerer) -> list[Suggestion]:
    """What is suggested of the review queue."""
    report = suggest_questions(store, place[0], reads=answerer.read)
    return [one for one in report.suggestions if one.kind == "asked"]


def test_a_reader_agrees_with_a_rule_knows_better_or_is_not_sure_enough(store: Store, place: tuple[str, str]) -> None:
    reads = reader(store, place, gold=("45 euro", 0.8), loan=("two days", 0.3), cash=("free for students", 0.7)).read
    suggest_questions(store, place[0], reads=reads)
    told = {one.question: (one.answer_text, one.confidence) for one in shown(store, place).values()}
    assert told[GOLD] == ("45 euro a year", 0.8)  # the rule's borders
    assert told[LOAN] == ("within two days", 0.3)
    assert told[CASH] == ("free for students", 0.7)
    suggest_questions(store, place[0], reads=reader(store, place, cash=("1%", 0.4)).read)
    again = shown(store, place)[CASH]
    assert (again.answer_text, again.confidence) == ("free for students", 0.7)  # hardly sure of another place
    assert all(TEXT[span.start : span.end] == span.text for one in shown(store, place).values() for span in one.spans)


def test_what_nobody_judged_is_read_again_by_the_reader_that_answers_now(store: Store, place: tuple[str, str]) -> None:
    assert suggest_questions(store, place[0]).added > 2
    assert {one.confidence for one in shown(store, place).values()} == {None}
    judge(store, find_example(store, shown(store, place)[LOAN].id), True, BO)
    said = reader(store, place, gold=("45 euro", 0.9), loan=("The Gold card", 0.9), cash=("free for students", 0.9))
    report = suggest_questions(store, place[0], reads=said.read)
    assert (report.added, report.marked) == (0, 2)
    told = {one.question: (one.answer_text, one.confidence) for one in shown(store, place).values()}
    assert told[GOLD] == ("45 euro a year", 0.9)
    assert told[CASH] == ("free for students", 0.9)
    assert told[LOAN] == ("within two days", None)  # a person's word
    assert suggest_questions(store, place[0], reads=said.read).marked == 0


def test_a_rejected_suggestion_comes_back_with_its_confidence(store: Store, place: tuple[str, str]) -> None:
    suggest_questions(store, place[0], reads=reader(store, place, gold=("45 euro", 0.8)).read)
    id = shown(store, place)[GOLD].id
    judge(store, find_example(store, id), False, BO)
    undo(store, history(store, SUBJECT, id)[0].id, "bo")
    assert shown(store, place)[GOLD].confidence == 0.8


def test_a_vetted_answer_keeps_its_own_words(store: Store, place: tuple[str, str]) -> None:
    with store.session() as session:
        vetted.add_entry(session, [CASH], "Cash abroad costs 1% of the sum.", [], "anna")
    suggest_questions(store, place[0], reads=reader(store, place, cash=("free for students", 0.9)).read)
    kept = shown(store, place)[CASH]
    assert (kept.answer_text, kept.provenance) == ("Cash abroad costs 1% of the sum.", "suggested:faq")


def test_questions_that_wait_for_review_are_suggested_with_the_readers_answer(
    store: Store, place: tuple[str, str]
) -> None:
    other = add_document(store, "other.txt", "Nothing is free for students here.")
    answerer = reader(store, place, waits=("free for students under 26", 0.6))
    answer = FakeAnswerer(store, place, TEXT, {}).ask(WAITS)
    assert answer.kind == "abstain"
    (asked,) = asked_of(store, place, answerer)
    assert (asked.question, asked.confidence) == (WAITS, 0.6)
    stored = shown(store, place)[WAITS]
    assert (stored.status, stored.annotator, stored.answer_text) == (
        Status.SUGGESTED,
        "model",
        "free for students under 26",
    )
    assert asked_of(store, other, answerer) == []
    judge(store, find_example(store, stored.id), False, BO)
    assert asked_of(store, place, answerer) == []


def test_a_reader_that_fails_takes_nothing_from_the_rules(store: Store, place: tuple[str, str]) -> None:
    def fails(question: str, texts: object) -> list[object]:
        raise AutoGPTError("The models could not be opened.")

    report = suggest_questions(store, place[0], reads=fails)  # type: ignore[arg-type]
    assert report.added > 2
    assert report.notice == "The reader marks nothing more: The models could not be opened."


def test_a_job_suggests_about_many_documents_and_passes_over_what_is_gone(
    store: Store, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answerer = reader(store, place, gold=("45 euro", 0.8))
    other = add_document(store, "other.txt", "Rates\nThe Silver card costs 15 euro.\n")[0]
    monkeypatch.setattr("autogpt.services.annotating.suggesting.Answerer", lambda store, record: nullcontext(answerer))
    id = jobs.enqueue(store, "suggest", {"documents": [place[0], "gone", other]}, "bo").id
    assert jobs.claim(store) == id
    assert working.work(store, id)
    result = jobs.get(store, id).result
    assert (result["documents"], result["notices"]) == (2, [])
    assert result["summary"] == f"{result['added']} questions are suggested about 2 documents."
    assert shown(store, place)[GOLD].confidence == 0.8
    assert examples_seen(store, other, BO)[0].example.answer_text == "15 euro"


def test_without_models_a_job_suggests_by_the_rules_and_says_so(
    store: Store, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(store: Store, record: bool) -> None:
        raise DataError("The release is broken.")

    monkeypatch.setattr("autogpt.services.annotating.suggesting.Answerer", fails)
    id = jobs.enqueue(store, "suggest", {"documents": [place[0]]}, "bo").id
    assert jobs.claim(store) == id
    assert working.work(store, id)
    told = jobs.get(store, id).result["summary"]
    assert told.endswith("about 1 documents. No reader marks answers: The release is broken.")
    assert GOLD in shown(store, place)
