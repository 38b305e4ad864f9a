"""Errors in the visitor's language: sentences are matched with their templates, values and all."""

import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

from answers import HOSTILE
from autogpt.services import people
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.web.paths import is_page
from autogpt.web.said import LINK, errors
from autogpt.web.translations import FOLDER, LANGUAGES
from snippets import ROOT

CHINESE = {"Accept-Language": "zh-CN", "Accept": "text/html"}
PASSWORD = "correct horse battery"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`tools/extract_words.py`."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import extract_words

    yield extract_words
    sys.modules.pop("extract_words")


def catalogue(language: str) -> dict[str, str]:
    with (FOLDER / language / "errors.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id}


def test_most_errors_that_people_meet_are_known(tool: Any) -> None:
    raised = {str(message.id) for message in tool.errors("zh") if message.id}
    known = catalogue("zh")
    assert len(raised) > 900
    assert len([one for one in raised if known.get(one)]) > 0.9 * len(raised)
    for english, words in known.items():
        if words:
            there, wanted = (set(re.findall(r"\{\w+\}", one)) for one in (words, english))
            assert there == wanted or (there < wanted and tool.COMMAND.search(english)), english


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_names_a_command_is_said_otherwise_on_pages(tool: Any, language: str) -> None:
    hints = {str(message.id) for message in tool.hints(language) if message.id}
    known = catalogue(language)
    assert len(hints) > 60
    assert [one for one in hints if not known.get(one)] == [], "run tools/extract_words.py, and give them words"
    assert [words for words in known.values() if tool.COMMAND.search(words)] == []


def test_links_of_hints_lead_to_pages(client: TestClient) -> None:
    linked = {
        where for language in LANGUAGES for words in catalogue(language).values() for _, where in LINK.findall(words)
    }
    assert len(linked) > 8
    for where in linked:
        assert is_page(where)
        assert "{" in where or client.get(where, headers={"Accept": "text/html"}).status_code == 200, where


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("The PDF is encrypted.", "PDF 已加密。"),
        ("The PDF is encrypted. Save it without a password.", "PDF 已加密。请另存为不带密码的文件。"),
        ("The PDF has 6,000 pages, more than 5,000.", "PDF 有 6,000 页，超过 5,000 页。"),
        ("This takes the role reviewer; yours is asker.", "此操作需要“审核员”角色，您的角色是“提问者”。"),
        ("There is somebody called 'reviewer' already.", "已经有人叫“reviewer”。"),
        ("'a. b {0} \\1.pdf' is empty.", "“a. b {0} \\1.pdf”是空文件。"),
        ("Something that nobody translated. The PDF is encrypted.", "Something that nobody translated. PDF 已加密。"),
        (
            "Release 'r2' was not promoted: worse against 'r1'. The verdict is kept with the release.",
            "版本“r2”未能上线：与“r1”相比为“更差”。结论已与该版本一起保存。",
        ),
        ("", ""),
        ("Another process is making a release in this workspace.", "另一个进程正在使用本工作区（制作版本）。"),
        ("Release 'r2' was not promoted: worse against 'r1'. F1", "版本“r2”未能上线：与“r1”相比为“更差”。F1"),
        (
            "document 1f2e is in train and validation: split again with autogpt examples split --force",
            "文档 1f2e 同时在训练，验证集：请在数据集页全部重新划分",
        ),
        ("labels.jsonl: 3 added, 1,200 refused", "labels.jsonl：新增 3 条，拒收 1,200 条"),
        ("3 added, something else", "3 added, something else"),
        ("many added", "many added"),
        (
            "run 1f: trained 0.8% of 22.7 M parameters on 40 questions, 2 seeds averaged; "
            "on 9 validation questions F1 71.2, exact match 60.0",
            "训练 1f：训练 22.7 M 参数的 0.8%，使用 40 个问题，对 2 个随机种子取平均；"
            "在 9 个验证问题上 F1 71.2，精确匹配 60.0",
        ),
        (
            "int8 answers worse; 50% of the size; 1.9 times as fast as PyTorch; "
            "F1 -0.10 (at least -0.31) on 500 questions",
            "int8 回答变差；大小为原来的 50%；速度为 PyTorch 的 1.9 倍；在 500 个问题上 F1 -0.10（至少 -0.31）",
        ),
        (
            "In 2 of 9 answers: The composed answer was not used: the endpoint's answer is too long.",
            "9 个回答中有 2 个：没有采用生成的回答：端点的回答太长。",
        ),
    ],
)
def test_a_sentence_is_said_with_its_values(english: str, chinese: str) -> None:
    assert errors("zh").said(english) == chinese
    assert errors("en").said(english) == english or "autogpt" in english


