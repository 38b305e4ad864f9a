"""Who may do what: before anybody has an account, after, and with the key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from answers import QUESTIONS, TEXT, FakeAnswerer, add_document, workspace
from autogpt.services import people, sign_in
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.web.app import create_app
from autogpt.web.auth import COOKIE, ApiKey

PASSWORD = "correct horse battery"
KEY = "0123456789abcdef0123"
ASK = {"question": "What does the Gold card cost a year?"}
HTML = {"Accept": "text/html"}


@pytest.fixture
def staffed(store: Store) -> Store:
    """A workspace with somebody in each role."""
    for role in reversed(Role):
        people.add_person(store, f"the {role}", PASSWORD, role, by="test")
    return store


@pytest.fixture
def browser(client: TestClient) -> TestClient:
    client.follow_redirects = False
    return client


def enter(client: TestClient, role: Role) -> None:
    done = client.post("/login", data={"person": f"The {role.upper()}", "password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, "/")


def test_before_there_are_accounts_everybody_at_the_machine_may_do_everything(browser: TestClient) -> None:
    assert browser.get("/people").status_code == 200
    assert browser.get("/login").headers["location"] == "/"
    assert "Sign out" not in browser.get("/").text
    assert "everybody who reaches this address may do everything" in browser.get("/people").text


@pytest.mark.usefixtures("staffed")
def test_once_there_are_accounts_everybody_has_to_sign_in(browser: TestClient) -> None:
    assert browser.get("/retrieval?q=fees").headers["location"] == "/login?next=/retrieval%3Fq%3Dfees"
    assert browser.get("/people").status_code == 303
    assert browser.post("/v1/ask", json=ASK).status_code == 401
    assert browser.post("/people", data={"person": "me", "password": PASSWORD, "role": "admin"}).status_code == 401
    for path in ("/healthz", "/readyz", "/static/app.css", "/login"):
        assert browser.get(path).status_code == 200


@pytest.mark.usefixtures("staffed")
def test_signing_in_leaves_a_cookie_that_no_script_reads(browser: TestClient) -> None:
    wrong = browser.post("/login", data={"person": "the asker", "password": "no"})
    assert wrong.status_code == 401
    assert "do not belong together" in wrong.text
    assert 'value="the asker"' in wrong.text
    right = browser.post("/login?next=/retrieval", data={"person": "the asker", "password": PASSWORD})
    assert right.headers["location"] == "/retrieval"
    cookie = right.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Max-Age="):
        assert part in cookie
    assert PASSWORD not in cookie
    page = browser.get("/").text
    assert "Sign out" in page
    assert "the asker" in page
    held = browser.cookies[COOKIE]
    assert browser.post("/logout").headers["location"] == "/login"
    browser.cookies.set(COOKIE, held, domain="127.0.0.1")
    assert browser.get("/").status_code == 303  # what was signed out is so on the server too


def test_a_cookie_is_for_encrypted_connections_where_the_server_has_them(store: Store, answerer: FakeAnswerer) -> None:
    people.add_person(store, "anna", PASSWORD, Role.ADMIN, by="test")
    app = create_app(store, answerer, run_jobs=False)
    with TestClient(app, base_url="https://127.0.0.1", follow_redirects=False) as client:
        assert "Secure" in client.post("/login", data={"person": "anna", "password": PASSWORD}).headers["set-cookie"]


@pytest.mark.usefixtures("staffed")
@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_it_says(browser: TestClient, place: tuple[str, str], role: Role) -> None:
    enter(browser, role)
    answer = browser.post("/v1/ask", json=ASK).json()
    tried = {
        "give a thumb": (
            Role.ASKER,
            browser.post("/v1/feedback", json={"audit_id": answer["audit_id"], "thumb": "up"}),
        ),
        "see documents": (Role.ASKER, browser.get("/v1/documents")),
        "see jobs": (Role.ANNOTATOR, browser.get("/v1/jobs")),
        "see releases": (Role.ANNOTATOR, browser.get("/v1/releases")),
        "bring in a document": (Role.REVIEWER, browser.post("/v1/documents", files={"files": ("a.txt", b"A fee.")})),
        "read a log": (Role.REVIEWER, browser.get("/v1/jobs/none/log")),
        "begin a training": (Role.ADMIN, browser.post("/v1/jobs", json={"kind": "train", "what": "reader"})),
        "promote": (Role.ADMIN, browser.post("/v1/releases/r9/promote")),
        "measure a release": (Role.REVIEWER, browser.post("/v1/releases/r9/measure")),
        "roll back": (Role.ADMIN, browser.post("/v1/releases/rollback")),
        "read the metrics": (Role.ADMIN, browser.get("/metrics")),
        "see people": (Role.ADMIN, browser.get("/people")),
        "add people": (Role.ADMIN, browser.post("/people", data={"person": "x"})),
        "remove a document": (Role.REVIEWER, browser.delete(f"/v1/documents/{place[0]}")),
    }
    for what, (least, response) in tried.items():
        assert (response.status_code == 403) is not role.may(least), what
    if role is Role.ASKER:
        refused = browser.get("/v1/jobs").json()["error"]
        assert refused["message"] == "This takes the role annotator; yours is asker."
        page = browser.get("/people", headers=HTML)
        assert page.headers["content-type"].startswith("text/html")
        assert "This takes the role admin" in page.text


@pytest.mark.usefixtures("staffed")
def test_who_guesses_a_password_has_to_wait(browser: TestClient) -> None:
    for _ in range(5):
        assert browser.post("/login", data={"person": "the admin", "password": "guess"}).status_code == 401
    waits = browser.post("/login", data={"person": "THE ADMIN", "password": PASSWORD})
    assert waits.status_code == 429
    assert "Too many wrong passwords" in waits.text
    enter(browser, Role.REVIEWER)  # nobody else has to


@pytest.mark.usefixtures("staffed")
def test_another_site_signs_nobody_in(browser: TestClient) -> None:
    form = {"person": "the admin", "password": PASSWORD}
    refused = browser.post("/login", data=form, headers={"Origin": "http://evil.example"})
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers


def test_the_link_of_the_first_start_makes_the_first_account(browser: TestClient, store: Store) -> None:
    link = sign_in.prepare_first(store, "http://127.0.0.1")
    assert link is not None
    address = link.read_text().strip()
    token = address.partition("token=")[2]
    assert "This link does not count" in browser.get("/set-up?token=guess").text
    assert browser.get("/set-up?token=guess").status_code == 403
    assert "Make the first account" in browser.get(address).text
    short = browser.post("/set-up", data={"token": token, "person": "王芳", "password": "short"})
    assert short.status_code == 422
    assert "10 to 1,000 are allowed" in short.text
    assert 'value="王芳"' in short.text
    made = browser.post("/set-up", data={"token": token, "person": "王芳", "password": PASSWORD})
    assert (made.status_code, made.headers["location"]) == (303, "/")
    assert "王芳" in browser.get("/people").text
    again = browser.post("/set-up", data={"token": token, "person": "Eve", "password": PASSWORD})
    assert again.status_code == 403
    assert [one.name for one in people.list_people(store)] == ["王芳"]


def test_people_are_managed_on_a_page(browser: TestClient, staffed: Store) -> None:
    enter(browser, Role.ADMIN)
    name = '<script>alert("1")</script>'
    assert browser.post("/people", data={"person": name, "password": PASSWORD, "role": "asker"}).status_code == 303
    page = browser.get("/people").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    for change in (
        {"what": "role", "role": "reviewer"},
        {"what": "password", "password": "another one entirely"},
        {"what": "disable"},
        {"what": "enable"},
        {"what": "disable"},
    ):
        assert browser.post("/people/change", data={"person": name, **change}).status_code == 303
    found = {one.name: one for one in people.list_people(staffed)}[name]
    assert (found.role, found.disabled) == (Role.REVIEWER, True)
    for wrong, words in (
        ({"person": "the admin", "what": "disable"}, "nobody who may do everything"),
        ({"person": name, "what": "role", "role": "boss"}, "Unknown role"),
        ({"person": "nobody", "what": "enable"}, "There is nobody called"),
        ({"person": name, "what": "dance"}, "no change"),
    ):
        refused = browser.post("/people/change", data=wrong)
        assert refused.status_code in {404, 422}
        assert words in refused.text.replace("&#39;", "'")
    assert f'name="version" value="{found.version}"' in browser.get("/people").text
    people.set_disabled(staffed, name, False, by="another admin")
    late = browser.post("/people/change", data={"person": name, "what": "disable", "version": found.version})
    assert (late.status_code, "was changed since you opened the page" in late.text) == (409, True)
    twice = browser.post("/people", data={"person": "the asker", "password": PASSWORD, "role": "reviewer"})
    assert "already" in twice.text
    assert 'value="the asker"' in twice.text


def test_a_person_changes_their_own_password(browser: TestClient, staffed: Store) -> None:
    (person,) = (one for one in people.list_people(staffed) if one.role is Role.ASKER)
    elsewhere = sign_in.sign_in(staffed, person)
    enter(browser, Role.ASKER)
    asker = browser.get("/account")
    assert "Role: asker" in asker.text
    wrong = browser.post("/account", data={"password": "wrong", "new": "another one entirely"})
    assert wrong.status_code == 422
    assert "present password is not right" in wrong.text
    assert browser.post("/account", data={"password": PASSWORD, "new": "short"}).status_code == 422
    done = browser.post("/account", data={"password": PASSWORD, "new": "another one entirely"})
    assert done.headers["location"] == "/account?done=true"
    assert "The password is changed" in browser.get("/account?done=true").text
    assert sign_in.person_by_token(staffed, elsewhere) is None
    browser.post("/logout")
    assert browser.post("/login", data={"person": "the asker", "password": PASSWORD}).status_code == 401


@pytest.fixture
def exposed(tmp_path: Path) -> Iterator[tuple[TestClient, Store]]:
    """A server that other machines reach, without a key."""
    store = workspace(tmp_path, '[serve]\nhost = "0.0.0.0"\nallowed_hosts = ["qa.example"]\n')
    app = create_app(store, FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS), run_jobs=False)
    with TestClient(app, base_url="http://qa.example", follow_redirects=False) as client:
        yield client, store
    store.close()


def test_beyond_the_machine_nobody_comes_in_before_there_is_an_account(exposed: tuple[TestClient, Store]) -> None:
    client, store = exposed
    assert client.get("/").headers["location"] == "/login?next=/"
    assert client.post("/v1/ask", json=ASK).status_code == 401
    assert "Nobody has an account yet" in client.get("/login").text
    assert client.post("/login", data={"person": "", "password": ""}).status_code == 401
    people.add_person(store, "anna", PASSWORD, Role.ADMIN, by="test")
    assert client.post("/login", data={"person": "anna", "password": PASSWORD}).status_code == 303
    assert client.get("/").status_code == 200


def test_the_key_is_for_programs_once_there_are_accounts(store: Store, answerer: FakeAnswerer) -> None:
    key = ApiKey(KEY)
    app = create_app(store, answerer, key=key, run_jobs=False)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        app.state.server.engine.wait_until_tried()
        assert client.post("/login", data={"key": KEY}).status_code == 303
        assert client.get("/people").status_code == 200
        people.add_person(store, "anna", PASSWORD, Role.ADMIN, by="test")
        assert client.get("/people").status_code == 303
        assert client.post("/login", data={"key": KEY}).status_code == 401
        bearer = {"Authorization": f"Bearer {KEY}"}
        assert client.post("/v1/ask", json=ASK, headers=bearer).status_code == 200
        client.post("/login", data={"person": "anna", "password": PASSWORD})
        assert client.get("/people").status_code == 200
        assert client.get("/people", headers={"Authorization": "Bearer wrong"}).status_code == 303


@pytest.mark.usefixtures("staffed")
@pytest.mark.parametrize(("role", "may"), [(Role.ANNOTATOR, False), (Role.REVIEWER, True)])
def test_who_may_bring_in_no_documents_is_not_offered_to(browser: TestClient, role: Role, may: bool) -> None:
    enter(browser, role)
    assert ('id="drop"' in browser.get("/documents").text) is may
