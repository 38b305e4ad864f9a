"""The pages in the visitor's language: which one, and that nothing is left in another."""

import json
import re
import sys

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

from autogpt.web.rendering import templates
from autogpt.web.translations import COOKIE, FOLDER, LANGUAGES, catalogue, preferred
from snippets import ROOT

OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_holds_just_what_the_pages_say(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import extract_words

    said = {str(message.id) for message in extract_words.found(language) if message.id}
    with (FOLDER / language / "pages.po").open("rb") as file:
        kept = {str(message.id) for message in read_po(file, locale=language) if message.id}
    assert kept == said, "run tools/extract_words.py"
    sys.modules.pop("extract_words")


def test_nothing_that_a_module_says_is_overlooked() -> None:
    said = set()
    for path in (FOLDER.parent / "static" / "js").glob("*.js"):
        said |= set(re.findall(r'\bt\(\s*"([^"]+)"', path.read_text(encoding="utf-8")))
    assert len(said) > 60
    assert said <= catalogue("zh").of_modules.keys()


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_is_translated_with_its_values_and_its_markup(language: str) -> None:
    values = re.compile(r"%\(\w+\)s|\{\w+\}|<[^>]+>")
    with (FOLDER / language / "pages.po").open("rb") as file:
        messages = [message for message in read_po(file, locale=language) if message.id]
    assert len(messages) > 150
    for message in messages:
        plural = isinstance(message.id, tuple)
        english, found = (message.id[-1], message.string[0]) if plural else (message.id, message.string)
        assert found, f"{english!r} has no translation"
        assert sorted(values.findall(english)) == sorted(values.findall(found)), english


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hant-TW", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("en;q=0.2, zh;q=0.7", "zh"),
        ("de-CH,fr;q=0.9", "en"),
        ("fr, zh;q=0.3", "zh"),
        ("zh;q=0, en", "en"),
        ("zh;q=much,;,=", "en"),
        (",".join(["xx"] * 10_000), "en"),
    ],
)
def test_the_browser_says_which_language_is_liked_best(header: str, language: str) -> None:
    assert preferred(header) == language


def test_the_switch_is_kept_and_comes_before_the_browser(client: TestClient) -> None:
    assert '<html lang="en">' in client.get("/").text
    chinese = client.get("/", headers={"Accept-Language": "zh-CN"}).text
    assert '<html lang="zh">' in chinese
    assert "您想了解什么？" in chinese
    assert "回答来自 1 份文档" in chinese
    client.follow_redirects = False
    switched = client.post("/language?next=/retrieval%3Fq%3Dfees", data={"to": "zh"})
    assert switched.headers["location"] == "/retrieval?q=fees"
    assert "检索文档" in client.get("/retrieval").text
    assert client.post("/language?next=//evil.example", data={"to": "en"}).headers["location"] == "/"
    assert "Search the documents" in client.get("/retrieval", headers={"Accept-Language": "zh"}).text
    assert "set-cookie" not in client.post("/language", data={"to": "tlh"}).headers
    assert client.cookies[COOKIE] == "en"


@pytest.mark.parametrize(
    "path", ["/", "/retrieval", "/annotate/guidelines", "/people", "/docs", "/set-up", "/retrieval/none"]
)
def test_no_page_shows_english_words_in_another_language(client: TestClient, path: str) -> None:
    page = client.get(path, headers={"Accept-Language": "zh", "Accept": "text/html"}).text
    shown = re.sub(r"<script.*?</script>|<code>.*?</code>|<[^>]+>", " ", page, flags=re.S)
    labels = " ".join(re.findall(r'(?:aria-label|placeholder|title)="([^"]*)"', page))
    allowed = {"English", "API", "JavaScript", "PDF", "Word", "HTML", "Markdown", "CSV", "JSON", "Lines", "Enter"}
    said = set(re.findall(r"[A-Za-z]{2,}", f"{shown} {labels}")) - allowed - {"Shift", "Test", "bank", "docs"}
    assert not said


def test_modules_get_their_words_in_the_page_and_nothing_that_ends_it(client: TestClient) -> None:
    page = client.get("/", headers={"Accept-Language": "zh"}).text
    found = re.search(r'<script type="application/json" id="translations">(.*?)</script>', page, re.S)
    assert found is not None
    table = json.loads(found[1])
    assert table["Stopped."] == "已停止。"
    assert table == dict(catalogue("zh").of_modules)
    assert "translations" not in client.get("/").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_from_records_are_escaped_where_a_template_takes_them(language: str) -> None:
    words = templates(language).env.from_string("{{ _(said) }}")
    assert words.render(said="<script>100% of it</script>") == "&lt;script&gt;100% of it&lt;/script&gt;"
    assert words.render(said="running") == {"en": "running", "zh": "进行中"}[language]
