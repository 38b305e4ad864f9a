"""What people did, as a list; each kind of change taken back from it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document
from autogpt.errors import ForbiddenError, NotFoundError, UsageError
from autogpt.records import AnswerSpan, Status
from autogpt.services import activity, evaluations, gold_sets, people, reviewing, settings
from autogpt.services.activity import done, undo
from autogpt.services.annotating import assigning, guidelines
from autogpt.services.document_changes import set_labels
from autogpt.services.events import history, told_of
from autogpt.services.examples import Written, editing, import_examples, sealing
from autogpt.services.examples.listing import load_examples
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.store.tables import ExampleRow
from measured import Says, add_questions, gold_bytes, keep, measured

PASSWORD = "correct horse battery"
SECRET = "What does the Gold card cost?"


@pytest.fixture(autouse=True)
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autogpt.services.indexing.relabel", lambda *_: None)


@pytest.fixture
def document(store: Store) -> str:
    for name, role in (("anna", Role.ADMIN), ("bo", Role.ANNOTATOR)):
        people.add_person(store, name, PASSWORD, role, by="test")
    return add_document(store, "fees.txt", TEXT)[0]


def add_gold(store: Store) -> str:
    return gold_sets.add_gold_set(store, "gold.jsonl", lambda count: gold_bytes()[:count], 10_000, "anna").id


def measure(store: Store, document: str) -> str:
    place = add_document(store, "measured.txt", TEXT)
    add_questions(store, place, TEXT, {SECRET: "45 euro"})
    return keep(store, measured(store, Says(place, TEXT, {SECRET: ("45 euro", 0.9, True, True)})))


def labels(store: Store, document: str) -> Callable[[], object]:
    set_labels(store, document, ["staff"], expected=[], by="anna")
    return lambda: history(store, "document", document)[0].after["labels"] == []


def role(store: Store, document: str) -> Callable[[], object]:
    people.set_role(store, "bo", Role.REVIEWER, by="anna")
    return lambda: people.list_people(store)[1].role == Role.ANNOTATOR


def shut_out(store: Store, document: str) -> Callable[[], object]:
    people.set_disabled(store, "bo", True, by="anna")
    return lambda: not people.list_people(store)[1].disabled


def rules(store: Store, document: str) -> Callable[[], object]:
    guidelines.write_guidelines(store, "Short answers.", 0, "anna")
    return lambda: guidelines.read_guidelines(store).text == ""


def assigned(store: Store, document: str) -> Callable[[], object]:
    assigning.assign(store, document, ["bo"], by="anna")
    return lambda: assigning.assignments(store, document) == []


def refusal(store: Store, document: str) -> Callable[[], object]:
    kept = settings.kept_settings(store, "refusals")
    settings.change_settings(store, "refusals", {"answer.refusal": "Ask us."}, "anna", kept.version)
    return lambda: settings.kept_settings(store, "refusals").values == kept.values


def written(store: Store, document: str) -> Callable[[], object]:
    answer = (AnswerSpan("45 euro", TEXT.index("45 euro")),)
    editing.create_example(store, document, Written(SECRET, answer), "anna")
    return lambda: load_examples(store) == []


def decided(store: Store, document: str) -> Callable[[], object]:
    FakeAnswerer(store, (document, ""), TEXT, QUESTIONS).ask("Who is the mayor?")
    row = reviewing.open_questions(store)[0].rows[0]
    reviewing.dismiss(store, {row.id: row.version}, "anna")
    return lambda: len(reviewing.open_questions(store)) == 1


def gold(store: Store, document: str) -> Callable[[], object]:
    id = add_gold(store)
    gold_sets.remove_gold_set(store, id, "anna")
    assert gold_sets.list_gold_sets(store) == []
    return lambda: [one.id for one in gold_sets.list_gold_sets(store)] == [id]


def evaluation(store: Store, document: str) -> Callable[[], object]:
    id = measure(store, document)
    evaluations.remove_evaluation(store, id, "anna")
    assert evaluations.list_evaluations(store) == []
    return lambda: [one.id for one in evaluations.list_evaluations(store)] == [id]


@pytest.mark.parametrize(
    "change", [labels, role, shut_out, rules, assigned, refusal, written, decided, gold, evaluation]
)
def test_what_was_done_is_listed_and_taken_back(
    store: Store, document: str, change: Callable[[Store, str], Callable[[], object]]
) -> None:
    is_back = change(store, document)
    assert not is_back()
    newest = done(store)[0][0]
    assert (newest.event.person, newest.undoable) == ("anna", True)
    undo(store, newest.event.id, "ben")
    assert is_back()
    (back, was), _ = done(store, limit=2)
    assert (back.event.person, was.undoable) == ("ben", False)
    with pytest.raises(UsageError):
        undo(store, was.event.id, "ben")
    if back.undoable:  # what was taken back can be done again
        undo(store, back.event.id, "anna")
        assert not is_back()


def test_what_has_to_follow_is_told(store: Store) -> None:
    settings.change_glossary(store, "giro = current account", "anna", settings.kept_glossary(store).version)
    assert undo(store, done(store)[0][0].event.id, "anna") == ("index", {})


def test_an_import_is_taken_back_by_a_job(store: Store, tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text('{"text": "Where is my card?", "label": "card"}\n')
    import_examples(store, tmp_path / "labels.jsonl", by="anna")
    (one,), _ = done(store)
    assert (one.name, one.undoable) == ("labels.jsonl", True)
    assert [(each.key, each.new) for each in one.differences] == [("added", "1"), ("updated", "0"), ("refused", "0")]
    assert undo(store, one.event.id, "anna") == ("undo", {"event": one.event.id})


def test_a_list_is_filtered_and_turned_over(store: Store, document: str) -> None:
    for person in ("anna", "ben", "anna"):
        kept = guidelines.read_guidelines(store)
        guidelines.write_guidelines(store, f"{kept.text} more", kept.version, person)
    labels(store, document)
    assert told_of(store) == (["anna", "ben", "test"], ["document", "guidelines", "person"])
    assert [one.event.subject for one in done(store, person="anna")[0]] == ["document", "guidelines", "guidelines"]
    some, count = done(store, subject="guidelines", limit=1, offset=1)
    assert ([one.event.person for one in some], count) == (["ben"], 3)
    assert not some[0].undoable  # another change followed
    with pytest.raises(UsageError, match="last by anna"):
        undo(store, some[0].event.id, "anna")
    with pytest.raises(NotFoundError):
        undo(store, some[0].event.id + 100, "anna")
    newest = done(store, subject="guidelines")[0][0].event.id
    with pytest.raises(NotFoundError):
        undo(store, newest, "anna", "assignment")  # who may undo these may not undo those


def test_it_says_what_changed_and_tells_no_text_that_is_for_some_alone(store: Store, document: str) -> None:
    assigned(store, document)
    (one, *_), _ = done(store)
    assert (one.name, one.differences) == ("fees.txt", (activity.Difference("states", "bo", "", "open"),))
    written(store, document)
    answerer = FakeAnswerer(store, (document, ""), TEXT, QUESTIONS)
    answerer.ask(f"{SECRET}?")
    row = reviewing.open_questions(store)[0].rows[0]
    reviewing.answer(store, {row.id: row.version}, [f"{SECRET}?"], "45 euro.", "anna")
    told = [(one.name, one.differences) for one in done(store, person="anna")[0]]
    assert "Gold" not in str(told)
    assert "45" not in str(told)
    long = "Answers are short. " * 20
    guidelines.write_guidelines(store, f"{long}No dates.", 0, "anna")
    guidelines.write_guidelines(store, f"{long}Dates too.", 1, "anna")
    (difference,) = done(store)[0][0].differences
    assert (difference.old[-9:], difference.new[-10:]) == ("No dates.", "Dates too.")
    assert len(difference.new) < 60


def test_a_sealed_example_is_taken_back_only_by_who_opened_the_test_part(store: Store, document: str) -> None:
    written(store, document)
    (example,) = load_examples(store)
    with store.session() as session:
        session.get_one(ExampleRow, example.id).split = "test"
    editing.set_status(store, example.id, Status.REJECTED, "bo")
    event = history(store, editing.SUBJECT, example.id)[0].id
    with pytest.raises(ForbiddenError, match="sealed"):
        undo(store, event, "ben")
    sealing.open_test_part(store, "ben")
    undo(store, event, "ben")
    assert load_examples(store)[0].status == Status.ACCEPTED
