"""Labelled texts are read whatever their columns are called, and are told from questions with answers."""

import io
from pathlib import Path

import pytest

from autogpt.annotate.classifier_data import load_classifier_examples
from autogpt.annotate.formats import detect_format, read_examples, write_examples
from autogpt.annotate.formats.labelled import read, write
from autogpt.annotate.raw import RawExample
from autogpt.errors import DataError, NotFoundError
from autogpt.records import ClassifierExample


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("text,label\nWhere is it?,arrival\n", ("arrival",)),
        ("question;intent\nWhere is it?;arrival|delivery\n", ("arrival", "delivery")),
        ('Query,Labels\nWhere is it?,"[""arrival"", ""late""]"\n', ("arrival", "late")),
        ("text,label\nWhere is it?,\n", ()),
        ('{"text": "Where is it?", "label": "arrival", "lang": "en"}', ("arrival",)),
        ('{"fold": "f1", "text": "Where is it?", "intents": ["a", "b", "a"], "slots": {}}', ("a", "b")),
        ('[{"utterance": "Where is it?", "class": true}]', ("true",)),
        ('{"问题": "Where is it?", "类别": 3}', ("3",)),
    ],
)
def test_labels_are_read_in_any_form(text: str, classes: tuple[str, ...]) -> None:
    assert detect_format(text, "file") == "labelled"
    (found,) = read(text, "file", {})
    assert (found.question, found.classes, found.labelled) == ("Where is it?", classes, True)


@pytest.mark.parametrize(
    "text",
    [
        "question,answer,document,label\nWhere?,Here,a.pdf,x\n",
        '{"context": "Here.", "qas": []}',
        '{"question": "Where?", "document": "a.pdf"}',
        "question,answer\nWhere?,Here\n",
    ],
)
def test_questions_with_answers_stay_what_they_are(text: str) -> None:
    assert detect_format(text, "file") != "labelled"


def test_pairs_have_a_score() -> None:
    lines = '{"a": "My card", "b": "A card", "label": 1}\n{"text": "x", "other": "y", "score": "2.5"}'
    found = list(read(lines, "file", {}))
    assert [(one.question, one.other, one.score, one.classes) for one in found] == [
        ("My card", "A card", 1.0, ()),
        ("x", "y", 2.5, ()),
    ]
    assert detect_format('{"text": "x", "other": "y", "score": 2}', "file") == "labelled"


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Satz,Absicht\nWo ist sie?,ankunft\n", encoding="utf-8")
    (found,) = read_examples(path, columns={"text": "Satz", "label": "Absicht"})
    assert (found.question, found.classes) == ("Wo ist sie?", ("ankunft",))
    with pytest.raises(DataError, match="no column 'answer' to fill"):
        list(read_examples(path, "labelled", {"answer": "Satz"}))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    stated = {"language": "zh", "split": "test", "status": "accepted", "annotator": "A", "provenance": "import:x"}
    examples = [
        RawExample("", "卡在哪里？", "1", classes=("a|b", "[c]"), labelled=True, **stated),
        RawExample("", 'Is it "gold", or\nnot?', "2", labelled=True),
    ]
    stream = io.StringIO()
    assert write(examples, stream) == 2
    found = list(read(stream.getvalue(), "file", {}))
    assert [(one.id, one.question, one.classes, one.split) for one in found] == [
        (one.id, one.question, one.classes, one.split) for one in examples
    ]
    path = tmp_path / "a.jsonl.gz"
    write_examples(examples, path, "labelled")
    assert [one.classes for one in read_examples(path)] == [one.classes for one in examples]


def test_files_become_examples_with_ids_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one", "label": "a"}\n{"text": "two", "label": "b", "id": "x"}\n', encoding="utf-8")
    assert load_classifier_examples(path) == [
        ClassifierExample("a.jsonl, line 1", "one", ("a",)),
        ClassifierExample("x", "two", ("b",)),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text,label\n", "no row of it has a text"),
        ("name,size\na,1\n", "it has no text|no row"),
        ('{"text": "one", "label": [["a"]]}', "line 1: it is in no form"),
        ('{"text": "one", "label": "a"}\n{broken', "line 2: not JSON"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_classifier_examples(path)
    with pytest.raises(NotFoundError):
        load_classifier_examples(tmp_path / "none.csv")
