"""The page of settings: what was typed stays, problems stand at their fields, two admins see each other's changes."""

import re

from fastapi.testclient import TestClient

from answers import HOSTILE, FakeAnswerer
from autogpt.config import load_config
from autogpt.services import jobs
from autogpt.services.events import history
from autogpt.services.settings import SUBJECT, glossary_text, kept_settings
from autogpt.store import Store


def version_of(client: TestClient, part: str) -> str:
    page = client.get("/settings").text
    form = page[page.index(f'action="/settings/{part}"') :]
    found = re.search(r'name="version" value="(\w+)"', form)
    assert found is not None
    return found[1]


def test_a_refusal_is_changed_and_taken_up_at_once(client: TestClient, store: Store, answerer: FakeAnswerer) -> None:
    reloads = answerer.reloads
    form = {"version": version_of(client, "refusals"), "answer.refusal_zh": f"请咨询柜台。{HOSTILE}"}
    answered = client.post("/settings/refusals", data=form)
    assert "Saved." in answered.text
    assert "<script>alert" not in answered.text
    assert load_config(store.folder / "autogpt.toml").answer.refusal_zh.startswith("请咨询柜台。")
    assert answerer.reloads > reloads
    (event,) = history(store, SUBJECT)
    client.post("/settings/undo", data={"event": str(event.id)})
    assert "请咨询柜台" not in kept_settings(store, "refusals").values["answer.refusal_zh"]


def test_problems_stand_at_their_fields_beside_what_was_typed(client: TestClient, store: Store) -> None:
    form = {"version": version_of(client, "thresholds"), "answer.threshold": "most", "answer.risk": "1.5"}
    answered = client.post("/settings/thresholds", data=form)
    assert answered.status_code == 422
    for told in ("expected a number from 0 to 1", "expected &lt;= 1, got 1.5", 'value="most"', 'value="1.5"'):
        assert told in answered.text, told
    assert client.post("/settings/nothing", data=form).status_code == 404


def test_in_a_conflict_both_versions_are_shown(client: TestClient, store: Store) -> None:
    version = version_of(client, "refusals")
    client.post("/settings/refusals", data={"version": version, "answer.refusal": "Anna's text"})
    answered = client.post("/settings/refusals", data={"version": version, "answer.refusal": "Ben's text"})
    assert answered.status_code == 409
    assert "Stored now:" in answered.text
    assert "Anna&#39;s text" in answered.text
    assert ">Ben&#39;s text</textarea>" in answered.text
    assert kept_settings(store, "refusals").values["answer.refusal"] == "Anna's text"


def test_the_index_follows_the_glossary(client: TestClient, store: Store) -> None:
    version = version_of(client, "glossary")
    wrong = client.post("/settings/glossary", data={"version": version, "text": "a = b = c"})
    assert (wrong.status_code, "line 1" in wrong.text, "a = b = c" in wrong.text) == (422, True, True)
    client.post("/settings/glossary", data={"version": version, "text": "# only a comment\n"})
    assert jobs.list_jobs(store) == []
    client.post(
        "/settings/glossary", data={"version": version_of(client, "glossary"), "text": "giro = current account"}
    )
    assert [job.kind for job in jobs.list_jobs(store)] == ["index"]
    assert "Bringing the index in line" in client.get("/settings").text
    conflict = client.post("/settings/glossary", data={"version": version, "text": "other"})
    assert (conflict.status_code, "Stored now:" in conflict.text) == (409, True)
    assert glossary_text(store) == "giro = current account"


def test_a_broken_file_is_told(client: TestClient, store: Store) -> None:
    (store.folder / "autogpt.toml").write_text("[answer\nrisk = 2", encoding="utf-8")
    page = client.get("/settings")
    assert (page.status_code, "not valid TOML" in page.text) == (200, True)
