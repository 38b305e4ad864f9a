"""`/v1/ask` over HTTP: answers, streams, errors, overload."""

import asyncio
import json
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.errors import DataError
from autogpt.store import Store
from autogpt.web.app import create_app

GOLD = "What does the Gold card cost a year?"


def events(text: str) -> list[tuple[str, dict[str, object]]]:
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [(one[0].removeprefix("event: "), json.loads(one[1].removeprefix("data: "))) for one in blocks]


def test_an_answer_has_text_kind_confidence_evidence_and_release(client: TestClient) -> None:
    answer = client.post("/v1/ask", json={"question": GOLD}).json()
    assert (answer["text"], answer["kind"], answer["confidence"]) == ("45 euro a year", "span", 0.93)
    assert answer["release"] == "r7"
    assert answer["audit_id"]
    [evidence] = answer["evidence"]
    assert TEXT[evidence["start"] : evidence["end"]] == evidence["quote"] == "45 euro a year"
    assert (evidence["document"], evidence["page"], evidence["heading_path"]) == ("fees.txt", 2, ["Fees", "Cards"])


def test_not_knowing_is_an_answer(client: TestClient) -> None:
    response = client.post("/v1/ask", json={"question": "谁是挪威国王？"})
    assert response.status_code == 200
    assert response.json()["kind"] == "abstain"
    assert response.json()["question"] == "谁是挪威国王？"


@pytest.mark.parametrize(("path", "headers"), [("/v1/ask", {"Accept": "text/event-stream"}), ("/v1/ask/stream", {})])
def test_a_stream_tells_the_stages_then_the_answer(client: TestClient, path: str, headers: dict[str, str]) -> None:
    response = client.post(path, json={"question": GOLD}, headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    told = events(response.text)
    assert [data["stage"] for name, data in told if name == "stage"] == ["wait", "retrieve", "read", "decide"]
    assert told[-1][0] == "answer"
    assert told[-1][1]["text"] == "45 euro a year"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"question": "   "}, "empty"),
        ({"question": ""}, "question"),
        ({"question": "x" * 2001}, "2,001 characters"),
        ({}, "field required"),
        ({"question": ["a"]}, "question"),
        ({"question": "a", "labels": ["staff"]}, "labels"),
        ([1, 2], "body"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/ask", "/v1/ask/stream"])
def test_a_wrong_question_is_refused_with_a_hint(client: TestClient, body: object, says: str, path: str) -> None:
    response = client.post(path, json=body)
    assert response.status_code == 422
    error = response.json()["error"]
    assert says in error["message"]
    assert error["hint"]


def test_broken_json_is_refused_in_the_same_form(client: TestClient) -> None:
    response = client.post("/v1/ask", content="{", headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert set(response.json()["error"]) == {"kind", "message", "hint"}
    assert "no JSON from character 1 on" in response.json()["error"]["message"]


def test_a_body_that_is_far_too_large_is_cut_off(client: TestClient) -> None:
    announced = client.post("/v1/ask", content=b'{"question": "' + b"x" * 1_000_000 + b'"}')
    chunks = iter([b'{"question": "', *[b"x" * 50_000] * 20])
    unannounced = client.post("/v1/ask", content=chunks, headers={"Content-Type": "application/json"})
    for response in (announced, unannounced):
        assert response.status_code == 413
        assert "more than 52 kB" in response.json()["error"]["message"]
        assert response.json()["error"]["hint"]


@pytest.mark.parametrize("headers", [{}, {"Accept": "text/event-stream"}])
def test_a_failing_question_fails_alone_and_shows_no_traceback(store: Store, headers: dict[str, str]) -> None:
    def fails(question: str) -> Exception | None:
        return {"bug": ZeroDivisionError("secret detail"), "data": DataError("The index is broken.", "Do this.")}.get(
            question
        )

    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS, fails=fails)
    app = create_app(store, answerer, run_jobs=False)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        bug = client.post("/v1/ask", json={"question": "bug"}, headers=headers)
        assert "inside Auto-GPT" in bug.text
        assert "secret detail" not in bug.text
        assert "Traceback" not in bug.text
        data = client.post("/v1/ask", json={"question": "data"}, headers=headers)
        assert "The index is broken." in data.text
        assert "Do this." in data.text
        assert client.post("/v1/ask", json={"question": GOLD}, headers=headers).status_code == 200
        if not headers:
            assert (bug.status_code, data.status_code) == (500, 422)
            assert bug.headers["x-content-type-options"] == "nosniff"
            assert bug.headers["cache-control"] == "no-store"


def test_a_stream_says_what_went_wrong_or_less_well_in_the_language_of_the_browser(store: Store) -> None:
    def fails(question: str) -> Exception | None:
        return ZeroDivisionError() if question == "bug" else None

    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS, fails=fails)
    asks = answerer.ask
    notice = "The reranker judged 3 of 20 passages: over its budget of 150 ms."
    answerer.ask = lambda *given: replace(asks(*given), notices=(notice,))  # type: ignore[method-assign]
    with TestClient(
        create_app(store, answerer, run_jobs=False), base_url="http://localhost", raise_server_exceptions=False
    ) as client:

        def asked(question: str, language: str) -> str:
            return client.post(
                "/v1/ask/stream", json={"question": question}, headers={"Accept-Language": language}
            ).text

        assert "inside Auto-GPT" in asked("bug", "en")
        assert "内部出错了" in asked("bug", "zh-CN")
        assert notice in asked(GOLD, "en")
        assert "只重排了 20 段中的 3 段" in asked(GOLD, "zh-CN")


