"""The pages of releases: what answers, what is different, promoting and going back."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from autogpt.answer.policy import Policy
from autogpt.answer.release import write_release
from autogpt.services import jobs, people
from autogpt.services.events import history
from autogpt.services.people import Role
from autogpt.services.release_history import compared, promotions
from autogpt.store import Store
from autogpt.store.tables import PromotionRow, ReleaseRow

PASSWORD = "correct horse battery"


def add(store: Store, version: str, reranker: str = "", *, promoted: bool = False) -> None:
    """A release whose models are empty folders."""
    folders = {}
    for name in ("reader", "encoder"):
        folders[name] = store.folder / f"{version}-{name}"
        folders[name].mkdir()
        (folders[name] / "model.bin").write_bytes(name.encode())
    details = {
        "run": f"run of {version}",
        "compression": {"precision": "int8", "summary": "F1 within 0.3"},
        "encoder": {"name": "en"},
        "reranker": {"name": reranker} if reranker else None,
        "validation": {"questions": 40},
    }
    store.releases.mkdir(exist_ok=True)
    checksum = write_release(store.releases / version, **folders, policy=Policy(), details=details)
    with store.session() as session:
        session.add(ReleaseRow(version=version, manifest_checksum=checksum, metrics={"threshold": 0.41}))
        session.flush()
        if promoted:
            session.add(PromotionRow(version=version, action="promote", verdict="better"))


def test_the_page_shows_what_answers_and_since_when(client: TestClient, store: Store) -> None:
    assert "There is no release yet" in client.get("/releases").text
    add(store, "r1", promoted=True)
    add(store, "r2")
    page = client.get("/releases").text
    assert page.index("r2") < page.index("r1")  # the newest first
    assert page.count("<strong>answers now</strong>") == 1
    assert "answers from 41% on" in page
    assert "Promote r2" in page
    assert "Promote r1" not in page
    assert "Go back to r2" not in page  # it has never answered
    assert "better" in page
    assert [(one.version, one.action) for one in promotions(store)] == [("r1", "promote")]
    (store.releases / "r2" / "release.json").write_text("{")
    assert "damaged" in client.get("/releases").text


def test_a_release_is_shown_beside_the_one_that_answers(client: TestClient, store: Store) -> None:
    add(store, "r1", promoted=True)
    add(store, "r2", reranker="judge")
    differs = {one.fact: (one.value, one.other) for one in compared(store, "r2", "r1") if one.differs}
    assert differs == {"reader": ("run of r2", "run of r1"), "reranker": ("judge", "")}
    page = client.get("/releases/r2").text
    assert "r1, which answers now" in page
    assert "run of r2" in page
    assert page.count('class="differs"') == 2
    assert 'class="differs"' not in client.get("/releases/r1").text
    assert client.get("/releases/r9", headers={"Accept": "text/html"}).status_code == 404


def test_promoting_is_a_job_and_going_back_is_done_at_once(client: TestClient, store: Store) -> None:
    client.follow_redirects = False
    add(store, "r1", promoted=True)
    add(store, "r2", promoted=True)
    add(store, "r3")
    went = client.post("/releases/r3/promote", data={"force": "yes"}).headers["location"]
    kind, payload = jobs.payload_of(store, Path(went).name)
    assert (kind, payload) == ("promote", {"version": "r3", "force": True})
    assert client.post("/releases/r9/promote").status_code == 404
    assert client.post("/releases/rollback", data={"version": "r1"}).headers["location"] == "/releases"
    assert [one.action for one in promotions(store)] == ["rollback", "promote", "promote"]
    (event,) = history(store, "release", "r1")
    assert (event.person, event.action, event.before) == ("this machine", "rollback", {"current": "r2"})
    refused = client.post("/releases/rollback", data={"version": "r3"})
    assert refused.status_code in {404, 422}
    assert "r3" in refused.text


@pytest.mark.parametrize(("role", "may"), [(Role.ANNOTATOR, False), (Role.REVIEWER, False), (Role.ADMIN, True)])
def test_only_an_admin_changes_what_answers(client: TestClient, store: Store, role: Role, may: bool) -> None:
    people.add_person(store, "anna", PASSWORD, Role.ADMIN, by="test")
    if role is not Role.ADMIN:
        people.add_person(store, "bo", PASSWORD, role, by="test")
    add(store, "r1", promoted=True)
    add(store, "r2")
    client.follow_redirects = False
    client.post("/login", data={"person": "anna" if role is Role.ADMIN else "bo", "password": PASSWORD})
    assert ("Promote r2" in client.get("/releases").text) is may
    assert (client.post("/releases/r2/promote").status_code == 303) is may
    assert (client.post("/releases/rollback").status_code != 403) is may


def test_what_a_manifest_holds_is_shown_as_text(client: TestClient, store: Store) -> None:
    add(store, "r1", reranker="<script>alert(1)</script>")
    page = client.get("/releases/r1").text
    assert "<script>alert" not in page
    assert json.loads((store.releases / "r1" / "release.json").read_text())["reranker"]["name"].startswith("<script>")
