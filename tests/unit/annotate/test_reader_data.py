"""Reader examples from files."""

import json
from pathlib import Path

import pytest

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.errors import DataError, NotFoundError
from autogpt.records import AnswerSpan


def record(*asked: dict[str, object], context: str = "The fee is 5 euros. The fee abroad is 9 euros.") -> str:
    return json.dumps({"title": "Fees", "lang": "en", "domain": "finance", "context": context, "qas": asked})


def test_offsets_are_put_right_and_answers_that_stand_nowhere_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        record(
            {"id": "right", "question": "Fee?", "answers": [{"text": "5 euros", "answer_start": 11}]},
            {"id": "wrong", "question": "Fee?", "answers": [{"text": "fee", "answer_start": 30}]},
            {"id": "gone", "question": "Fee?", "answers": [{"text": "7 euros", "answer_start": 11}]},
            {"id": "none", "question": "Name?", "answers": [], "is_impossible": True},
        )
    )
    found = {example.id: example for example in load_reader_examples(path)}
    assert set(found) == {"right", "wrong", "none"}
    assert found["right"].answers == (AnswerSpan("5 euros", 11),)
    assert found["wrong"].answers == (AnswerSpan("fee", 24),)
    assert not found["none"].answerable
    assert {(example.title, example.domain, example.language) for example in found.values()} == {
        ("Fees", "finance", "en")
    }


def test_a_stated_domain_replaces_the_files(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(record({"id": "1", "question": "Name?", "answers": []}))
    assert load_reader_examples(path, domain="bank")[0].domain == "bank"


def test_a_file_without_contexts_says_what_it_should_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("question,answer,document\nFee?,5,fees.pdf\n")
    with pytest.raises(DataError, match="qas"):
        load_reader_examples(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"none\.jsonl"):
        load_reader_examples(tmp_path / "none.jsonl")
