"""What becomes of a question: in one transaction, with its event, for the first who decides; and taken back."""

import threading

import pytest
from sqlalchemy import update

from answers import TEXT, FakeAnswerer, add_document
from autogpt.answer.faq import FaqMatcher, phrasings
from autogpt.errors import AutoGPTError, ConflictError, NotFoundError, UsageError
from autogpt.prepare.sources import ParsedFaq
from autogpt.prepare.sources.parsed import FaqPair
from autogpt.records import Answer, AnswerKind, Status
from autogpt.services import feedback, people, reviewing
from autogpt.services.auditing import Recorder
from autogpt.services.events import history
from autogpt.services.examples.listing import load_examples
from autogpt.services.faq import faq_revision
from autogpt.services.people import Role
from autogpt.services.recording import Origin, Shelf, record_faq
from autogpt.services.reviewing import Item, find_row, given, nearest, open_questions, review_items, vetted_near
from autogpt.store import Store
from autogpt.store.faq import load_faq
from autogpt.store.tables import DocumentRow, FaqRow
from word_encoder import WordEncoder

GOLD, CASH = "What does the Gold card cost a year?", "What does cash abroad cost?"
LOST = ("How do I report a lost card?", "How do I report a lost card")


def seen(item: Item) -> dict[str, int]:
    return {row.id: row.version for row in item.rows}


def only(store: Store) -> Item:
    (item,) = review_items(store, WordEncoder(), None)
    return item


def entries(store: Store) -> list[tuple[tuple[str, ...], str]]:
    with store.session() as session:
        return [(one.questions, one.answer) for one in load_faq(session)]


@pytest.fixture
def lost(store: Store, answerer: FakeAnswerer) -> Item:
    for question in LOST:
        answerer.ask(question)
    return only(store)


def test_an_answer_that_is_right_becomes_an_example_and_that_can_be_taken_back(
    store: Store, answerer: FakeAnswerer, place: tuple[str, str]
) -> None:
    asked = answerer.ask(GOLD)
    feedback.give(store, asked.audit_id, "down", "too short", by="test")
    item = only(store)
    shown = given(store, item.rows[0])
    assert shown is not None
    assert (shown.text, shown.comment, shown.acceptable, shown.threshold) == ("45 euro a year", "too short", True, 0.4)
    told = reviewing.accept(store, seen(item), "anna")
    (example,) = load_examples(store)
    assert (example.question, example.spans[0].text, example.status) == (GOLD, "45 euro a year", Status.ACCEPTED)
    assert (example.document_id, example.provenance, example.annotator) == (place[0], "review", "anna")
    assert told["examples"] == [example.id]
    assert open_questions(store) == []
    assert [(one.action, one.person) for one in history(store, "review")] == [("accepted", "anna")]
    assert reviewing.undo(store, item.id, "bo") == [item.id]
    assert load_examples(store) == []
    newest = history(store, "review")[0]
    assert (newest.action, newest.person) == ("undo", "bo")
    back = only(store)
    assert back.id == item.id
    reviewing.accept(store, seen(back), "bo")  # the second decision is as good as the first
    assert len(load_examples(store)) == 1


def test_other_phrasings_of_an_item_become_phrasings_of_its_example(store: Store, lost: Item) -> None:
    reviewing.mark_unanswerable(store, seen(lost), nearest_document(store), "anna")
    first, *others = sorted(load_examples(store), key=lambda one: one.question, reverse=True)
    assert (first.question, first.answerable, [one.question for one in others]) == (LOST[0], False, [LOST[1]])


def nearest_document(store: Store) -> str:
    with store.session() as session:
        return str(session.query(DocumentRow.id).scalar())


def test_a_document_that_changed_since_cannot_be_cited_by_an_old_answer(
    store: Store, lost: Item, place: tuple[str, str]
) -> None:
    _, version = add_document(store, "new.txt", TEXT)
    with store.session() as session:
        session.execute(update(DocumentRow).where(DocumentRow.id == place[0]).values(current_version_id=version))
    shown = given(store, lost.rows[0])
    assert shown is not None
    assert not shown.acceptable
    with pytest.raises(ConflictError, match="brought in anew"):
        reviewing.accept(store, seen(lost), "anna")
    assert only(store).id == lost.id  # nothing was changed
    assert load_examples(store) == []


