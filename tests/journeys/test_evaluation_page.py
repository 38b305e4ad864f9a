"""The page of an evaluation in a browser: its threshold moves by keyboard, slices open, misses lead to their places."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from browsing import open_page, start
from measured import Says, add_questions, add_run, keep, measured


def test_the_threshold_of_an_evaluation_is_moved_by_keyboard(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path)
    place = add_document(store, "fees.txt", TEXT)
    asked = {"What does the Gold card cost a year?": "45 euro a year", "What does cash abroad cost?": "1% of the sum"}
    add_questions(store, place, TEXT, asked)
    answers = {one: ("45 euro a year", sure, True, True) for one, sure in zip(asked, (0.9, 0.6), strict=True)}
    id = keep(store, measured(store, Says(place, TEXT, answers)))
    run = add_run(store)
    with start(store, FakeAnswerer(store, place, TEXT, QUESTIONS)) as site:
        with open_page(browser, site.url, f"/evaluate/{id}") as page:
            expect(page.locator("#answered")).to_have_text("100%")
            expect(page.locator("#wrong")).to_have_text("50%")
            mark = page.locator("#curve .at")
            stood = float(mark.get_attribute("cx") or 0)
            page.locator("#threshold").focus()
            page.keyboard.press("End")
            expect(page.locator("#answered")).to_have_text("0%")
            expect(mark).to_be_hidden()
            for _ in range(20):
                page.keyboard.press("ArrowLeft")
            expect(page.locator("#threshold-now")).to_have_text("80%")
            expect(page.locator("#answered")).to_have_text("50%")
            expect(page.locator("#wrong")).to_have_text("0%")
            assert float(mark.get_attribute("cx") or 0) < stood
            told = page.locator("#threshold").get_attribute("aria-valuetext")
            assert told == "80%: 50% answered, 0% wrong"
            slices = page.locator("section", has=page.get_by_role("heading", name="Slices"))
            expect(slices.locator("details[open]")).to_have_count(1)
            for name, value in (("question word", "what"), ("document", place[0])):
                slices.locator("summary", has_text=name).press("Enter")
                cells = slices.get_by_role("row", name=value).get_by_role("cell")
                expect(cells).to_have_text(["2", "50.0", "50.0", "100%", "75%"])
            page.reload()
            expect(page.locator("#threshold-now")).to_have_text("80%")
            page.get_by_role("link", name="reading 1").click()
            expect(page.locator(".misses")).to_contain_text("What does cash abroad cost?")
            expect(page.get_by_role("link", name="Correct it")).to_have_attribute(
                "href", re.compile(r"/annotate/\w+\?question=.*&start=\d+&end=\d+")
            )
            page.get_by_role("link", name="fees.txt").click()
            expect(page.locator("#place")).to_have_text("1% of the sum")
        with open_page(browser, site.url, f"/evaluate/{id}?threshold=80", java_script_enabled=False) as page:
            expect(page.locator("#answered")).to_have_text("50%")
            page.goto(f"{site.url}/train/{run}")
            expect(page.get_by_role("img", name="Loss from 3 at step 1")).to_be_visible()
        for path in ("/train", f"/train/{run}", "/train/new", "/evaluate", f"/evaluate/{id}"):
            with open_page(browser, site.url, path, viewport={"width": 360, "height": 740}) as page:
                assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    store.close()
