"""The questions that the English pack ships for the gate: enough, various, and true of their texts."""

import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autogpt.annotate.reader_data import load_reader_examples

HERE = Path(__file__).parents[2] / "models" / "en"


@pytest.fixture(scope="module")
def parity(recipe_module: Callable[[str], ModuleType]) -> ModuleType:
    return recipe_module("en.parity")


@pytest.fixture(scope="module")
def records(parity: ModuleType) -> list[dict[str, Any]]:
    return list(parity.texts())


def test_no_question_is_asked_twice_and_there_are_enough(records: list[dict[str, Any]]) -> None:
    asked = [one["question"] for record in records for one in record["qas"]]
    assert len(asked) >= 2_000
    assert len(set(asked)) == len(asked)
    assert not [one for one in asked if "{" in one or not one.endswith("?")]


def test_every_answer_stands_where_it_is_said_to(records: list[dict[str, Any]]) -> None:
    for record in records:
        assert "{" not in record["context"]
        for one in record["qas"]:
            assert one["is_impossible"] == (not one["answers"])
            for answer in one["answers"]:
                start = answer["answer_start"]
                assert record["context"][start : start + len(answer["text"])] == answer["text"]


def test_questions_differ_in_domain_form_length_and_place_of_the_answer(records: list[dict[str, Any]]) -> None:
    pairs = [(record, one) for record in records for one in record["qas"]]
    domains = Counter(record["domain"] for record, _ in pairs)
    assert set(domains) == {"customer_service", "education", "finance", "general", "medicine"}
    assert min(domains.values()) > len(pairs) / 10
    first = Counter(one["question"].split()[0] for _, one in pairs)
    assert sum(count >= 20 for count in first.values()) >= 12
    assert 0.25 < sum(one["is_impossible"] for _, one in pairs) / len(pairs) < 0.45
    lengths = [len(record["context"].split()) for record in records]
    assert min(lengths) >= 40
    assert max(lengths) > 300
    places = Counter(
        int(4 * one["answers"][0]["answer_start"] / len(record["context"])) for record, one in pairs if one["answers"]
    )
    assert min(places[quarter] for quarter in range(4)) > len(pairs) / 20


def test_the_file_is_the_same_each_time_and_loads(parity: ModuleType, tmp_path: Path) -> None:
    count = parity.write(tmp_path / "one.jsonl.gz")
    parity.write(tmp_path / "other.jsonl.gz")
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "other.jsonl.gz").read_bytes()
    assert len(load_reader_examples(tmp_path / "one.jsonl.gz")) == count


def test_the_shipped_file_is_what_the_generator_writes(parity: ModuleType, tmp_path: Path) -> None:
    parity.write(tmp_path / "parity.jsonl.gz")
    files = (tmp_path / "parity.jsonl.gz", HERE / "src" / "autogpt_model_en" / "parity.jsonl.gz")
    # Unpacked: how well it is packed is up to the library.
    made, shipped = (gzip.decompress(file.read_bytes()) for file in files)
    assert made == shipped
