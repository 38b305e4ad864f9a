"""The pages of evaluations: what is measured and kept, what a threshold would give, misses by cause, two compared."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from answers import HOSTILE, TEXT
from autogpt.errors import UsageError
from autogpt.services import evaluations, gold_sets, jobs, people
from autogpt.services.events import history
from autogpt.services.ingesting import remove
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow
from measured import Says, add_questions, gold_bytes, keep, measured

PASSWORD = "correct horse battery"
ASKED = {
    "What does the Gold card cost a year?": "45 euro a year",
    "When is a loan paid out?": "within two days",
    "What does cash abroad cost?": "1% of the sum",
    "Who is free of charge?": "students under 26",
    "Who is the mayor?": "",
}
#: Right and given; right and withheld; another span; not found; given though there is no answer.
SAID = {
    "What does the Gold card cost a year?": ("45 euro a year", 0.9, True, True),
    "When is a loan paid out?": ("within two days", 0.3, False, True),
    "What does cash abroad cost?": ("45 euro a year", 0.8, True, True),
    "Who is free of charge?": ("within two days", 0.6, True, False),
    "Who is the mayor?": ("students under 26", 0.5, True, True),
}


@pytest.fixture
def asked(store: Store, place: tuple[str, str]) -> Says:
    add_questions(store, place, TEXT, ASKED)
    return Says(place, TEXT, SAID)


def test_a_release_is_measured_by_a_job_and_what_it_found_is_kept(
    client: TestClient, store: Store, asked: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.follow_redirects = False
    assert "Nothing was measured yet" in client.get("/evaluate").text
    went = client.post("/evaluate", data={"release": "base", "on": "validation"}).headers["location"]
    job = jobs.get(store, Path(went).name)
    assert job.payload == {"release": "base", "part": "validation"}
    assert "queued" in client.get(went).text
    monkeypatch.setattr("autogpt.services.evaluating.measure_workspace", lambda *_: measured(store, asked))
    monkeypatch.setattr("autogpt.services.bundles.find_release", lambda *_: type("R", (), {"policy": Policy}))
    about = evaluations.measure_part(store, job.id, "base", "validation", "Anna")
    assert about.metrics["questions"] == 5
    page = client.get(went).text
    assert "This release answers from 40% on." in page
    assert went in client.get("/evaluate").text


class Policy:
    threshold = 0.4


def test_scores_have_intervals_and_a_threshold_is_chosen_without_scripts(
    client: TestClient, store: Store, asked: Says
) -> None:
    id = keep(store, measured(store, asked))
    page = client.get(f"/evaluate/{id}").text
    assert re.search(r"exact match</dt><dd>20.0 <span[^>]*>0.0–60.0", page)
    assert '<strong id="answered">80%</strong> of the questions are answered' in page
    assert '<strong id="wrong">75%</strong>' in page
    assert "1 right answers are withheld" in page
    surer = client.get(f"/evaluate/{id}?threshold=85").text
    assert '<strong id="answered">20%</strong>' in surer
    assert '<strong id="wrong">0%</strong>' in surer
    never = client.get(f"/evaluate/{id}?threshold=100").text
    assert '<strong id="wrong">–</strong>' in never
    points = json.loads(unescape(re.search(r'data-points="(.*?)"', page)[1]))  # type: ignore[index]
    assert (len(points["points"]), points["points"][85], points["questions"]) == (101, [1, 0, 1], 5)


def test_each_miss_has_its_cause_and_leads_to_its_place(
    client: TestClient, store: Store, asked: Says, place: tuple[str, str]
) -> None:
    id = keep(store, measured(store, asked))
    page = client.get(f"/evaluate/{id}").text
    assert [f"{name} 1" in page for name in ("retrieval", "reading")] == [True, True]
    assert "threshold 2" in page
    reading = client.get(f"/evaluate/{id}?cause=reading").text
    misses = reading[reading.index('id="misses"') :]
    assert "What does cash abroad cost?" in misses
    assert "Who is free of charge?" not in misses
    start = TEXT.index("1% of the sum")
    assert f"/documents/{place[0]}?start={start}&amp;end={start + 13}#place" in misses
    assert (
        f"/annotate/{place[0]}?question=What%20does%20cash%20abroad%20cost%3F&amp;start={start}&amp;end={start + 13}"
        in (misses)
    )
    assert "the answer stands in passage 1" in misses


def test_the_test_part_is_sealed_for_all_but_admins(client: TestClient, store: Store, place: tuple[str, str]) -> None:
    add_questions(store, place, TEXT, ASKED, "test")
    id = keep(store, measured(store, Says(place, TEXT, SAID), "test"))
    for name, role in (("anna", Role.ADMIN), ("bo", Role.REVIEWER), ("cy", Role.ANNOTATOR)):
        people.add_person(store, name, PASSWORD, role, by="test")
    shown = {}
    for name in ("anna", "bo", "cy"):
        client.post("/login", data={"person": name, "password": PASSWORD})
        shown[name] = client.get(f"/evaluate/{id}").text
    assert "What does cash abroad cost?" in shown["anna"]
    assert "the test part is to tune on it" in shown["anna"]
    for name in ("bo", "cy"):
        assert "What does cash abroad cost?" not in shown[name]
        assert "fees.txt" not in shown[name]
        assert "The test part is sealed" in shown[name]
        assert "reading 1" in shown[name]  # how often is told, of what is not
    client.post("/login", data={"person": "bo", "password": PASSWORD})
    assert client.post("/evaluate", data={"on": "test"}).status_code == 403
    assert client.post("/v1/jobs", json={"kind": "evaluate", "part": "test"}).status_code == 403
    assert client.post(f"/evaluate/{id}/remove").status_code == 403
    assert jobs.list_jobs(store) == []


def test_texts_of_documents_that_are_gone_or_not_for_everybody_are_not_shown(
    client: TestClient, store: Store, asked: Says, place: tuple[str, str]
) -> None:
    id = keep(store, measured(store, asked))
    with store.session() as session:
        session.get_one(DocumentRow, place[0]).labels = ["board"]
    page = client.get(f"/evaluate/{id}").text
    assert "4 misses are not shown" in page
    assert "45 euro" not in page
    assert "fees.txt" not in page
    with store.session() as session:
        session.get_one(DocumentRow, place[0]).labels = []
    assert "45 euro" in client.get(f"/evaluate/{id}").text
    with store.session() as session:
        session.get_one(DocumentVersionRow, place[1]).raw_checksum = "ab" * 32
    remove(store, [place[0]], sync=lambda *_: 0)
    assert "45 euro" not in client.get(f"/evaluate/{id}").text
    # Nor are they kept.
    kept = (store.folder / evaluations.FOLDER / id / "report.json").read_text()
    assert "45 euro" not in kept
    assert "fees.txt" not in kept
    assert "What does cash abroad cost?" in kept


def test_two_are_compared_by_the_rule_of_the_gate(
    client: TestClient, store: Store, asked: Says, place: tuple[str, str]
) -> None:
    before = keep(store, measured(store, asked, release="r1"), "2026-11-28T12:00:00+00:00")
    better = {**SAID, "What does cash abroad cost?": ("1% of the sum", 0.9, True, True)}
    after = keep(store, measured(store, Says(place, TEXT, better), release="r2"))
    page = client.get(f"/evaluate/compare?before={before}&after={after}").text
    assert re.search(r"Verdict: (better|equal|unproven)", page)
    assert "overall" in page
    assert "+20.0" in page
    assert "1 better, 0 worse" in page
    assert "1% of the sum" in page
    same = client.get(f"/evaluate/compare?before={before}&after={before}")
    assert (same.status_code, "Choose two different evaluations" in same.text) == (422, True)
    assert client.get(f"/evaluate/compare?before={before}&after=none").status_code == 404


def test_gold_sets_are_kept_measured_on_and_removed(
    client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.follow_redirects = False
    file = ("<b>gold.jsonl", gold_bytes(), "application/json")
    assert client.post("/evaluate/gold", files={"file": file}).status_code == 303
    (gold,) = gold_sets.list_gold_sets(store)
    assert (gold.name, gold.questions, gold.unanswerable) == ("bgold.jsonl", 2, 1)
    assert "bgold.jsonl" in client.get("/evaluate").text
    went = client.post("/evaluate", data={"on": gold.id, "release": "base"}).headers["location"]
    assert jobs.get(store, Path(went).name).payload == {"release": "base", "gold": gold.id, "alone": False}
    went = client.post("/evaluate", data={"on": f"alone:{gold.id}"}).headers["location"]
    assert jobs.get(store, Path(went).name).payload == {"release": "", "gold": gold.id, "alone": True}
    for wrong, words in ((b"", "is empty"), (b"hello", "gold.json"), (b"[]", "gold.json")):
        refused = client.post("/evaluate/gold", files={"file": ("gold.json", wrong, "application/json")})
        assert refused.status_code == 422, wrong
        assert words in refused.text
        assert str(store.folder) not in refused.text
    assert len(list((store.folder / gold_sets.FOLDER).iterdir())) == 2
    client.post(f"/evaluate/gold/{gold.id}/remove")
    assert gold_sets.list_gold_sets(store) == []
    assert [one.action for one in history(store, "gold set", gold.id)] == ["remove", "add"]
    assert client.post("/evaluate", data={"on": gold.id}).status_code == 404
    assert "1 removed set" in client.get("/evaluate").text
    assert client.post(f"/evaluate/gold/{gold.id}/restore").status_code == 303
    assert gold_sets.list_gold_sets(store) == [gold]
    again = client.post(f"/evaluate/gold/{gold.id}/restore")
    assert (again.status_code, "no longer kept" in again.text) == (404, True)


def gold_of_the_document(*more: str) -> bytes:
    """Questions about the document of the workspace, and about each of some other texts."""
    line = {"title": "Fees", "context": TEXT}
    asked = {question: answer for question, answer in ASKED.items() if answer}
    qas = [
        {"id": question[:9], "question": question, "answers": [{"text": answer, "answer_start": TEXT.index(answer)}]}
        for question, answer in asked.items()
    ]
    others = [
        {"title": "Other", "context": text, "qas": [{"id": text[:9], "question": text, "is_impossible": True}]}
        for text in more
    ]
    return b"\n".join(json.dumps(one).encode() for one in ({**line, "qas": qas}, *others))


class Opened(Says):
    """An answerer that says what it is told, as one opens it."""

    release = "base"

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_a_gold_set_is_asked_over_all_documents_and_its_misses_have_their_causes(
    client: TestClient, store: Store, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autogpt.services.answering.Answerer", lambda *_, **__: Opened(place, TEXT, SAID))
    monkeypatch.setattr("autogpt.services.bundles.find_release", lambda *_: type("R", (), {"policy": Policy}))
    file = ("gold.jsonl", gold_of_the_document("Nothing of ours.", "Nor this."), "application/json")
    client.post("/evaluate/gold", files={"file": file})
    (gold,) = gold_sets.list_gold_sets(store)
    about = evaluations.measure_gold(store, "ab" * 16, "", gold.id, "Anna")
    assert (about.release, about.metrics["questions"], about.left_out, about.alone) == ("base", 4, 2, False)
    page = client.get(f"/evaluate/{about.id}").text
    assert "2 questions of the set were not asked" in page
    assert [f"{name} 1" in page for name in ("retrieval", "reading", "threshold")] == [True, True, True]
    assert f'href="/documents/{place[0]}">fees.txt' in page
    # What measures is not to be trained on.
    assert f"/annotate/{place[0]}" not in page
    with store.session() as session:
        session.get_one(DocumentRow, place[0]).labels = ["board"]
    assert "fees.txt" not in client.get(f"/evaluate/{about.id}").text


def test_a_gold_set_about_other_documents_is_refused_with_a_way_out(client: TestClient, store: Store) -> None:
    line = {
        "title": "Other",
        "context": "Nothing of ours.",
        "qas": [{"id": "o", "question": "?", "is_impossible": True}],
    }
    client.post("/evaluate/gold", files={"file": ("gold.jsonl", json.dumps(line).encode(), "application/json")})
    (gold,) = gold_sets.list_gold_sets(store)
    with pytest.raises(UsageError, match="None of the 1 questions") as refused:
        evaluations.measure_gold(store, "ab" * 16, "", gold.id, "Anna")
    assert "measure the reader alone" in refused.value.hint
    assert evaluations.list_evaluations(store) == []


def test_programs_measure_on_gold_sets_too(client: TestClient, store: Store) -> None:
    client.post("/evaluate/gold", files={"file": ("gold.jsonl", gold_bytes(), "application/json")})
    (gold,) = gold_sets.list_gold_sets(store)
    for name, role in (("anna", Role.ADMIN), ("bo", Role.REVIEWER)):
        people.add_person(store, name, PASSWORD, role, by="test")
    client.post("/login", data={"person": "bo", "password": PASSWORD})
    begun = client.post("/v1/jobs", json={"kind": "evaluate", "gold": gold.id, "alone": True})
    assert begun.status_code == 202
    assert jobs.get(store, begun.json()["id"]).payload == {"release": "", "gold": gold.id, "alone": True}
    assert client.post("/v1/jobs", json={"kind": "evaluate", "gold": "none"}).status_code == 404
    # Who may begin it may stop it.
    assert client.post(f"/v1/jobs/{begun.json()['id']}/cancel").status_code == 200


def test_what_cannot_be_measured_is_said_before_it_is_queued(client: TestClient, store: Store) -> None:
    assert "validation part has no questions" in client.post("/evaluate", data={"on": "validation"}).text
    assert client.post("/evaluate", data={"release": "r9", "on": "validation"}).status_code == 422
    assert client.post("/evaluate", data={"on": "../../etc"}).status_code == 404
    assert client.get("/evaluate/..%2F..%2Fetc", headers={"Accept": "text/html"}).status_code == 404
    assert jobs.list_jobs(store) == []


def test_an_evaluation_is_removed_and_who_did_it_is_kept(client: TestClient, store: Store, asked: Says) -> None:
    id = keep(store, measured(store, asked))
    client.post(f"/evaluate/{id}/remove")
    assert evaluations.list_evaluations(store) == []
    (event,) = history(store, "evaluation", id)
    assert (event.person, event.action, event.before) == (
        "this machine",
        "remove",
        {"release": "r7", "data": "validation"},
    )
    assert client.get(f"/evaluate/{id}", headers={"Accept": "text/html"}).status_code == 404
    assert "1 removed evaluation" in client.get("/evaluate").text
    assert "1 removed" not in client.post(f"/evaluate/{id}/restore").text
    assert client.get(f"/evaluate/{id}").status_code == 200
    assert client.post(f"/evaluate/{id}/restore").status_code == 404


def test_what_a_question_or_an_answer_holds_is_shown_as_text(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    asked = {f"{HOSTILE} \u202eabc 😀": "45 euro a year", "x" * 200_000: "within two days"}
    add_questions(store, place, TEXT, asked)
    said = dict.fromkeys(asked, ("1% of the sum", 0.7, True, True))
    page = client.get(f"/evaluate/{keep(store, measured(store, Says(place, TEXT, said)))}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "😀" in page


def test_programs_read_scores_and_points_but_no_texts(client: TestClient, store: Store, asked: Says) -> None:
    id = keep(store, measured(store, asked))
    (listed,) = client.get("/v1/evaluations").json()["evaluations"]
    assert (listed["id"], listed["release"], listed["data"], listed["threshold"]) == (id, "r7", "validation", 0.4)
    told = client.get(f"/v1/evaluations/{id}")
    assert told.json()["points"][85] == {"threshold": 0.85, "answered": 1, "wrong": 0, "withheld": 1}
    assert told.json()["causes"] == {"threshold": 2, "reading": 1, "retrieval": 1}
    assert "45 euro" not in told.text
    assert client.get("/v1/evaluations/none").status_code == 404
