"""The page of documents in a browser: files are added, found, read and removed; with scripts and without."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from answers import HOSTILE, QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.services import documents, jobs, working
from autogpt.services.ingesting import ingest
from browsing import Site, open_page, start

FILE = {"name": "new.txt", "mimeType": "text/plain", "buffer": b"Fees"}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr("autogpt.services.ingesting._sync_index", lambda store, sink: 0)  # no models here
    store = workspace(tmp_path, '[workspace]\nname = "Test bank"\n')
    document = add_document(store, "fees.txt", TEXT, "Fees of the cards")
    with start(store, FakeAnswerer(store, document, TEXT, QUESTIONS)) as site:
        yield site
    store.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with open_page(browser, site.url, "/documents") as page:
        yield page


def test_files_are_added_and_their_job_is_followed(page: Page, site: Site) -> None:
    expect(page.locator("#documents-count")).to_have_text("1 document")
    page.locator("#files").set_input_files(FILE)
    expect(page.locator("#upload-text")).to_have_text("Waiting")
    job_id = jobs.claim(site.store)
    assert job_id is not None
    expect(page.locator("#upload-text")).to_have_text("Starting")
    add_document(site.store, "new.txt", "Fees", "New fees")
    jobs.finish(site.store, job_id, {"new": 1, "failed": 2})
    expect(page.locator("#upload-text")).to_have_text("Done: 1 new, 2 could not be read.")
    expect(page.locator("#document-list")).to_contain_text("New fees")
    page.locator("#files").set_input_files({"name": "empty.txt", "mimeType": "text/plain", "buffer": b""})
    expect(page.locator("#upload-text")).to_contain_text("'empty.txt' is empty.")


def test_files_are_dropped_on_the_page(page: Page, site: Site) -> None:
    files = page.evaluate_handle(
        """() => {
            const transfer = new DataTransfer();
            for (const name of ["one.txt", "two.txt"]) transfer.items.add(new File([`The fee is ${name}.`], name));
            return transfer;
        }"""
    )
    drop = page.locator("#drop")
    drop.dispatch_event("dragover", {"dataTransfer": files})
    expect(drop).to_have_class(re.compile(r"\bover\b"))
    drop.dispatch_event("drop", {"dataTransfer": files})
    expect(drop).not_to_have_class(re.compile(r"\bover\b"))
    expect(page.locator("#upload-files li")).to_have_text(["one.txtwaiting", "two.txtwaiting"])
    (job,) = jobs.list_jobs(site.store)
    assert [Path(one).read_text() for one in job.payload["sources"]] == ["The fee is one.txt.", "The fee is two.txt."]


def test_a_page_of_the_web_is_added_by_its_address(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autogpt.services.ingesting._sync_index", lambda store, sink: 0)
    store = workspace(tmp_path, "[ingest]\nallow_private_addresses = true\n")
    document = add_document(store, "fees.txt", TEXT)
    rates = "<title>Rates</title><h1>Rates</h1><p>The Silver card costs 15 euro a year.</p>"
    with (
        elsewhere(rates) as address,
        start(store, FakeAnswerer(store, document, TEXT, QUESTIONS)) as site,
        open_page(browser, site.url, "/documents") as page,
    ):
        page.get_by_label("Or the address of a web page").fill(f"{address}/rates")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="ingest")).to_be_visible()
        job = jobs.claim(store)
        assert job is not None
        assert working.work(store, job), jobs.get(store, job).reason
        expect(page.locator(".job-state.done")).to_be_visible()
        page.goto(f"{site.url}/documents")
        page.get_by_role("link", name="Rates").click()
        expect(page.locator("article")).to_contain_text("The Silver card costs 15 euro a year")
    store.close()


@contextmanager
def elsewhere(page: str) -> Iterator[str]:
    """Another server on this machine, which gives this page; its address."""

    class Gives(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Gives) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def test_on_a_slow_network_an_upload_tells_how_far_it_is_and_can_be_stopped(page: Page, site: Site) -> None:
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 50, "downloadThroughput": -1, "uploadThroughput": 60_000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    large = {"name": "large.txt", "mimeType": "text/plain", "buffer": b"The fee is 5. " * 60_000}
    page.locator("#files").set_input_files(large)
    expect(page.locator("#upload-text")).to_have_text(re.compile(r"Sending large\.txt: [1-9]\d?% of 0\.8 MB"))
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#upload-text")).to_have_text("Stopped.")
    assert jobs.list_jobs(site.store) == []
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    page.locator("#files").set_input_files(large)
    expect(page.locator("#upload-text")).to_have_text("Waiting")
    expect(page.locator("#upload-files li")).to_have_text("large.txtwaiting")


def test_many_files_are_sent_in_several_requests_and_each_says_what_became_of_it(page: Page, site: Site) -> None:
    files = [
        {"name": f"{number}.txt", "mimeType": "text/plain", "buffer": f"The fee {number} is {number} euro.".encode()}
        for number in range(60)
    ]
    page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator("#upload-files li")).to_have_count(50)
    begun = sorted(jobs.list_jobs(site.store), key=lambda one: one.created_at)
    assert [len(one.payload["sources"]) for one in begun] == [50, 10]
    for job in begun:
        assert jobs.claim(site.store) == job.id
        ingest(site.store, job.payload["sources"], sync=lambda store, sink: 0)
        jobs.finish(site.store, job.id, {"new": len(job.payload["sources"])})
    expect(page.locator("#upload-text")).to_have_text("Done: 60 new.")
    expect(page.locator("#upload-files li").first).to_contain_text("brought in")
    expect(page.locator("#documents-count")).to_have_text("61 documents")


def test_an_upload_whose_progress_is_lost_says_so(page: Page) -> None:
    page.route("**/v1/jobs/*/events", lambda route: route.fulfill(status=500))
    page.locator("#files").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"The fee is 5."})
    expect(page.locator("#upload-text")).to_contain_text("The connection was lost.")
    expect(page.locator("#upload-bar")).to_be_hidden()


def test_without_scripts_files_come_in_documents_are_found_read_and_removed(browser: Browser, site: Site) -> None:
    add_document(site.store, "hostile.html", f"{HOSTILE} and {TEXT}", HOSTILE)
    add_document(site.store, "一.txt", "金卡的年費是一百二十元。" * 10, "金卡年費")
    with open_page(browser, site.url, java_script_enabled=False) as page:
        page.get_by_role("link", name="Documents").click()
        page.locator("#files").set_input_files(FILE)
        page.get_by_role("button", name="Add", exact=True).first.click()
        expect(page.get_by_role("heading", name="ingest")).to_be_visible()
        expect(page.locator(".file-states li")).to_have_text(re.compile(r"new\.txt\s+waiting"))
        page.goto(f"{site.url}/documents")
        page.get_by_label("Name or title").fill("年费")
        page.keyboard.press("Enter")
        expect(page.locator("#document-list strong")).to_have_text("金卡年費")
        page.goto(f"{site.url}/documents")
        page.get_by_role("link", name="Fees of the cards").click()
        expect(page.get_by_role("heading", name="Fees of the cards")).to_be_visible()
        expect(page.locator("article")).to_contain_text("The Gold card costs 45 euro a year")
        page.goto(f"{site.url}/documents")
        expect(page.locator("#document-list")).to_contain_text(HOSTILE)
        page.get_by_role("link", name=HOSTILE).click()
        assert page.locator("main script, main img, main b").count() == 0
        page.goto(f"{site.url}/documents?q=fees")
        page.locator("summary").click()
        page.get_by_role("button", name="Erase it for good").click()
        expect(page.locator("#documents-count")).to_have_text("2 documents")
    assert len(documents.list_documents(site.store)[0]) == 2


def test_a_long_document_is_read_in_parts_and_fits_a_narrow_phone(browser: Browser, site: Site) -> None:
    long, _ = add_document(site.store, "long.txt", "x" * 200_000 + " end", "One long line")
    with open_page(browser, site.url, f"/documents/{long}", viewport={"width": 360, "height": 740}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        expect(page.get_by_text("Characters 1 to 20,000 of 200,004").first).to_be_visible()
        page.goto(f"{site.url}/documents/{long}?at=999999")
        expect(page.locator("article")).to_have_text("end")
        page.goto(f"{site.url}/documents")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        expect(page.get_by_role("link", name="Search")).to_be_hidden()
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Search").click()
        expect(page).to_have_url(f"{site.url}/retrieval")
