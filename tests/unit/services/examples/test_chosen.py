"""Which examples a training takes: by language, by source; in every kind of training that learns from examples."""

import pytest
from sqlalchemy import update

from answers import TEXT, add_document
from autogpt.config import Config, GeneratorTrainingSection, override
from autogpt.errors import DataError, UsageError
from autogpt.records import Split
from autogpt.services.examples import classes, wording
from autogpt.services.examples.chosen import Choice, choice_of, require_no_choice
from autogpt.services.reader_data import reader_data, reader_data_of_files
from autogpt.services.retriever_data import workspace_parts
from autogpt.store import Store
from autogpt.store.store import new_id
from autogpt.store.tables import ExampleRow
from measured import add_questions

ASKED = {"What does the Gold card cost a year?": "45 euro", "When is a loan paid out?": "within two days"}
ZH = {"金卡年费是多少？": "45 euro"}
FILE = "import:fees, terms.csv"


@pytest.fixture
def filled(store: Store) -> Store:
    """Two English questions by hand, a Chinese one of a file; a label of each language."""
    place = add_document(store, "fees.txt", TEXT)
    add_questions(store, place, TEXT, ASKED, "train")
    (other,) = add_questions(store, place, TEXT, ZH, "train")
    add_questions(store, place, TEXT, ZH)
    with store.session() as session:
        session.execute(update(ExampleRow).values(provenance="annotate"))
        session.execute(update(ExampleRow).where(ExampleRow.id == other).values(language="zh", provenance=FILE))
        for language in ("en", "zh"):
            row = ExampleRow(id=new_id(), question=language, task="classify", classes=["a"], language=language)
            row.split = "train"
            session.add(row)
    return store


def told(store: Store, what: str, **settings: object) -> Store:
    changes = {f"train.{what}.{key}": value for key, value in settings.items()}
    return Store(store.folder, override(store.config, changes, "test"))


def test_a_reader_learns_from_what_is_chosen_and_is_measured_on_all(filled: Store) -> None:
    quiet = {"retrieved_negatives": 0}
    assert len(reader_data(told(filled, "reader", **quiet)).own) == 3
    data = reader_data(told(filled, "reader", languages=["en"], **quiet))
    assert {one.question for one in data.own} == set(ASKED)
    assert [one.question for one in data.validation] == list(ZH)
    data = reader_data(told(filled, "reader", sources=[FILE], **quiet))
    assert [one.question for one in data.own] == list(ZH)


def test_so_do_all_others_that_learn_from_examples(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = Choice(languages=frozenset({"zh"}))
    assert [one.question for one in workspace_parts(filled, choice=choice).train] == list(ZH)
    assert len(workspace_parts(filled).train) == 3
    assert [one.text for one in classes.classifier_examples(filled, Split.TRAIN, choice)] == ["zh"]
    monkeypatch.setattr(wording, "passages_without_answer", lambda *_: ())
    store = told(filled, "generator", languages=["zh"])
    assert [one.question for one in wording.generator_examples(store, Split.TRAIN)] == list(ZH)
    assert len(wording.generator_examples(told(filled, "generator", languages=["en"]), Split.VALIDATION)) == 1


def test_where_nothing_is_chosen_it_says_what_there_is(filled: Store) -> None:
    with pytest.raises(DataError) as error:
        reader_data(told(filled, "reader", languages=["fr"]))
    assert "None of the 3 examples" in error.value.message
    assert error.value.hint == f"languages: en 2, zh 1; sources: annotate 2, {FILE} 1"


def test_examples_of_files_are_not_chosen_from(filled: Store) -> None:
    config = override(Config(), {"train.reader.sources": ["annotate"]}, "test")
    with pytest.raises(UsageError, match="come from files"):
        reader_data_of_files(config, (), (), "")
    require_no_choice(GeneratorTrainingSection())
    assert choice_of(GeneratorTrainingSection()) == Choice()
