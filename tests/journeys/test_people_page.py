"""Accounts in a browser: from the link of the first start to a colleague who asks; by keyboard, without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.services import people, sign_in
from autogpt.services.people import Role
from browsing import Site, colours, contrast, open_page, start

PASSWORD = "correct horse battery"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = workspace(tmp_path, '[workspace]\nname = "Tarnwick Bank"\n')
    with start(store, FakeAnswerer(store, add_document(store, "fees.txt", TEXT), TEXT, QUESTIONS)) as site:
        yield site
    store.close()


def test_from_the_link_to_a_colleague_who_asks_by_keyboard_and_without_scripts(browser: Browser, site: Site) -> None:
    link = sign_in.prepare_first(site.store, site.url)
    assert link is not None
    path = link.read_text().strip().removeprefix(site.url)
    with open_page(browser, site.url, path, java_script_enabled=False) as page:
        expect(page.get_by_label("Your name")).to_be_focused()
        page.keyboard.type("Anna Li")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="People").click()
        page.get_by_label("Name", exact=True).fill("王芳")
        page.get_by_label("Role", exact=True).select_option("asker")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        row = page.locator(".people li", has_text="王芳")
        expect(row.get_by_role("combobox")).to_have_value("asker")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type("王芳")
        page.keyboard.press("Tab")
        page.keyboard.type("a wrong password")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("do not belong together")
        expect(page.get_by_label("Password")).to_be_focused()
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="王芳")).to_be_visible()
        expect(page.get_by_role("link", name="People")).to_have_count(0)
        page.get_by_role("button", name="中文").click()
        expect(page.get_by_role("heading", name="您想了解什么？")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_the_page_fits_a_narrow_phone(browser: Browser, site: Site, scheme: str, locale: str) -> None:
    anna = people.add_person(site.store, "Anna Li", PASSWORD, Role.ADMIN, by="test")
    people.add_person(site.store, "a" * 64, PASSWORD, Role.ASKER, by="test")
    people.set_disabled(site.store, "a" * 64, True, by="test")
    narrow = {"viewport": {"width": 360, "height": 740}, "color_scheme": scheme, "locale": locale}
    with open_page(browser, site.url, **narrow) as page:
        token = sign_in.sign_in(site.store, anna)
        page.context.add_cookies([{"name": "autogpt_session", "value": token, "url": site.url}])
        for path in ("/people", "/account", "/", "/retrieval", "/people/none"):
            page.goto(site.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page.goto(site.url + "/people")
        for text, background in colours(page, ".note", ".people strong", ".bordered", ".primary"):
            assert contrast(text, background) >= 4.5
