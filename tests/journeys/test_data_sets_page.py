"""The pages of data sets in a browser: a Label Studio file is looked at, brought in, judged and taken out again."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from answers import HOSTILE, QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.records import AnswerSpan
from autogpt.services import jobs, working
from autogpt.services.examples import Written, create_example, list_examples
from autogpt.store import Store
from autogpt.store.tables import ExampleRow
from browsing import Site, open_page, start

FERRY = "The ferry runs every 40 minutes. 👍🏽 Bicycles travel free of charge."
AT = FERRY.index("free of charge")


def task(id: int, question: str, *places: dict[str, object]) -> dict[str, object]:
    result = [
        {"id": f"r{id}", "from_name": "answer", "to_name": "text", "type": "labels", "value": place} for place in places
    ]
    return {"id": id, "data": {"text": FERRY, "question": question}, "annotations": [{"result": result}]}


#: As a browser counts: the emoji before the answer are two units each.
TASKS = [
    task(
        1, "What do bicycles cost?", {"start": AT + 2, "end": AT + 16, "text": "free of charge", "labels": ["Answer"]}
    ),
    task(2, HOSTILE),
]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr("autogpt.services.indexing.sync", lambda store, sink: None)  # new documents: takes a model
    store = workspace(tmp_path, '[workspace]\nname = "Test bank"\n')
    place = add_document(store, "fees.txt", TEXT, "Fees of the cards")
    with start(store, FakeAnswerer(store, place, TEXT, QUESTIONS)) as site:
        yield site
    store.close()


def work(store: Store) -> None:
    job = jobs.claim(store)
    assert job is not None
    assert working.work(store, job), jobs.get(store, job).reason


def test_a_label_studio_file_is_looked_at_brought_in_judged_and_taken_out(browser: Browser, site: Site) -> None:
    with open_page(browser, site.url, "/") as page:
        page.get_by_role("link", name="Data sets").click()
        expect(page.get_by_text("There are no examples yet.")).to_be_visible()
        file = {"name": "project-3.json", "mimeType": "application/json", "buffer": json.dumps(TASKS).encode()}
        page.get_by_label("SQuAD, CSV, JSON lines").set_input_files(file)
        page.get_by_role("button", name="Look at it").click()
        expect(page.get_by_text("Label Studio", exact=True).first).to_be_visible()
        expect(page.get_by_text(f"{AT + 2}–{AT + 16} is {AT}–{AT + 14} here")).to_be_visible()
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        page.get_by_role("button", name="Bring in 2 examples").click()
        expect(page.get_by_role("heading", name="import project-3.json")).to_be_visible()
        work(site.store)
        expect(page.get_by_text("project-3.json: 2 added")).to_be_visible()
        page.goto(f"{site.url}/datasets/examples")
        expect(page.locator("#count")).to_contain_text("2 examples")
        page.get_by_label("all on this page").check()
        page.get_by_label(f"Choose {HOSTILE[:20]}").uncheck()
        page.get_by_role("button", name="Reject").click()
        expect(page.get_by_text("1 example changed.")).to_be_visible()
        page.get_by_role("link", name="What do bicycles cost?").click()
        expect(page.locator("mark")).to_have_text("free of charge")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".history")).to_contain_text("undo")
        page.goto(f"{site.url}/datasets")
        page.locator("#as").select_option("label-studio")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        again = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    values = [one["annotations"][0]["result"][0]["value"] for one in again if one["data"]["question"] != HOSTILE]
    counted_in_code_points = [(AT, AT + 14, "free of charge")]
    assert [(one["start"], one["end"], one["text"]) for one in values] == counted_in_code_points
    assert download.value.suggested_filename == "examples.json"


def test_an_import_is_taken_back_by_keyboard(browser: Browser, site: Site, page_of: None) -> None:
    with open_page(browser, site.url, "/datasets", locale="zh-CN") as page:
        expect(page.locator("#changes + ol li")).to_have_count(1)
        undo = page.get_by_role("button", name="撤销：labels.jsonl")
        expect(undo).to_be_visible()
        while not undo.evaluate("it => it === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".job-state")).to_be_visible()
        work(site.store)
        expect(page.locator(".job-state.done")).to_be_visible()
        page.goto(f"{site.url}/datasets")
        expect(page.get_by_text("删除 12 个")).to_be_visible()
        expect(undo).to_have_count(0)
    assert list_examples(site.store)[1] == 0


def test_near_duplicates_in_two_parts_are_seen_side_by_side(browser: Browser, site: Site) -> None:
    for name, price, part in (("a.txt", 15, "train"), ("b.txt", 16, "validation")):
        text = f"The Gold account costs {price} euros a month, is opened in every branch and closed at its end. " * 2
        text += "Cash abroad is free of charge, and so is every card that is lost or stolen on a journey. " * 3
        document, version = add_document(site.store, name, text)
        span = AnswerSpan(f"{price} euros", text.index(f"{price} euros"))
        asked = Written(f"What does the Gold account of {name} cost?", (span,))
        id = create_example(site.store, document, asked, "bo", version_id=version).example.id
        with site.store.session() as session:
            session.get_one(ExampleRow, id).split = part
    narrow = {"width": 360, "height": 740}
    with open_page(browser, site.url, "/datasets/findings", viewport=narrow, java_script_enabled=False) as page:
        page.get_by_role("button", name="Look for it").click()
        work(site.store)
        page.goto(f"{site.url}/datasets/findings")
        both = page.locator(".alike").first.locator("figure")
        expect(both).to_have_count(2)
        expect(both.first.locator("blockquote mark").first).to_have_text("15")
        expect(both.last.locator("blockquote mark").first).to_have_text("16")
        both.last.get_by_role("link", name="b.txt").click()
        expect(page.locator("h1")).to_have_text("What does the Gold account of b.txt cost?")


@pytest.mark.parametrize("path", ["/datasets", "/datasets/examples", "/datasets/findings", "/settings"])
def test_the_pages_fit_a_phone_and_need_no_scripts(browser: Browser, site: Site, page_of: None, path: str) -> None:
    narrow = {"width": 360, "height": 740}
    with open_page(browser, site.url, path, viewport=narrow, java_script_enabled=False) as page:
        expect(page.locator("h1")).to_be_visible()
    with open_page(browser, site.url, path, viewport=narrow, locale="zh-CN") as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.fixture
def page_of(site: Site) -> None:
    """Some examples, one of them in one long line."""
    rows = [{"text": f"Where is my card {at}?" + "x" * 2_000 * (at == 0), "label": "y" * 60} for at in range(12)]
    path = site.store.folder / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    from autogpt.services.examples import import_examples

    import_examples(site.store, path, by="Ada")
    assert list_examples(site.store)[1] == 12


def test_a_page_goes_on_while_a_large_file_is_looked_at(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autogpt.services.examples.incoming.SMALL", 10)
    with open_page(browser, site.url, "/datasets") as page:
        file = {"name": "large.json", "mimeType": "application/json", "buffer": json.dumps(TASKS).encode()}
        page.get_by_label("SQuAD, CSV, JSON lines").set_input_files(file)
        page.get_by_role("button", name="Look at it").click()
        expect(page.get_by_text("Looking at the file")).to_be_visible()
        work(site.store)
        expect(page.get_by_role("button", name="Bring in 2 examples")).to_be_visible()
