"""Examples go out and come in again as the same records."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete

from autogpt.errors import DataError, UsageError
from autogpt.records import Example
from autogpt.services.examples import export_examples, import_examples, split_examples
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store
from autogpt.store.tables import ExampleRow
from example_texts import FEES, AddDocument, WriteFile, asked, squad


@pytest.fixture
def filled(store: Store, add_document: AddDocument, write_file: WriteFile) -> list[Example]:
    add_document("fees.txt", FEES)
    add_document("zh.txt", "单笔限额五万元。\n年费为“二百元”。", language="zh")
    add_document("other/fees.txt", "The yearly fee is 50 euros.")
    contexts = write_file(
        "a.jsonl",
        squad("A context, kept.", asked("c1", "What is kept?", ("context", 2), ("A context", 0)), asked("c2", "Why?")),
        squad("Another context.", asked("c3", 'Which "one"?', ("Another", 0))),
    )
    flat = write_file(
        "b.jsonl",
        {
            "id": "f1",
            "question": "What is the monthly fee, please?",
            "answer": "5 euros",
            "document": "file:///docs/fees.txt",
        },
        {"id": "f2", "question": "年费是多少？", "answer": "二百元", "document": "zh.txt", "annotator": "王"},
        {"id": "f3", "question": "Who owns it?", "answer": None, "document": "zh.txt", "status": "rejected"},
        {"id": "f4", "question": "Who, at all?", "answer": None},
        {"id": "f5", "question": "How much a year?", "answer": "50 euros", "document": "file:///docs/other/fees.txt"},
    )
    import_examples(store, contexts)
    import_examples(store, flat)
    split_examples(store)
    return load_examples(store)


@pytest.mark.parametrize("name", ["out.json", "out.csv", "out.jsonl", "out.jsonl.gz"])
def test_export_then_import_gives_the_same_records(
    name: str, store: Store, filled: list[Example], tmp_path: Path
) -> None:
    report = export_examples(store, tmp_path / name, status="")
    assert (report.examples, report.unanswerable) == (8, 3)
    assert import_examples(store, tmp_path / name).unchanged == 8
    with store.session() as session:
        session.execute(delete(ExampleRow))
    assert import_examples(store, tmp_path / name).added == 8
    assert load_examples(store) == filled


@pytest.mark.parametrize("name", ["out.json", "out.jsonl"])
def test_an_export_with_texts_fills_an_empty_workspace(
    name: str, store: Store, filled: list[Example], tmp_path: Path
) -> None:
    export_examples(store, tmp_path / name, status="")
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "autogpt.toml").write_text("")
    other = Store(folder)
    import_examples(other, tmp_path / name)

    def stripped(examples: list[Example]) -> list[Example]:
        return [replace(example, document_id=None, version_id=None) for example in examples]

    assert stripped(load_examples(other)) == stripped(filled)


def test_a_part_can_be_exported_alone(store: Store, filled: list[Example], tmp_path: Path) -> None:
    export_examples(store, tmp_path / "test.jsonl", split="test")
    lines = (tmp_path / "test.jsonl").read_text().splitlines()
    ids = {one["id"] for line in lines for one in json.loads(line)["qas"]}
    assert ids == {example.id for example in filled if example.split == "test"}
    assert ids


def test_a_squad_export_is_what_squad_readers_expect(store: Store, filled: list[Example], tmp_path: Path) -> None:
    export_examples(store, tmp_path / "out.json")
    data = json.loads((tmp_path / "out.json").read_text())
    assert data["version"] == "v2.0"
    for article in data["data"]:
        for paragraph in article["paragraphs"]:
            for one in paragraph["qas"]:
                assert one["is_impossible"] == (not one["answers"])
                for answer in one["answers"]:
                    start = answer["answer_start"]
                    assert paragraph["context"][start : start + len(answer["text"])] == answer["text"]


def test_nothing_to_export_is_an_error_and_writes_no_file(store: Store, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such example"):
        export_examples(store, tmp_path / "out.json")
    with pytest.raises(UsageError, match="--format"):
        export_examples(store, tmp_path / "out.xml")
    with pytest.raises(UsageError, match="Unknown split"):
        export_examples(store, tmp_path / "out.json", split="exam")
    assert not (tmp_path / "out.json").exists()
