"""The whole line in a browser, with the models of the English pack: five files are brought in, ten questions annotated
by keyboard alone, a reader is trained, measured and promoted, and what was answered wrongly is answered rightly."""

import json
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from answers import workspace
from autogpt.records import Split
from autogpt.services import jobs
from autogpt.services.answering import Answerer
from autogpt.services.examples.listing import load_examples
from autogpt.web.worker import Worker
from browsing import open_page, start

CONFIG = """\
[workspace]
name = "Test bank"
[train.reader]
batch_size = 4
learning_rate = 2e-4
max_length = 96
stride = 16
patience = 0
precision = "fp32"
retrieved_negatives = 0
trackers = []
[compress]
int8 = false
[answer]
threshold = 0.05
"""
FILES = {
    "branches.txt": "Branches\n\nThe Harbour branch opens at half past eight on working days. "
    "The Mill branch opens at ten on Saturdays only.\n",
    "cards.txt": "Cards\n\nThe Amber card costs 24 euros a year from the second year on. "
    "The Basalt card costs nothing for people under 26.\n",
    "loans.txt": "Loans\n\nA bicycle loan runs for 36 months at a fixed rate. "
    "A car loan runs for 84 months at a rate that may rise.\n",
    "saving.txt": "Saving\n\nThe Lantern account pays 2.1 percent on the first 5,000 euros. "
    "The Beacon account pays 1.4 percent on every euro.\n",
    "help.txt": "Help\n\nThe help line answers within four minutes on average in the morning. "
    "Letters are answered within two weeks by post.\n",
}
#: File → question, sentence of its answer after the title, words before the answer, words of it.
ASKED = {
    "branches.txt": [("When does the Harbour branch open?", 1, 4, 7), ("When does the Mill branch open?", 2, 4, 5)],
    "cards.txt": [("What does the Amber card cost?", 1, 4, 9), ("What does the Basalt card cost?", 2, 4, 5)],
    "loans.txt": [("How long does a bicycle loan run?", 1, 4, 7), ("How long does a car loan run?", 2, 4, 9)],
    "saving.txt": [("What does the Lantern account pay?", 1, 4, 7), ("What does the Beacon account pay?", 2, 4, 5)],
    "help.txt": [("How fast does the help line answer?", 1, 4, 8), ("How fast are letters answered?", 2, 3, 5)],
}
#: Trainings and releases take their time, also where other work goes on.
SLOW = 240_000


def answer(page: Page, question: str) -> str:
    """What is answered to a question that is asked on the page Ask; also a refusal."""
    page.get_by_role("link", name="Ask", exact=True).click()
    expect(page.locator("#send")).to_be_enabled()
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".answer-text")).to_be_visible(timeout=60_000)
    return page.locator(".answer-text").inner_text()


def annotate(page: Page, question: str, sentence: int, before: int, words: int, count: int) -> None:
    """Mark an answer and write its question, touching keys alone."""
    page.keyboard.press("Home")
    for key, times in (("ArrowDown", sentence), ("ArrowRight", before), ("Shift+ArrowRight", words - 1)):
        for _ in range(times):
            page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type(question)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#examples > li")).to_have_count(count)
    expect(page.locator("#text")).to_be_focused()


def measured_on_gold_sets(page: Page, url: str) -> None:
    """A file of questions is added, and asked over all documents and of the reader alone."""
    line = {"id": "1", "question": "How long does a car loan run?", "context": FILES["loans.txt"]}
    asked = [{**line, "answers": ["84 months"]}, {**line, "id": "2", "context": "Nowhere in it.", "answers": []}]
    file = "\n".join(map(json.dumps, asked)).encode()
    page.goto(f"{url}/evaluate")
    page.get_by_label("File of questions").set_input_files(
        {"name": "gold.jsonl", "mimeType": "application/jsonl", "buffer": file}
    )
    page.get_by_role("button", name="Add").click()
    for group in ("asked over all documents", "the reader alone"):
        page.goto(f"{url}/evaluate")
        page.get_by_label("Release", exact=True).select_option("r1")
        choice = page.locator(f"optgroup[label$='{group}'] option")
        page.get_by_label("Questions", exact=True).select_option(choice.get_attribute("value"))
        page.get_by_role("button", name="Measure it").click()
        expect(page.locator("h1")).to_contain_text("gold.jsonl", timeout=SLOW)
        expect(page.locator("#answered")).to_be_visible(timeout=SLOW)
        expect(page.get_by_text("1 question of the set was not asked")).to_have_count(int("over" in group))


