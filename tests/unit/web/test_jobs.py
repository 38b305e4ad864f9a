"""Long work over HTTP and on its page: asked for, shown, stopped, begun again, by who may."""

import json
import re

import pytest
from fastapi.testclient import TestClient

from autogpt.progress import Progress
from autogpt.services import jobs, people
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.web.routes import job_pages

PASSWORD = "correct horse battery"


def ended(store: Store, kind: str, payload: dict[str, object], reason: str) -> str:
    job = jobs.enqueue(store, kind, payload)
    assert jobs.claim(store) == job.id
    jobs.fail(store, job.id, reason)
    return job.id


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (
            {"kind": "train", "what": "reader", "settings": {"epochs": 2, "method": "lora"}},
            {"what": "reader", "settings": {"epochs": 2, "method": "lora"}},
        ),
        ({"kind": "evaluate", "part": "validation"}, {"release": "", "part": "validation"}),
        (
            {"kind": "release", "source": "base", "encoder": "pack"},
            {"source": "base", "encoder": "pack", "reranker": "", "classifier": ""},
        ),
        ({"kind": "suggest", "documents": ["d1", "d2"]}, {"documents": ["d1", "d2"]}),
    ],
)
def test_long_work_is_asked_for(
    client: TestClient, store: Store, body: dict[str, object], payload: dict[str, object]
) -> None:
    response = client.post("/v1/jobs", json=body)
    assert response.status_code == 202, response.text
    job = response.json()
    assert response.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["kind"], job["state"], job["person"]) == (body["kind"], "queued", "this machine")
    assert jobs.payload_of(store, job["id"]) == (body["kind"], payload)
    assert "payload" not in job


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "train", "what": "dog"}, "Unknown training"),
        ({"kind": "train", "what": "reader", "settings": {"epochs": -1}}, "epochs"),
        ({"kind": "train", "what": "reader", "settings": {"spoons": 1}}, "spoons"),
        ({"kind": "release", "source": "/etc"}, "is a path"),
        ({"kind": "release", "encoder": "~/models"}, "is a path"),
        ({"kind": "evaluate", "part": "train"}, "part"),
        ({"kind": "suggest", "documents": []}, "documents"),
        ({"kind": "dance"}, "kind"),
        ({}, "kind"),
    ],
)
def test_what_cannot_be_done_is_said_before_it_is_queued(
    client: TestClient, store: Store, body: dict[str, object], words: str
) -> None:
    refused = client.post("/v1/jobs", json=body)
    assert refused.status_code == 422
    assert words in refused.json()["error"]["message"]
    assert jobs.list_jobs(store) == []


def test_the_page_shows_what_runs_and_why_something_failed(client: TestClient, store: Store) -> None:
    assert "Nothing was asked for yet" in client.get("/jobs").text
    ended(store, "ingest", {"sources": ["/x/uploads/<b>fees.pdf"]}, "The file is <broken>.")
    job = jobs.enqueue(store, "train", {"what": "reader", "settings": {}}, "Anna")
    jobs.claim(store)
    jobs.heartbeat(store, job.id, Progress("train", 30, 120, {"loss": 0.51234}, "epoch 1"))
    jobs.log_file(store, job.id).write_text("2026-11-29 train <hello>\n")
    page = client.get("/jobs").text
    assert "&lt;b&gt;fees.pdf" in page
    assert "The file is &lt;broken&gt;." in page
    assert "/x/uploads" not in page
    assert 'value="25"' in page
    assert "train · epoch 1" in page
    assert "Anna" in page
    one = client.get(f"/jobs/{job.id}").text
    assert "0.5123" in one
    assert "train &lt;hello&gt;" in one
    assert client.get(f"/v1/jobs/{job.id}/log").text == "2026-11-29 train <hello>\n"
    assert client.get("/jobs/none", headers={"Accept": "text/html"}).status_code == 404
    assert client.get("/v1/jobs/none/log").status_code == 404


