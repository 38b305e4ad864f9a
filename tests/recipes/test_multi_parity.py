"""The questions that the bilingual pack is to ship for the gate: enough in either language, various, and true."""

import gzip
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from opencc import OpenCC

from autogpt.annotate.reader_data import load_reader_examples

#: What Chinese asks with, each with the ways to say it.
QUESTION_WORDS = {
    "what": "什么(?!时候)(?<!为什么)",
    "who": "谁|何人",
    "which, where": "哪",
    "how much": "多少",
    "how many": "几",
    "when": "何时|什么时候",
    "how": "怎么|怎样|如何",
    "why": "为什么|为何",
    "how long": "多久|多长时间",
    "how big": "有多[^久少]",
}


@pytest.fixture(scope="module")
def parity(recipe_module: Callable[[str], ModuleType]) -> ModuleType:
    return recipe_module("multi.parity")


@pytest.fixture(scope="module")
def records(parity: ModuleType) -> list[dict[str, Any]]:
    return list(parity.texts())


@pytest.fixture(scope="module")
def simplified() -> OpenCC:
    return OpenCC("t2s")


def test_no_chinese_question_is_asked_twice_and_there_are_enough(records: list[dict[str, Any]]) -> None:
    asked = [one["question"] for record in records for one in record["qas"]]
    assert len(asked) >= 1_400
    assert len(set(asked)) == len(asked)
    assert not [one for one in asked if re.search("[{}|;]", one) or not one.endswith("？")]


def test_every_chinese_answer_stands_where_it_is_said_to(records: list[dict[str, Any]]) -> None:
    for record in records:
        assert record["lang"] == "zh"
        assert not re.search("[{}|;]", record["context"])
        for one in record["qas"]:
            assert one["is_impossible"] == (not one["answers"])
            for answer in one["answers"]:
                start = answer["answer_start"]
                assert record["context"][start : start + len(answer["text"])] == answer["text"]


def test_chinese_questions_differ_in_domain_form_length_and_place_of_the_answer(
    records: list[dict[str, Any]], simplified: OpenCC
) -> None:
    pairs = [(record, one) for record in records for one in record["qas"]]
    domains = Counter(record["domain"] for record, _ in pairs)
    assert set(domains) == {"customer_service", "education", "finance", "general", "medicine"}
    assert min(domains.values()) > len(pairs) / 10
    questions = [simplified.convert(one["question"]) for _, one in pairs]
    asking = {word: sum(bool(re.search(said, one)) for one in questions) for word, said in QUESTION_WORDS.items()}
    assert sum(count >= 20 for count in asking.values()) >= 8
    assert 0.25 < sum(one["is_impossible"] for _, one in pairs) / len(pairs) < 0.45
    lengths = [len(record["context"]) for record in records]
    assert min(lengths) >= 80
    assert max(lengths) > 600
    places = Counter(
        int(4 * one["answers"][0]["answer_start"] / len(record["context"])) for record, one in pairs if one["answers"]
    )
    assert min(places[quarter] for quarter in range(4)) > len(pairs) / 20


def test_a_fifth_of_the_chinese_texts_is_in_traditional_script_with_its_questions(
    records: list[dict[str, Any]], simplified: OpenCC
) -> None:
    def is_traditional(text: str) -> bool:
        return bool(simplified.convert(text) != text)

    traditional = [record for record in records if is_traditional(record["context"])]
    assert 0.15 < len(traditional) / len(records) < 0.25
    assert {record["domain"] for record in traditional} == {record["domain"] for record in records}
    for record in records:
        assert {is_traditional(one["question"]) for one in record["qas"]} == {record in traditional}


def test_the_english_half_is_the_beginning_of_the_english_set(
    parity: ModuleType, recipe_module: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    parity.write(tmp_path / "multi.jsonl.gz")
    recipe_module("en.parity").write(tmp_path / "en.jsonl.gz")
    both, english = (
        gzip.decompress((tmp_path / f"{name}.jsonl.gz").read_bytes()).splitlines() for name in ("multi", "en")
    )
    half = [line for line in both if b'"lang": "en"' in line]
    assert half == english[: len(half)]
    assert sum(line.count(b'"is_impossible"') for line in half) >= 1_400


def test_the_file_of_both_languages_is_the_same_each_time_and_loads(parity: ModuleType, tmp_path: Path) -> None:
    count = parity.write(tmp_path / "one.jsonl.gz")
    parity.write(tmp_path / "other.jsonl.gz")
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "other.jsonl.gz").read_bytes()
    examples = load_reader_examples(tmp_path / "one.jsonl.gz")
    assert len(examples) == count
    assert len({one.id for one in examples}) == count
