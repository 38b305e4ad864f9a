"""What there is to train on, as far as the settings of a training take it."""

import pytest
from sqlalchemy import update

from answers import TEXT, add_document
from autogpt.config import ClassifierTrainingSection, ReaderTrainingSection, RetrieverTrainingSection
from autogpt.records import ClassifierExample, Split
from autogpt.services.examples.reading import reader_examples
from autogpt.services.lineage import Learnt, continued
from autogpt.services.training_data import choices, training_data
from autogpt.store import Store
from autogpt.store.store import new_id
from autogpt.store.tables import ExampleRow
from measured import add_questions, add_run


@pytest.fixture
def filled(store: Store) -> Store:
    place = add_document(store, "fees.txt", TEXT)
    add_questions(store, place, TEXT, {f"What does card {at} cost?": "45 euro a year" for at in range(6)}, "train")
    add_questions(store, place, TEXT, {"Who is the mayor?": ""}, "train")
    add_questions(store, place, TEXT, {"What does a card cost?": "45 euro"})
    with store.session() as session:
        session.execute(update(ExampleRow).values(provenance="annotate"))
        chinese = ExampleRow.question.in_(["What does card 0 cost?", "What does card 1 cost?"])
        session.execute(update(ExampleRow).where(chinese).values(language="zh", provenance="import:a.csv"))
    return store


def run_that_learnt(store: Store, examples: list[Learnt], kind: str) -> str:
    run = add_run(store, kind=kind)
    continued("", examples, ()).save(store.runs / run)
    return run


def test_what_there_is_to_choose_from_is_counted(filled: Store) -> None:
    found = choices(filled, "reader")
    assert found.languages == (("en", 5), ("zh", 2))
    assert found.sources == (("annotate", 5), ("import:a.csv", 2))
    assert choices(filled, "retriever").languages == (("en", 4), ("zh", 2))  # it learns where answers stand
    assert choices(filled, "language-model").languages == ()


def test_what_is_not_taken_is_left_out(filled: Store) -> None:
    everything = training_data(filled, "reader")
    assert (everything.taken, everything.left_out) == (7, 0)
    chinese = training_data(filled, "reader", ReaderTrainingSection(languages=("zh",)))
    assert (chinese.taken, chinese.train, chinese.left_out, chinese.validation) == (2, 2, 5, 1)
    both = training_data(filled, "retriever", RetrieverTrainingSection(languages=("zh",), sources=("annotate",)))
    assert both.taken == 0
    assert [one.reason for one in both.lacks] == ["train"]


def test_what_a_run_was_trained_on_is_not_new_until_it_was_corrected(filled: Store) -> None:
    learnt = reader_examples(filled, Split.TRAIN)
    run = run_that_learnt(filled, list(learnt[:4]), "reader")
    settings = ReaderTrainingSection(base=run, new_only=True)
    assert training_data(filled, "reader", settings).taken == 3
    with filled.session() as session:
        session.get_one(ExampleRow, learnt[0].id).question = "What does it cost?"
    assert training_data(filled, "reader", settings).taken == 4
    assert training_data(filled, "reader", ReaderTrainingSection(base="nowhere", new_only=True)).taken == 7


def test_labelled_questions_are_new_by_their_labels(filled: Store) -> None:
    ids = [new_id(), new_id()]
    with filled.session() as session:
        for id in ids:
            row = ExampleRow(id=id, question=f"{id}?", task="classify", classes=["fee"], split="train")
            session.add(row)
    run = run_that_learnt(filled, [ClassifierExample(ids[0], f"{ids[0]}?", ("fee",))], "classifier")
    settings = ClassifierTrainingSection(base=run, new_only=True)
    assert training_data(filled, "classifier", settings).taken == 1