def test_a_vetted_answer_counts_for_the_next_question_and_goes_with_its_decision(store: Store, lost: Item) -> None:
    before = faq_revision(store)
    reviewing.answer(store, seen(lost), [*LOST, LOST[0].upper(), " "], "  Call 0800 1.\n", "anna")
    assert entries(store) == [(LOST, "Call 0800 1.")]
    assert faq_revision(store) != before
    encoder = WordEncoder()
    with store.session() as session:
        vetted = load_faq(session)
    vectors = encoder.encode([*phrasings(vetted), vetted[0].answer])
    match = FaqMatcher(vetted, vectors[:2], vectors[2:], encoder, None).match(LOST[0], frozenset())
    assert match is not None
    assert match.confidence > 0.9
    reviewing.undo(store, lost.rows[1].id, "anna")  # by whichever of its rows
    assert entries(store) == []
    assert [one.text for one in only(store).questions] == list(LOST)


def test_what_was_asked_with_labels_is_answered_for_who_has_them(store: Store, answerer: FakeAnswerer) -> None:
    answerer.ask(LOST[0], frozenset({"staff"}))
    (row,) = open_questions(store, None)[0].rows
    with pytest.raises(NotFoundError, match="no such question"):
        reviewing.dismiss(store, {row.id: 0}, "anna")
    reviewing.answer(store, {row.id: 0}, [LOST[0]], "Call 1.", "anna", None)
    with store.session() as session:
        assert [one.labels for one in load_faq(session)] == [frozenset({"staff"})]
    answerer.ask(LOST[0])
    with pytest.raises(UsageError, match="may not see"):
        with store.session() as session:
            faq = session.query(FaqRow.id).scalar()
        reviewing.add_phrasing(store, seen(only(store)), faq, [LOST[0]], "anna", None)


def test_added_phrasings_outlast_the_file_of_their_entry_and_go_when_taken_back(store: Store, lost: Item) -> None:
    def ingest(*questions: str) -> None:
        with store.session() as session:
            parsed = ParsedFaq((FaqPair(questions, "Call 0800 1.", "en"),), "")
            record_faq(session, Shelf(session, 0.9), Origin("f.csv", "f.csv", "", ""), parsed, None)

    ingest("Lost card?")
    (entry,) = vetted_near(store, WordEncoder(), LOST[0], "")
    assert vetted_near(store, None, LOST[0], "CALL card")[0].id == entry.id
    assert vetted_near(store, None, LOST[0], "zebra") == []
    reviewing.add_phrasing(store, seen(lost), entry.id, LOST, "anna")
    ingest("Lost card?", "Where to call?")
    assert entries(store) == [(("Lost card?", "Where to call?", *LOST), "Call 0800 1.")]
    reviewing.undo(store, lost.id, "anna")
    assert entries(store) == [(("Lost card?", "Where to call?"), "Call 0800 1.")]


def test_accepting_a_vetted_answer_adds_the_question_to_it(store: Store, lost: Item) -> None:
    reviewing.answer(store, seen(lost), [LOST[0]], "Call 0800 1.", "anna")
    with store.session() as session:
        (entry,) = load_faq(session)
    told = {"faq": {"id": entry.id, "question": LOST[0], "threshold": 0.8}}
    answer = Answer("Call 0800 1.", AnswerKind.FAQ, 0.45, explanation=told, question="My card is gone")
    Recorder(store).answer(answer)
    item = only(store)
    shown = given(store, item.rows[0])
    assert shown is not None
    assert (shown.text, shown.acceptable, shown.threshold) == ("Call 0800 1.", True, 0.8)
    reviewing.accept(store, seen(item), "anna")
    assert entries(store) == [((LOST[0], "My card is gone"), "Call 0800 1.")]


