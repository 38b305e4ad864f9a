"""The sample workspaces are what their script builds, and their examples are answered where they say."""

import csv
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from autogpt.annotate.anchor import Hints, Text
from autogpt.config import IngestSection
from autogpt.prepare.sources import parse

ROOT = Path(__file__).parents[2]

sys.path.insert(0, str(ROOT / "tools"))
import build_samples  # noqa: E402


@dataclass(frozen=True)
class Workspace:
    """A sample workspace and what it has at least.

    Attributes:
        kinds: documents by the ending of their names; `documents` is how many they are together.
        answered: answered examples of each document.
        length: fewest and most units of a document's text; `by_character` tells that units are characters, not words.
        noise: what stands around the text of documents, and never in it.
    """

    name: str
    kinds: dict[str, int]
    documents: int
    examples: int
    answered: int
    length: tuple[int, int]
    by_character: bool = False
    noise: tuple[str, ...] = field(default=(), repr=False)

    @property
    def folder(self) -> Path:
        return ROOT / "examples" / self.name

    @cached_property
    def paths(self) -> list[Path]:
        return sorted((self.folder / "documents").iterdir())

    @cached_property
    def asked(self) -> list[dict[str, Any]]:
        lines = (self.folder / "examples.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


FINANCE = Workspace(
    "finance",
    {".html": 8, ".pdf": 6, ".docx": 4, ".md": 4, ".txt": 4},
    documents=26,
    examples=160,
    answered=5,
    length=(230, 1500),
    noise=(
        "cookie policy",
        "Skip to main content",
        "dataLayer",
        "Was this page helpful",
        "Page 2",
        "JavaScript",
    ),
)
CHINESE = Workspace(
    "finance-zh",
    {".html": 10, ".pdf": 7, ".docx": 4, ".md": 4, ".txt": 4},
    documents=29,
    examples=200,
    answered=4,
    length=(400, 2500),
    by_character=True,
    noise=(
        "Cookie",
        "主要内容",
        "主要內容",
        "版权所有",
        "版權所有",
        "有帮助吗",
        "有幫助嗎",
        "返回顶部",
        "回到頁首",
        "上一篇",
        "打印本页",
        "扫一扫",
        "周五加油日",
        "第 1 页",
        "第 2 頁",
        "XYK-02",
        "资产负债管理部",
        "JavaScript",
    ),
)
WORKSPACES = pytest.mark.parametrize("workspace", [FINANCE, CHINESE], ids=lambda workspace: workspace.name)
DOCUMENTS = pytest.mark.parametrize(
    ("workspace", "path"),
    [
        pytest.param(workspace, path, id=f"{workspace.name}/{path.name}")
        for workspace in (FINANCE, CHINESE)
        for path in workspace.paths
    ],
)


@cache
def parsed(path: Path) -> Any:
    return parse(path.read_bytes(), path.name, None, IngestSection())


@pytest.mark.parametrize("source", build_samples.read_sources(), ids=lambda source: source.target.name)
def test_committed_files_are_what_the_script_builds(source: build_samples.Source) -> None:
    assert source.target.read_bytes() == build_samples.build(source)


@WORKSPACES
def test_the_workspace_has_documents_of_every_kind(workspace: Workspace) -> None:
    kinds = Counter(path.suffix for path in workspace.paths)
    for kind, fewest in workspace.kinds.items():
        assert kinds[kind] >= fewest
    assert sum(kinds.values()) >= workspace.documents


@WORKSPACES
def test_a_fifth_of_the_examples_and_each_document_have_no_answer_somewhere(workspace: Workspace) -> None:
    unanswerable = Counter(one["document"] for one in workspace.asked if one["answer"] is None)
    assert len(workspace.asked) >= workspace.examples
    assert sum(unanswerable.values()) >= len(workspace.asked) / 5
    assert set(unanswerable) == {path.name for path in workspace.paths}


@WORKSPACES
def test_questions_and_ids_are_unique(workspace: Workspace) -> None:
    asked = workspace.asked
    assert len({one["id"] for one in asked}) == len({one["question"] for one in asked}) == len(asked)


@DOCUMENTS
def test_answers_stand_word_for_word_in_the_cleaned_text(workspace: Workspace, path: Path) -> None:
    document = parsed(path)
    text = Text(document.text, document.outline)
    asked = [one for one in workspace.asked if one["document"] == path.name and one["answer"] is not None]
    assert len(asked) >= workspace.answered
    for one in asked:
        found = text.locate(one["answer"], Hints(quote=one["quote"]))
        assert found is not None, one
        assert found.text == one["answer"]
        assert one["answer"] in one["quote"]
        assert text.find(one["quote"]), one


@DOCUMENTS
def test_documents_have_the_length_of_a_page_and_no_boilerplate_is_left(workspace: Workspace, path: Path) -> None:
    text = parsed(path).text
    fewest, most = workspace.length
    assert fewest <= (len(text) if workspace.by_character else len(text.split())) <= most
    for noise in workspace.noise:
        assert noise not in text


def test_chinese_documents_are_in_both_scripts_and_one_in_gb18030() -> None:
    texts = [parsed(path).text for path in CHINESE.paths]
    assert sum("帳戶" in text or "戶口" in text or "年費" in text for text in texts) >= 3
    assert [path.name for path in CHINESE.paths if _is_gb18030(path)] == ["关于调整短信服务费的公告.txt"]


def _is_gb18030(path: Path) -> bool:
    if path.suffix != ".txt":
        return False
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return bool(path.read_text(encoding="gb18030"))
    return False


@WORKSPACES
def test_vetted_answers_are_complete_and_contradict_no_unanswerable_example(workspace: Workspace) -> None:
    with (workspace.folder / "faq.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 25
    assert all(set(row) == {"question", "answer"} for row in rows)
    assert all(row["question"].strip() and row["answer"].strip() for row in rows)
    assert {row["question"] for row in rows}.isdisjoint(one["question"] for one in workspace.asked)
