"""From an uploaded file to a served document over HTTP: real ingesting in real job processes, no reader."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from answers import TEXT, FakeAnswerer, workspace
from autogpt.services.auditing import verify_trail
from autogpt.services.examples import import_examples, split_examples
from autogpt.store import Store
from autogpt.store.tables import AuditRow
from autogpt.web.app import create_app
from autogpt.web.worker import Worker
from tiny_models import make_examples, write_lines


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = workspace(tmp_path)
    yield store
    store.close()


@pytest.fixture
def answerer(store: Store) -> FakeAnswerer:
    return FakeAnswerer(store, ("", ""), TEXT, {})


@pytest.fixture
def client(store: Store, answerer: FakeAnswerer) -> Iterator[TestClient]:
    with TestClient(create_app(store, answerer), base_url="http://localhost") as client:
        yield client


def follow(client: TestClient, location: str) -> dict[str, object]:
    """The last state of a job."""
    events = client.get(f"{location}/events").text.strip().split("\n\n")
    last: dict[str, object] = json.loads(events[-1].split("data: ")[1])
    return last


def comes_true(condition: Callable[[], bool], within: float = 30) -> bool:
    """Whether `condition` holds within so many seconds: a job is done a moment before the server has noticed."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.02)
    return True


def upload(client: TestClient, **files: bytes) -> dict[str, object]:
    sent = [("files", (name.replace("_", "."), content)) for name, content in files.items()]
    response = client.post("/v1/documents", files=sent)
    assert response.status_code == 202
    return follow(client, response.headers["location"])


def test_an_upload_is_brought_in_replaced_and_erased(client: TestClient, store: Store, answerer: FakeAnswerer) -> None:
    job = upload(client, fees_md=b"# Fees\n\nThe Gold card costs 45 euro a year.\n", broken_pdf=b"%PDF-1.7 nonsense")
    assert job["state"] == "done", job
    result = job["result"]
    assert isinstance(result, dict)
    assert (result["new"], result["failed"]) == (1, 1)
    assert comes_true(lambda: answerer.reloads >= 1)

    listed = client.get("/v1/documents").json()
    [document] = listed["documents"]
    assert (document["name"], document["title"], document["version"]) == ("fees.md", "Fees", 1)
    assert [failure["name"] for failure in listed["failures"]] == ["broken.pdf"]
    assert "45 euro" in client.get(f"/v1/documents/{document['id']}/text").json()["text"]

    assert upload(client, fees_md=b"# Fees\n\nThe Gold card costs 50 euro a year.\n")["state"] == "done"
    [document] = client.get("/v1/documents").json()["documents"]
    assert document["version"] == 2
    assert "50 euro" in client.get(f"/v1/documents/{document['id']}/text").json()["text"]

    assert client.delete(f"/v1/documents/{document['id']}").status_code == 204
    assert client.get("/v1/documents").json()["documents"] == []
    assert client.get(f"/v1/documents/{document['id']}/text").status_code == 404
    assert not any(b"50 euro" in path.read_bytes() for path in store.folder.rglob("*") if path.is_file())
    with store.session() as session:
        assert [row.kind for row in session.scalars(select(AuditRow))] == ["remove"]
    assert verify_trail(store).problems == ()
    counted = 'autogpt_jobs_total{kind="ingest",state="done"} 2.0'
    assert comes_true(lambda: counted in client.get("/metrics").text)


@pytest.fixture
def eager_client(store: Store, answerer: FakeAnswerer) -> Iterator[TestClient]:
    """A server whose jobs do not wait for everything else on the machine."""
    app = create_app(store, answerer, run_jobs=False)
    command = (sys.executable, str(Path(__file__).parents[1] / "eager_job_process.py"))
    worker = Worker(store, app.state.server.wake_worker, lambda *_: None, command)
    with TestClient(app, base_url="http://localhost") as client:
        worker.start()
        yield client
        worker.stop()


def test_an_upload_is_brought_in_while_a_training_runs(
    eager_client: TestClient, store: Store, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    write_lines(tmp_path / "towns.jsonl", make_examples(45))
    import_examples(store, str(tmp_path / "towns.jsonl"))
    split_examples(store)
    endless = {"epochs": 100_000, "patience": 0, "trackers": [], "retrieved_negatives": 0}
    settings = {"base": str(tiny_model("bert")), **endless}
    body = {"kind": "train", "what": "reader", "settings": settings}
    training = eager_client.post("/v1/jobs", json=body).headers["location"]

    def state() -> tuple[str, str]:
        job = eager_client.get(training).json()
        return job["state"], job["stage"]

    assert comes_true(lambda: state() == ("running", "train"), within=240), eager_client.get("/v1/jobs").json()
    job = upload(eager_client, fees_md=b"# Fees\n\nThe Gold card costs 45 euro a year.\n")
    assert job["state"] == "done", job
    assert state() == ("running", "train")
    assert "fees.md" in [one["name"] for one in eager_client.get("/v1/documents").json()["documents"]]
    eager_client.post(f"{training}/cancel")
    assert state()[0] == "cancelled"
