"""Several annotators: who has what, what each sees, how far they agree, and what counts in the end."""

import pytest

from answers import TEXT, add_document
from autogpt.answer.composer import ComposerError
from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.records import AnswerSpan, Status
from autogpt.services import events, people
from autogpt.services.annotating import adjudicating, assigning, guidelines, suggesting
from autogpt.services.annotating.work import Annotator, Seen, examples_seen, judge, list_work, save
from autogpt.services.examples import Written, find_example
from autogpt.services.examples.listing import load_examples
from autogpt.services.people import Role
from autogpt.store import Store

PASSWORD = "correct horse battery"
QUESTION = "What does the Gold card cost?"
BO, FANG, ANNA = Annotator("bo"), Annotator("王芳"), Annotator("anna", decides=True)


@pytest.fixture
def document(store: Store) -> str:
    """A document, and three people of whom one decides."""
    people.add_person(store, "anna", PASSWORD, Role.ADMIN, by="test")
    for name in ("bo", "王芳"):
        people.add_person(store, name, PASSWORD, Role.ANNOTATOR, by="test")
    people.add_person(store, "asks", PASSWORD, Role.ASKER, by="test")
    return add_document(store, "fees.txt", TEXT)[0]


def answer(quote: str, question: str = QUESTION) -> Written:
    return Written(question, (AnswerSpan(quote, TEXT.index(quote)),))


def questions(seen: list[Seen]) -> list[str]:
    return [one.example.question for one in seen]


def test_documents_are_shared_out_to_those_who_have_least(store: Store, document: str) -> None:
    others = [add_document(store, f"{name}.txt", TEXT)[0] for name in "abc"]
    assigning.assign_evenly(store, [document, *others], ["bo", "王芳"], 1, by="anna")
    held = [one.person for one in assigning.assignments(store)]
    assert sorted(held) == ["bo", "bo", "王芳", "王芳"]
    assigning.assign_evenly(store, [document], ["bo", "王芳"], 2, by="anna")
    assert {one.person for one in assigning.assignments(store, document)} == {"bo", "王芳"}
    assigning.assign(store, document, ["bo"], by="anna")
    assert [one.person for one in assigning.assignments(store, document)] == ["bo"]
    event = events.history(store, "assignment", document)[0]
    assert (event.person, dict(event.after)) == ("anna", {"states": {"bo": "open"}})
    work, total = list_work(store, BO, only_mine=True)
    assert total == len(work)
    assert all(any(one.person == "bo" for one in each.assigned) for each in work)
    with pytest.raises(UsageError, match="may not annotate"):
        assigning.assign(store, document, ["asks"], by="anna")
    with pytest.raises(UsageError, match="3 annotators"):
        assigning.assign_evenly(store, [document], ["bo", "王芳"], 3, by="anna")
    with pytest.raises(NotFoundError):
        assigning.set_done(store, document, "王芳", done=True)


def test_who_annotates_is_not_overwritten_and_can_be_taken_back(store: Store, document: str) -> None:
    def held() -> dict[str, str]:
        return {one.person: one.state for one in assigning.assignments(store, document)}

    assigning.assign(store, document, ["bo"], by="anna", seen=[])
    with pytest.raises(ConflictError, match="it is now bo"):
        assigning.assign(store, document, ["王芳"], by="ben", seen=[])
    assigning.set_done(store, document, "bo", done=True)
    assigning.assign(store, document, ["王芳"], by="ben", seen=["bo"])
    replaced = events.history(store, "assignment", document)[0]
    assigning.undo_change(store, replaced, "anna")
    assert held() == {"bo": "done"}  # as far as they were
    with pytest.raises(ConflictError, match="changed again"):
        assigning.undo_change(store, replaced, "anna")
    adjudicating.settle(store, document, by="anna")
    assert held() == {"bo": "settled"}
    assigning.undo_change(store, events.history(store, "assignment", document)[0], "anna")
    assert held() == {"bo": "done"}


def test_one_annotator_writes_what_counts_at_once(store: Store, document: str) -> None:
    assigning.assign(store, document, ["bo"], by="anna")
    assert save(store, document, answer("45 euro"), BO).example.status == Status.ACCEPTED
    assert list_work(store, BO)[0][0].mine == 1


