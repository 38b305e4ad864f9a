"""What holds for every page: accessible in both themes, light, narrow, harmless, and read without scripts.

Pages are found from the routes of the application; a new page is looked at as soon as it has a route.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page, Request, expect

from answers import HOSTILE, QUESTIONS, TEXT, FakeAnswerer, add_document, add_example, workspace
from autogpt.progress import silent
from autogpt.services import documents, gold_sets, jobs, people, reviewing, settings, working_examples
from autogpt.services.evaluations import list_evaluations
from autogpt.services.examples import import_examples, incoming, list_examples
from autogpt.services.ingesting import ingest
from autogpt.services.people import Role
from autogpt.services.trainings import list_trainings
from autogpt.store import Store
from autogpt.store.tables import JobRow
from autogpt.web.paths import is_page
from browsing import Site, open_page, start
from measured import Says, add_questions, add_run, keep, measured
from pdf_files import pdf_of

GOLD = "What does the Gold card cost a year?"
PASSWORD = "correct horse battery"
#: Bytes that a page may take, but for the pictures of documents.
MOST_BYTES = 200_000
#: Pages that are drawn by somebody else's code, and addresses that lead elsewhere, or to a file.
NOT_OURS = {"/docs"}
LEADS_ON = {"/favicon.ico", "/datasets/export"}
#: Pages that are a program: what they show comes by scripts.
PROGRAMS = {"/", "/retrieval"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("every")
    (folder / "terms.pdf").write_bytes(pdf_of([["Terms of the cards."], ["A fee of 45 euro a year is charged."]]))
    (folder / "locked <b>.pdf").write_bytes(pdf_of([["A secret."]], password="secret"))
    store = workspace(folder, '[workspace]\nname = "Test <script>alert(1)</script> bank"\n')
    ingest(store, [folder / "terms.pdf", folder / "locked <b>.pdf"], sync=lambda store, sink: 0, by=HOSTILE[:60])
    hostile, _ = add_document(store, f"{HOSTILE}.html", f"{HOSTILE}\n\u202eturned 😀 {'x' * 20_000}\n{TEXT}", HOSTILE)
    add_example(store, f"{HOSTILE} {GOLD}"[:89], hostile)
    job = jobs.enqueue(store, "ingest", {"sources": [str(folder / "locked <b>.pdf"), HOSTILE]}, HOSTILE[:60])
    jobs.claim(store)
    jobs.fail(store, job.id, f"{HOSTILE} {'x' * 2_000}")
    jobs.log_file(store, job.id).write_text(f"{HOSTILE}\n" * 3)
    jobs.enqueue(store, "train", {"what": "reader", "settings": {}}, "Anna")
    labelled = "".join(f'{{"text": "Where is card {at}?", "label": "{"y" * 60} {at % 3}"}}\n' for at in range(9))
    (folder / "labels.jsonl").write_text(labelled)
    import_examples(store, folder / "labels.jsonl", by=HOSTILE[:60])
    _, place = incoming.new_place(store)
    (place / f"{'a' * 120}.csv").write_text(f'question,answer\n"{HOSTILE}{"x" * 900}",\n"What?","nowhere"\n')
    incoming.look_at(store, incoming.find_incoming(store, place.name), incoming.Options())
    settings.change_glossary(store, f"{'x' * 99} = y\n# {HOSTILE}", HOSTILE[:60], settings.kept_glossary(store).version)
    check = jobs.enqueue(store, "check", {}, "Anna")
    with store.session() as session:
        session.get_one(JobRow, check.id).state = "running"
    jobs.finish(store, check.id, working_examples.check(store, {}, silent))
    add_run(store)
    add_run(store, "failed", base=HOSTILE, method=HOSTILE)
    measured_on(store)
    asked = b'{"id": "1", "question": "What?", "context": "It costs 45 euro.", "answers": ["45 euro"]}'
    gold_sets.add_gold_set(store, f"{HOSTILE}{'x' * 120}.jsonl", lambda count: asked[:count], 1_000, HOSTILE[:60])
    yield store
    store.close()


def measured_on(store: Store) -> None:
    """An evaluation on questions of a document with markup in it."""
    text = f"{HOSTILE} costs 45 euro a year."
    place = add_document(store, "measured.txt", text, HOSTILE)
    add_questions(store, place, text, {f"What is {HOSTILE}?": "45 euro", "What does it cost a year?": "45 euro a year"})
    said = dict.fromkeys((f"What is {HOSTILE}?", "What does it cost a year?"), (HOSTILE, 0.7, True, True))
    keep(store, measured(store, Says(place, text, said)))


@pytest.fixture(scope="module")
def site(store: Store) -> Iterator[Site]:
    document = add_document(store, "fees.txt", TEXT, "Fees of the cards")
    with start(store, FakeAnswerer(store, document, TEXT, QUESTIONS)) as site:
        for question in (f"{HOSTILE} put aside", HOSTILE, f"{HOSTILE}!", GOLD):
            site.answerer.ask(question)
            if "aside" in question:
                row = reviewing.open_questions(store)[0].rows[0]
                reviewing.dismiss(store, {row.id: row.version}, HOSTILE[:60])
        yield site


@pytest.fixture(scope="module")
def paths(site: Site) -> list[str]:
    """An address of every page."""
    listed, _ = documents.list_documents(site.store)
    by_name = {one.name: one.id for one in listed}
    failed = next(one for one in jobs.list_jobs(site.store) if one.state == "failed")
    values = {
        "document_id": [by_name["terms.pdf"], by_name[f"{HOSTILE}.html"]],
        "number": ["2"],
        "job_id": [failed.id],
        "version": [],  # there is no release here
        "row_id": [reviewing.open_questions(site.store)[0].rows[0].id, reviewing.decided(site.store)[0][0].id],
        "upload_id": [one.name for one in (site.store.folder / "imports").iterdir()],
        "run_id": [one.id for one in list_trainings(site.store)],
        "evaluation_id": [one.id for one in list_evaluations(site.store)],
    }
    queries = {"/datasets/example": [f"id={one.example.id}" for one in list_examples(site.store)[0][:2]]}
    found: list[str] = []
    for route in pages_of(site):
        names = re.findall(r"\{(\w+)", route.path)
        unknown = set(names) - set(values)
        assert not unknown, f"say in `paths` what {unknown} is, for {route.path}"
        made = [route.path]
        for name in names:
            made = [re.sub(rf"\{{{name}(:\w+)?\}}", value, one) for one in made for value in values[name]]
        found += [f"{one}?{query}" for one in made for query in queries[one]] if route.path in queries else made
    return found


def pages_of(site: Site) -> list[APIRoute]:
    included = [getattr(one, "original_router", None) for one in site.app.routes]
    routes = [route for one in included if one is not None for route in one.routes if isinstance(route, APIRoute)]
    shown = [one for one in routes if "GET" in one.methods and is_page(one.path)]
    return [one for one in shown if one.path not in NOT_OURS | LEADS_ON]


def violations(page: Page) -> list[str]:
    """What axe finds serious, or critical."""
    found = Axe().run(page).response["violations"]
    serious = [(one["id"], one["nodes"][0]) for one in found if one["impact"] in {"serious", "critical"}]
    return [f"{rule}: {node['html'][:160]} {node['failureSummary'].splitlines()[-1]}" for rule, node in serious]


def test_the_pages_are_found(paths: list[str]) -> None:
    assert {"/", "/documents", "/retrieval", "/jobs", "/releases", "/people"} <= set(paths)
    assert len(paths) >= 14


def test_what_is_not_accessible_is_found(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url, "/documents") as page:
        page.evaluate("document.getElementById('words').labels[0].remove()")
        [found] = violations(page)
    assert found.startswith('label: <input id="words"')


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_every_page_is_accessible_narrow_and_harmless(
    browser: Browser, site: Site, paths: list[str], scheme: str, width: int
) -> None:
    wrong: list[str] = []
    with open_page(browser, site.url, color_scheme=scheme, viewport={"width": width, "height": 780}) as page:
        page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        for path in paths:
            page.goto(site.url + path)
            wrong += [f"{path}: {one}" for one in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{path}: wider than {width}")
            if page.locator("body script, img[src=x], title script").count():
                wrong.append(f"{path}: markup from outside")
    assert not wrong, "\n".join(wrong)


def test_every_page_is_light(browser: Browser, site: Site, paths: list[str]) -> None:
    heavy: list[str] = []
    for path in paths:
        context = browser.new_context()
        page = context.new_page()
        requests: list[Request] = []
        page.on("requestfinished", lambda one, requests=requests: requests.append(one))
        page.goto(site.url + path)
        ours = [one.sizes() for one in requests if not one.url.partition("?")[0].endswith(".png")]
        assert len(ours) > 2
        sent = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in ours)
        # What a page of a document holds is the document's.
        text = len(page.locator("main").inner_text().encode()) if "/documents/" in path else 0
        if sent - text > MOST_BYTES:
            heavy.append(f"{path}: {sent:,} bytes")
        context.close()
    assert not heavy


def test_what_is_read_needs_no_script(browser: Browser, site: Site, paths: list[str]) -> None:
    with open_page(browser, site.url, java_script_enabled=False) as page:
        for path in paths:
            if path in PROGRAMS:
                continue
            page.goto(site.url + path)
            expect(page.locator("h1").first).to_be_visible()
            assert page.locator("main").inner_text().strip()


def opened(page: Page) -> None:
    """A question answered, why, and where it stands."""
    expect(page.get_by_role("button", name="Send the question")).to_be_enabled()
    page.get_by_label("Your question").fill(GOLD)
    page.keyboard.press("Enter")
    page.get_by_text("Why this answer").click()


def sources(page: Page) -> None:
    opened(page)
    page.get_by_label("Source", exact=True).get_by_role("button", name="Open").click()
    expect(page.locator("#source-text mark")).to_be_visible()


def unanswered(page: Page) -> None:
    expect(page.get_by_role("button", name="Send the question")).to_be_enabled()
    page.get_by_label("Your question").fill(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator("article.abstain")).to_be_visible()


def searched(page: Page) -> None:
    page.goto(page.url + "retrieval?q=gold+card")
    expect(page.locator(".found").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("moment", [opened, sources, unanswered, searched])
def test_what_scripts_draw_is_accessible(
    browser: Browser, site: Site, moment: Callable[[Page], None], scheme: str
) -> None:
    with open_page(browser, site.url, "/", color_scheme=scheme, reduced_motion="reduce") as page:
        moment(page)
        assert violations(page) == []
        assert page.locator("body script, img[src=x]").count() == 0


def test_the_pages_of_signing_in_are_accessible(browser: Browser, tmp_path: Path) -> None:
    store = workspace(tmp_path)
    people.add_person(store, "Anna", PASSWORD, Role.ADMIN, by="test")
    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS)
    with (
        start(store, answerer) as site,
        open_page(browser, site.url, "/login", viewport={"width": 360, "height": 740}) as page,
    ):
        assert violations(page) == []
        page.get_by_label("Name").fill("Anna")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Your question")).to_be_visible()
        page.goto(f"{site.url}/account")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    store.close()
