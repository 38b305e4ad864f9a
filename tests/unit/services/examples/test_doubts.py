"""Suspected label errors of both tasks, and examples in numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autogpt.errors import DataError, NotFoundError, UsageError
from autogpt.services.examples import import_examples
from autogpt.services.examples.describing import describe
from autogpt.services.examples.doubts import find_doubts
from autogpt.services.examples.suspects import Suspect, SuspectReport
from autogpt.store import Store
from autogpt.store.tables import ExampleRow
from example_texts import FEES, WriteFile, asked, squad


class Letters:
    """An encoder: how often a text holds some letters."""

    def encode(self, texts: list[str]) -> Any:
        counts = [[text.count(letter) for letter in "abcd"] for text in texts]
        return np.array(counts, dtype=np.float32)


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autogpt.services.examples.doubts.current_encoder", lambda store: Path())
    monkeypatch.setattr("autogpt.services.examples.doubts.load_encoder", lambda config, folder: Letters())


def test_classes_are_contradicted_by_the_other_folds_and_the_test_part_is_not_read(
    store: Store, write_file: WriteFile
) -> None:
    rows = [{"text": f"aaa {at}", "label": "a"} for at in range(12)] + [
        {"text": f"bbb {at}", "label": "b"} for at in range(12)
    ]
    rows[3]["label"] = rows[5]["label"] = "b"
    import_examples(store, write_file("labels.jsonl", *rows))
    with store.session() as session:
        session.query(ExampleRow).filter_by(question="aaa 5").one().split = "test"
    report = find_doubts(store)
    assert [(one.question, one.stored, one.said, one.kind) for one in report.doubts] == [
        ("aaa 3", "b", "a", "another class")
    ]
    assert (report.read, report.by) == (23, ("folds",))
    with store.session() as session:
        for row in session.query(ExampleRow):
            row.split = row.split or ("validation" if row.question == "aaa 3" else "train")
    assert find_doubts(store, part="train").doubts == ()
    held = find_doubts(store, part="validation")
    assert (held.read, [one.question for one in held.doubts]) == (1, ["aaa 3"])
    with pytest.raises(UsageError, match="not looked for in 'test'"):
        find_doubts(store, part="test")


def test_answers_are_contradicted_by_a_reader_the_packs_where_none_was_trained(
    store: Store, write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_examples(store, write_file("a.jsonl", squad(FEES, asked("1", "Fee?", ("5 euros", 33)))))
    with store.session() as session:
        session.get_one(ExampleRow, "1").split = "train"
    models: list[str] = []

    def suspects(store: Store, model: str = "", **_: object) -> SuspectReport:
        models.append(model)
        if not model:
            raise NotFoundError("There is no finished training.")
        found = Suspect("1", "answered", "train", "fees", "Fee?", "", "5 euros", 0.9)
        return SuspectReport("base", 1, (found,), True, 0.5, 0.5)

    monkeypatch.setattr("autogpt.services.examples.doubts.find_suspects", suspects)
    report = find_doubts(store)
    assert models == ["", "base"]
    assert [(one.id, one.said, one.confidence) for one in report.doubts] == [("1", "5 euros", 0.9)]
    with pytest.raises(NotFoundError):
        monkeypatch.setattr("autogpt.services.examples.doubts.find_suspects", lambda *_, **__: suspects(store))
        find_doubts(store, "r1")


def test_without_examples_there_is_nothing_to_look_at(store: Store) -> None:
    with pytest.raises(DataError, match="no accepted example"):
        find_doubts(store)
    about = describe(store)
    assert (about.total, about.accepted, about.undivided, about.lengths["question"].counts) == (0, 0, 0, ())


def test_examples_are_counted_by_everything(store: Store, write_file: WriteFile) -> None:
    import_examples(
        store, write_file("a.jsonl", squad(FEES, asked("1", "Fee?", ("5 euros", 33)), asked("2", "Who?" * 30)))
    )
    import_examples(store, write_file("b.jsonl", *({"text": f"卡 {at}", "label": ["x", f"y{at}"]} for at in range(45))))
    about = describe(store)
    assert about.by_status == {"accepted": {"none": 47}}
    assert (dict(about.tasks), dict(about.languages)) == ({"classify": 45, "extractive": 2}, {"zh": 45, "en": 2})
    assert (about.answerable, about.unanswerable) == ({"none": 1}, {"none": 1})
    assert (about.classes[0].name, about.classes[0].total, len(about.classes), about.other_classes) == ("x", 45, 40, 6)
    questions = about.lengths["question"]
    assert questions.counts[0] == (2, 5, 46)
    assert questions.counts[-1] == (100, 200, 1)
    assert (questions.total, questions.median, questions.longest) == (47, 4, 120)
    assert about.lengths["answer"].counts == ((5, 10, 1),)
    assert about.lengths["context"].longest == len(FEES)
