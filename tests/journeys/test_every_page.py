"""What holds for every page: accessible in both themes, narrow, in both languages, light, and read without scripts.

Pages are found from the routes of the application; a new page is looked at as soon as it has a route. The workspace is
filled (`filled`), with markup wherever somebody can write.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect

from answers import HOSTILE, QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.services import people
from autogpt.services.people import Role
from autogpt.services.sign_in import prepare_first
from browsing import Site, open_page, start
from filled import MARKUP, Filled, addresses, fill

GOLD = "What does the Gold card cost a year?"
PASSWORD = "correct horse battery"
#: Bytes that a page may take, but for the pictures of documents.
MOST_BYTES = 200_000
#: Pages that are a program: what they show comes by scripts.
PROGRAMS = {"/", "/retrieval"}
#: States of a page that are looked at.
STATES = 3


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    made = fill(tmp_path_factory.mktemp("every"), MARKUP)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def site(filled: Filled) -> Iterator[Site]:
    with start(filled.store, filled.answerer) as site:
        yield site


@pytest.fixture(scope="module")
def signed_in(site: Site, filled: Filled) -> dict[str, Any]:
    """What makes a browser one of the admin's."""
    cookies = [{"name": name, "value": value, "url": site.url} for name, value in filled.cookie.items()]
    return {"storage_state": {"cookies": cookies, "origins": []}}


@pytest.fixture(scope="module")
def paths(site: Site, filled: Filled) -> list[str]:
    """An address of every page."""
    return addresses(site.app, filled, STATES)


def violations(page: Page) -> list[str]:
    """What axe finds serious, or critical."""
    found = Axe().run(page).response["violations"]
    serious = [(one["id"], one["nodes"][0]) for one in found if one["impact"] in {"serious", "critical"}]
    return [f"{rule}: {node['html'][:160]} {node['failureSummary'].splitlines()[-1]}" for rule, node in serious]


def test_the_pages_are_found(paths: list[str]) -> None:
    assert {"/", "/documents", "/retrieval", "/jobs", "/releases", "/releases/r2", "/people"} <= set(paths)
    assert len(paths) >= 50


def test_what_is_not_accessible_is_found(browser: Browser, site: Site, signed_in: dict[str, Any]) -> None:
    with open_page(browser, site.url, "/documents", **signed_in) as page:
        page.evaluate("document.getElementById('words').labels[0].remove()")
        [found] = violations(page)
    assert found.startswith('label: <input id="words"')


@pytest.mark.parametrize(("scheme", "width", "locale"), [("light", 1280, "en-GB"), ("dark", 360, "zh-CN")])
def test_every_page_is_accessible_narrow_and_harmless(
    browser: Browser, site: Site, paths: list[str], signed_in: dict[str, Any], scheme: str, width: int, locale: str
) -> None:
    wrong: list[str] = []
    shown = {"color_scheme": scheme, "viewport": {"width": width, "height": 780}, "locale": locale}
    with open_page(browser, site.url, **shown, **signed_in) as page:
        page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        for path in paths:
            response = page.goto(site.url + path)
            if response is None or response.status != 200:
                wrong.append(f"{path}: {response and response.status}")
            if page.locator("html").get_attribute("lang") != locale[:2]:
                wrong.append(f"{path}: another language")
            wrong += [f"{path}: {one}" for one in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{path}: wider than {width}")
            if page.locator("body script, img[src=x], title script").count():
                wrong.append(f"{path}: markup from outside")
    assert not wrong, "\n".join(wrong)


def test_every_page_is_light(browser: Browser, site: Site, paths: list[str], signed_in: dict[str, Any]) -> None:
    heavy: list[str] = []
    with open_page(browser, site.url, **signed_in) as page:
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        requests: list[Request] = []

        def note(one: Request) -> None:
            requests.append(one)

        page.on("requestfinished", note)
        for path in paths:
            requests.clear()
            page.goto(site.url + path)
            ours = [one.sizes() for one in requests if not one.url.partition("?")[0].endswith(".png")]
            assert len(ours) > 2
            sent = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in ours)
            # What a page of a document holds is the document's.
            text = len(page.locator("main").inner_text().encode()) if "/documents/" in path else 0
            if sent - text > MOST_BYTES:
                heavy.append(f"{path}: {sent:,} bytes")
    assert not heavy


def test_what_is_read_needs_no_script(
    browser: Browser, site: Site, paths: list[str], signed_in: dict[str, Any]
) -> None:
    with open_page(browser, site.url, java_script_enabled=False, **signed_in) as page:
        for path in paths:
            if path in PROGRAMS:
                continue
            page.goto(site.url + path)
            expect(page.locator("h1").first).to_be_visible()
            assert page.locator("main").inner_text().strip()


def opened(page: Page) -> None:
    """A question answered, why, and where it stands."""
    expect(page.get_by_role("button", name="Send the question")).to_be_enabled()
    page.get_by_label("Your question").fill(GOLD)
    page.keyboard.press("Enter")
    page.get_by_text("Why this answer").click()


def sources(page: Page) -> None:
    opened(page)
    page.get_by_label("Source", exact=True).get_by_role("button", name="Open").click()
    expect(page.locator("#source-text mark")).to_be_visible()


def unanswered(page: Page) -> None:
    expect(page.get_by_role("button", name="Send the question")).to_be_enabled()
    page.get_by_label("Your question").fill(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator("article.abstain")).to_be_visible()


def searched(page: Page) -> None:
    page.goto(page.url + "retrieval?q=gold+card")
    expect(page.locator(".found").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("moment", [opened, sources, unanswered, searched])
def test_what_scripts_draw_is_accessible(
    browser: Browser, site: Site, signed_in: dict[str, Any], moment: Callable[[Page], None], scheme: str
) -> None:
    with open_page(browser, site.url, "/", color_scheme=scheme, reduced_motion="reduce", **signed_in) as page:
        moment(page)
        assert violations(page) == []
        assert page.locator("body script, img[src=x]").count() == 0


def test_the_pages_of_signing_in_are_accessible(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path)
    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS)
    with (
        start(store, answerer) as site,
        open_page(browser, site.url, viewport={"width": 360, "height": 740}) as page,
    ):
        link = prepare_first(store, site.url)
        assert link is not None
        page.goto(link.read_text().strip())
        expect(page.get_by_label("Password")).to_be_visible()
        assert violations(page) == []
        people.add_person(store, "Anna", PASSWORD, Role.ADMIN, by="test")
        page.goto(f"{site.url}/login")
        assert violations(page) == []
        page.get_by_label("Name").fill("Anna")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Your question")).to_be_visible()
        page.goto(f"{site.url}/account")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    store.close()
