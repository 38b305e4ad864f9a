"""What changed from one release to another: scores that were kept, and what their models were trained on."""

from dataclasses import replace

import pytest

from answers import TEXT, add_document
from autogpt.records import AnswerSpan, ClassifierExample, ReaderExample
from autogpt.services.lineage import Lineage, fingerprint
from autogpt.services.release_changes import Group, scored, trained_on
from autogpt.services.release_history import beside, compared
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, ExampleRow
from measured import Says, add_questions, add_release, add_run, keep, measured

SAID = {"What does it cost?": ("45 euro", 0.9, True, True)}


def lineage(*examples: ReaderExample | ClassifierExample) -> Lineage:
    return Lineage({one.id: fingerprint(one) for one in examples})


@pytest.fixture
def place(store: Store) -> tuple[str, str]:
    return add_document(store, "fees.txt", TEXT)


@pytest.fixture
def learnt(store: Store, place: tuple[str, str]) -> list[ReaderExample]:
    """Four examples of the workspace. r1 was trained on the first three, r2 on the last three, of which the third was
    corrected in between."""
    ids = add_questions(store, place, TEXT, {f"What is it {at}?": "45 euro" for at in range(4)}, split="train")
    examples = [ReaderExample(id, f"What is it {at}?", TEXT, (AnswerSpan("45 euro", 0),)) for at, id in enumerate(ids)]
    earlier, later = add_run(store), add_run(store)
    lineage(*examples[:2], replace(examples[2], question="What was it?")).save(store.runs / earlier)
    lineage(*examples[1:]).save(store.runs / later)
    add_release(store, "r1", run=earlier, promoted=True)
    add_release(store, "r2", run=later)
    return examples


def asked(group: Group) -> tuple[int, list[str]]:
    return group.count, [one.question for one in group.examples]


def test_examples_that_are_new_changed_or_gone_are_told_apart(store: Store, learnt: list[ReaderExample]) -> None:
    (one,) = trained_on(store, "r2", "r1", frozenset())
    assert one.model == "reader"
    assert asked(one.new) == (1, ["What is it 3?"])
    assert asked(one.changed) == (1, ["What is it 2?"])
    assert asked(one.gone) == (1, ["What is it 0?"])
    assert one.same == 1
    (first,) = trained_on(store, "r1", "base")
    assert (first.new.count, first.same) == (3, 0)


def test_of_what_may_not_be_seen_only_the_number_is_told(
    store: Store, place: tuple[str, str], learnt: list[ReaderExample]
) -> None:
    with store.session() as session:
        session.get_one(ExampleRow, learnt[0].id).split = "test"
    (one,) = trained_on(store, "r2", "r1", frozenset())
    assert asked(one.gone) == (1, [])
    with store.session() as session:
        session.get_one(DocumentRow, place[0]).labels = ["staff"]
    (one,) = trained_on(store, "r2", "r1", frozenset())
    assert asked(one.new) == (1, [])
    (one,) = trained_on(store, "r2", "r1", frozenset({"staff"}))
    assert asked(one.new) == (1, ["What is it 3?"])


def test_where_nobody_knows_what_a_model_was_trained_on_nothing_is_said(
    store: Store, learnt: list[ReaderExample]
) -> None:
    run = add_run(store)
    add_release(store, "r3", run=run)
    assert trained_on(store, "r3", "r2") == []
    (store.runs / run / "examples.json").write_text("{")
    assert trained_on(store, "r3", "r2") == []


def test_a_classifier_is_compared_with_one_or_with_none(store: Store) -> None:
    run = add_run(store, kind="classifier")
    lineage(ClassifierExample("a", "I lost my card", ("lost",))).save(store.runs / run)
    add_release(store, "r1")
    add_release(store, "r2", classifier={"name": "topics", "run": run})
    assert [(one.model, one.new.count) for one in trained_on(store, "r2", "r1")] == [("classifier", 1)]
    assert [(one.model, one.gone.count) for one in trained_on(store, "r1", "r2")] == [("classifier", 1)]
    linked = {one.fact: (one.own.run, one.other.run) for one in compared(store, "r2", "r1")}
    assert linked["classifier"] == (run, "")


def test_the_newest_evaluations_of_the_same_questions_stand_side_by_side(store: Store, place: tuple[str, str]) -> None:
    add_questions(store, place, TEXT, {"What does it cost?": "45 euro"})
    add_questions(store, place, TEXT, {"What does it cost?": "45 euro"}, split="test")
    says = Says(place, TEXT, SAID)
    keep(store, measured(store, says, release="r1"), "2026-11-01T12:00:00+00:00")
    newest = keep(store, measured(store, says, release="r1"), "2026-11-02T12:00:00+00:00")
    own = keep(store, measured(store, says, release="r2"), "2026-11-03T12:00:00+00:00")
    sealed = keep(store, measured(store, says, "test", release="r2"), "2026-11-04T12:00:00+00:00")
    keep(store, measured(store, says, release="r9"), "2026-11-05T12:00:00+00:00")
    found = {
        one.about.data: tuple(side.id if side else "" for side in (one.own, one.other))
        for one in scored(store, "r2", "r1")
    }
    assert found == {"test": (sealed, ""), "validation": (own, newest)}


def test_a_release_is_compared_with_what_answers_or_answered_before_it(store: Store) -> None:
    assert beside(store, "r1", "") == "base"
    add_release(store, "r1", promoted=True)
    add_release(store, "r2", promoted=True)
    add_release(store, "r3")
    assert [beside(store, one, "r2") for one in ("r1", "r2", "r3")] == ["r2", "r1", "r2"]
    assert beside(store, "r1", "r1") == "base"
