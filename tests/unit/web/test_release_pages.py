"""The pages of releases: what answers, what is different, what the gate says, promoting and going back."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from answers import TEXT
from autogpt.progress import silent
from autogpt.services import jobs, people, release_gate, releasing, working
from autogpt.services.events import history
from autogpt.services.people import Role
from autogpt.services.release_history import compared, promotions
from autogpt.store import Store
from measured import Measures, add_many, add_release, add_run

PASSWORD = "correct horse battery"


def test_the_page_shows_what_answers_and_since_when(client: TestClient, store: Store) -> None:
    assert "There is no release yet" in client.get("/releases").text
    add_release(store, "r1", promoted=True)
    add_release(store, "r2")
    page = client.get("/releases").text
    assert page.index("r2") < page.index("r1")  # the newest first
    assert page.count("<strong>answers now</strong>") == 1
    assert "answers from 41% on" in page
    assert "Promote r2" in page
    assert "Promote r1" not in page
    assert "Go back to r2" not in page  # it has never answered
    assert "better" in page
    assert [(one.version, one.action) for one in promotions(store)] == [("r1", "promote")]
    (store.releases / "r2" / "release.json").write_text("{")
    assert "damaged" in client.get("/releases").text


def test_a_release_is_shown_beside_the_one_that_answers(client: TestClient, store: Store) -> None:
    add_release(store, "r1", promoted=True)
    add_release(store, "r2", reranker="judge")
    differs = {one.fact: (one.own.value, one.other.value) for one in compared(store, "r2", "r1") if one.differs}
    assert differs == {"reader": ("run of r2", "run of r1"), "reranker": ("judge", "")}
    page = client.get("/releases/r2").text
    assert "r1, which answers now" in page
    assert "run of r2" in page
    assert page.count('class="differs"') == 2
    assert "the models of the pack</th>" in client.get("/releases/r1").text  # nothing answered before it
    assert "<td>judge</td>" in client.get("/releases/r1?beside=r2").text
    for unknown in ("r9", "base"):
        assert client.get(f"/releases/{unknown}", headers={"Accept": "text/html"}).status_code == 404


def test_promoting_is_a_job_and_going_back_is_done_at_once(client: TestClient, store: Store) -> None:
    client.follow_redirects = False
    add_release(store, "r1", promoted=True)
    add_release(store, "r2", promoted=True)
    add_release(store, "r3")
    went = client.post("/releases/r3/promote", data={"force": "yes"}).headers["location"]
    kind, payload = jobs.payload_of(store, Path(went).name)
    assert (kind, payload) == ("promote", {"version": "r3", "force": True})
    went = client.post("/releases/r3/measure").headers["location"]
    assert went == "/releases/r3"
    assert "queued" in client.get(went).text
    assert jobs.payload_of(store, jobs.list_jobs(store)[0].id) == ("measure", {"version": "r3"})
    for action in ("promote", "measure"):
        assert client.post(f"/releases/r9/{action}").status_code == 404
    assert client.post("/releases/rollback", data={"version": "r1"}).headers["location"] == "/releases"
    assert [one.action for one in promotions(store)] == ["rollback", "promote", "promote"]
    (event,) = history(store, "release", "r1")
    assert (event.person, event.action, event.before) == ("this machine", "rollback", {"current": "r2"})
    refused = client.post("/releases/rollback", data={"version": "r3"})
    assert refused.status_code in {404, 422}
    assert "r3" in refused.text


@pytest.mark.parametrize(("role", "may"), [(Role.ANNOTATOR, False), (Role.REVIEWER, False), (Role.ADMIN, True)])
def test_only_an_admin_changes_what_answers(client: TestClient, store: Store, role: Role, may: bool) -> None:
    people.add_person(store, "anna", PASSWORD, Role.ADMIN, by="test")
    if role is not Role.ADMIN:
        people.add_person(store, "bo", PASSWORD, role, by="test")
    add_release(store, "r1", promoted=True)
    add_release(store, "r2")
    client.follow_redirects = False
    client.post("/login", data={"person": "anna" if role is Role.ADMIN else "bo", "password": PASSWORD})
    assert ("Promote r2" in client.get("/releases").text) is may
    assert (client.post("/releases/r2/promote").status_code == 303) is may
    assert (client.post("/releases/r2/measure").status_code == 303) is (role is not Role.ANNOTATOR)
    assert (client.post("/releases/rollback").status_code != 403) is may


def test_what_a_manifest_holds_is_shown_as_text(client: TestClient, store: Store) -> None:
    add_release(store, "r1", reranker="<script>alert(1)</script>")
    page = client.get("/releases/r1").text
    assert "<script>alert" not in page
    assert json.loads((store.releases / "r1" / "release.json").read_text())["reranker"]["name"].startswith("<script>")


@pytest.fixture
def judged(client: TestClient, store: Store, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Store:
    """r1 answers; r2 answers one question of three less, r3 all alike."""
    add_many(store, place, TEXT, 3)
    monkeypatch.setattr(release_gate, "measured", Measures(place, TEXT, {"r1": 3, "r2": 2, "r3": 3}))
    add_release(store, "r1", promoted=True)
    add_release(store, "r2")
    add_release(store, "r3")
    return store


def test_a_verdict_is_shown_with_its_figures_and_what_can_be_done(client: TestClient, judged: Store) -> None:
    assert "It was not measured yet" in client.get("/releases/r2").text
    releasing.measure(judged, "r2", by="Anna")
    releasing.measure(judged, "r3", by="Anna")
    listed = client.get("/releases").text
    assert "F1 100.0 → 66.7" in listed
    assert "F1 100.0 → 100.0" in listed
    shown = client.get("/releases/r2").text
    (report,) = release_gate.verdicts(judged, "r2")
    assert report.verdict.overall is not None
    gap = report.verdict.overall.difference
    assert f'{gap.value:+.1f}</strong> <span class="note">{gap.lower:+.1f}…{gap.upper:+.1f}' in shown
    assert "F1 100.0 before and 66.7 after on 3 questions" in shown
    assert "What can be done" in shown
    before, after = report.evaluations
    assert f"/evaluate/compare?before={before}&amp;after={after}" in shown
    assert "Two releases side by side" in client.get(f"/evaluate/compare?before={before}&after={after}").text
    assert "autogpt " not in shown
    assert "What can be done" not in client.get("/releases/r3").text
    chinese = client.get("/releases/r2", headers={"Accept-Language": "zh"}).text
    assert "在 3 个问题上，F1 之前为 100.0，之后为 66.7" in chinese
    assert "before and" not in chinese


def test_a_refused_promotion_leads_to_its_verdict_and_names_no_command(client: TestClient, judged: Store) -> None:
    job = jobs.enqueue(judged, "promote", {"version": "r2"}, "Anna")
    assert jobs.claim(judged) == job.id
    assert working.work(judged, job.id) is False
    page = client.get(f"/jobs/{job.id}").text
    assert "Release &#39;r2&#39; was not promoted" in page
    assert 'href="/releases/r2#verdict"' in page
    shown = client.get("/releases/r2").text
    assert "was not promoted" not in shown  # the verdict stands there by itself
    assert "Promote it all the same, below" in shown
    assert "autogpt " not in page + shown
    chinese = client.get(f"/jobs/{job.id}", headers={"Accept-Language": "zh"}).text
    assert "未能上线：与“r1”相比为“未证明”" in chinese or "未能上线：与“r1”相比为“更差”" in chinese
    assert "before and" not in chinese


def test_what_is_said_of_a_release_is_of_what_answered_then(client: TestClient, judged: Store) -> None:
    releasing.measure(judged, "r2")
    releasing.promote(judged, "r3")
    assert "r3 answers now: measure it again" in client.get("/releases/r2").text
    releasing.measure(judged, "r2")
    shown = client.get("/releases/r2").text
    assert "measure it again to compare" not in shown
    assert "Earlier verdicts" in shown


def test_a_job_that_came_to_no_verdict_says_why_on_the_page_of_its_release(client: TestClient, judged: Store) -> None:
    job = jobs.enqueue(judged, "measure", {"version": "r2"})
    jobs.claim(judged)
    jobs.fail(judged, job.id, "There is no room left.")
    shown = client.get("/releases/r2").text
    assert "There is no room left." in shown
    assert f'href="/jobs/{job.id}"' in shown
    releasing.measure(judged, "r2", sink=silent)
    assert "There is no room left." not in client.get("/releases/r2").text


def test_trainings_and_evaluations_of_both_are_linked(client: TestClient, judged: Store) -> None:
    run = add_run(judged)
    add_release(judged, "r4", run=run)
    shown = client.get("/releases/r4").text
    assert f'<a href="/train/{run}">' in shown
    assert "Neither of the two was measured yet." in shown
    report = releasing.measure(judged, "r2")
    before, after = report.evaluations
    shown = client.get("/releases/r4").text
    assert f'<a href="/evaluate/{before}">100.0</a>' in shown  # of r1 alone
    assert f"before={before}&amp;after={after}" in client.get("/releases/r2?beside=r1").text
