"""Health, metrics, feedback, jobs, pages and the API description."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from answers import add_document, add_example
from autogpt import __version__
from autogpt.services import jobs
from autogpt.services.auditing import verify_trail
from autogpt.store import Store
from autogpt.store.tables import AuditRow, FeedbackRow, ReviewRow

GOLD = "What does the Gold card cost a year?"


def test_health_and_readiness(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "version": __version__}
    assert client.get("/readyz").json()["release"] == "r7"
    client.app.state.server.draining.set()  # type: ignore[attr-defined]
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_what_can_be_read_can_be_asked_for_without_its_body(client: TestClient) -> None:
    for path in ("/", "/healthz", "/v1/documents", "/static/app.css", "/nowhere"):
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]
    assert client.head("/v1/ask").status_code == 405
    assert 'method="HEAD",route="/healthz",status="200"' in client.get("/metrics").text


def test_metrics_count_answers_and_never_name_a_question(client: TestClient) -> None:
    client.post("/v1/ask", json={"question": GOLD})
    client.post("/v1/ask", json={"question": "Who is Ann Lee?"})
    client.get("/v1/documents/some-id/text")
    client.get("/nowhere/Ann")
    text = client.get("/metrics").text
    assert 'autogpt_answers_total{kind="span"} 1.0' in text
    assert 'autogpt_answers_total{kind="abstain"} 1.0' in text
    assert 'autogpt_stage_seconds_count{stage="read"} 2.0' in text
    assert 'autogpt_http_requests_total{method="POST",route="/v1/ask",status="200"} 2.0' in text
    assert 'route="/v1/documents/{document_id}/text",status="404"' in text
    assert "autogpt_ready 1.0" in text
    for secret in ("Gold", "Ann", "some-id", "nowhere"):
        assert secret not in text


def test_each_answer_is_in_the_audit_trail_and_thumbs_refer_to_it(client: TestClient, store: Store) -> None:
    answer = client.post("/v1/ask", json={"question": GOLD}).json()
    for thumb in ("up", "down"):
        given = client.post("/v1/feedback", json={"audit_id": answer["audit_id"], "thumb": thumb})
        assert given.json()["thumb"] == thumb
    with store.session() as session:
        assert [row.thumb for row in session.scalars(select(FeedbackRow))] == ["down"]
        assert [row.question for row in session.scalars(select(ReviewRow))] == [GOLD]
        assert [row.entry["question"] for row in session.scalars(select(AuditRow))] == [GOLD]
    assert verify_trail(store).problems == ()
    assert 'autogpt_thumbs_total{thumb="down"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize(
    ("body", "status"),
    [({"audit_id": "none", "thumb": "up"}, 404), ({"audit_id": "none", "thumb": "sideways"}, 422), ({}, 422)],
)
def test_wrong_feedback_is_refused(client: TestClient, body: dict[str, str], status: int) -> None:
    assert client.post("/v1/feedback", json=body).status_code == status


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/feedback", r'{"audit_id": "\ud800", "thumb": "up"}'),
        ("/v1/feedback", r'{"audit_id": "a", "thumb": "up", "comment": "\udfff"}'),
        ("/v1/releases/rollback", r'{"version": "\ud800"}'),
        ("/v1/ask", r'{"question": "What is \ud800?"}'),
    ],
)
def test_text_that_is_no_unicode_is_refused(client: TestClient, path: str, body: str) -> None:
    refused = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 422
    assert refused.json()["error"]["kind"] == "ValidationError"


def test_a_job_is_listed_followed_and_cancelled(client: TestClient, store: Store) -> None:
    job = jobs.enqueue(store, "ingest", {"sources": []})
    assert [one["id"] for one in client.get("/v1/jobs").json()["jobs"]] == [job.id]
    cancelled = client.post(f"/v1/jobs/{job.id}/cancel").json()
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "It was cancelled.")
    assert client.post(f"/v1/jobs/{job.id}/cancel").status_code == 422
    followed = client.get(f"/v1/jobs/{job.id}/events").text
    assert json.loads(followed.split("data: ")[1])["state"] == "cancelled"
    for path in ("", "/events"):
        assert client.get(f"/v1/jobs/missing{path}").status_code == 404


def test_the_page_shows_text_from_outside_as_text(client: TestClient, store: Store) -> None:
    document, _ = add_document(store, "x", "text")
    add_example(store, "What is <script>alert(1)</script>?", document)
    page = client.get("/").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "onclick" not in page
    assert "<style" not in page
    assert " style=" not in page


def test_pages_load_nothing_from_elsewhere() -> None:
    import autogpt.web

    folder = Path(autogpt.web.__file__).parent
    own = [
        *folder.glob("templates/*.html"),
        *folder.glob("static/*.*"),
        *folder.glob("static/js/*.js"),
    ]
    assert len(own) > 12
    for path in own:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert "innerHTML" not in text, path
        assert "insertAdjacentHTML" not in text, path


def test_the_api_describes_itself(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    for path in ("/v1/ask", "/v1/documents", "/v1/jobs/{job_id}/events", "/v1/feedback", "/v1/releases", "/readyz"):
        assert path in described["paths"]
    assert "429" in described["paths"]["/v1/ask"]["post"]["responses"]
    page = client.get("/docs").text
    assert "/static/vendor/swagger-ui/swagger-ui-bundle.js" in page
    assert client.get("/static/vendor/swagger-ui/swagger-ui-bundle.js").status_code == 200


def test_what_does_not_exist_is_said_in_the_form_of_every_error(client: TestClient) -> None:
    missing = client.get("/v1/nothing")
    assert missing.status_code == 404
    expected = {"kind": "HTTPError", "message": "Not Found.", "hint": "See /docs for what there is."}
    assert missing.json() == {"error": expected}
    assert client.get("/v1/ask").status_code == 405
