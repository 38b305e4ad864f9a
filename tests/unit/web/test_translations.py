"""The pages in the visitor's language: which one, and that nothing is left in another."""

import json
import re
import sys
from collections.abc import Iterator
from html import unescape
from typing import get_args

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

from autogpt.cli import COMMANDS
from autogpt.models.catalogue import list_models
from autogpt.prepare.augment import AUGMENTERS
from autogpt.services.requested import TRAININGS, section_of
from autogpt.web.app import create_app
from autogpt.web.rendering import templates
from autogpt.web.translations import COOKIE, FOLDER, LANGUAGES, catalogue, preferred
from filled import CHINESE_WORDS, Filled, addresses, fill
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


#: What is called the same in both languages: formats, keys, units, methods, measures, what a file of examples holds.
SAME = set(
    re.findall(
        r"\w+",
        """English API JavaScript PDF Word HTML Markdown CSV JSON Lines lines GGUF PyPI SQuAD CMRC doccano Label Studio
        Labelbox question text Frage docs none UTC GB MB ms Enter Shift Ctrl Esc Home End kappa Kappa Holm nDCG recall
        PyTorch int nan hub logits dropout Drop Trainer BERT GPT lora adalora ia full frozen adapter prefix FinBERT
        BioBERT ClinicalBERT MacBERT RoBERTa wwm PubMed llm smollm en BM""",
    )
)


def typed_words() -> set[str]:
    """What stands in the configuration as it is: choices, and what is usual."""
    found: list[object] = [one.name for one in list_models()] + [*AUGMENTERS]
    for what in TRAININGS:
        for key, field in section_of(what).model_fields.items():
            found += [key.replace("_", " "), *get_args(field.annotation), field.default]
    return set(re.findall(r"[A-Za-z]{2,}", " ".join(map(str, found))))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    made = fill(tmp_path_factory.mktemp("chinese"), CHINESE_WORDS)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def visitor(filled: Filled) -> Iterator[TestClient]:
    """An admin of a workspace whose people write Chinese."""
    app = create_app(filled.store, filled.answerer, run_jobs=False)
    with TestClient(app, base_url="http://127.0.0.1", cookies=dict(filled.cookie)) as client:
        app.state.server.engine.wait_until_tried()
        yield client


def shown_on(page: str) -> str:
    """What is read of a page: its text and its labels."""
    shown = re.sub(r"<(script|code|pre|style|textarea).*?</\1>|<[^>]+>", " ", page, flags=re.S)
    labels = " ".join(re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', page))
    return unescape(f"{shown} {labels}")


#: Ids, names of files and keys of settings. Of Chinese, whose words are not parted, `\w*` would try each end of a line.
NAMES = re.compile(r"\b[0-9a-f]{8,}\b|\w*\.(?:pdf|csv|jsonl|txt|html)\b|\w+(?:\.\w+){2}", re.ASCII)


def test_no_page_shows_english_words_in_chinese(visitor: TestClient, filled: Filled) -> None:
    wrong: dict[str, list[str]] = {}
    same = SAME | typed_words()
    for path in [*addresses(visitor.app, filled), "/docs", "/retrieval/none", "/train/none", "/releases/none"]:
        page = visitor.get(path, headers={"Accept-Language": "zh-CN", "Accept": "text/html"})
        assert page.status_code == (404 if path.endswith("/none") else 200), path
        read = NAMES.sub(" ", shown_on(page.text))
        if english := sorted(set(re.findall(r"[A-Za-z]{2,}", read)) - same):
            wrong[path] = english
    assert not wrong, "\n".join(f"{path}: {' '.join(words)}" for path, words in wrong.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_sends_anybody_to_a_terminal(visitor: TestClient, filled: Filled, language: str) -> None:
    typed = re.compile(rf"\bautogpt (?:{'|'.join(COMMANDS)})\b")
    for path in addresses(visitor.app, filled):
        page = visitor.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
        assert not typed.search(shown_on(page.text)), path


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
