"""Gold sets and evaluations that were removed: the newest come back as they were, older ones are gone."""

import json

import pytest
from sqlalchemy import update

from answers import TEXT, add_document
from autogpt.errors import NotFoundError
from autogpt.services import evaluations, gold_sets, removed
from autogpt.store import Store
from autogpt.store.tables import DocumentVersionRow
from measured import Says, add_questions, keep, measured

QUESTION = "What does the Gold card cost?"


def add_gold(store: Store, question: str) -> str:
    line = {"id": "1", "question": question, "context": "It costs 45 euro.", "answers": ["45 euro"]}
    data = json.dumps(line).encode()
    return gold_sets.add_gold_set(store, f"{question}.jsonl", lambda count: data[:count], 1_000, "anna").id


def test_a_removed_set_comes_back_whole_and_only_the_newest_are_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removed, "KEPT", 2)
    ids = [add_gold(store, question) for question in ("a?", "b?", "c?")]
    for id in ids:
        gold_sets.remove_gold_set(store, id, "anna")
    assert len(gold_sets.removed_gold_sets(store)) == 2
    assert len(list((store.folder / gold_sets.FOLDER).iterdir())) == 4  # a file and what it is, of each
    with pytest.raises(NotFoundError, match="no longer kept"):
        gold_sets.restore_gold_set(store, ids[0], "anna")
    gold_sets.restore_gold_set(store, ids[2], "anna")
    assert [one.id for one in gold_sets.list_gold_sets(store)] == [ids[2]]
    assert gold_sets.gold_questions(store, ids[2])[0].question == "c?"
    with pytest.raises(NotFoundError, match="no gold set"):
        gold_sets.restore_gold_set(store, "../evil", "anna")


def test_a_set_brought_in_again_was_not_removed(store: Store) -> None:
    id = add_gold(store, "a?")
    gold_sets.remove_gold_set(store, id, "anna")
    assert add_gold(store, "a?") == id
    assert gold_sets.removed_gold_sets(store) == []
    assert len(gold_sets.gold_questions(store, id)) == 1


def test_a_removed_evaluation_comes_back_without_what_was_erased_meanwhile(store: Store) -> None:
    place = add_document(store, "fees.txt", TEXT)
    add_questions(store, place, TEXT, {QUESTION: "45 euro"})
    id = keep(store, measured(store, Says(place, TEXT, {QUESTION: ("45 euro", 0.9, True, True)})))
    evaluations.remove_evaluation(store, id, "anna")
    with pytest.raises(NotFoundError):
        evaluations.find_evaluation(store, id)
    with store.session() as session:
        session.execute(update(DocumentVersionRow).values(text=""))
    evaluations.forget_erased(store)
    evaluations.restore_evaluation(store, id, "anna")
    report = evaluations.read_evaluation(store, id)
    assert report.metrics["f1"] == 100
    assert "45 euro" not in (store.folder / evaluations.FOLDER / id / "report.json").read_text()
    with pytest.raises(NotFoundError, match="no evaluation"):
        evaluations.restore_evaluation(store, "../evil", "anna")
