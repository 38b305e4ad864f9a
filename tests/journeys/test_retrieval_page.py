"""The test page of the search in a real browser, over a server without weights."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from answers import CHINESE, HOSTILE, QUESTIONS, TEXT, FakeAnswerer, add_document, add_example, workspace
from autogpt.errors import InternalError
from browsing import Site, colours, contrast, luminance, open_page, start

GOLD = "What does the Gold card cost a year?"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = workspace(tmp_path, '[workspace]\nname = "Test bank"\n')
    document = add_document(store, "fees.txt", TEXT, "Fees of the cards")
    add_example(store, GOLD, document[0])

    def fails(question: str) -> Exception | None:
        return InternalError("The index is gone.", "Run: autogpt ingest") if question == "broken" else None

    with start(store, FakeAnswerer(store, document, TEXT, QUESTIONS, fails=fails)) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with open_page(browser, site.url) as page:
        page.get_by_role("link", name="Search").click()
        expect(page.get_by_role("heading", name="Search the documents")).to_be_visible()
        yield page


def search(page: Page, question: str) -> None:
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_enabled()
    page.get_by_label("Search for").fill(question)
    page.keyboard.press("Enter")


def passage(page: Page, rank: int) -> Locator:
    return page.get_by_role("article", name=f"Passage {rank}", exact=True)


def test_a_search_shows_ranks_scores_place_and_the_matched_words(page: Page) -> None:
    expect(page.get_by_text("Type a question as people would ask it")).to_be_visible()
    search(page, GOLD)
    first = passage(page, 1)
    expect(first.get_by_role("heading")).to_have_text("Fees of the cards")
    expect(first.locator(".path")).to_have_text("fees.txt · Fees › Cards · page 2 · English")
    expect(first.locator(".ranks > div")).to_have_text(
        ["Fused#1score 0.458", "Words#1BM25 10.00", "Meaning#3cosine 0.700"]
    )
    expect(first.locator(".found-text mark")).to_have_text(["Gold", "card", "costs", "year", "costs"])
    expect(first.locator("h2 mark, .path mark")).to_have_text(["cards", "Cards"])
    expect(first.locator(".term")).to_have_text(["gold", "card", "cost", "year"])
    last = passage(page, 5)
    expect(last.locator(".absent")).to_have_text("Wordsnot found")
    expect(last).to_contain_text("None of the words that were looked up stands here.")
    expect(page.get_by_role("status")).to_have_text(
        re.compile(r"5 passages in .*s, by release r7Language of the question: English\. .*gold · card · cost · year\.")
    )
    expect(page.get_by_text("Type a question as people would ask it")).to_be_hidden()
    expect(page.get_by_role("list", name="Passages").get_by_role("listitem")).to_have_count(5)


def test_the_question_stands_in_the_address(page: Page, site: Site) -> None:
    search(page, "card & fees?")
    expect(passage(page, 1)).to_be_visible()
    assert page.url == f"{site.url}/retrieval?q=card+%26+fees%3F"
    page.get_by_role("spinbutton", name="Passages").fill("2")
    search(page, "two days")
    expect(page.locator(".found")).to_have_count(2)
    expect(page).to_have_url(f"{site.url}/retrieval?q=two+days&k=2")
    expect(page).to_have_title("two days · Search · Test bank")
    page.reload()
    expect(page.locator(".found")).to_have_count(2)
    page.go_back()
    expect(page.get_by_label("Search for")).to_have_value("card & fees?")
    expect(page.locator(".found")).to_have_count(5)
    page.go_back()
    expect(page.get_by_label("Search for")).to_have_value("")
    expect(page.locator(".found")).to_have_count(0)
    expect(page.get_by_text("Type a question as people would ask it")).to_be_visible()
    expect(page).to_have_title("Search · Test bank")
    page.get_by_role("link", name=GOLD).click()
    expect(passage(page, 1).locator(".found-text")).to_contain_text("The Gold card costs 45 euro")


def test_keys_alone_reach_everything(page: Page) -> None:
    expect(page.get_by_label("Search for")).to_be_focused()
    page.keyboard.type("loan")
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_enabled()
    expect(page.get_by_label("Search for")).to_have_value("loan")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("1")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".found")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Open passage 1 in the document")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("mark")).to_have_text("Loans\n")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Open passage 1 in the document")).to_be_focused()


def test_bad_input_is_told_with_what_to_do(page: Page, site: Site) -> None:
    status = page.get_by_role("status")
    for question, message, hint in (
        ("   ", "There is nothing to search for.", "Type a question."),
        ("?!… —", "The question holds no word to search by.", "Ask in words."),
        ("😀🎉", "The question holds no word to search by.", "Ask in words."),
        ("x" * 100_000, "The question has 100,000 characters; 2,000 are allowed.", "Shorten it"),
    ):
        search(page, question)
        expect(status).to_contain_text(message)
        expect(status).to_contain_text(hint)
        expect(page.locator(".found")).to_have_count(0)
        expect(page.get_by_label("Search for")).to_be_focused()
        expect(page.get_by_role("button", name="Search again")).to_have_count(0)
    assert len(page.url) < 1_000
    page.goto(f"{site.url}/retrieval?q=card&k=999")
    expect(status).to_contain_text("k: input should be less than or equal to 50")
    search(page, "broken")
    assert site.answerer.searched[-1][0] != "broken"  # 999 passages are not sent
    page.get_by_role("spinbutton", name="Passages").fill("3")
    search(page, "broken")
    expect(status).to_contain_text("The index is gone.")
    page.get_by_role("button", name="Search again").click()
    expect(status).to_contain_text("Run: autogpt ingest")


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("Wie hoch ist die Gebühr für card?", "unknown (und)"),
        ("card البطاقة הכרטיס", "unknown (und)"),
        ("\u202edrac card", "English"),
        ("what is the", "It holds no word to look up"),
    ],
)
def test_any_language_and_direction_is_searched(page: Page, question: str, shown: str) -> None:
    search(page, question)
    expect(page.get_by_role("status")).to_contain_text(shown)
    expect(page.locator(".found")).to_have_count(5)


def test_chinese_is_searched_and_marked(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path)
    text = f"😀 {CHINESE}"
    place = add_document(store, "费用.docx", text)
    with (
        start(store, FakeAnswerer(store, place, text, {}, title="年費說明")) as site,
        open_page(browser, site.url, "/retrieval?q=金卡的年費是多少？") as page,
    ):
        expect(page.get_by_role("status")).to_contain_text("Language of the question: Chinese.")
        expect(passage(page, 1).locator(".found-text mark")).to_have_text(["金卡", "年费"])
        expect(passage(page, 1).locator("h2 mark")).to_have_text("年費")
        expect(passage(page, 1).locator(".found-text")).to_have_attribute("lang", "zh")


def test_text_from_outside_is_never_markup(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path, '[workspace]\nname = "<img src=x onerror=alert(1)>"\n')
    text = f"Fees\n{HOSTILE} The card fee is <b>5</b> euro. <style>body{{display:none}}</style>"
    place = add_document(store, f"{HOSTILE}.txt", text)
    question = "Is the <b>card</b> <script>alert(3)</script> free?"
    add_example(store, question, place[0])
    with (
        start(store, FakeAnswerer(store, place, text, {}, title=HOSTILE)) as site,
        open_page(browser, site.url, "/retrieval") as page,
    ):
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        page.get_by_role("link", name=question).click()
        expect(page.get_by_label("Search for")).to_have_value(question)
        expect(passage(page, 1).locator("h2")).to_have_text(HOSTILE)
        expect(passage(page, 1).locator(".found-text")).to_have_text(text.partition("\n")[2])
        expect(passage(page, 1).locator(".path")).to_contain_text(f"{HOSTILE}.txt")
        assert page.locator("main script, main img, main b, main style").count() == 0


def test_escape_stops_and_a_new_search_takes_the_place_of_the_old(page: Page, site: Site) -> None:
    gate = Event()
    site.answerer._gate = gate
    search(page, "card")
    expect(page.get_by_role("status")).to_have_text("Searching the documents…")
    page.keyboard.press("Escape")
    expect(page.get_by_role("status")).to_have_text("Stopped.")
    expect(page.get_by_label("Search for")).to_have_value("card")
    search(page, "card")
    search(page, "loan")
    gate.set()
    expect(page.get_by_role("status")).to_contain_text("looked up: loan.")
    expect(passage(page, 1).locator(".term")).to_have_text("loan")
    gate.clear()
    search(page, "days")
    expect(page.get_by_role("status")).to_have_text("Searching the documents…")
    page.go_back()
    page.go_back()
    page.go_back()
    expect(page.locator("#empty")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("")
    gate.set()


def test_an_empty_workspace_says_what_to_do(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path)
    with (
        start(store, FakeAnswerer(store, ("", ""), "", {})) as site,
        open_page(browser, site.url, "/retrieval") as page,
    ):
        expect(page.locator("#empty")).to_contain_text("There are no documents to search yet. Add some")
        search(page, "card")
        expect(page.get_by_role("status")).to_contain_text("No passage was found.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_narrow_phone_in_both_schemes(browser: Browser, site: Site, scheme: str) -> None:
    path = f"/retrieval?q={'card+' * 12}"
    with open_page(browser, site.url, path, viewport={"width": 360, "height": 740}, color_scheme=scheme) as page:
        expect(passage(page, 1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        expect(page.get_by_role("button", name="Menu")).to_be_visible()
        pairs = colours(page, ".found", ".ranks > div", ".found mark")
    for (text, background), least in zip(pairs, (7, 7, 4.5), strict=True):
        assert contrast(text, background) >= least
    assert (luminance(pairs[0][1]) > 0.5) is (scheme == "light")
