"""A citation opened at its page: a PDF of 300 pages, as a picture with the place boxed, or as text."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from answers import FakeAnswerer, workspace
from autogpt.services import documents
from autogpt.services.ingesting import ingest
from autogpt.store import Store
from browsing import Site, open_page, start
from pdf_files import pdf_of

QUESTION = "What does card 250 cost?"
QUOTE = "250.50 euro a year"


class Cited(FakeAnswerer):
    """Cites page 250, and says so."""

    def _cite(self, quote: str, score: float):  # type: ignore[no-untyped-def]
        from dataclasses import replace

        return replace(super()._cite(quote, score), document="terms.pdf", page=250, heading_path=())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("pane")
    pages = [[f"Chapter {n}", f"The fee of card {n} is {n}.50 euro a year."] for n in range(1, 301)]
    (folder / "terms.pdf").write_bytes(pdf_of(pages))
    store = workspace(folder, '[workspace]\nname = "Test bank"\n')
    ingest(store, [folder / "terms.pdf"], sync=lambda store, sink: 0)
    yield store
    store.close()


@pytest.fixture(scope="module")
def site(store: Store) -> Iterator[Site]:
    [listed], _ = documents.list_documents(store)
    version = documents.current_version(store, listed.id)
    answerer = Cited(
        store, (listed.id, version.id), version.text, {QUESTION: (QUOTE, 0.93)}, title="Terms of the cards"
    )
    with start(store, answerer) as site:
        yield site


def opened(page: Page) -> None:
    expect(page.get_by_role("button", name="Send the question")).to_be_enabled()
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    page.get_by_label("Source", exact=True).get_by_role("button", name="Open").click()


#: The colour of the picture in the middle of the boxed place, and whether it can be seen in the panel.
BOXED = """() => {
    const image = document.getElementById("source-image"), panel = document.querySelector("#source .panel-body");
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let found = null;
    for (let at = 0; at < data.length && found === null; at += 4) {
        if (data[at] > 200 && data[at + 2] < 160) found = Math.floor(at / 4 / canvas.width) / canvas.height;
    }
    if (found === null) return null;
    const top = image.getBoundingClientRect().top + found * image.clientHeight, seen = panel.getBoundingClientRect();
    return top > seen.top && top < seen.bottom;
}"""


def test_a_long_pdf_opens_at_the_page_that_is_cited(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url) as page:
        opened(page)
        image = page.locator("#source-image")
        expect(page.locator("#source-number")).to_have_text("Page 250 of 300")
        expect(image).to_have_attribute("alt", "Page 250 of 300")
        expect(page.locator("#source-text mark")).to_have_text(QUOTE)
        expect(image).not_to_have_js_property("naturalWidth", 0)
        expect(page.locator("#source-page")).not_to_have_attribute("aria-busy", "true")
        assert page.evaluate(BOXED) is True
        page.get_by_role("button", name="Next page").click()
        expect(page.locator("#source-number")).to_have_text("Page 251 of 300")
        expect(page.locator("#source-text")).to_contain_text("Chapter 251")
        expect(page.locator("#source-page")).not_to_have_attribute("aria-busy", "true")
        assert page.evaluate(BOXED) is None
        page.get_by_role("button", name="Page before").click()
        page.get_by_role("button", name="Text", exact=True).click()
        expect(image).to_be_hidden()
        expect(page.locator("#source-text mark")).to_be_in_viewport()
        page.get_by_role("button", name="Page", exact=True).click()
        expect(image).to_be_visible()
        page.get_by_role("link", name="The whole document").click()
        expect(page.get_by_role("heading", name="terms.pdf")).to_be_visible()
        expect(page.get_by_text("Page 250 of 300").first).to_be_visible()
        expect(page.locator("#place")).to_have_text(QUOTE)


def test_a_page_that_cannot_be_drawn_is_shown_as_text(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url, viewport={"width": 360, "height": 740}) as page:
        page.route("**/pages/*.png*", lambda route: route.fulfill(status=422, json={"error": {"message": "No."}}))
        opened(page)
        expect(page.get_by_text("This page cannot be shown as a picture.")).to_be_visible()
        expect(page.locator("#source-text mark")).to_be_in_viewport()
        expect(page.locator("#source-image")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_pages_are_read_without_scripts(browser: Browser, site: Site) -> None:
    [listed], _ = documents.list_documents(site.store)
    with open_page(browser, site.url, f"/documents/{listed.id}/pages/250", java_script_enabled=False) as page:
        expect(page.get_by_role("img", name="Page 250 of 300")).to_be_visible()
        page.get_by_role("link", name="Later").first.click()
        expect(page.locator("article")).to_contain_text("Chapter 251")
        page.get_by_role("link", name="Text", exact=True).click()
        page.get_by_label("Search in this document").fill("FEE of card 299")
        page.keyboard.press("Enter")
        expect(page.locator("#found-count")).to_have_text("1 place")
        page.locator(".found-places a").click()
        expect(page.locator("#place")).to_have_text("fee of card 299")
