"""Labelled questions of a workspace: brought in, checked, divided by class, and taken out again."""

import json
from collections import Counter
from pathlib import Path

import pytest

from autogpt.errors import UsageError
from autogpt.records import Split, Task
from autogpt.services.examples import (
    check_examples,
    classifier_examples,
    export_examples,
    import_examples,
    list_examples,
    split_examples,
)
from autogpt.store import Store
from example_texts import AddDocument

TOPICS = ("card", "loan", "fee", "branch", "limit", "transfer", "rate", "mortgage", "cheque", "pension")


def labelled_file(folder: Path, rows: list[tuple[str, str]]) -> Path:
    path = folder / "intents.jsonl"
    lines = (json.dumps({"text": text, "label": label}) for text, label in rows)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def rows() -> list[tuple[str, str]]:
    asked = {"arrival": "When will the {} about {} arrive?", "advice": "Is the {} better than the {} for me?"}
    return [
        (form.format(one, other), label)
        for label, form in asked.items()
        for one in TOPICS
        for other in TOPICS[:2]
        if one != other
    ]


def test_a_file_of_labels_becomes_labelled_questions_once(
    store: Store, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = labelled_file(tmp_path, rows)
    report = import_examples(store, path)
    assert (report.added, report.unanswerable, report.refused) == (len(rows), 0, ())
    found, count = list_examples(store, task="classify", limit=1)
    assert count == len(rows)
    assert found[0].example.task is Task.CLASSIFY
    assert found[0].example.classes in {("arrival",), ("advice",)}
    assert list_examples(store, task="extractive")[1] == 0
    assert import_examples(store, path).unchanged == len(rows)
    with pytest.raises(UsageError, match="Unknown task 'x'"):
        list_examples(store, task="x")


def test_a_label_that_changed_is_updated_where_the_id_says_so(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text,label\n1,Where is it?,arrival\n2,Is it good?,advice\n", encoding="utf-8")
    import_examples(store, path)
    path.write_text("id,text,label\n1,Where is it?,delivery\n2,Is it good?,advice\n", encoding="utf-8")
    report = import_examples(store, path)
    assert (report.updated, report.unchanged) == (1, 1)
    assert {one.labels for one in classifier_examples(store)} == {("delivery",), ("advice",)}


def test_an_unanswerable_question_and_a_labelled_one_are_two_examples(
    store: Store, add_document: AddDocument, tmp_path: Path
) -> None:
    add_document("fees.txt", "The fee is 5 euros.")
    answers = tmp_path / "answers.csv"
    answers.write_text("question,answer,document\nWhere is my card?,,fees.txt\n", encoding="utf-8")
    import_examples(store, answers)
    report = import_examples(store, labelled_file(tmp_path, [("Where is my card?", "arrival")]))
    assert report.added == 1
    assert list_examples(store)[1] == 2


def test_pairs_are_refused_since_a_workspace_keeps_none(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = ['{"text": "one", "label": "a"}', '{"text": "one", "other": "two", "score": 1}']
    path.write_text("\n".join(lines), encoding="utf-8")
    report = import_examples(store, path)
    assert report.added == 1
    assert "pair of texts" in report.refused[0].reason


def test_every_part_gets_its_share_of_each_class(store: Store, rows: list[tuple[str, str]], tmp_path: Path) -> None:
    import_examples(store, labelled_file(tmp_path, [*rows, ("What else is new here?", "chat")]))
    report = split_examples(store)
    assert not report.left_out
    of_part = {part: Counter(one.labels[0] for one in classifier_examples(store, part)) for part in Split}
    for label in ("arrival", "advice"):
        total = sum(count[label] for count in of_part.values())
        assert abs(of_part[Split.TEST][label] - 0.15 * total) <= 2
        assert abs(of_part[Split.TRAIN][label] - 0.595 * total) <= 2
    assert of_part[Split.TRAIN]["chat"] == 1  # the only one trains
    before = {one.example.id: one.example.split for one in list_examples(store, limit=None)[0]}

    import_examples(store, labelled_file(tmp_path, [("May I have a new card here please?", "arrival")]))
    assert split_examples(store).added == 1
    after = {one.example.id: one.example.split for one in list_examples(store, limit=None)[0]}
    assert before.items() <= after.items()


def test_questions_with_the_same_words_stay_in_one_part(store: Store, tmp_path: Path) -> None:
    rows = [(f"{start} lost the {one} card abroad", "lost") for one in TOPICS for start in ("I", "We")]
    rows += [(f"Which {one} interest does it pay", "interest") for one in TOPICS]
    import_examples(store, labelled_file(tmp_path, rows))
    split_examples(store)
    parts: dict[str, set[Split | None]] = {}
    for one in list_examples(store, limit=None)[0]:
        parts.setdefault(one.example.question.partition(" ")[2], set()).add(one.example.split)
    assert all(len(found) == 1 for found in parts.values())
    assert not [one for one in check_examples(store).findings if one.kind == "leakage"]


def test_checking_finds_what_is_wrong_with_labels(store: Store, tmp_path: Path) -> None:
    rows = [
        ("Where is my card now?", "card_arrival"),
        ("where is  my card now?", "advice"),
        ("Is this fund any good?", "advice"),
        ("Should I buy this bond?", "Advice"),
        ("Please close my account", "close-account"),
        ("Shut my account down", "close account"),
        ("Nothing at all", ""),
    ]
    import_examples(store, labelled_file(tmp_path, rows))
    kinds = Counter(one.kind for one in check_examples(store).findings)
    assert kinds["contradiction"] == 1
    assert kinds["duplicate labels"] == 2
    assert kinds["rare class"] >= 2
    assert kinds["no class"] == 1
    assert kinds["no split"] == 1
    assert kinds["balance"] == 0  # there are no questions about documents that could be out of balance


def test_one_class_only_is_an_error(store: Store, tmp_path: Path) -> None:
    import_examples(store, labelled_file(tmp_path, [("One thing?", "a"), ("Another thing?", "a")]))
    report = check_examples(store)
    assert "one class" in {one.kind for one in report.findings if one.severity == "error"}


def test_labelled_questions_are_taken_out_and_brought_in_again(
    store: Store, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    import_examples(store, labelled_file(tmp_path, rows))
    split_examples(store)
    out = tmp_path / "out.jsonl"
    report = export_examples(store, out)
    assert (report.format, report.examples, report.documents) == ("labelled", len(rows), 0)
    assert import_examples(store, out).unchanged == len(rows)
    assert export_examples(store, out, split="test", task="classify").examples < len(rows)
    with pytest.raises(UsageError, match="are not written as squad"):
        export_examples(store, tmp_path / "out.json", task="classify")
    with pytest.raises(UsageError, match="are not written as labelled"):
        export_examples(store, out, task="extractive", format="labelled")
