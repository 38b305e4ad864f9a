"""A server over a workspace with one document, without weights and without a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.store import Store
from autogpt.web.app import create_app


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = workspace(tmp_path, '[workspace]\nname = "Test bank"\n')
    yield store
    store.close()


@pytest.fixture
def place(store: Store) -> tuple[str, str]:
    return add_document(store, "fees.txt", TEXT, "Fees of the cards")


@pytest.fixture
def answerer(store: Store, place: tuple[str, str]) -> FakeAnswerer:
    return FakeAnswerer(store, place, TEXT, QUESTIONS)


@pytest.fixture
def client(store: Store, answerer: FakeAnswerer) -> Iterator[TestClient]:
    app = create_app(store, answerer, run_jobs=False)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        app.state.server.engine.wait_until_tried()
        yield client
