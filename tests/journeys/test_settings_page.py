"""The page of settings in a browser: the text of a refusal is changed, and the next question gets it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from answers import CHINESE, FakeAnswerer, add_document, workspace
from autogpt.records import Answer
from autogpt.services.live_settings import LiveSettings, texts_of_refusal
from browsing import Site, open_page, start


class Follows(FakeAnswerer):
    """Refuses with the text of the settings, which it takes up as the real one does."""

    def ask(self, question: str, *arguments: object) -> Answer:
        answer = super().ask(question, *arguments)  # type: ignore[arg-type]
        return replace(answer, text=texts_of_refusal(self.store.config.answer)["zh"])

    def reload_if_changed(self) -> bool:
        return self.settings.take_up()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = workspace(tmp_path, '# Ours.\n[workspace]\nname = "Test bank"\n')
    answerer = Follows(store, add_document(store, "fees.txt", CHINESE, "费用"), CHINESE, {})
    answerer.store, answerer.settings = store, LiveSettings(store)  # type: ignore[attr-defined]
    with start(store, answerer) as site:
        yield site
    store.close()


def test_the_text_of_a_refusal_in_chinese_is_changed_and_seen(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url, "/settings") as page:
        text = page.locator("#answer-refusal_zh")
        expect(text).to_have_value("我不知道：文档里似乎没有这个问题的答案。")
        text.fill("这个问题请咨询柜台。<script>")
        page.locator('form[action="/settings/refusals"]').get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        page.goto(site.url)
        page.get_by_role("textbox").fill("飞机票多少钱？")
        page.keyboard.press("Enter")
        expect(page.locator(".answer-text")).to_contain_text("这个问题请咨询柜台。<script>")
        page.goto(f"{site.url}/settings")
        page.get_by_role("button", name="Undo the change of Refusal, in Chinese").click()
        expect(page.locator("#answer-refusal_zh")).to_have_value("我不知道：文档里似乎没有这个问题的答案。")
    assert (site.store.folder / "autogpt.toml").read_text(encoding="utf-8").startswith("# Ours.")