def test_older_jobs_are_on_pages_of_their_own(
    client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_pages, "LISTED", 2)
    ids = [jobs.enqueue(store, "ingest", {}).id for _ in range(5)]
    shown = {at: client.get(f"/jobs?at={at}").text for at in (0, 2, 4, 6)}
    listed = {at: re.findall(r'<a href="/jobs/(\w+)"', page) for at, page in shown.items()}
    assert listed == {0: ids[:2:-1], 2: ids[2:0:-1], 4: ids[:1], 6: []}
    leads = {at: re.findall(r'<a rel="(\w+)" href="/jobs([^"]*)"', page) for at, page in shown.items()}
    assert leads[0] == [("next", "?at=2")]
    assert leads[2] == [("prev", ""), ("next", "?at=4")]
    assert leads[4] == [("prev", "?at=2")]
    assert "no jobs as old as that" in shown[6]
    older = client.get("/v1/jobs?limit=2&offset=4").json()
    assert ([one["id"] for one in older["jobs"]], older["total"]) == (ids[:1], 5)
    assert client.get("/v1/jobs?offset=-1").status_code == 422


def test_a_job_is_stopped_and_begun_again_on_its_page(client: TestClient, store: Store) -> None:
    client.follow_redirects = False
    job = jobs.enqueue(store, "evaluate", {"part": "test"})
    for _ in range(2):  # the second time it has ended already
        assert client.post(f"/jobs/{job.id}/cancel").headers["location"] == f"/jobs/{job.id}"
    assert jobs.get(store, job.id).state == "cancelled"
    shown = client.get(f"/jobs/{job.id}").text
    assert "Begin again" in shown
    assert "Stopped by</dt><dd>this machine" in shown
    again = client.post(f"/jobs/{job.id}/retry").headers["location"].removeprefix("/jobs/")
    assert jobs.get(store, again).payload == {"part": "test"}
    assert client.post(f"/v1/jobs/{again}/retry").status_code == 422
    client.post(f"/v1/jobs/{again}/cancel")
    assert client.post(f"/v1/jobs/{again}/retry").status_code == 202


def test_who_may_not_begin_a_job_may_neither_stop_it(client: TestClient, store: Store) -> None:
    for role in (Role.ADMIN, Role.REVIEWER, Role.ANNOTATOR):
        people.add_person(store, role, PASSWORD, role, by="test")
    training = ended(store, "train", {"what": "reader", "settings": {}}, "It failed.")
    upload = ended(store, "ingest", {"sources": []}, "It failed.")
    client.follow_redirects = False
    client.post("/login", data={"person": "reviewer", "password": PASSWORD})
    assert client.post("/v1/jobs", json={"kind": "evaluate"}).status_code == 403
    assert client.post(f"/jobs/{training}/retry").status_code == 403
    assert client.post(f"/jobs/{upload}/retry").status_code == 303
    client.post("/login", data={"person": "annotator", "password": PASSWORD})
    page = client.get("/jobs").text
    assert "It failed." in page
    assert "Begin again" not in page
    assert "Log" not in client.get(f"/jobs/{upload}").text
    assert client.get(f"/v1/jobs/{upload}/log").status_code == 403


def test_what_a_job_does_is_told_in_the_language_of_the_page_that_asks(client: TestClient, store: Store) -> None:
    job = jobs.enqueue(store, "train", {"what": "reader", "settings": {}})
    jobs.claim(store)
    jobs.heartbeat(store, job.id, Progress("validate", 1, 2, message="going on from step 40"))
    page = client.get(f"/jobs/{job.id}", headers={"Accept-Language": "zh"}).text
    assert '<span class="doing">验证 · 从第 40 步继续</span>' in page
    jobs.fail(store, job.id, "The process that worked on it ended.")

    def told(**headers: str) -> dict[str, str]:
        line = client.get(f"/v1/jobs/{job.id}/events", headers=headers).text.partition("data: ")[2]
        sent: dict[str, str] = json.loads(line)
        return {one: sent[one] for one in ("stage", "doing", "reason")}

    assert told() == {"stage": "validate", "doing": "validate", "reason": "The process that worked on it ended."}
    chinese = told(**{"Accept-Language": "zh-CN"})
    assert chinese == {"stage": "validate", "doing": "验证", "reason": "处理它的进程结束了。"}