@pytest.mark.parametrize(
    ("questions", "text", "problem"),
    [(["?"], "Call.", "question is empty"), ([], "Call.", "no question"), ([LOST[0]], " ", "answer is empty")],
)
def test_nothing_is_decided_by_what_can_be_no_answer(
    store: Store, lost: Item, questions: list[str], text: str, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        reviewing.answer(store, seen(lost), questions, text, "anna")
    assert entries(store) == []
    assert seen(only(store)) == seen(lost)


def test_a_question_gets_no_second_vetted_answer(store: Store, lost: Item) -> None:
    first, second = lost.rows
    reviewing.answer(store, {first.id: 0}, [LOST[0]], "Call 0800 1.", "anna")
    with pytest.raises(UsageError, match="has a vetted answer already"):
        reviewing.answer(store, {second.id: 0}, [LOST[0]], "Write to us.", "anna")


def test_of_two_who_decide_at_once_one_is_told_what_the_other_did(store: Store, lost: Item) -> None:
    problems: list[AutoGPTError] = []
    begin = threading.Barrier(2)

    def decide(person: str) -> None:
        begin.wait()
        try:
            reviewing.answer(store, seen(lost), LOST, f"Ask {person}.", person)
        except AutoGPTError as error:
            problems.append(error)

    threads = [threading.Thread(target=decide, args=(person,)) for person in ("anna", "bo")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    (problem,) = problems
    winner = history(store, "review")[0].person
    assert isinstance(problem, ConflictError)
    assert f"{winner} decided meanwhile: answered" in problem.message
    assert [answer for _, answer in entries(store)] == [f"Ask {winner}."]


def test_a_question_that_changed_since_it_was_seen_is_not_decided(store: Store, lost: Item) -> None:
    people.add_person(store, "anna", "correct horse battery", Role.ADMIN, by="test")
    with pytest.raises(NotFoundError, match="nobody called 'bo'"):
        reviewing.assign(store, seen(lost), "bo", "anna")
    reviewing.assign(store, seen(lost), "anna", "bo")
    assert only(store).assignee == "anna"
    with pytest.raises(ConflictError, match="last by bo"):
        reviewing.dismiss(store, seen(lost), "carl")
    reviewing.dismiss(store, seen(only(store)), "carl")
    with pytest.raises(ConflictError, match="carl decided meanwhile: dismissed"):
        reviewing.dismiss(store, seen(lost), "bo")


def test_a_page_that_corrected_them_closes_whatever_still_waits(store: Store, lost: Item) -> None:
    first, second = lost.rows
    reviewing.dismiss(store, {first.id: 0}, "anna")
    joined = f"{first.id},{second.id}"
    assert reviewing.close(store, [joined], "corrected", "bo", example="e1") == 1
    assert reviewing.close(store, [second.audit_id], "corrected", "bo") == 0
    row = find_row(store, second.id)
    assert row is not None
    assert row.resolution == {"action": "corrected", "person": "bo", "ids": [second.id], "examples": ["e1"]}
    assert reviewing.undo(store, second.id, "bo") == [second.id]
    assert reviewing.close(store, [second.audit_id], "corrected", "bo") == 1
    with pytest.raises(UsageError, match="becomes 'eaten'"):
        reviewing.close(store, [joined], "eaten", "bo")


def test_what_somebody_changed_since_is_not_taken_back(store: Store, lost: Item) -> None:
    reviewing.answer(store, seen(lost), LOST, "Call 0800 1.", "anna")
    with store.session() as session:
        session.execute(update(FaqRow).values(answer="Call 0800 2."))
    with pytest.raises(ConflictError, match="changed since"):
        reviewing.undo(store, lost.id, "anna")
    assert open_questions(store) == []
    with pytest.raises(UsageError, match="Choose at least one"):
        reviewing.dismiss(store, {}, "anna")


def test_the_nearest_passages_come_from_the_search_of_now(store: Store, answerer: FakeAnswerer) -> None:
    found = nearest(store, answerer, "Gold card")
    assert found[0].text.startswith("The Gold card costs 45 euro")
    assert nearest(store, None, "Gold card") == []
