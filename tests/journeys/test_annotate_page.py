"""Annotating in a browser: by keyboard alone, through crashes, in two windows, by two people, and with hostile text."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from answers import HOSTILE, QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.records import Status
from autogpt.services import jobs, people
from autogpt.services.annotating import assigning
from autogpt.services.examples.listing import load_examples
from autogpt.services.people import Role
from browsing import Site, colours, contrast, mark_by_mouse, open_page, sign_in_as, start

PASSWORD = "correct horse battery"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = workspace(tmp_path, '[workspace]\nname = "Test bank"\n')
    document = add_document(store, "fees.txt", TEXT, "Fees of the cards")
    with start(store, FakeAnswerer(store, document, TEXT, QUESTIONS)) as site:
        site.document = document[0]  # type: ignore[attr-defined]
        yield site
    store.close()


def path_of(site: Site) -> str:
    return f"/annotate/{site.document}"  # type: ignore[attr-defined]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def expect_examples(page: Page, count: int) -> None:
    """The page is there again after something was sent, with so many examples."""
    expect(page.locator("#examples > li")).to_have_count(count)
    expect(page.locator("#text")).to_be_focused()


def test_several_examples_are_annotated_and_judged_by_keyboard_alone(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url, "/annotate") as page:
        while page.evaluate("document.activeElement.textContent.trim()") != "Fees of the cards":
            press(page, "Tab")
        press(page, "Enter")
        expect(page.locator("html.scripts #text")).to_be_visible()
        while page.evaluate("document.activeElement.id") != "text":
            press(page, "Tab")
        press(page, "?")
        expect(page.locator("#help")).to_be_visible()
        press(page, "Escape")
        # Down to the sentence of the Gold card, right to "45", and two words more.
        press(page, "ArrowDown", "ArrowDown", "ArrowDown")
        for _ in range(4):
            press(page, "ArrowRight")
        press(page, "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft", "Shift+ArrowRight")
        expect(page.locator("#told")).to_have_text("Marked: “45 euro a year”")
        press(page, "Enter")
        expect(page.locator("#question")).to_be_focused()
        page.keyboard.type("What does the Gold card cost?")
        press(page, "Tab", "Escape", "p")
        page.keyboard.type("How much is the Gold card?")
        press(page, "Control+Enter")
        expect(page.locator("#done")).to_contain_text("Saved.")
        expect_examples(page, 1)
        press(page, "q")
        page.keyboard.type("Is there a Platinum card?")
        press(page, "Escape", "u", "Control+Enter")
        expect_examples(page, 2)
        press(page, "z")
        expect_examples(page, 1)
        # The model's answer is taken, and one character less.
        press(page, "q")
        page.keyboard.type("What does cash abroad cost?")
        press(page, "Escape", "m")
        expect(page.locator("#told")).to_contain_text("The model marks “1% of the sum” and is 62% sure.")
        press(page, "Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Control+Shift+ArrowRight", "Enter")
        press(page, "Control+Enter")
        expect_examples(page, 2)
        # Suggestions: one is accepted, one rejected, one mended.
        while page.evaluate("document.activeElement.id") != "suggest":
            press(page, "Tab")
        press(page, "Enter")
        expect(page.locator("#done")).to_contain_text("suggested")
        before = page.locator("#examples .proposed").count()
        assert before >= 2
        page.locator("#text").focus()
        while page.locator("#examples .current.proposed").count() == 0:
            press(page, "j")
        press(page, "a")
        expect(page.locator("#examples .proposed")).to_have_count(before - 1)
        expect(page.locator("#text")).to_be_focused()
        while page.locator("#examples .current.proposed").count() == 0:
            press(page, "j")
        press(page, "x")
        expect(page.locator("#examples .proposed")).to_have_count(before - 2)
    stored = load_examples(site.store, Status.ACCEPTED)
    answers = {one.question: one.answer_text for one in stored}
    assert answers["How much is the Gold card?"] == answers["What does the Gold card cost?"] == "45 euro a year"
    assert answers["What does cash abroad cost?"] == "1%"
    assert len(stored) == 4
    assert all(TEXT[span.start : span.end] == span.text for one in stored for span in one.spans)


def test_several_answers_are_marked_by_mouse(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url, path_of(site)) as page:
        page.locator("#question").fill("What does it cost?")
        for words in ("45 euro a year", "free for students", "1% of the sum"):
            mark_by_mouse(page, words)
            expect(page.locator("#told")).to_have_text(f"Marked: “{words}”")
            page.locator("#take").click()
        expect(page.locator("#answers li")).to_have_count(3)
        page.get_by_role("button", name="Remove the answer free for students").click()
        page.locator("#save").click()
        expect(page.locator("#examples > li")).to_contain_text("45 euro a year · 1% of the sum")
    (stored,) = load_examples(site.store)
    assert [span.text for span in stored.spans] == ["45 euro a year", "1% of the sum"]
    assert all(TEXT[span.start : span.end] == span.text for span in stored.spans)


def test_the_model_says_how_sure_it_is_of_suggestions_and_one_is_mended_by_keyboard(
    browser: Browser, site: Site
) -> None:
    site.answerer.know("How much does the Gold card cost?", "45 euro", 0.83)
    site.answerer.ask("What do students pay?")  # waits for review: nothing is known
    site.answerer.know("What do students pay?", "free for students under 26", 0.64)
    with open_page(browser, site.url, path_of(site)) as page:
        page.locator("#suggest").click()
        asked = page.locator("#examples .proposed", has_text="What do students pay?")
        expect(asked).to_contain_text("waits in Review")
        expect(asked).to_contain_text("The model is 64% sure")
        sure = page.locator("#examples .proposed", has_text="How much does the Gold card cost?")
        expect(sure).to_contain_text("The model is 83% sure")
        page.locator("#text").focus()
        while page.locator("#examples .current", has_text="What do students pay?").count() == 0:
            press(page, "j")
        expect(page.locator("#told")).to_contain_text("The model is 64% sure")
        press(page, "e")
        expect(page.locator("#form-title")).to_have_text("Change an example")
        expect(page.locator("#answers bdi")).to_have_text("free for students under 26")
        page.get_by_role("button", name="Remove the answer free").click()
        page.locator("#text").focus()
        mark_by_mouse(page, "free for students")
        press(page, "Enter", "Control+Enter")
        expect(page.locator("#done")).to_contain_text("Saved.")
        expect(page.locator("#examples .saved")).to_contain_text("free for students")
        page.goto(f"{site.url}/review")
        expect(page.locator("main")).to_contain_text("Nothing waits.")
    (mended,) = load_examples(site.store, Status.ACCEPTED)
    assert (mended.answer_text, mended.provenance, mended.confidence) == ("free for students", "confirmed:asked", None)


def test_questions_about_many_documents_are_suggested_by_a_job(browser: Browser, site: Site) -> None:
    add_document(site.store, "rates.txt", "Rates\nThe Silver card costs 15 euro.\n", "Rates")
    with open_page(browser, site.url, "/annotate", java_script_enabled=False) as page:
        for name in ("Fees of the cards", "Rates"):
            page.get_by_label(f"Choose {name}").check()
        page.get_by_role("button", name="Suggest questions").click()
        expect(page.get_by_role("heading", name="suggest")).to_be_visible()
    (job,) = jobs.list_jobs(site.store)
    assert (job.kind, len(job.payload["documents"])) == ("suggest", 2)


def test_what_was_begun_outlives_a_reload_a_crash_and_a_server_that_is_gone(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url, path_of(site)) as page:
        page.locator("#question").fill("What is free?")
        expect(page.locator("#kept")).to_have_text("Kept as a draft.")
        page.reload()
        expect(page.locator("#question")).to_have_value("What is free?")
        page.goto(f"{site.url}/annotate")
        expect(page.locator(".drafted")).to_have_count(1)
        page.goto(site.url + path_of(site))
        page.route("**/v1/drafts/*", lambda route: route.abort())  # nothing reaches the server any more
        page.locator("#question").fill("What is free for students?")
        page.locator("#text").press("ArrowRight")
        page.locator("#text").press("Enter")
        expect(page.locator("#kept")).to_contain_text("only in this browser")
        context = page.context
        page.close()  # no goodbye
        again = context.new_page()
        again.goto(site.url + path_of(site))
        expect(again.locator("#question")).to_have_value("What is free for students?")
        expect(again.locator("#answers bdi")).to_have_text("Fees")
        expect(again.locator("#kept")).to_have_text("Kept as a draft.")
        again.locator("#save").click()
        expect(again.locator("#done")).to_contain_text("Saved.")
        expect(again.locator("#question")).to_have_value("")
        again.reload()
        expect(again.locator("#question")).to_have_value("")
    assert len(load_examples(site.store)) == 1


def test_a_second_window_sees_the_first_ones_change_and_nothing_is_overwritten(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url, path_of(site)) as one:
        two = one.context.new_page()
        two.goto(site.url + path_of(site))
        one.locator("#question").fill("From the first")
        expect(two.locator("#question")).to_have_value("From the first")
        expect(two.locator("#kept")).to_have_text("Taken over from another window.")
        # Both write before either is kept.
        two.route("**/v1/drafts/*", lambda route: route.abort())
        two.locator("#question").fill("From the second")
        expect(two.locator("#kept")).to_contain_text("only in this browser")
        one.locator("#question").fill("From the first again")
        expect(one.locator("#kept")).to_have_text("Kept as a draft.")
        expect(two.locator("#conflict")).to_be_visible()
        expect(two.locator("#conflict-there")).to_have_text("From the first again")
        expect(two.locator("#question")).to_have_value("From the second")
        two.unroute("**/v1/drafts/*")
        two.locator("#keep-mine").click()
        expect(two.locator("#conflict")).to_be_hidden()
        expect(one.locator("#question")).to_have_value("From the second")


def test_two_annotate_a_document_and_a_reviewer_decides(browser: Browser, site: Site) -> None:
    store = site.store
    boss = people.add_person(store, "Anna", PASSWORD, Role.ADMIN, by="test")
    two = [people.add_person(store, name, PASSWORD, Role.ANNOTATOR, by="test") for name in ("Bo", "王芳")]
    with open_page(browser, site.url) as page:
        sign_in_as(site, page, boss, "/annotate")
        page.locator("input[name=document]").check()
        page.get_by_label("Bo").check()
        page.get_by_label("王芳").check()
        page.get_by_label("People for each document").fill("2")
        page.get_by_role("button", name="Assign").click()
        expect(page.locator(".tallies .person")).to_have_count(2)
        for person, end in zip(two, ("45 euro", "45 euro a year"), strict=True):
            sign_in_as(site, page, person, "/annotate?mine=true")
            at = TEXT.index("45 euro")
            query = f"?question=What+does+the+Gold+card+cost%3F&start={at}&end={at + len(end)}"
            page.goto(site.url + path_of(site) + query)
            expect(page.locator("#examples > li")).to_have_count(0)  # not the other's
            page.locator("#save").click()
            expect(page.locator("#examples > li")).to_contain_text("to be decided")
            page.get_by_role("button", name="I am through").click()
        sign_in_as(site, page, boss, f"{path_of(site)}/adjudicate")
        expect(page.locator(".compared tbody")).to_contain_text("0.67")
        expect(page.locator(".case .sides > li")).to_have_count(2)
        page.get_by_role("button", name="Choose the answer of 王芳").click()
        expect(page.locator(".case")).to_have_count(0)
        page.get_by_role("button", name="All is decided").click()
        expect(page.locator(".done")).to_be_visible()
    (stored,) = load_examples(store, Status.ACCEPTED)
    assert (stored.answer_text, stored.annotator) == ("45 euro a year", "王芳")
    assert {one.state for one in assigning.assignments(store)} == {"settled"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_hostile_and_endless_text_is_annotated_on_a_narrow_phone(
    browser: Browser, site: Site, scheme: str, locale: str
) -> None:
    text = f"{HOSTILE}\r\n\u202eevil 😀 {'x' * 100_000} the end costs 7 euro. {'words and more ' * 7_000}"
    long, _ = add_document(site.store, "hostile.txt", text, HOSTILE)
    narrow = {"viewport": {"width": 360, "height": 740}, "color_scheme": scheme, "locale": locale}
    at = text.index("7 euro")
    with open_page(browser, site.url, f"/annotate/{long}?question={HOSTILE}&start={at}&end={at + 6}", **narrow) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.locator("body script, main img, main b").count() == 0
        expect(page.locator("#answers bdi")).to_have_text("7 euro")
        page.locator("#save").click()
        expect(page.locator("#examples > li")).to_contain_text("7 euro")
        page.goto(f"{site.url}/annotate/{long}")
        page.locator("#text").focus()
        press(page, "Home", "Shift+ArrowDown", "Enter")
        page.locator("#question").fill("What is evil?")
        press(page, "Control+Enter")
        expect(page.locator("#examples > li")).to_have_count(2)
        for path in ("/annotate", f"/annotate/{long}/adjudicate", "/annotate/guidelines"):
            page.goto(site.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page.goto(f"{site.url}/annotate/{long}")
        marks = page.locator("#text mark").evaluate_all("all => all.map((one) => getComputedStyle(one).display)")
        assert set(marks) == {"inline"}  # a mark is words of its line, no box of its own
        pairs = colours(page, ".note", ".tag, .bordered", "kbd", ".primary", ".asked")
        assert all(contrast(*pair) >= 4.5 for pair in pairs)
    stored = load_examples(site.store)
    assert all(text[span.start : span.end] == span.text for one in stored for span in one.spans)


def test_without_scripts_an_answer_is_typed_and_a_draft_is_kept(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url, path_of(site), java_script_enabled=False) as page:
        page.get_by_label("Question").fill("What does the Gold card cost?")
        page.get_by_role("button", name="Keep for later").click()
        expect(page.get_by_label("Question")).to_have_value("What does the Gold card cost?")
        page.get_by_label("The answer, word for word").fill("46 euro")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("does not stand in the document")
        expect(page.get_by_label("Question")).to_have_value("What does the Gold card cost?")
        page.get_by_label("The answer, word for word").fill("45  EURO a year")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#examples > li")).to_contain_text("45 euro a year")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#examples > li")).to_have_count(0)
