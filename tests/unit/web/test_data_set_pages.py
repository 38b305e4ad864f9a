"""The pages of data sets: counts without the texts of the test part, imports after a look, judging, undo, exports."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from answers import HOSTILE, TEXT
from autogpt.records import AnswerSpan, Example, Split, Status, Task
from autogpt.services import jobs, working
from autogpt.services.events import history
from autogpt.services.examples import editing, incoming, list_examples, sealing
from autogpt.services.people import Role, add_person
from autogpt.services.recording import text_checksum
from autogpt.store import Store
from autogpt.store.examples import values_of
from autogpt.store.tables import DocumentVersionRow, ExampleRow
from autogpt.web.access import OWNER

FERRY = "The ferry runs every 40 minutes. 👍🏽 Bicycles travel free of charge."
START = FERRY.index("free of charge")
TASKS = [
    {
        "id": 1,
        "data": {"text": FERRY, "question": "What do bicycles cost?"},
        "annotations": [
            {
                "result": [
                    {
                        "id": "a",
                        "from_name": "answer",
                        "to_name": "text",
                        "type": "labels",
                        "value": {
                            "start": START + 2,
                            "end": START + 16,
                            "text": "free of charge",
                            "labels": ["Answer"],
                        },
                    }
                ]
            }
        ],
    },
    {"id": 2, "data": {"text": FERRY, "question": HOSTILE}, "annotations": []},
]
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """New documents are not indexed: that takes a model."""
    monkeypatch.setattr("autogpt.services.indexing.sync", lambda store, sink: None)


@pytest.fixture(autouse=True)
def _document(store: Store, place: tuple[str, str]) -> None:
    """The document is known by its text, as an ingested one is."""
    with store.session() as session:
        session.get_one(DocumentVersionRow, place[1]).text_checksum = text_checksum(TEXT)


def add(store: Store, place: tuple[str, str], id: str, question: str, **facts: Any) -> None:
    answer = AnswerSpan("45 euro a year", TEXT.index("45 euro"))
    example = Example(id, question, document_id=place[0], version_id=place[1], spans=(answer,), answer_text=answer.text)
    if facts.get("task") == Task.CLASSIFY:
        example = Example(id, question, language="en")
    values = {**values_of(example), **{key: getattr(value, "value", value) for key, value in facts.items()}}
    with store.session() as session:
        session.add(ExampleRow(**values))


def upload(client: TestClient, tasks: Any = TASKS, name: str = "tasks.json", **form: str) -> str:
    data = tasks if isinstance(tasks, bytes) else json.dumps(tasks).encode()
    answered = client.post("/datasets/imports", files={"file": (name, data)}, data=form, follow_redirects=False)
    assert answered.status_code == 303, answered.text
    return str(answered.headers["location"])


def run_jobs(store: Store) -> None:
    while (job := jobs.claim(store)) is not None:
        working.work(store, job)


def test_without_examples_the_page_says_what_to_do(client: TestClient) -> None:
    page = client.get("/datasets").text
    assert "There are no examples yet." in page
    assert "Look at it" in page


def test_counts_are_shown_and_the_texts_of_the_test_part_are_not(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    add(store, place, "open", "What is it a year?", split=Split.TRAIN)
    add(store, place, "shut", "What is the secret?", split=Split.TEST)
    add(store, place, "class", "Where is my card?", task=Task.CLASSIFY, classes=["card", "<b>late</b>"])
    page = client.get("/datasets").text
    assert "&lt;b&gt;late&lt;/b&gt;" in page
    assert "secret" not in page
    listed = client.get("/datasets/examples").text
    assert "What is it a year?" in listed
    assert "secret" not in listed
    assert "1 more in the sealed test part" in listed
    assert "secret" not in client.get("/datasets/examples", params={"split": "test", "q": "What"}).text
    assert client.get("/datasets/example", params={"id": "shut"}).status_code == 403
    assert b"secret" not in client.get("/datasets/export", params={"status": ""}).content
    assert client.get("/datasets/export", params={"split": "test"}).status_code == 403
    assert (
        "secret" not in client.post("/datasets/examples/judge", data={"chosen": ["|shut"], "status": "rejected"}).text
    )
    with store.session() as session:
        assert session.get_one(ExampleRow, "shut").status == "accepted"


def test_an_admin_opens_the_test_part_and_it_is_noted(client: TestClient, store: Store, place: tuple[str, str]) -> None:
    add(store, place, "shut", "What is the secret?", split=Split.TEST)
    client.post("/datasets/test-part", data={"what": "open"})
    assert "secret" in client.get("/datasets/examples", params={"split": "test"}).text
    assert "secret" in client.get("/datasets/example", params={"id": "shut"}).text
    assert b"secret" in client.get("/datasets/export", params={"split": "test"}).content
    client.post("/datasets/test-part", data={"what": "seal"})
    assert "secret" not in client.get("/datasets/examples", params={"split": "test"}).text
    assert [(one.person, one.action) for one in history(store, sealing.SUBJECT)] == [(OWNER, "seal"), (OWNER, "open")]


def test_a_file_is_looked_at_before_it_is_brought_in(client: TestClient, store: Store) -> None:
    preview = client.get(upload(client))
    for told in ("Label Studio", "Bring in 1 example", f"{START + 2}–{START + 16} is {START}–{START + 14} here"):
        assert told in preview.text
    assert "nobody has annotated it" in preview.text
    assert "<script>alert" not in preview.text
    chinese = client.get(preview.url.path, headers={"Accept-Language": "zh"}).text
    assert (
        f"{START + 2}–{START + 16} 在这里是 {START}–{START + 14}，“free of charge”。它按 UTF-16 单元计数。" in chinese
    )
    assert "没有人标注过" in chinese
    assert list_examples(store)[1] == 0
    id = preview.url.path.rpartition("/")[2]
    client.post(f"/datasets/imports/{id}")
    run_jobs(store)
    (one,), _ = list_examples(store)
    assert (one.example.question, one.example.answer_text) == ("What do bicycles cost?", "free of charge")
    assert client.get(f"/datasets/imports/{id}").status_code == 404
    (event,) = history(store, sealing.SUBJECT)
    assert (event.person, event.action, event.subject_id, event.after["added"]) == (OWNER, "import", "tasks.json", 1)
    assert "tasks.json" in client.get("/datasets").text


def test_a_large_file_is_looked_at_by_a_job(client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "SMALL", 10)
    path = upload(client)
    assert "Looking at the file" in client.get(path).text
    run_jobs(store)
    assert "Bring in 1 example" in client.get(path).text


def test_a_file_that_cannot_be_read_says_why_and_can_be_read_otherwise(client: TestClient, store: Store) -> None:
    path = upload(client, b"Frage,Antwort,document\nWhat is the fee?,45 euro a year,fees.txt\n", "fragen.csv")
    assert "expected a column" in client.get(path).text
    typed = {"columns": "question=Frage\nanswer=Antwort"}
    again = client.post(f"{path}/look", data=typed).text
    assert "Bring in 1 example" in again
    assert "question=Frage" in again
    wrong = client.post(f"{path}/look", data={"columns": "no equals sign"})
    assert (wrong.status_code, "no equals sign" in wrong.text) == (422, True)
    client.post(f"{path}/discard")
    assert client.get(path).status_code == 404


def test_nothing_is_kept_of_an_upload_that_is_refused(client: TestClient, store: Store) -> None:
    bad = client.post("/datasets/imports", files={"file": ("a.json", b"")}, data={"document": "fees.txt"})
    assert (bad.status_code, "is empty" in bad.text, "fees.txt" in bad.text) == (422, True, True)
    assert client.post("/datasets/imports", files={"file": ("a.json", b"[]")}, data={"format": "x"}).status_code == 422
    for id in ("no", "a" * 32):
        assert client.get(f"/datasets/imports/{id}").status_code == 404


def test_several_are_judged_at_once_unless_they_were_changed_meanwhile(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    add(store, place, "one", "What is it a year?", status=Status.SUGGESTED)
    add(store, place, "two", "How much is it?", status=Status.SUGGESTED)
    versions = {one.example.id: one.version for one in list_examples(store)[0]}
    assert f'value="{versions["one"]}|one"' in client.get("/datasets/examples").text
    editing.set_status(store, "two", Status.REJECTED, "Anna")
    chosen = [f"{version}|{id}" for id, version in versions.items()]
    answered = client.post("/datasets/examples/judge", data={"chosen": chosen, "status": "accepted", "back": "//evil"})
    assert answered.status_code == 409
    assert "last by Anna" in answered.text
    assert "evil" not in answered.text
    statuses = {one.example.id: one.example.status for one in list_examples(store)[0]}
    assert statuses == {"one": Status.ACCEPTED, "two": Status.REJECTED}


def test_one_example_tells_its_history_and_takes_a_change_back(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    add(store, place, "a/b?c&d", HOSTILE)
    query = {"id": "a/b?c&d"}
    page = client.get("/datasets/example", params=query).text
    assert "<mark>45 euro a year</mark>" in page
    assert "<script>alert" not in page
    version = editing.find_example(store, "a/b?c&d").version
    client.post("/datasets/example/judge", data={**query, "status": "rejected", "version": version})
    assert editing.find_example(store, "a/b?c&d").example.status == Status.REJECTED
    stale = client.post("/datasets/example/judge", data={**query, "status": "accepted", "version": version})
    assert (stale.status_code, "was changed since you opened it" in stale.text) == (409, True)
    (event,) = history(store, editing.SUBJECT)
    client.post("/datasets/example/undo", data={**query, "event": str(event.id)})
    assert editing.find_example(store, "a/b?c&d").example.status == Status.ACCEPTED
    assert [one.action for one in history(store, editing.SUBJECT)] == ["undo", "reject"]


@pytest.mark.parametrize("format", ["squad", "csv", "jsonl", "doccano", "label-studio", "labelbox"])
def test_what_is_exported_can_be_brought_in_again(
    client: TestClient, store: Store, place: tuple[str, str], format: str
) -> None:
    add(store, place, "one", "What is it a year?", split=Split.TRAIN)
    answered = client.get("/datasets/export", params={"format": format})
    assert "attachment" in answered.headers["content-disposition"]
    assert "There is nothing new in it." in client.get(upload(client, answered.content, "again.json")).text


def test_dividing_anew_is_an_event_and_takes_a_consent(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    for number in range(40):
        add(
            store,
            place,
            f"c{number}",
            f"Where is card {number}?",
            task=Task.CLASSIFY,
            classes=["card" * (1 + number % 2)],
        )
    client.post("/datasets/split")
    (event,) = history(store, sealing.SUBJECT)
    assert sum(event.after["parts"].values()) == 40
    form: Mapping[str, str] = {"test": "20", "train": "60", "seed": "7", "anew": "yes"}
    client.post("/datasets/split", data=form)
    again = history(store, sealing.SUBJECT)[0]
    assert (again.before["settings"]["seed"], again.after["settings"]) == (13, {"test": 0.2, "train": 0.6, "seed": 7})
    wrong = client.post("/datasets/split", data={**form, "seed": "x"})
    assert (wrong.status_code, 'value="20"' in wrong.text) == (422, True)


def test_an_import_and_a_division_are_undone_from_the_page(
    client: TestClient, store: Store, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autogpt.services.indexing.sync", lambda *_: SimpleNamespace(passages=0))
    for number in range(9):
        add(store, place, f"c{number}", f"Where is card {number}?", task=Task.CLASSIFY, classes=["card"])
    client.post("/datasets/split")
    client.post("/v1/datasets/imports", files={"file": ("tasks.json", json.dumps(TASKS).encode())})
    run_jobs(store)
    brought, division = history(store, sealing.SUBJECT)
    page = client.get("/datasets").text
    assert [f'value="{one.id}" aria-label="Undo' in page for one in (division, brought)] == [True, True]
    for name, role in (("anna", Role.ADMIN), ("bo", Role.REVIEWER)):
        add_person(store, name, PASSWORD, role, by="test")
    client.post("/login", data={"person": "bo", "password": PASSWORD})
    page = client.get("/datasets").text
    assert [f'value="{one.id}" aria-label="Undo' in page for one in (division, brought)] == [False, True]
    assert client.post("/datasets/undo", data={"event": division.id}).status_code == 403
    client.post("/datasets/undo", data={"event": brought.id})
    run_jobs(store)
    assert list_examples(store)[1] == 9
    assert "1 removed, 0 restored" in client.get("/datasets").text
    gone = client.post("/datasets/undo", data={"event": brought.id})
    assert (gone.status_code, "cannot be undone" in gone.text) == (422, True)
    client.post("/login", data={"person": "anna", "password": PASSWORD})
    client.post("/datasets/undo", data={"event": division.id})
    run_jobs(store)
    assert [one.action for one in history(store, sealing.SUBJECT)] == ["undo", "undo", "import", "split"]


def test_programs_count_take_out_and_bring_in(client: TestClient, store: Store, place: tuple[str, str]) -> None:
    add(store, place, "one", "What is it a year?", split=Split.TRAIN)
    add(store, place, "shut", "What is the secret?", split=Split.TEST)
    numbers = client.get("/v1/datasets").json()
    assert (numbers["by_status"], numbers["tasks"]) == ({"accepted": {"train": 1, "test": 1}}, {"extractive": 2})
    assert numbers["lengths"]["question"]["counts"] == [[10, 20, 2]]
    taken = client.get("/v1/datasets/export", params={"format": "doccano"})
    assert ("secret" in taken.text, "What is it a year?" in taken.text) == (False, True)
    assert client.get("/v1/datasets/export", params={"split": "test"}).status_code == 403
    sent = client.post("/v1/datasets/imports", files={"file": ("tasks.json", json.dumps(TASKS).encode())})
    assert sent.status_code == 202
    run_jobs(store)
    result = client.get(sent.headers["location"]).json()["result"]
    assert (result["added"], result["format"], len(result["remarks"])) == (1, "label-studio", 1)


def test_findings_come_from_a_job(client: TestClient, store: Store, place: tuple[str, str]) -> None:
    add(store, place, "one", "What does it cost?", split=Split.TRAIN)
    add(store, place, "two", "What does it cost?", split=Split.TEST)
    assert "Look for it" in client.get("/datasets/findings").text
    client.post("/datasets/findings/check")
    client.post("/datasets/findings/check")
    assert len(jobs.list_jobs(store)) == 1
    run_jobs(store)
    page = client.get("/datasets/findings").text
    assert "leakage" in page
    assert "/datasets/example?id=one" in page
    assert page.count("<figure><figcaption><strong>") == 2
    assert "It is in the sealed test part: what it says is not shown." in page
    client.post("/datasets/test-part", data={"what": "open"})
    page = client.get("/datasets/findings").text
    assert "It is in the sealed test part" not in page
    assert page.count('<p class="asked" dir="auto">What does it cost?</p>') == 2
    client.post("/datasets/findings/suspects", data={"folds": "yes"})
    assert jobs.latest(store, "suspects").payload == {"folds": 3}


def test_roles_are_held(client: TestClient, store: Store, place: tuple[str, str]) -> None:
    add(store, place, "one", "What does it cost?")
    add_person(store, "Root", PASSWORD, Role.ADMIN, "test")
    for role, may in ((Role.ASKER, set()), (Role.ANNOTATOR, {"get"}), (Role.REVIEWER, {"get", "judge"})):
        add_person(store, role.value, PASSWORD, role, "test")
        client.post("/login", data={"person": role.value, "password": PASSWORD})
        statuses = {
            "get": client.get("/datasets/examples").status_code,
            "judge": client.post("/datasets/examples/judge", data={"status": "accepted"}).status_code,
            "split": client.post("/datasets/split").status_code,
            "open": client.post("/datasets/test-part").status_code,
            "settings": client.get("/settings").status_code,
            "folds": client.post("/datasets/findings/suspects", data={"folds": "yes"}).status_code,
        }
        assert 'name="folds"' not in client.get("/datasets/findings").text
        assert {name for name, status in statuses.items() if status != 403} == may, role


def test_a_text_of_200_kilobytes_is_cut_where_it_is_listed(
    client: TestClient, store: Store, place: tuple[str, str], tmp_path: Path
) -> None:
    add(store, place, "long", "x" * 200_000 + "\u202e")
    assert len(client.get("/datasets/examples").content) < 30_000
    assert len(client.get("/datasets/example", params={"id": "long"}).content) < 30_000
