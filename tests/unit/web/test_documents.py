"""`/v1/documents`: lists, uploads, sources in context."""

import io
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from answers import HOSTILE, TEXT, FakeAnswerer, add_document, workspace
from autogpt.services import jobs
from autogpt.services.events import history
from autogpt.services.recording import stable_id
from autogpt.store import Store
from autogpt.store.tables import IngestRow
from autogpt.web.app import create_app
from autogpt.web.uploads import safe_name


def test_documents_are_listed_by_name_without_their_text(client: TestClient, store: Store) -> None:
    add_document(store, "a.pdf", TEXT, HOSTILE)
    add_document(store, "secret.pdf", TEXT, labels=("board",))
    with store.session() as session:
        session.add(IngestRow(uri="/home/someone/broken.pdf", state="failed", reason='["It is encrypted.", ""]'))
    listed = client.get("/v1/documents").json()
    assert [(one["name"], one["title"], one["pages"]) for one in listed["documents"]] == [
        ("a.pdf", HOSTILE, 2),
        ("fees.txt", "Fees of the cards", 2),
    ]
    assert listed["documents"][0]["characters"] == len(TEXT)
    assert listed["total"] == 2
    [failure] = listed["failures"]
    assert (failure["name"], failure["reason"]) == ("broken.pdf", "It is encrypted.")
    assert client.get("/v1/documents?offset=1&limit=1").json()["documents"][0]["name"] == "fees.txt"


def test_a_source_that_could_not_be_brought_in_is_dismissed(client: TestClient, store: Store) -> None:
    with store.session() as session:
        for name, labels in (("broken.pdf", []), ("salaries.pdf", ["board"])):
            session.add(IngestRow(uri=f"/home/{name}", state="failed", reason='["Damaged.", ""]', labels=labels))
    [failure] = client.get("/v1/documents").json()["failures"]
    assert client.delete(f"/v1/documents/failures/{failure['id']}").status_code == 204
    assert [one.person for one in history(store, "source", failure["id"])] == ["this machine"]
    assert client.get("/v1/documents").json()["failures"] == []
    assert client.delete(f"/v1/documents/failures/{failure['id']}").status_code == 404
    assert client.delete(f"/v1/documents/failures/{stable_id('/home/salaries.pdf')}").status_code == 404


def test_a_source_is_shown_in_context_by_code_points(client: TestClient, place: tuple[str, str]) -> None:
    start = TEXT.index("1% of")
    query = f"start={start}&end={start + 5}&around=12&version_id={place[1]}"
    shown = client.get(f"/v1/documents/{place[0]}/text?{query}").json()
    assert shown["text"] == TEXT[start - 12 : start + 17]
    assert shown["text_start"] == start - 12
    assert shown["page"] == 2
    assert shown["heading_path"] == ["Fees"]
    assert shown["characters"] == len(TEXT)


@pytest.mark.parametrize(
    ("query", "status"),
    [("version_id=older", 404), ("start=5&end=100000", 422), ("start=-1", 422), ("around=1000000", 422)],
)
def test_a_source_that_cannot_be_shown_says_why(
    client: TestClient, place: tuple[str, str], query: str, status: int
) -> None:
    response = client.get(f"/v1/documents/{place[0]}/text?{query}")
    assert response.status_code == status
    assert response.json()["error"]["message"]


def test_labelled_documents_are_as_good_as_missing(client: TestClient, store: Store) -> None:
    hidden, _ = add_document(store, "board.txt", TEXT, labels=("board",))
    assert client.get(f"/v1/documents/{hidden}/text").status_code == 404
    assert client.get("/v1/documents/missing/text").status_code == 404
    assert client.delete(f"/v1/documents/{hidden}").status_code == 404


def test_an_upload_becomes_a_job_and_stays_in_the_workspace(client: TestClient, store: Store) -> None:
    files = [
        ("files", ("../../费用.txt", io.BytesIO("金卡".encode()), "text/plain")),
        ("files", ("<b>.md", io.BytesIO(b"# Fees"), "text/markdown")),
    ]
    response = client.post("/v1/documents", files=files)
    assert response.status_code == 202
    job = response.json()
    assert response.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["kind"], job["state"]) == ("ingest", "queued")
    _, payload = jobs.payload_of(store, job["id"])
    kept = [Path(source) for source in payload["sources"]]
    assert [path.name for path in kept] == ["费用.txt", "b.md"]
    assert all(path.parent == store.folder / "uploads" for path in kept)
    assert kept[0].read_text() == "金卡"
    assert client.get(f"/v1/jobs/{job['id']}").json() == job


def test_an_empty_file_is_refused_and_leaves_nothing(client: TestClient, store: Store) -> None:
    response = client.post("/v1/documents", files=[("files", ("empty.txt", b""))])
    assert response.status_code == 422
    assert "empty" in response.json()["error"]["message"]
    assert list((store.folder / "uploads").iterdir()) == []
    assert client.get("/v1/jobs").json() == {"jobs": [], "total": 0}


def test_two_files_of_one_name_are_refused_before_one_replaces_the_other(client: TestClient, store: Store) -> None:
    response = client.post(
        "/v1/documents", files=[("files", ("a/fees.txt", b"old")), ("files", ("b/fees.txt", b"new"))]
    )
    assert response.status_code == 422
    assert "fees.txt" in response.json()["error"]["message"]
    assert not (store.folder / "uploads").exists()
    assert client.get("/v1/jobs").json() == {"jobs": [], "total": 0}


def test_no_file_at_all_is_refused(client: TestClient) -> None:
    assert client.post("/v1/documents").status_code == 422


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("fees.pdf", "fees.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/", "document"),
        ("..", "document"),
        (".htaccess", "htaccess"),
        ("a\x00b\n.txt", "ab.txt"),
        ("<script>.html", "script.html"),
        ("con.txt", "_con.txt"),
        ("gpj.\u202efdp", "gpj.fdp"),
    ],
)
def test_names_from_outside_become_plain_file_names(given_name: str, expected: str) -> None:
    assert safe_name(given_name) == expected


@given(st.text(max_size=400))
def test_no_name_leaves_the_folder(name: str) -> None:
    safe = safe_name(name)
    assert Path(safe).name == safe
    assert 0 < len(safe.encode()) <= 200
    assert safe not in {".", ".."}
    assert not safe.startswith(".")


def test_uploads_beyond_the_limits_are_cut_off(tmp_path: Path) -> None:
    limits = "[serve]\nmax_upload_mb = 3\n[ingest]\nmax_file_mb = 1\n"
    store = workspace(tmp_path, limits)
    app = create_app(store, FakeAnswerer(store, ("", ""), TEXT, {}), run_jobs=False)
    with TestClient(app, base_url="http://localhost") as client:
        whole = client.post("/v1/documents", files=[("files", ("big.txt", b"x" * 5_000_000))])
        assert whole.status_code == 413
        assert "max_upload_mb" in whole.json()["error"]["hint"]
        single = client.post("/v1/documents", files=[("files", ("big.txt", b"x" * 1_500_000))])
        assert single.status_code == 422
        assert "max_file_mb" in single.json()["error"]["hint"]
        assert client.get("/v1/jobs").json() == {"jobs": [], "total": 0}
    assert list((tmp_path / "uploads").iterdir()) == []
