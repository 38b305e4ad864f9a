"""The pages of trainings in a browser: one is begun, watched, stopped, gone on with, and becomes a candidate."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.services import jobs
from autogpt.services.examples import import_examples, split_examples
from autogpt.services.trainings import list_trainings
from autogpt.store.tables import ExampleRow
from autogpt.web.worker import Worker
from browsing import Site, open_page, start
from measured import add_questions, add_run
from tiny_models import make_examples, write_lines

CONFIG = """\
[train.reader]
batch_size = 8
max_length = 96
stride = 16
precision = "fp32"
trackers = []
retrieved_negatives = 0
patience = 0
"""
#: Processes begin slowly on a machine that others use too.
SLOW = 240_000


@contextmanager
def working_on_jobs(site: Site) -> Iterator[Worker]:
    """Jobs are done by processes of the usual priority: those of a server wait for everything else on the machine."""
    command = (sys.executable, str(Path(__file__).parents[1] / "eager_job_process.py"))
    worker = Worker(site.store, site.app.state.server.wake_worker, lambda *_: None, command)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def curve(page: Page) -> str:
    """The points of the curve of the loss."""
    return page.locator("polyline").first.get_attribute("points") or ""


def test_the_count_follows_the_examples_that_are_chosen(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path, CONFIG)
    place = add_document(store, "fees.txt", TEXT)
    asked = {f"What does card {number} cost?": "45 euro a year" for number in range(9)}
    chinese, *_ = add_questions(store, place, TEXT, asked, "train")
    with store.session() as session:
        session.get_one(ExampleRow, chinese).language = "zh"
    with (
        start(store, FakeAnswerer(store, place, TEXT, QUESTIONS)) as site,
        open_page(browser, site.url, "/train/new?what=reader") as page,
    ):
        expect(page.locator("#estimate")).to_contain_text("Trains on all 9 examples")
        page.get_by_role("group", name="Languages").get_by_label("Chinese").uncheck()
        expect(page.locator("#estimate")).to_contain_text("Trains on 8 of 9 examples")
        page.get_by_role("group", name="Languages").get_by_label("English").focus()
        page.keyboard.press("Space")
        expect(page.locator("#estimate")).not_to_contain_text("Trains on 8 of 9 examples")
    store.close()


def test_a_training_is_begun_watched_stopped_gone_on_with_and_becomes_a_candidate(
    browser: Browser, tmp_path: Path, tiny_model: Callable[[str], Path]
) -> None:
    store = workspace(tmp_path, CONFIG)
    answerer = FakeAnswerer(store, add_document(store, "fees.txt", TEXT), TEXT, QUESTIONS)
    write_lines(tmp_path / "towns.jsonl", make_examples(45))
    import_examples(store, str(tmp_path / "towns.jsonl"))
    split_examples(store)
    with (
        start(store, answerer) as site,
        working_on_jobs(site) as worker,
        open_page(browser, site.url, "/train") as page,
    ):
        page.get_by_role("link", name="See what there is to train on").click()
        page.get_by_label("Or another one: a folder or a hub id").fill(str(tiny_model("bert")))
        page.get_by_label("Passes over the training part, at most").fill("-3")
        page.get_by_role("button", name="Begin the training").click()
        expect(page.get_by_text("expected >= 0, got '-3'")).to_be_visible()
        page.get_by_label("Passes over the training part, at most").fill("10000")
        expect(page.locator("#estimate")).to_contain_text("at most")
        page.get_by_role("button", name="Begin the training").click()
        # The page goes over to the run by itself as soon as that is known, and draws its curves.
        expect(page.locator("polyline").first).to_be_visible(timeout=SLOW)
        expect(page.get_by_text("tokens per second")).to_be_visible(timeout=SLOW)
        run = page.url.rpartition("/")[2]
        page.get_by_text("The numbers of the curves").click()
        shown = page.locator("polyline").first
        expect(shown).not_to_have_attribute("points", curve(page), timeout=SLOW)
        expect(page.locator("#numbers table")).to_be_visible()  # what was opened stays open while it is drawn again
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Go on with it")).to_be_visible(timeout=SLOW)
        expect(page.get_by_text("stopped").first).to_be_visible()
        before = curve(page)
        page.get_by_role("button", name="Go on with it").click()
        expect(page.get_by_text("tokens per second")).to_be_visible(timeout=SLOW)
        expect(page.locator("polyline").first).not_to_have_attribute("points", before, timeout=SLOW)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Go on with it")).to_be_visible(timeout=SLOW)
        (stopped,) = list_trainings(store)
        assert (stopped.id, stopped.state) == (run, "stopped")
        assert [one.payload.get("resume") for one in jobs.list_jobs(store)] == [run, None]
        worker.stop()
        page.goto(f"{site.url}/train/{add_run(store)}")
        page.get_by_role("button", name="Make a release candidate of it").click()
        expect(page.get_by_role("heading", name="release")).to_be_visible()
        assert jobs.list_jobs(store)[0].kind == "release"
    store.close()