def test_each_of_several_sees_their_own_until_one_who_decides_chooses(store: Store, document: str) -> None:
    assigning.assign(store, document, ["bo", "王芳"], by="anna")
    first = save(store, document, answer("45 euro"), BO)
    assert first.example.status == Status.SUGGESTED
    assert questions(examples_seen(store, document, FANG)) == []
    second = save(store, document, answer("45 euro a year", "What does a Gold card cost?"), FANG)
    save(store, document, Written("Is there a Platinum card?"), BO)
    save(store, document, Written("Is there a Platinum card?"), FANG)
    assert len(examples_seen(store, document, BO)) == 2
    assert len(examples_seen(store, document, ANNA)) == 4
    assert list_work(store, ANNA)[0][0].waiting == 4
    (pair,) = adjudicating.pairs(store, document)
    assert (pair.agreement.shared, pair.agreement.answerable_kappa) == (2, 1.0)
    assert pair.agreement.span_f1 == pytest.approx((2 * 7 / (7 + 14) + 1) / 2)
    differs, agreed = adjudicating.cases(store, document)
    assert [one.example and one.example.answer_text for one in differs.answers] == ["45 euro", "45 euro a year"]
    assert agreed.agreed
    with pytest.raises(UsageError, match="2 questions still wait"):
        adjudicating.settle(store, document, by="anna")
    assert adjudicating.choose_agreed(store, document, by="anna") == 1
    with pytest.raises(ConflictError, match="changed since"):
        adjudicating.choose(store, second.example.id, "anna", first.version.replace("20", "19", 1))
    adjudicating.choose(store, second.example.id, "anna", second.version)
    with pytest.raises(ConflictError, match="decided already"):
        adjudicating.choose(store, first.example.id, "anna")
    assert find_example(store, first.example.id).example.status == Status.REJECTED
    assert {one.question for one in load_examples(store, Status.ACCEPTED)} == {
        "What does a Gold card cost?",
        "Is there a Platinum card?",
    }
    assigning.set_done(store, document, "bo", done=True)
    adjudicating.settle(store, document, by="anna")
    assert {one.state for one in assigning.assignments(store, document)} == {"settled"}
    assert events.history(store, "assignment", document)[0].before == {"states": {"bo": "done", "王芳": "open"}}
    assert save(store, document, answer("two days", "When is a loan paid?"), BO).example.status == Status.ACCEPTED
    assert adjudicating.pairs(store, document)[0].agreement.shared == 2  # still told


def test_what_who_decides_writes_takes_the_place_of_what_waits(store: Store, document: str) -> None:
    assigning.assign(store, document, ["bo", "王芳"], by="anna")
    waiting = [save(store, document, answer(quote), who) for quote, who in (("45 euro", BO), ("45", FANG))]
    written = save(store, document, answer("45 euro a year"), ANNA)
    assert written.example.status == Status.ACCEPTED
    assert {find_example(store, one.example.id).example.status for one in waiting} == {Status.REJECTED}
    again = save(store, document, answer("free", "Is it free?"), BO)
    adjudicating.reject_case(store, again.example.id, by="anna")
    assert adjudicating.cases(store, document) == []


def test_a_suggestion_to_several_gets_an_answer_of_each(store: Store, document: str) -> None:
    report = suggesting.suggest_questions(store, document)
    assert report.added == len(report.suggestions) > 0
    assert suggesting.suggest_questions(store, document).added == 0
    assigning.assign(store, document, ["bo", "王芳"], by="anna")
    seen = next(one for one in examples_seen(store, document, BO) if "Gold card cost" in one.example.question)
    own = judge(store, find_example(store, seen.example.id), True, BO)
    assert (own.example.annotator, own.example.status) == ("bo", Status.SUGGESTED)
    assert own.example.id != seen.example.id
    assert questions(examples_seen(store, document, BO)).count(seen.example.question) == 1
    mended = save(
        store, document, answer("45 euro", seen.example.question), FANG, id=seen.example.id, read_at=seen.version
    )
    same = save(
        store, document, answer("45 euro", seen.example.question), FANG, id=seen.example.id, read_at=seen.version
    )
    assert same == mended
    assert find_example(store, seen.example.id).example.annotator == "rules"
    with pytest.raises(ConflictError, match="only a reviewer"):
        judge(store, find_example(store, seen.example.id), False, BO)
    case = next(one for one in adjudicating.cases(store, document) if one.question == seen.example.question)
    assert [one.person for one in case.answers] == ["bo", "王芳"]