def test_more_questions_than_may_wait_are_refused_with_retry_after(tmp_path: Path) -> None:
    store = workspace(tmp_path, "[serve]\nqueue = 2\n")
    gate = Event()
    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS, gate=gate)
    app = create_app(store, answerer, workers=1, run_jobs=False)
    with TestClient(app, base_url="http://localhost") as client, ThreadPoolExecutor(3) as pool:
        admission = app.state.server.admission
        asked = [pool.submit(client.post, "/v1/ask", json={"question": GOLD}) for _ in range(3)]
        while admission.admitted < 3:
            assert not any(one.done() for one in asked)
        assert (admission.working, admission.waiting) == (1, 2)
        for headers in ({}, {"Accept": "text/event-stream"}):
            refused = client.post("/v1/ask", json={"question": GOLD}, headers=headers)
            assert refused.status_code == 429
            assert int(refused.headers["Retry-After"]) >= 1
            assert refused.json()["error"]["kind"] == "OverloadedError"
        assert "autogpt_queue_depth 2.0" in client.get("/metrics").text
        gate.set()
        assert [one.result().status_code for one in asked] == [200, 200, 200]
        assert client.post("/v1/ask", json={"question": GOLD}).status_code == 200


async def ask_and_hang_up(app: FastAPI, question: str) -> None:
    """Send a question and close the connection once it waits in line."""
    sent = [{"type": "http.request", "body": json.dumps({"question": question}).encode(), "more_body": False}]

    async def receive() -> dict[str, Any]:
        return sent.pop() if sent else {"type": "http.disconnect"}

    async def send(_: MutableMapping[str, Any]) -> None: ...

    scope = {"type": "http", "method": "POST", "path": "/v1/ask", "query_string": b"", "root_path": ""}
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    await app({**scope, "headers": headers}, receive, send)


def test_a_question_whose_asker_hung_up_leaves_the_line(tmp_path: Path) -> None:
    store = workspace(tmp_path)
    gate = Event()
    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS, gate=gate)
    app = create_app(store, answerer, workers=1, run_jobs=False)
    with TestClient(app, base_url="http://localhost") as client, ThreadPoolExecutor(1) as pool:
        admission = app.state.server.admission
        first = pool.submit(client.post, "/v1/ask", json={"question": GOLD})
        while admission.admitted < 1:
            assert not first.done()
        asyncio.run(ask_and_hang_up(app, "Is anybody there?"))
        assert admission.admitted == 1
        gate.set()
        assert first.result().status_code == 200
        failures = 'autogpt_ask_failures_total{error="HungUpError"} 1.0'
        assert failures in client.get("/metrics").text
    assert answerer.asked == [GOLD]


@pytest.mark.parametrize("headers", [{}, {"Accept": "text/event-stream"}])
def test_a_question_that_takes_too_long_ends_with_an_error(tmp_path: Path, headers: dict[str, str]) -> None:
    store = workspace(tmp_path, "[serve]\ntimeout_seconds = 1\n")
    gate = Event()
    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS, gate=gate)
    with TestClient(create_app(store, answerer, run_jobs=False), base_url="http://localhost") as client:
        response = client.post("/v1/ask", json={"question": GOLD}, headers=headers)
        gate.set()
        assert "TimedOutError" in response.text
        if not headers:
            assert response.status_code == 504


def test_without_documents_the_server_runs_and_says_what_to_do(tmp_path: Path) -> None:
    def nothing() -> FakeAnswerer:
        raise DataError("Nothing was ingested yet.", "Run: autogpt ingest FOLDER")

    app = create_app(workspace(tmp_path), nothing, run_jobs=False)
    with TestClient(app, base_url="http://localhost") as client:
        refused = client.post("/v1/ask", json={"question": GOLD})
        assert refused.status_code == 503
        assert refused.json()["error"]["message"] == "Nothing was ingested yet."
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["hint"] == "Run: autogpt ingest FOLDER"
        assert "no documents yet" in client.get("/").text
