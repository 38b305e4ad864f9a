"""Errors in the visitor's language: sentences are matched with their templates, values and all."""

import re
import sys
import time

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

from answers import HOSTILE
from autogpt.services import people
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.web.said import errors
from autogpt.web.translations import FOLDER
from snippets import ROOT

CHINESE = {"Accept-Language": "zh-CN", "Accept": "text/html"}
PASSWORD = "correct horse battery"


def test_most_errors_that_people_meet_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import extract_words

    raised = {str(message.id) for message in extract_words.errors("zh") if message.id}
    sys.modules.pop("extract_words")
    with (FOLDER / "zh" / "errors.po").open("rb") as file:
        known = {str(message.id): str(message.string) for message in read_po(file, locale="zh") if message.id}
    assert len(raised) > 150
    assert len([one for one in raised if known.get(one)]) > 0.9 * len(raised)
    for english, words in known.items():
        if words:
            assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", words)), english


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
    ],
)
def test_a_sentence_is_said_with_its_values(english: str, chinese: str) -> None:
    assert errors("zh").said(english) == chinese
    assert errors("en").said(english) == english


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