@pytest.mark.timeout(900)
def test_ten_questions_annotated_by_keyboard_correct_what_is_answered(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path, CONFIG)
    (tmp_path / "files").mkdir()
    for name, text in FILES.items():
        (tmp_path / "files" / name).write_text(text)
    eager = (sys.executable, str(Path(__file__).parents[1] / "eager_job_process.py"))
    with start(store, lambda: Answerer(store)) as site:
        worker = Worker(store, site.app.state.server.wake_worker, lambda *_: None, eager)
        worker.start()
        with open_page(browser, site.url, "/documents") as page:
            page.set_default_timeout(60_000)
            page.locator("#files").set_input_files(sorted((tmp_path / "files").iterdir()))
            expect(page.locator("#upload-text")).to_have_text("Done: 5 new.", timeout=SLOW)
            for name, asked in ASKED.items():
                page.goto(f"{site.url}/annotate")
                while page.evaluate("document.activeElement.textContent.trim()") != name.removesuffix(".txt").title():
                    page.keyboard.press("Tab")
                page.keyboard.press("Enter")
                expect(page.locator("html.scripts #text")).to_be_visible()
                while page.evaluate("document.activeElement.id") != "text":
                    page.keyboard.press("Tab")
                for count, (question, *place) in enumerate(asked, 1):
                    annotate(page, question, *place, count=count)
            page.get_by_role("link", name="Data sets").click()
            page.get_by_role("button", name="Give them a part; the others stay").click()
            expect(page.get_by_text("Every accepted example has its part.")).to_be_visible()
            trains = {one.question: one.answer_text for one in load_examples(store, split=Split.TRAIN)}
            before = {question: answer(page, question) for question in trains}
            wrong = [question for question in trains if before[question] != trains[question]]
            assert len(wrong) >= 2

            page.goto(f"{site.url}/train/new?what=reader")
            expect(page.locator("#few")).to_be_visible()
            page.get_by_label("Passes over the training part, at most").fill("30")
            page.get_by_role("button", name="Begin the training").click()
            page.get_by_role("button", name="Make a release candidate of it").click(timeout=SLOW)
            expect(page.locator(".job-state.done")).to_be_visible(timeout=SLOW)
            expect(page.get_by_role("link", name="r1")).to_be_visible()

            page.goto(f"{site.url}/evaluate")
            page.get_by_label("Release", exact=True).select_option("r1")
            page.get_by_role("button", name="Measure it").click()
            expect(page.locator("#answered")).to_be_visible(timeout=SLOW)
            measured_on_gold_sets(page, site.url)
            page.get_by_role("link", name="Releases").click()
            page.get_by_role("link", name="r1").click()
            # The gate has two questions to judge by, of a document that nothing was trained on: chance decides whether
            # it lets pass, so a person does.
            page.get_by_label("Promote it even if the gate says no").check()
            page.get_by_role("button", name="Promote").click()
            expect(page.locator(".job-state.done")).to_be_visible(timeout=SLOW)
            while site.app.state.server.engine.release != "r1":
                page.wait_for_timeout(200)
            # The best epoch is chosen by two questions: not each of those that it was trained on is learnt by then.
            after = {question: answer(page, question) for question in wrong}
            assert any(after[question] == trains[question] for question in wrong), after
        worker.stop()
        assert [job.state for job in jobs.list_jobs(store)] == ["done"] * 7
    written = {one.question: one.answer_text for one in load_examples(store)}
    assert written["When does the Mill branch open?"] == "at ten on Saturdays only"
    assert written["What does the Amber card cost?"] == "24 euros a year from the second year on"
    store.close()