def test_hints_of_pages_lead_to_where_it_is_done_and_programs_get_them_as_they_were_raised(
    client: TestClient, store: Store
) -> None:
    raised = "Promote it with: autogpt release promote {version}"
    hint = raised.format(version="r<1>/x")
    assert errors("en").said(hint) == "Promote it on its page."
    assert errors("en").linked(hint) == 'Promote it on <a href="/releases/r%3C1%3E%2Fx">its page</a>.'
    assert errors("zh").linked(hint) == '请在<a href="/releases/r%3C1%3E%2Fx">该版本的页面</a>发布。'
    # What somebody wrote is no link.
    assert errors("en").linked("[x](/y) <b>") == "[x](/y) &lt;b&gt;"
    assert errors("zh").linked("'[x](/y)' is empty.") == "“[x](/y)”是空文件。"
    missing = client.get("/train/none", headers={"Accept": "text/html", "Accept-Language": "en"}).text
    assert 'See the page <a href="/train">Train</a>.' in missing
    path = "/v1/releases/current"
    asked = (
        client.get(path, headers=headers) for headers in ({}, {"Accept-Language": "en"}, {"Accept-Language": "zh"})
    )
    assert [one.json()["error"]["hint"] for one in asked] == [
        "See: autogpt release create --help",
        "See the page Releases.",
        "请查看版本页。",
    ]


def test_long_and_strange_messages_stay_and_cost_nothing() -> None:
    began = time.perf_counter()
    for message in ("x" * 100_000, "' is " * 390, "The PDF has " * 160, HOSTILE):
        assert errors("zh").said(message) == message
    assert time.perf_counter() - began < 2


def test_pages_tell_errors_in_chinese(client: TestClient, store: Store) -> None:
    missing = client.get("/documents/none", headers=CHINESE)
    assert missing.status_code == 404
    assert "没有这份文档。" in missing.text
    assert "找不到页面。" in client.get("/documents/none/none/none", headers=CHINESE).text
    assert "这不是网址。" in client.post("/documents/address", data={"address": "x"}, headers=CHINESE).text
    # The modules of pages ask /v1; a program, which prefers no language, is told in English.
    told = client.get("/v1/documents/none/text", headers={"Accept-Language": "zh"}).json()["error"]
    assert (told["kind"], told["message"]) == ("NotFoundError", "没有这份文档。")
    assert client.get("/v1/documents/none/text").json()["error"]["message"] == "There is no such document."
    busy = client.post("/v1/ask", json={"question": " "}, headers={"Accept-Language": "zh"})
    assert busy.json()["error"]["message"] == "问题是空的。"


def test_who_may_not_is_told_so_in_chinese(client: TestClient, store: Store) -> None:
    people.add_person(store, "Admin", PASSWORD, Role.ADMIN, by="test")
    people.add_person(store, "Ben", PASSWORD, Role.ASKER, by="test")
    refused = client.get("/v1/documents", headers={"Accept-Language": "zh"})
    assert (refused.status_code, refused.json()["error"]["message"]) == (401, "不知道您是谁。")
    assert refused.headers["www-authenticate"] == "Bearer"
    client.post("/login", data={"person": "Ben", "password": PASSWORD})
    assert "此操作需要“管理员”角色，您的角色是“提问者”。" in client.get("/people", headers=CHINESE).text
