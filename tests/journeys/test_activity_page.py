"""What was done, in a browser: two admins in two windows, and a change taken back, by keyboard and without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.services import people, sign_in
from autogpt.services.people import Role
from browsing import Site, open_page, start

PASSWORD = "correct horse battery"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = workspace(tmp_path)
    with start(store, FakeAnswerer(store, add_document(store, "fees.txt", TEXT), TEXT, QUESTIONS)) as site:
        yield site
    store.close()


def test_a_change_by_one_admin_is_neither_overwritten_nor_lost(browser: Browser, site: Site) -> None:
    anna = people.add_person(site.store, "Anna", PASSWORD, Role.ADMIN, by="test")
    people.add_person(site.store, "Bo", PASSWORD, Role.ANNOTATOR, by="test")
    cookie = {"name": "autogpt_session", "value": sign_in.sign_in(site.store, anna), "url": site.url}
    with open_page(browser, site.url, java_script_enabled=False) as first:
        first.context.add_cookies([cookie])
        first.goto(f"{site.url}/people")
        second = first.context.new_page()
        second.goto(f"{site.url}/people")
        first.get_by_label("Role of Bo", exact=True).select_option("reviewer")
        first.get_by_label("Set the role of Bo").press("Enter")
        second.get_by_label("Shut Bo out").press("Enter")
        expect(second.get_by_role("alert")).to_contain_text("Bo was changed since you opened the page.")
        expect(second.get_by_label("Role of Bo", exact=True)).to_have_value("reviewer")

        second.get_by_role("link", name="What was done").click()
        second.get_by_label("What", exact=True).select_option("person")
        second.get_by_role("button", name="Show").press("Enter")
        expect(second.get_by_role("listitem").filter(has_text="set role")).to_contain_text("annotator reviewer")
        second.get_by_label("Undo: set role · Bo").press("Enter")
        expect(second.get_by_role("listitem").filter(has_text="undo").first).to_contain_text("reviewer annotator")
        assert second.url.endswith("/activity?kind=person")
        expect(second.get_by_label("Undo: set role · Bo")).to_have_count(0)
        first.reload()
        expect(first.get_by_label("Role of Bo", exact=True)).to_have_value("annotator")
