"""The pages of releases in a browser: measure only, a refused gate and what can be done then, forcing, going back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.services import jobs, release_gate, working
from autogpt.services.bundles import current_version
from autogpt.store import Store
from browsing import open_page, start
from measured import Measures, add_many, add_release

#: Right answers of sixty, by release: r2 is worse than r1, r3 better.
RIGHT = {"r1": 40, "r2": 20, "r3": 59}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """r1 answers, r2 and r3 are candidates; what each answers is known without a model."""
    store = workspace(tmp_path)
    place = add_document(store, "fees.txt", TEXT)
    add_many(store, place, TEXT, 60)
    monkeypatch.setattr(release_gate, "measured", Measures(place, TEXT, RIGHT))
    add_release(store, "r1", promoted=True)
    add_release(store, "r2")
    add_release(store, "r3")
    yield store
    store.close()


@pytest.fixture
def page(browser: Browser, store: Store) -> Iterator[Page]:
    answerer = FakeAnswerer(store, add_document(store, "cards.txt", TEXT), TEXT, QUESTIONS)
    with start(store, answerer) as site, open_page(browser, site.url, "/releases") as page:
        yield page


def work(store: Store) -> None:
    """Do the job that waits, as a process of the server would."""
    job = jobs.claim(store)
    assert job is not None
    working.work(store, job)


def test_a_candidate_is_measured_and_what_answers_stays(page: Page, store: Store) -> None:
    page.get_by_role("button", name="Measure r2").click()
    expect(page.get_by_text("queued")).to_be_visible()
    expect(page.get_by_role("button", name="Promote")).to_have_count(0)  # not while it is measured
    work(store)
    expect(page.locator("#verdict .badge")).to_have_text("worse")  # the page has seen it by itself
    expect(page.locator("#verdict")).to_contain_text("F1 66.7 before and 33.3 after on 60 questions")
    expect(page.get_by_role("region", name="Differences")).to_contain_text("-33.3")
    assert current_version(store) == "r1"
    page.get_by_role("link", name="See which questions were lost").click()
    expect(page.get_by_role("heading", name="Verdict: worse")).to_be_visible()
    expect(page.get_by_text("0 better, 20 worse")).to_be_visible()
    page.get_by_role("link", name="Releases").click()
    listed = page.locator(".releases > li").filter(has_text="F1 66.7 → 33.3")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("r2")
    page.get_by_role("link", name="r3", exact=True).click()
    expect(page.get_by_text("It was not measured yet against what answers now.")).to_be_visible()
    page.get_by_role("button", name="Measure it against what answers now").click()
    work(store)
    expect(page.locator("#verdict .badge")).to_have_text("better")
    expect(page.get_by_text("What can be done")).to_have_count(0)
    page.get_by_role("button", name="Promote").click()
    work(store)
    expect(page.locator(".job-state.done")).to_be_visible()
    assert current_version(store) == "r3"


def test_a_refused_release_is_forced_by_a_person_who_then_goes_back(page: Page, store: Store) -> None:
    page.get_by_role("button", name="Promote r2").click()
    work(store)
    expect(page.get_by_text("Release 'r2' was not promoted: worse against 'r1'.")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("autogpt ")
    page.get_by_role("link", name="The gate's verdict on r2, and what can be done").click()
    expect(page.locator("#verdict .badge")).to_have_text("worse")
    expect(page.get_by_text("Promote it all the same, below")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("autogpt ")
    page.get_by_label("Promote it even if the gate says no").check()
    page.get_by_role("button", name="Promote").click()
    work(store)
    expect(page.locator(".job-state.done")).to_be_visible()
    page.get_by_role("link", name="Releases").click()
    expect(page.locator(".releases .current")).to_contain_text("r2")
    expect(page.locator(".events")).to_contain_text("forced")
    page.get_by_role("button", name="Go back to r1").click()
    expect(page.locator(".releases .current")).to_contain_text("r1")
    expect(page.locator(".events li").first).to_have_text(re.compile("r1.*rollback", re.S))
    assert current_version(store) == "r1"


def test_what_changed_is_chosen_by_the_reader_without_scripts_and_fits_a_phone(browser: Browser, store: Store) -> None:
    jobs.enqueue(store, "measure", {"version": "r2"})
    work(store)
    answerer = FakeAnswerer(store, add_document(store, "cards.txt", TEXT), TEXT, QUESTIONS)
    phone = {"java_script_enabled": False, "viewport": {"width": 360, "height": 740}}
    with start(store, answerer) as site, open_page(browser, site.url, "/releases/r2", **phone) as page:
        expect(page.get_by_label("Compared with")).to_have_value("r1")
        scores = page.locator("section[aria-labelledby=scores-title]")
        expect(scores).to_contain_text("33.3")
        expect(scores.get_by_role("link", name="side by side")).to_be_visible()
        page.get_by_label("Compared with").select_option("r3")
        page.get_by_role("button", name="Show it").click()
        expect(page.get_by_role("region", name="Parts of the release")).to_contain_text("run of r3")
        expect(scores.get_by_role("link", name="side by side")).to_have_count(0)
        page.goto(f"{site.url}/releases")
        expect(page.get_by_role("button", name="Measure r2")).to_be_visible()