def test_a_suggestion_to_one_is_accepted_mended_or_rejected_and_not_made_again(store: Store, document: str) -> None:
    text = "Cards\nThe Gold card costs 45 euro.\nThe Silver card costs 15 euro.\nThe Tin card costs 5 euro.\n"
    document = add_document(store, "cards.txt", text)[0]
    assert suggesting.suggest_questions(store, document).added == 3
    first, second, third = examples_seen(store, document, BO)
    accepted = judge(store, find_example(store, first.example.id), True, BO)
    assert accepted.example.status == Status.ACCEPTED
    assert accepted.example.provenance.startswith("confirmed:")
    judge(store, find_example(store, second.example.id), False, BO)
    assert second.example.id not in {one.example.id for one in examples_seen(store, document, BO)}
    assert suggesting.suggest_questions(store, document).added == 0
    other = Written("What is the price of Tin?", (AnswerSpan("5 euro", text.index(" 5 euro") + 1),))
    mended = save(store, document, other, BO, id=third.example.id, read_at=third.version)
    assert (mended.example.id, mended.example.status) == (third.example.id, Status.ACCEPTED)
    with pytest.raises(ConflictError, match="there no more"):
        save(store, document, other, BO, id="gone", read_at=third.version)


class Writer:
    """A language model that says one thing, until it is away."""

    def __init__(self, says: str, times: int = 100) -> None:
        self._says, self._times = says, times
        self.asked = 0

    def compose(self, question: str, passages: object) -> str:
        return self.write(passages)

    def write(self, told: object) -> str:
        self.asked += 1
        if self.asked > self._times:
            raise ComposerError("the endpoint answered with status 500.")
        return self._says

    def close(self) -> None: ...


def test_a_language_model_suggests_beside_the_rules(store: Store) -> None:
    text = "Cards\nThe Gold card costs 45 euro. It is blue on both sides.\n" + "Nothing is said here. " * 150
    document = add_document(store, "cards.txt", text)[0]
    says = "Q: What colour is it?\nA: blue\nQ: How much does the Gold card cost?\nA: 45 euro\nQ: Who?\nA: nobody"
    report = suggesting.suggest_questions(store, document, composer=Writer(says))
    assert [(one.question, one.kind) for one in report.suggestions] == [
        ("How much does the Gold card cost?", "quantity"),
        ("What colour is it?", "model"),
    ]
    assert (report.answers[1], report.added, report.notice) == ("blue", 2, "")
    by = {one.example.question: one.example for one in examples_seen(store, document, BO)}
    assert (by["What colour is it?"].annotator, by["What colour is it?"].provenance) == ("model", "suggested:model")
    judge(store, find_example(store, by["What colour is it?"].id), False, BO)
    again = suggesting.suggest_questions(store, document, composer=Writer(says))
    assert (again.suggestions, again.added) == ((), 0)


def test_a_language_model_that_fails_or_is_slow_takes_nothing_from_the_rules(store: Store) -> None:
    text = "Cards\nThe Gold card costs 45 euro. It is blue on both sides.\n" + "Nothing is said here. " * 150
    document = add_document(store, "cards.txt", text)[0]
    writer = Writer("Q: What colour is it?\nA: blue", times=1)
    report = suggesting.suggest_questions(store, document, composer=writer, keep=False)
    assert len(report.suggestions) == 2
    assert report.notice == "The language model suggests nothing more: the endpoint answered with status 500."
    slow = Writer("")
    report = suggesting.suggest_questions(store, document, composer=slow, patience=-1)
    assert (report.added, slow.asked) == (1, 0)
    assert "a part of the text is left" in report.notice
    full = Writer("Q: What colour is it?\nA: blue")
    assert suggesting.suggest_questions(store, document, composer=full, limit=0).suggestions == ()
    assert full.asked == 0


def test_guidelines_are_changed_by_one_at_a_time(store: Store) -> None:
    assert guidelines.read_guidelines(store).text == ""
    made = guidelines.write_guidelines(store, "# How\r\n", 0, "anna")
    assert (made.text, made.version) == ("# How", 1)
    with pytest.raises(ConflictError):
        guidelines.write_guidelines(store, "Mine", 0, "bo")
    with pytest.raises(UsageError):
        guidelines.write_guidelines(store, "x" * 50_001, 1, "bo")
    assert guidelines.write_guidelines(store, "# How", 1, "bo").version == 1
    (event,) = events.history(store, "guidelines")
    assert (event.person, dict(event.before), dict(event.after)) == ("anna", {"text": ""}, {"text": "# How"})


def test_guidelines_from_before_a_change_come_back(store: Store) -> None:
    guidelines.write_guidelines(store, "# How", 0, "anna")
    guidelines.write_guidelines(store, "Mine", 1, "bo")
    change = events.history(store, guidelines.SUBJECT)[0]
    guidelines.undo_change(store, change, "anna")
    assert guidelines.read_guidelines(store) == guidelines.Guidelines("# How", 3)
    with pytest.raises(ConflictError, match="changed again"):
        guidelines.undo_change(store, change, "anna")
