"""The page of jobs in a browser: progress as it comes, and what became of a job."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.progress import Progress
from autogpt.services import jobs
from browsing import open_page, start


def test_progress_comes_by_itself_and_a_failed_job_is_begun_again(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path)
    job = jobs.enqueue(store, "train", {"what": "reader", "settings": {}})
    jobs.claim(store)
    jobs.heartbeat(store, job.id, Progress("train", 10, 100, {"loss": 2.0}, "epoch 1"))
    answerer = FakeAnswerer(store, add_document(store, "fees.txt", TEXT), TEXT, QUESTIONS)
    with start(store, answerer) as site, open_page(browser, site.url, "/jobs") as page:
        expect(page.get_by_text("train · epoch 1")).to_be_visible()
        jobs.heartbeat(store, job.id, Progress("train", 60, 100, {"loss": 1.0}, "epoch 2"))
        expect(page.get_by_text("train · epoch 2")).to_be_visible()
        expect(page.get_by_role("progressbar")).to_have_js_property("value", 60)
        page.get_by_role("main").get_by_role("link", name="train").click()
        expect(page.locator("[data-metric=loss]")).to_have_text("1")
        jobs.heartbeat(store, job.id, Progress("train", 70, 100, {"loss": 0.51239}, "epoch 2"))
        expect(page.locator("[data-metric=loss]")).to_have_text("0.5124")
        jobs.fail(store, job.id, "The loss is no number any more.")
        expect(page.get_by_text("The loss is no number any more.")).to_be_visible()
        page.get_by_role("button", name="Begin again").click()
        expect(page.get_by_text("queued")).to_be_visible()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("It was cancelled.")).to_be_visible()
    store.close()
