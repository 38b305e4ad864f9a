"""`/v1/releases`: what answers, promoting by a job, going back."""

import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from answers import FakeAnswerer
from autogpt.answer.policy import Policy
from autogpt.answer.release import write_release
from autogpt.services import jobs
from autogpt.store import Store
from autogpt.store.tables import PromotionRow, ReleaseRow


def add_release(store: Store, version: str, *, promoted: bool = False) -> None:
    """A release whose models are empty folders."""
    models = {}
    for name in ("reader", "encoder"):
        models[name] = store.folder / f"{version}-{name}"
        models[name].mkdir()
        (models[name] / "model.bin").write_bytes(name.encode())
    details = {"compression": {"precision": "int8"}}
    checksum = write_release(store.releases / version, **models, policy=Policy(), details=details)
    with store.session() as session:
        session.add(ReleaseRow(version=version, manifest_checksum=checksum, metrics={"threshold": 0.5}))
        session.flush()
        if promoted:
            session.add(PromotionRow(version=version, action="promote"))


def test_before_the_first_release_there_is_none(client: TestClient) -> None:
    assert client.get("/v1/releases").json() == {"releases": [], "serving": "r7"}
    assert client.get("/v1/releases/current").status_code == 404
    assert client.post("/v1/releases/rollback").status_code == 404
    assert client.post("/v1/releases/r9/promote").status_code == 404


def test_releases_are_listed_with_the_current_one(client: TestClient, store: Store) -> None:
    store.releases.mkdir()
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
    store.releases.mkdir()
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
    store.releases.mkdir()
    add_release(store, "r1")
    response = client.post("/v1/releases/r1/promote", json=body)
    assert response.status_code == 202
    kind, payload = jobs.payload_of(store, Path(response.headers["location"]).name)
    assert (kind, payload) == ("promote", {"version": "r1", "force": force})


def test_going_back_is_served_at_once(client: TestClient, store: Store, answerer: FakeAnswerer) -> None:
    store.releases.mkdir()
    add_release(store, "r1", promoted=True)
    add_release(store, "r2", promoted=True)
    went = client.post("/v1/releases/rollback").json()
    assert (went["version"], went["previous"], went["action"]) == ("r1", "r2", "rollback")
    assert client.get("/v1/releases/current").json()["version"] == "r1"
    assert answerer.reloads >= 1
    assert client.post("/v1/releases/rollback", json={"version": "r9"}).status_code == 404
