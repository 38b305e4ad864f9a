import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.errors import DataError, NotFoundError
from autogpt.progress import Progress

TEXT = "Arden was founded in 1850.\u2028It has 1850 houses."


def asked(text: str, start: int, **more: Any) -> dict[str, Any]:
    return {"id": "q1", "question": "When?", "answers": [{"text": text, "answer_start": start}], **more}


def lines(path: Path, *questions: dict[str, Any]) -> Path:
    record = {"title": "Arden", "lang": "en", "domain": "towns", "context": TEXT, "qas": list(questions)}
    path.write_text(json.dumps(record, ensure_ascii=False) + "\n\n", encoding="utf-8")
    return path


def test_json_lines_and_squad_give_the_same_examples(tmp_path: Path) -> None:
    one = lines(tmp_path / "a.jsonl", asked("1850", 21))
    squad = {"data": [{"title": "Arden", "paragraphs": [{"context": TEXT, "qas": [asked("1850", 21)]}]}]}
    (tmp_path / "a.json").write_text(json.dumps(squad))
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(one.read_bytes()))
    examples = load_reader_examples(one)
    assert examples == load_reader_examples(tmp_path / "a.jsonl.gz")
    assert load_reader_examples(tmp_path / "a.json", domain="towns") == examples
    assert TEXT[examples[0].answers[0].start : examples[0].answers[0].end] == "1850"


def test_a_wrong_offset_is_put_at_the_nearest_occurrence(tmp_path: Path) -> None:
    (first,) = load_reader_examples(lines(tmp_path / "a.jsonl", asked("1850", 19)))
    (second,) = load_reader_examples(lines(tmp_path / "a.jsonl", asked("1850", 40)))
    assert (first.answers[0].start, second.answers[0].start) == (21, 34)


def test_an_answer_that_stands_nowhere_drops_the_question_instead_of_making_it_unanswerable(tmp_path: Path) -> None:
    found = load_reader_examples(lines(tmp_path / "a.jsonl", asked("1951", 0), asked("1850", 21, id="q2")))
    assert [one.id for one in found] == ["q2"]


def test_dropped_questions_are_told_of(tmp_path: Path) -> None:
    told: list[Progress] = []
    path = lines(tmp_path / "a.jsonl", asked("1951", 0), asked("1850", 21, id="q2"))
    load_reader_examples(path, sink=told.append)
    (said,) = told
    assert said.message.startswith(f"1 questions of {path} are left out")
    assert "'1951' of question 'q1'" in said.message
    with pytest.raises(DataError, match=r"stand nowhere in their contexts, such as '1951' of question 'q1'"):
        load_reader_examples(lines(tmp_path / "b.jsonl", asked("1951", 0)))


def test_impossible_questions_are_unanswerable_even_with_answers_listed(tmp_path: Path) -> None:
    (one,) = load_reader_examples(lines(tmp_path / "a.jsonl", asked("1850", 21, is_impossible=True)))
    assert not one.answerable


@pytest.mark.parametrize(
    "content", [b"", b"not json", b"[1]", b'{"data": []}', b"\x1f\x8bbroken", b"\xff\xfe", b'{"a": 1}']
)
def test_files_in_no_known_form_are_said_to_be(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_reader_examples(tmp_path / "bad")
    assert "bad" in caught.value.message
    assert caught.value.hint


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"none\.json"):
        load_reader_examples(tmp_path / "none.json")
