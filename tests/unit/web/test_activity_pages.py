"""The page of what was done: who, when, what, from what to what; taken back; without scripts."""

import re

import pytest
from fastapi.testclient import TestClient

from answers import HOSTILE
from autogpt.services import jobs, people, settings
from autogpt.services.annotating import guidelines
from autogpt.services.document_changes import set_labels
from autogpt.services.events import history
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.web.routes import activity_pages

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autogpt.services.indexing.relabel", lambda *_: None)


def write(store: Store, *texts: str) -> None:
    for text in texts:
        kept = guidelines.read_guidelines(store)
        guidelines.write_guidelines(store, text, kept.version, "Anna")


def button(page: str) -> str:
    """The event that the first button takes back."""
    found = re.search(r'name="event" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_who_changed_what_is_listed_and_taken_back(client: TestClient, store: Store, place: tuple[str, str]) -> None:
    assert "Nobody has changed anything yet" in client.get("/activity").text
    write(store, f"Short {HOSTILE}")
    set_labels(store, place[0], ["staff"], expected=[], by=f"Ben {HOSTILE[:40]}")
    page = client.get("/activity").text
    assert "2 changes" in page
    for told in (
        "<ins>staff</ins>",
        f'href="/documents/{place[0]}/about"',
        "Short &lt;script&gt;",
        "Ben &lt;script&gt;",
    ):
        assert told in page, told
    assert "<script>alert" not in page
    back = client.post("/activity/undo?kind=document", data={"event": button(page), "back": "/activity?kind=document"})
    assert back.url.query == b"kind=document"
    assert "<del>staff</del>" in back.text
    assert history(store, "document", place[0])[0].person == "this machine"
    about = client.get(f"/documents/{place[0]}/about").text
    assert "staff → –" in about
    redone = client.post("/activity/undo", data={"event": button(about), "back": f"/documents/{place[0]}/about"})
    assert "– → staff" in redone.text


def test_a_list_is_filtered_by_person_and_kind_and_goes_on(
    client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity_pages, "LISTED", 2)
    write(store, "one", "two", "three")
    settings.change_glossary(store, "a = b", "Ben", settings.kept_glossary(store).version)
    first = client.get("/activity").text
    assert "0 characters, now 5" in first
    assert 'href="/activity?at=2"' in first
    assert first.count("<li><div>") == 2
    later = client.get("/activity?kind=guidelines&person=Anna&at=2").text
    assert 'href="/activity?person=Anna&amp;kind=guidelines"' in later
    assert "3 changes" in later
    assert "Ben</bdi>" not in later
    assert 'name="event"' not in later  # another change followed
    assert "Nothing of that kind" in client.get("/activity?person=nobody").text


def test_what_cannot_be_taken_back_says_why(client: TestClient, store: Store) -> None:
    write(store, "one", "two")
    newest, oldest = (one.id for one in history(store, guidelines.SUBJECT))
    refused = client.post("/activity/undo", data={"event": str(oldest)})
    assert (refused.status_code, "Undo the later change first." in refused.text) == (422, True)
    assert client.post("/activity/undo", data={"event": "999"}).status_code == 404
    client.post("/activity/undo", data={"event": str(newest)})
    assert guidelines.read_guidelines(store).text == "one"


def test_the_index_follows_a_glossary_that_is_taken_back(client: TestClient, store: Store) -> None:
    settings.change_glossary(store, "giro = current account", "Anna", settings.kept_glossary(store).version)
    client.post("/activity/undo", data={"event": button(client.get("/activity").text)})
    assert settings.glossary_text(store) == ""
    assert [job.kind for job in jobs.list_jobs(store)] == ["index"]


def test_it_is_for_admins_and_others_take_back_what_they_may_change(client: TestClient, store: Store) -> None:
    write(store, "one", "two")
    people.add_person(store, "anna", PASSWORD, Role.ADMIN, by="test")
    people.add_person(store, "bo", PASSWORD, Role.REVIEWER, by="anna")
    client.post("/login", data={"person": "bo", "password": PASSWORD})
    assert client.get("/activity").status_code == 403
    assert "/activity" not in client.get("/annotate/guidelines").text
    event = history(store, guidelines.SUBJECT)[0].id
    assert client.post("/activity/undo", data={"event": str(event)}).status_code == 403
    added = history(store, people.SUBJECT)[0].id
    assert client.post("/annotate/guidelines/undo", data={"event": str(added)}).status_code == 404
    page = client.post("/annotate/guidelines/undo", data={"event": str(event)})
    assert "The text before" in page.text
    assert guidelines.read_guidelines(store).text == "one"
    refused = client.post("/annotate/guidelines/undo", data={"event": str(event)})
    assert (refused.status_code, ">one</textarea>" in refused.text) == (422, True)


def test_the_page_is_in_chinese(client: TestClient, store: Store) -> None:
    people.add_person(store, "Anna", PASSWORD, Role.ADMIN, by="test")
    people.add_person(store, "Bo", PASSWORD, Role.ASKER, by="Anna")
    people.set_role(store, "Bo", Role.REVIEWER, by="Anna")
    client.post("/login", data={"person": "Anna", "password": PASSWORD})
    page = client.get("/activity", headers={"Accept-Language": "zh-CN"}).text
    for told in ("操作记录", "更改角色", "撤销", "审核员"):
        assert told in page, told
    assert ">set role<" not in page
