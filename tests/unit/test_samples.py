"""The sample workspace is what its script builds, and its examples are answered where they say."""

import csv
import json
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autogpt.annotate.anchor import Hints, Text
from autogpt.config import IngestSection
from autogpt.prepare.sources import parse

ROOT = Path(__file__).parents[2]
FINANCE = ROOT / "examples" / "finance"
DOCUMENTS = sorted((FINANCE / "documents").iterdir())
EXAMPLES = [json.loads(line) for line in (FINANCE / "examples.jsonl").read_text(encoding="utf-8").splitlines()]

sys.path.insert(0, str(ROOT / "tools"))
import build_samples  # noqa: E402


@cache
def parsed(name: str) -> Any:
    path = FINANCE / "documents" / name
    return parse(path.read_bytes(), name, None, IngestSection())


@pytest.mark.parametrize("source", build_samples.read_sources(), ids=lambda source: source.target.name)
def test_committed_files_are_what_the_script_builds(source: build_samples.Source) -> None:
    assert source.target.read_bytes() == build_samples.build(source)


def test_the_workspace_has_documents_of_every_kind() -> None:
    kinds = Counter(path.suffix for path in DOCUMENTS)
    assert kinds[".html"] >= 8
    assert kinds[".pdf"] >= 6
    assert kinds[".docx"] >= 4
    assert kinds[".md"] >= 4
    assert kinds[".txt"] >= 4
    assert sum(kinds.values()) >= 26


def test_a_fifth_of_the_examples_and_each_document_have_no_answer_somewhere() -> None:
    unanswerable = Counter(one["document"] for one in EXAMPLES if one["answer"] is None)
    assert len(EXAMPLES) >= 160
    assert sum(unanswerable.values()) >= len(EXAMPLES) / 5
    assert set(unanswerable) == {path.name for path in DOCUMENTS}


def test_questions_and_ids_are_unique() -> None:
    assert len({one["id"] for one in EXAMPLES}) == len({one["question"] for one in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_answers_stand_word_for_word_in_the_cleaned_text(path: Path) -> None:
    document = parsed(path.name)
    text = Text(document.text, document.outline)
    asked = [one for one in EXAMPLES if one["document"] == path.name and one["answer"] is not None]
    assert len(asked) >= 5
    for one in asked:
        found = text.locate(one["answer"], Hints(quote=one["quote"]))
        assert found is not None, one
        assert found.text == one["answer"]
        assert one["answer"] in one["quote"]
        assert text.find(one["quote"]), one


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_have_the_length_of_a_page_and_no_boilerplate_is_left(path: Path) -> None:
    text = parsed(path.name).text
    assert 230 <= len(text.split()) <= 1500
    for noise in (
        "cookie policy",
        "Skip to main content",
        "dataLayer",
        "Was this page helpful",
        "Page 2",
        "JavaScript",
    ):
        assert noise not in text


def test_vetted_answers_are_complete_and_contradict_no_unanswerable_example() -> None:
    with (FINANCE / "faq.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 25
    assert all(row["question"].strip() and row["answer"].strip() for row in rows)
    assert {row["question"] for row in rows}.isdisjoint(one["question"] for one in EXAMPLES)
