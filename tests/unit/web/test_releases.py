"""`/v1/releases`: what answers, promoting by a job, going back."""

import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from answers import TEXT, FakeAnswerer
from autogpt.services import jobs, release_gate, working
from autogpt.store import Store
from measured import Measures, add_many, add_release


def test_before_the_first_release_there_is_none(client: TestClient) -> None:
    assert client.get("/v1/releases").json() == {"releases": [], "serving": "r7"}
    assert client.get("/v1/releases/current").status_code == 404
    assert client.post("/v1/releases/rollback").status_code == 404
    assert client.post("/v1/releases/r9/promote").status_code == 404


def test_releases_are_listed_with_the_current_one(client: TestClient, store: Store) -> None:
    add_release(store, "r1", promoted=True)
    add_release(store, "r2")
    listed = client.get("/v1/releases").json()["releases"]
    assert [(one["version"], one["current"], one["precision"]) for one in listed] == [
        ("r1", True, "int8"),
        ("r2", False, "int8"),
    ]
    assert client.get("/v1/releases/current").json()["version"] == "r1"


@pytest.mark.parametrize("file", ["release.json", "pipeline.json"])
def test_a_damaged_release_is_listed_beside_the_others(client: TestClient, store: Store, file: str) -> None:
    add_release(store, "r1")
    add_release(store, "r2", promoted=True)
    (store.releases / "r1" / file).write_text("{")
    damaged, whole = client.get("/v1/releases").json()["releases"]
    assert (damaged["version"], damaged["precision"]) == ("r1", "")
    assert "r1" in damaged["problem"]
    assert (whole["version"], whole["precision"], whole["problem"]) == ("r2", "int8", "")
    shutil.rmtree(store.releases / "r1")
    assert client.get("/v1/releases").json()["releases"][0]["problem"]


@pytest.mark.parametrize(("body", "force"), [(None, False), ({"force": True}, True)])
def test_promoting_is_a_job(client: TestClient, store: Store, body: dict[str, bool] | None, force: bool) -> None:
    add_release(store, "r1")
    response = client.post("/v1/releases/r1/promote", json=body)
    assert response.status_code == 202
    kind, payload = jobs.payload_of(store, Path(response.headers["location"]).name)
    assert (kind, payload) == ("promote", {"version": "r1", "force": force})


def test_measuring_is_a_job_whose_result_is_the_verdict(
    client: TestClient, store: Store, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_gate, "measured", Measures(place, TEXT, {"r1": 1, "r2": 2}))
    add_many(store, place, TEXT, 2)
    add_release(store, "r1", promoted=True)
    add_release(store, "r2")
    assert client.post("/v1/releases/r9/measure").status_code == 404
    response = client.post("/v1/releases/r2/measure")
    assert response.status_code == 202
    job = Path(response.headers["location"]).name
    jobs.claim(store)
    assert working.work(store, job)
    result = client.get(f"/v1/jobs/{job}").json()["result"]
    assert (result["version"], result["against"], result["overall"]["before"]) == ("r2", "r1", 50)
    first, second = client.get("/v1/releases").json()["releases"]
    assert first["gate"] is None
    assert second["gate"]["verdict"] == result["verdict"]
    assert second["gate"]["evaluations"] == result["evaluations"]
    assert "gate" not in second["metrics"]
    assert client.get("/v1/releases/current").json()["version"] == "r1"


def test_going_back_is_served_at_once(client: TestClient, store: Store, answerer: FakeAnswerer) -> None:
    add_release(store, "r1", promoted=True)
    add_release(store, "r2", promoted=True)
    went = client.post("/v1/releases/rollback").json()
    assert (went["version"], went["previous"], went["action"]) == ("r1", "r2", "rollback")
    assert client.get("/v1/releases/current").json()["version"] == "r1"
    assert answerer.reloads >= 1
    assert client.post("/v1/releases/rollback", json={"version": "r9"}).status_code == 404
