"""Who is let in: host names, origins, keys; and what every response says to browsers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.errors import NotFoundError, UsageError
from autogpt.web.app import create_app
from autogpt.web.auth import ApiKey, find_key
from autogpt.web.listening import is_loopback

KEY = "0123456789abcdef0123"
ASK = {"question": "What does the Gold card cost a year?"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "[::1]:8000", "LOCALHOST", "localhost."])
def test_loopback_names_are_accepted(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.9", "", "[::1", "local host"])
def test_other_names_are_refused_against_dns_rebinding(client: TestClient, host: str) -> None:
    response = client.get("/healthz", headers={"Host": host})
    assert response.status_code == 400
    assert "allowed_hosts" in response.json()["error"]["hint"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[evil"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
    ],
)
def test_other_sites_cannot_change_anything(
    client: TestClient, answerer: FakeAnswerer, place: tuple[str, str], headers: dict[str, str]
) -> None:
    assert client.post("/v1/ask", json=ASK, headers=headers).status_code == 403
    assert client.delete(f"/v1/documents/{place[0]}", headers=headers).status_code == 403
    assert answerer.asked == []


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://127.0.0.1"}, {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}, {}]
)
def test_our_own_pages_and_programs_may(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/v1/ask", json=ASK, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/jobs", "/static/app.css", "/missing", "/healthz"])
def test_every_response_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_our_own_files_are_checked_for_updates_and_answers_are_kept_nowhere(client: TestClient) -> None:
    style = client.get("/static/app.css")
    assert style.headers["cache-control"] == "no-cache"
    again = client.get("/static/app.css", headers={"If-None-Match": style.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/v1/documents").headers["cache-control"] == "no-store"


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[TestClient]:
    store = workspace(tmp_path, '[serve]\nhost = "0.0.0.0"\nallowed_hosts = ["*.bank.example"]\n')
    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS)
    app = create_app(store, answerer, key=ApiKey(KEY), run_jobs=False)
    with TestClient(app, base_url="http://qa.bank.example", follow_redirects=False) as client:
        app.state.server.engine.wait_until_tried()
        yield client


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/documents", "/metrics", "/openapi.json", "/missing"])
def test_nothing_is_told_without_the_key(locked: TestClient, path: str) -> None:
    assert locked.get(path).status_code == 401
    assert locked.get(path).headers["www-authenticate"] == "Bearer"
    for wrong in ("Bearer wrong", "Basic " + KEY, "Bearer", f"Bearer {KEY}x", "Bearer " + KEY[:-1], "Bearer ☃"):
        assert locked.get(path, headers={"Authorization": wrong.encode()}).status_code == 401
    assert locked.get(path, headers={"Authorization": f"Bearer {KEY}"}).status_code in {200, 404}


def test_the_api_description_names_the_key(locked: TestClient) -> None:
    described = locked.get("/openapi.json", headers={"Authorization": f"Bearer {KEY}"}).json()
    assert described["components"]["securitySchemes"]["HTTPBearer"] == {"type": "http", "scheme": "bearer"}


def test_health_needs_no_key(locked: TestClient) -> None:
    assert locked.get("/healthz").status_code == 200
    assert locked.get("/readyz").status_code == 200


def test_an_address_is_a_name_nobody_else_controls(locked: TestClient) -> None:
    assert locked.get("/healthz", headers={"Host": "192.168.1.9:8000"}).status_code == 200
    assert locked.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_the_page_asks_for_the_key_once(locked: TestClient) -> None:
    sent_away = locked.get("/")
    assert (sent_away.status_code, sent_away.headers["location"]) == (303, "/login?next=/")
    assert "not known" in locked.post("/login", data={"key": "wrong"}).text
    let_in = locked.post("/login?next=//evil.example", data={"key": KEY})
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/")
    cookie = let_in.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert KEY not in cookie
    assert locked.get("/").status_code == 200
    assert locked.post("/v1/ask", json=ASK).status_code == 200
    locked.post("/logout")
    assert locked.get("/").status_code == 303


def test_a_login_ends_and_cannot_be_forged() -> None:
    key = ApiKey(KEY)
    assert key.matches_session(key.session())
    assert not key.matches_session(key.session(at=0))
    assert not ApiKey(KEY + "x").matches_session(key.session())
    expires, _, signature = key.session().partition(".")
    assert not key.matches_session(f"{int(expires) + 1}.{signature}")


@given(st.text())
def test_no_text_is_a_login(text: str) -> None:
    assert not ApiKey(KEY).matches_session(text)
    assert not ApiKey(KEY).matches_header(text)


def test_a_key_comes_from_a_private_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOGPT_API_KEY", raising=False)
    assert find_key() is None
    monkeypatch.setenv("AUTOGPT_API_KEY", KEY)
    found = find_key()
    assert found is not None
    assert found.matches(KEY)
    file = tmp_path / "key"
    with pytest.raises(NotFoundError):
        find_key(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(NotFoundError, match="cannot be read"):
        find_key(file)
    file.write_text(f"{KEY}-of-the-file\n")
    file.chmod(0o644)
    with pytest.raises(UsageError, match="Others may read"):
        find_key(file)
    file.chmod(0o600)
    from_file = find_key(file)
    assert from_file is not None
    assert from_file.matches(f"{KEY}-of-the-file")
    with pytest.raises(UsageError, match="at least 16"):
        ApiKey("short")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.9.9.9", True), ("0.0.0.0", False), ("bank", False)],
)
def test_loopback_is_known(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
