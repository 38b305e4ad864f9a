"""The chat page in a real browser: Debian's Chromium, headless, over a server without weights."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from answers import CHINESE, HOSTILE, QUESTIONS, TEXT, FakeAnswerer, add_document, add_example, workspace
from autogpt.errors import OverloadedError
from autogpt.store.tables import FeedbackRow
from autogpt.web.auth import ApiKey
from browsing import Site, colours, contrast, luminance, open_page, start

GOLD = "What does the Gold card cost a year?"
UNKNOWN = "Who is the king of Norway?"
KEY = "a-key-of-enough-length"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = workspace(tmp_path, '[workspace]\nname = "Test bank"\n')
    document = add_document(store, "fees.txt", TEXT, "Fees of the cards")
    add_example(store, GOLD, document[0])

    def fails(question: str) -> Exception | None:
        return OverloadedError("Too many questions are waiting.", 4) if question == "Busy?" else None

    with start(store, FakeAnswerer(store, document, TEXT, QUESTIONS, fails=fails)) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with open_page(browser, site.url) as page:
        yield page


def ask(page: Page, question: str) -> None:
    expect(page.get_by_role("button", name="Send the question")).to_be_enabled()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def test_an_answer_shows_its_confidence_and_its_source_in_context(page: Page) -> None:
    ask(page, GOLD)
    answer = page.get_by_role("article", name="Answer")
    expect(answer.locator(".answer-text")).to_have_text("45 euro a year")
    expect(answer.locator(".confidence")).to_contain_text("Very sure · 93%")
    source = answer.get_by_label("Source", exact=True)
    expect(source.locator("mark")).to_have_text("45 euro a year")
    expect(source.locator("blockquote")).to_contain_text("The Gold card costs 45 euro a year. It is free")
    expect(source.get_by_role("heading")).to_have_text("Fees of the cards")
    expect(source.locator(".path")).to_have_text("fees.txt · Fees › Cards · page 2")
    expect(page.get_by_label("Your question")).to_be_focused()
    expect(page.get_by_label("Your question")).to_have_value("")
    expect(page.locator("#status")).to_have_text("Answer: 45 euro a year. Very sure, 93%.")


def test_the_mark_is_right_behind_characters_outside_the_basic_plane(page: Page) -> None:
    ask(page, "What does cash abroad cost?")
    expect(page.locator(".source mark")).to_have_text("1% of the sum")


def test_the_marked_place_of_a_long_passage_is_in_view(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path)
    text = "A line of the terms that goes on for quite a while, as the lines of terms do.\n" * 40
    text += "The fee is 5 euro.\n" + "And on it goes.\n" * 40
    answerer = FakeAnswerer(store, add_document(store, "a", text), text, {"Fee?": ("5 euro", 0.9)}, around=2_000)
    with start(store, answerer) as site, open_page(browser, site.url) as page:
        ask(page, "Fee?")
        expect(page.locator(".source mark")).to_be_in_viewport()


def test_an_abstention_looks_different_and_shows_the_nearest_passage(page: Page) -> None:
    ask(page, UNKNOWN)
    answer = page.locator("article.abstain")
    expect(answer.locator(".answer-text")).to_contain_text("I don't know")
    expect(answer).to_contain_text("The nearest passages")
    expect(answer).to_contain_text("12%")
    expect(answer.locator("mark")).to_have_text("within two days")
    expect(answer.locator(".confidence")).to_have_count(0)
    ask(page, GOLD)
    given = page.locator("article.given")
    expect(given).to_be_visible()
    borders = [
        one.evaluate("element => getComputedStyle(element).borderTopStyle") for one in (answer.first, given.first)
    ]
    assert borders == ["dashed", "solid"]


def test_stages_are_told_while_the_answer_is_made(page: Page, site: Site) -> None:
    gate = Event()
    site.answerer._gate = gate
    ask(page, GOLD)
    expect(page.locator(".stage")).to_have_text("Reading the best passages…")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    gate.set()
    expect(page.locator(".answer-text")).to_have_text("45 euro a year")
    expect(page.get_by_role("button", name="Send the question")).to_be_visible()


def test_a_question_can_be_stopped(page: Page, site: Site) -> None:
    gate = Event()
    site.answerer._gate = gate
    ask(page, GOLD)
    expect(page.locator(".stage")).to_contain_text("Reading")
    page.keyboard.press("Escape")
    expect(page.locator(".stage")).to_have_text("Stopped.")
    gate.set()


def test_keys_send_break_lines_and_reach_everything(page: Page, site: Site) -> None:
    box = page.get_by_label("Your question")
    expect(box).to_be_focused()
    box.press_sequentially("What")
    page.keyboard.press("Shift+Enter")
    box.press_sequentially("now?")
    expect(box).to_have_value("What\nnow?")
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text("What now?")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(1)
    page.locator("body").press("Shift+Tab")
    focusable = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        focusable.add(page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.id"))
    assert {"This answer helped", "This answer did not help", "question", "Send the question"} <= focusable


def test_thumbs_are_stored_and_can_be_changed(page: Page, site: Site) -> None:
    ask(page, GOLD)
    up, down = (page.get_by_role("button", name=name) for name in ("This answer helped", "This answer did not help"))
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".said")).to_have_text("Thank you.")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-pressed", "false")
    with site.store.session() as session:
        assert [row.thumb for row in session.scalars(select(FeedbackRow))] == ["down"]


def test_a_source_opens_at_the_cited_place(page: Page) -> None:
    ask(page, GOLD)
    page.get_by_role("button", name="Open").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Fees of the cards")).to_be_visible()
    expect(dialog.locator("mark")).to_have_text("45 euro a year")
    expect(dialog.locator("mark")).to_be_in_viewport()
    expect(dialog).to_contain_text("A loan is paid out within two days.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_overload_and_faults_are_told_kindly_and_can_be_tried_again(page: Page, site: Site) -> None:
    ask(page, "Busy?")
    failed = page.locator("article.failed")
    expect(failed).to_contain_text("Many people are asking right now.")
    failed.get_by_role("button", name="Ask again").click()
    expect(page.locator(".turn")).to_have_count(2)
    ask(page, "x" * 2001)
    expect(page.locator("article.failed").last).to_contain_text("2,000 are allowed")
    site.stop()
    site.app.state.server.drain()
    ask(page, GOLD)
    expect(page.locator("article.failed").last).to_contain_text(re.compile("cannot be reached|shutting down"))


def test_one_question_is_asked_at_a_time(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path)
    gate = Event()
    gate.set()
    busy = OverloadedError("Too many questions are waiting.", 4)
    place = add_document(store, "a", TEXT)
    answerer = FakeAnswerer(
        store, place, TEXT, QUESTIONS, gate=gate, fails=lambda question: busy if question == "Busy?" else None
    )
    with start(store, answerer) as site, open_page(browser, site.url) as page:
        ask(page, "Busy?")
        again = page.get_by_role("button", name="Ask again")
        expect(again).to_be_visible()
        gate.clear()
        ask(page, GOLD)
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        again.click()
        gate.set()
        expect(page.locator("article.given")).to_be_visible()
        assert answerer.asked == ["Busy?", GOLD]
        expect(page.locator(".turn")).to_have_count(2)


def test_a_full_line_is_told_kindly(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path, "[serve]\nqueue = 1\n")
    gate = Event()
    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS, gate=gate)
    with start(store, answerer, workers=1) as site:
        admission = site.app.state.server.admission
        for _ in range(2):
            admission.submit(lambda: gate.wait(30))
        with open_page(browser, site.url) as page:
            ask(page, GOLD)
            expect(page.locator("article.failed")).to_contain_text("Your question was not lost. Try again in 1 s.")
        gate.set()


def test_text_from_outside_is_never_markup(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path, '[workspace]\nname = "<img src=x onerror=alert(1)>"\n')
    text = f"Fees\n{HOSTILE} The fee is <b>5</b> euro. <style>body{{display:none}}</style> within two days"
    place = add_document(store, f"{HOSTILE}.txt", text, HOSTILE)
    add_example(store, "Is <script>alert(2)</script> free?", place[0])
    found = {"What is <script>alert(3)</script>?": ("<b>5</b> euro", 0.9)}
    with (
        start(store, FakeAnswerer(store, place, text, found, title=HOSTILE)) as site,
        open_page(browser, site.url) as page,
    ):
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        expect(page.locator(".suggestion")).to_have_text("Is <script>alert(2)</script> free?")
        ask(page, "What is <script>alert(3)</script>?")
        expect(page.locator(".answer-text")).to_have_text("<b>5</b> euro")
        expect(page.locator(".question")).to_have_text("What is <script>alert(3)</script>?")
        expect(page.locator(".source h3")).to_have_text(HOSTILE)
        expect(page.locator(".source blockquote")).to_contain_text("<style>body{display:none}</style>")
        page.get_by_role("button", name="Open").click()
        expect(page.locator("#source-title")).to_have_text(HOSTILE)
        expect(page.locator("#source-text")).to_contain_text("<img src=x onerror=alert(1)>")
        page.keyboard.press("Escape")
        assert (
            page.locator(
                "main script, dialog script, main img, dialog img:not(#source-image), main b, dialog b"
            ).count()
            == 0
        )


def test_chinese_is_asked_answered_and_drawn(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path)
    place = add_document(store, "费用.docx", CHINESE, "费用说明")
    answerer = FakeAnswerer(store, place, CHINESE, {"金卡的年费是多少？": ("四十五欧元", 0.8)}, title="费用说明")
    with start(store, answerer) as site, open_page(browser, site.url) as page:
        ask(page, "金卡的年费是多少？")
        expect(page.locator(".source mark")).to_have_text("四十五欧元")
        widths = page.evaluate(
            """() => {
                    const context = document.createElement("canvas").getContext("2d");
                    context.font = getComputedStyle(document.body).font;
                    return ["费", "\\uffff"].map((one) => context.measureText(one).width);
                }"""
        )
        assert widths[0] > 12


def test_on_a_slow_network_nothing_that_was_typed_is_lost(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/v1/ask", hold)
    ask(page, GOLD)
    expect(page.locator(".stage")).to_have_text("Waiting for a free place…")
    page.get_by_label("Your question").fill("And the next?")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.keyboard.press("Enter")  # one after the other
    expect(page.get_by_label("Your question")).to_have_value("And the next?")
    held.pop().continue_()
    expect(page.locator(".answer-text")).to_have_text("45 euro a year")
    expect(page.get_by_label("Your question")).to_have_value("And the next?")
    page.keyboard.press("Enter")
    expect(page.locator(".stage")).to_be_visible()
    held.pop().abort()
    expect(page.locator(".failed")).to_contain_text("The server cannot be reached.")
    expect(page.get_by_role("button", name="Ask again")).to_be_visible()


def test_why_an_answer_was_given_is_told_by_stage(page: Page) -> None:
    ask(page, GOLD)
    page.get_by_text("Why this answer").click()
    why = page.locator(".why")
    expect(why.get_by_role("row", name="Reading")).to_contain_text("20 ms")
    expect(why.get_by_role("row", name="In all")).to_contain_text("23 ms")
    expect(why.locator("dl").first).to_contain_text("93%, needed 40%")
    expect(why.locator(".weighed li")).to_have_text("45 euro a year reader 4.50, passage 1")
    first, second = why.locator(".read > li").all()
    expect(first.locator(".ranks")).to_have_text("Words#1BM25 7.25Meaning#2cosine 0.810Fused#1score 1.750")
    expect(first).to_contain_text("Matched: gold")
    expect(second.locator(".ranks .absent")).to_have_text("Wordsnot found")
    first.get_by_role("button", name="Open passage 1 in the document").click()
    expect(page.locator("#source-text mark")).to_have_text("45 euro a year")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_narrow_phone_in_both_schemes(browser: Browser, site: Site, scheme: str) -> None:
    with open_page(browser, site.url, viewport={"width": 360, "height": 740}, color_scheme=scheme) as page:
        ask(page, GOLD)
        ask(page, UNKNOWN)
        expect(page.locator("article.abstain")).to_be_visible()
        page.get_by_text("Why this answer").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        pairs = colours(page, "body", ".answer")
    for text, background in pairs:
        assert contrast(text, background) >= 7
        assert (luminance(background) > 0.5) is (scheme == "light")


def test_the_key_is_asked_for_once(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path)
    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS)
    with start(store, answerer, ApiKey(KEY)) as site, open_page(browser, site.url) as page:
        page.get_by_label("Key").fill("a wrong key")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("not known")
        page.get_by_label("Key").fill(KEY)
        page.keyboard.press("Enter")
        ask(page, GOLD)
        expect(page.locator(".answer-text")).to_have_text("45 euro a year")
        page.reload()
        ask(page, GOLD)
        expect(page.locator(".answer-text")).to_have_text("45 euro a year")
        assert page.evaluate("document.cookie") == ""
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Key")).to_be_visible()


def test_the_api_reference_draws_itself_offline(page: Page, site: Site) -> None:
    page.get_by_role("link", name="API").click()
    expect(page.locator(".opblock-summary-path").first).to_be_visible()
    assert page.locator(".opblock").count() >= 15
