"""Review in a browser: asked in several words, answered once, given from then on; by keyboard, and without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from answers import CHINESE, HOSTILE, QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.services import people
from autogpt.services.examples.listing import load_examples
from autogpt.services.people import Role
from browsing import Site, colours, contrast, mark_by_mouse, open_page, sign_in_as, start

LOST = ("How do I report a lost card?", "How do I report a lost card", "A lost card: how to report?")
PASSWORD = "correct horse battery"
GOLD = "What does the Gold card cost a year?"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = workspace(tmp_path, '[workspace]\nname = "Test bank"\n')
    document = add_document(store, "fees.txt", TEXT, "Fees of the cards")
    with start(store, FakeAnswerer(store, document, TEXT, QUESTIONS)) as site:
        yield site
    store.close()


def ask(page: Page, question: str) -> None:
    expect(page.locator("#send")).to_be_enabled()  # its script has begun
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_have_count(page.locator("h2.question").count())


def press(page: Page, key: str) -> None:
    page.wait_for_load_state()  # scripts have run by then
    page.keyboard.press(key)


def test_from_several_questions_to_one_vetted_answer_by_keyboard(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url) as page:
        for question in LOST:
            ask(page, question)
        ask(page, GOLD)
        correct = page.get_by_role("link", name="Correct it").last
        assert "/annotate/" in str(correct.get_attribute("href"))
        assert "start=" in str(correct.get_attribute("href"))
        last = page.locator(".answer.given").last
        last.get_by_role("button", name="This answer did not help").click()
        expect(last.get_by_text("A person will look at it")).to_be_visible()
        page.get_by_role("button", name="Send to review").first.click()
        expect(page.get_by_text("Sent: a person will look at it first.")).to_be_visible()

        page.get_by_role("link", name="Review").click()
        items = page.locator(".review-list > li")
        expect(items).to_have_count(2)
        expect(items.first).to_contain_text("asked 3 times")
        expect(items.first.locator(".others li")).to_have_count(2)
        press(page, "j")
        expect(items.first.locator(".main")).to_be_focused()
        press(page, "ArrowDown")
        expect(items.nth(1).locator(".main")).to_be_focused()
        press(page, "k")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(LOST[0])
        press(page, "?")
        expect(page.get_by_text("the documents do not answer it", exact=True)).to_be_visible()
        press(page, "f")
        expect(page.get_by_label("The answer")).to_be_focused()
        page.keyboard.type("Call 0800 1, just dial.")  # letters that are keys elsewhere
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")

        # On to the next one, which was answered rightly after all.
        expect(page.get_by_role("status")).to_contain_text("which counts for the next question")
        expect(page.get_by_role("heading", level=1)).to_have_text(GOLD)
        press(page, "a")
        expect(page.locator("main")).to_contain_text("Nothing waits.")
        assert [one.question for one in load_examples(site.store)] == [GOLD]

        page.get_by_role("link", name="Ask", exact=True).click()
        ask(page, LOST[1])
        expect(page.locator(".answer")).to_contain_text("Call 0800 1, just dial.")

        page.goto(f"{site.url}/review")
        page.get_by_role("button", name="Undo: How do I report").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(LOST[0])
        press(page, "d")
        expect(page.get_by_role("status")).to_contain_text("Dismissed")
        press(page, "z")
        expect(page.get_by_role("heading", level=1)).to_have_text(LOST[0])


def test_what_is_wrong_is_corrected_in_the_document_from_the_answer_and_from_the_queue(
    browser: Browser, site: Site
) -> None:
    with open_page(browser, site.url) as page:
        ask(page, GOLD)
        page.get_by_role("button", name="This answer did not help").click()
        expect(page.get_by_text("A person will look at it")).to_be_visible()
        page.get_by_role("link", name="Correct it").click()
        expect(page.locator("#question")).to_have_value(GOLD)
        expect(page.locator("#answers bdi")).to_have_text("45 euro a year")
        expect(page.locator("#text")).to_be_focused()
        assert page.evaluate("getSelection().toString()") == "45 euro a year"
        for key in ("Shift+ArrowLeft", "Shift+ArrowLeft", "Enter"):
            press(page, key)
        page.get_by_role("button", name="Remove the answer 45 euro a year").click()
        expect(page.locator("#answers bdi")).to_have_text("45 euro")
        page.locator("#save").click()
        expect(page.locator("#done")).to_contain_text("Saved.")
        page.goto(f"{site.url}/review")
        expect(page.locator("main")).to_contain_text("Nothing waits.")

        site.answerer.ask(LOST[0])
        page.goto(f"{site.url}/review")
        page.get_by_role("link", name=LOST[0]).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(LOST[0])
        press(page, "c")
        expect(page.locator("#question")).to_have_value(LOST[0])
        page.get_by_role("button", name="Remove the answer").click()
        mark_by_mouse(page, "A loan")
        page.locator("#take").click()
        page.locator("#save").click()
        expect(page.locator("#done")).to_contain_text("Saved.")
        page.goto(f"{site.url}/review")
        expect(page.locator("main")).to_contain_text("Nothing waits.")
    answers = {one.question: one.answer_text for one in load_examples(site.store)}
    assert answers == {GOLD: "45 euro", LOST[0]: "A loan"}


def test_a_question_is_given_to_somebody_who_finds_it_among_their_own(browser: Browser, site: Site) -> None:
    anna = people.add_person(site.store, "Anna", PASSWORD, Role.ADMIN, by="test")
    bo = people.add_person(site.store, "Bo", PASSWORD, Role.REVIEWER, by="test")
    site.answerer.ask(LOST[0])
    with open_page(browser, site.url) as page:
        sign_in_as(site, page, anna, "/review")
        page.get_by_role("link", name=LOST[0]).click()
        page.get_by_label("Who should decide").select_option("Bo")
        page.get_by_role("button", name="Assign").click()
        expect(page.locator(".marks")).to_contain_text("Bo")
        page.goto(f"{site.url}/review?mine=true")
        expect(page.locator(".review-list > li")).to_have_count(0)
        sign_in_as(site, page, bo, "/review?mine=true")
        expect(page.locator(".review-list > li")).to_contain_text(LOST[0])


def test_why_a_question_is_answered_so_is_read_without_scripts(browser: Browser, site: Site) -> None:
    site.answerer.ask(LOST[0])
    narrow = {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False}
    with open_page(browser, site.url, "/review", **narrow) as page:
        page.get_by_role("link", name=LOST[0]).click()
        expect(page.locator(".why .ranks").first).to_be_hidden()
        page.locator("summary", has_text="Why: how it is answered now").click()
        expect(page.locator(".why .ranks").first).to_contain_text("BM25 7.25")
        expect(page.locator(".why")).to_contain_text("Matched: gold")
        page.locator(".why ol.read a").first.click()
        expect(page.locator("h1")).to_have_text("Fees of the cards")


def test_without_scripts_everything_is_links_and_forms(browser: Browser, site: Site) -> None:
    for question in (HOSTILE, "x" * 2_000, *LOST):
        site.answerer.ask(question)
    with open_page(browser, site.url, "/review", java_script_enabled=False) as page:
        expect(page.locator(".review-list")).to_contain_text(HOSTILE)
        page.get_by_role("link", name=HOSTILE).click()
        assert page.locator("main script, main img").count() == 0
        page.locator("summary", has_text="Write a vetted answer").click()
        page.get_by_label("The answer").fill(HOSTILE)
        page.get_by_role("button", name="Give this answer from now on").click()
        expect(page.get_by_role("status")).to_contain_text(HOSTILE)
        page.get_by_role("link", name="All questions").click()
        page.get_by_role("link", name=LOST[0]).click()
        page.locator("summary", has_text="Add to a vetted answer").click()
        page.get_by_label("Words in it").fill("alert")
        page.get_by_role("button", name="Search", exact=True).click()
        expect(page.get_by_role("radio")).to_have_count(1)
        page.get_by_role("button", name="It asks the same").click()
        expect(page.get_by_role("status")).to_contain_text("Added to the vetted answer")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_chinese_on_a_narrow_phone(browser: Browser, tmp_path: Path, scheme: str) -> None:
    store = workspace(tmp_path, '[workspace]\nname = "测试银行"\n')
    text = CHINESE * 4
    with start(store, FakeAnswerer(store, add_document(store, "费用.txt", text, "费用"), text, {})) as site:
        for question in ("金卡丢了怎么办？", "金卡丢了，怎么办", "x" * 1_900):
            site.answerer.ask(question)
        narrow = {"viewport": {"width": 360, "height": 740}, "color_scheme": scheme, "locale": "zh-CN"}
        with open_page(browser, site.url, "/review", **narrow) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            expect(page.locator(".review-list")).to_contain_text("被问 2 次")
            page.get_by_role("link", name="金卡丢了怎么办").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("金卡丢了怎么办")
            for summary in page.locator("summary").all():
                summary.click()
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            for pair in colours(page, ".note", ".chip", ".primary", ".bordered", ".path", ".review kbd", "mark"):
                assert contrast(*pair) >= 4.5
            page.get_by_label("答案", exact=True).fill("请拨打 0800 1。")
            page.get_by_role("button", name="今后就这样回答").click()
            expect(page.get_by_role("status")).to_contain_text("下一次提问即生效")
            assert site.answerer.ask("金卡丢了怎么办？").text == "请拨打 0800 1。"
    store.close()
