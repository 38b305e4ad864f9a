"""The pages for annotating: forms that lose nothing, drafts as JSON, roles, and text that stays text."""

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from answers import HOSTILE, TEXT, FakeAnswerer, add_document
from autogpt.records import Status
from autogpt.services import jobs, people
from autogpt.services.annotating import assigning, drafts, guidelines
from autogpt.services.examples import Written, create_example, find_example
from autogpt.services.examples.listing import load_examples
from autogpt.services.examples.sealing import open_test_part
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.store.tables import DocumentVersionRow, ExampleRow, ReviewRow
from autogpt.web.document_parts import exact
from autogpt.web.markdown import shown

PASSWORD = "correct horse battery"
AT = TEXT.index("45 euro")
STUDENTS = "What do students pay?"
HTML = {"Accept": "text/html"}


def form(place: tuple[str, str], **values: object) -> dict[str, object]:
    return {"question": "What does Gold cost?", "spans": f"{AT}-{AT + 7}", "version_id": place[1]} | values


def save(client: TestClient, place: tuple[str, str], **values: object) -> str:
    client.follow_redirects = False
    response = client.post(f"/annotate/{place[0]}", data=form(place, **values))
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def review_rows(store: Store) -> list[ReviewRow]:
    with store.session() as session:
        return list(session.scalars(select(ReviewRow)))


def test_the_text_of_the_page_is_the_documents_character_by_character(client: TestClient, store: Store) -> None:
    text = f"{HOSTILE}\r\nA &amp; B\n\n😀 45 euro \u202e end"
    document, version = add_document(store, "hostile.txt", text, HOSTILE)
    at = text.index("45")
    client.post(
        f"/annotate/{document}",
        data={"question": HOSTILE, "spans": f"{at}-{at + 7}", "version_id": version, "phrasings": HOSTILE + "?"},
    )
    page = client.get(f"/annotate/{document}").text
    article = re.search(r"<article[^>]*>(.*?)</article>", page, re.S)
    assert article is not None
    assert unescape(re.sub(r"<[^>]+>", "", article[1]).replace("&#13;", "\r")) == text
    assert re.search(r'<mark class="answered" data-example="\w+">45 euro</mark>', article[1])
    assert "<script>alert" not in page
    assert "<img" not in page.replace('<img src="/static', "")


def test_what_is_saved_is_an_example_and_the_draft_is_gone(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    drafts.keep_draft(store, "this machine", place[0], place[1], {"question": "What does Gold cost?"}, 0)
    location = save(client, place, example="e1", draft_version=1, phrasings="How much?\r\n\r\nAnd how much?\n")
    assert save(client, place, example="e1") == location  # sent twice
    (example, *others) = sorted(load_examples(store), key=lambda one: one.id != "e1")
    assert (example.id, example.answer_text, example.annotator) == ("e1", "45 euro", "this machine")
    assert {one.question for one in others} == {"How much?", "And how much?"}
    assert not drafts.read_draft(store, "this machine", place[0]).content
    page = client.get(location).text
    event = re.search(r'name="event" value="(\d+)"', page)
    assert event is not None
    assert client.post(f"/annotate/{place[0]}/undo", data={"event": event[1]}).status_code == 303
    assert load_examples(store) == []


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"question": "?"}, 422, "The question is empty."),
        ({"spans": ""}, 422, "No answer is marked."),
        ({"spans": "9-x"}, 422, "could not be read"),
        ({"spans": "99999-100000"}, 422, "beyond the end"),
        ({"spans": "", "quoted": "Platinum"}, 422, "does not stand in the document"),
        ({"version_id": "older"}, 409, "brought in anew"),
        ({"example": "gone", "read_at": "2026-01-01T00:00:00+00:00"}, 409, "there no more"),
    ],
)
def test_what_cannot_be_saved_stands_in_the_form_again(
    client: TestClient, store: Store, place: tuple[str, str], wrong: dict[str, str], status: int, words: str
) -> None:
    response = client.post(
        f"/annotate/{place[0]}", data=form(place, phrasings="Typed with care", **wrong), headers=HTML
    )
    assert response.status_code == status
    assert words in response.text
    assert "Typed with care" in response.text
    assert unescape(response.text).count(str(wrong.get("question", "What does Gold cost?"))) >= 1
    assert load_examples(store) == []


def test_of_two_who_change_an_example_the_second_is_told_and_keeps_what_was_typed(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    save(client, place, example="e1")
    seen = find_example(store, "e1").version
    page = client.get(f"/annotate/{place[0]}?example=e1").text
    assert f'value="{seen}"' in page.replace("&#43;", "+")
    save(client, place, example="e1", read_at=seen, question="What is the price of Gold?")
    late = client.post(
        f"/annotate/{place[0]}", data=form(place, example="e1", read_at=seen, question="Mine"), headers=HTML
    )
    assert late.status_code == 409
    assert "Mine" in late.text
    assert "What is the price of Gold?" in late.text
    assert find_example(store, "e1").example.question == "What is the price of Gold?"


def test_the_address_of_other_pages_fills_the_form(client: TestClient, place: tuple[str, str]) -> None:
    page = client.get(f"/annotate/{place[0]}?question=What+is+it%3F&start={AT}&end={AT + 7}&review=r1").text
    assert "What is it?</textarea>" in page
    assert f'name="spans" value="{AT}-{AT + 7} "' in page
    assert "<bdi>45 euro</bdi>" in page
    assert 'name="review" value="r1"' in page
    second = client.get(f"/annotate/{place[0]}?page=2").text
    assert 'name="at" value="60"' in second
    assert client.get("/annotate/none", headers=HTML).status_code == 404


def test_three_hundred_pages_are_opened_at_any_of_them(client: TestClient, store: Store) -> None:
    pages = [f"Page {number} begins. {'Words of it. ' * 250}\n" for number in range(1, 301)]
    document, version = add_document(store, "long.pdf", "".join(pages))
    starts = [sum(map(len, pages[:at])) for at in range(300)]
    with store.session() as session:
        row = session.get_one(DocumentVersionRow, version)
        row.outline = {"pages": [[at + 1, start, start + len(pages[at])] for at, start in enumerate(starts)]}
    page = client.get(f"/annotate/{document}?page=250").text
    assert "Page 250 begins." in page
    assert "Page 1 begins." not in page
    assert len(page) < 60_000
    at = starts[249] + len("Page ")
    client.follow_redirects = False
    client.post(f"/annotate/{document}", data={"question": "Which?", "spans": f"{at}-{at + 3}", "version_id": version})
    assert [one.answer_text for one in load_examples(store)] == ["250"]


def test_drafts_are_kept_as_json_and_a_later_one_is_not_overwritten(client: TestClient, place: tuple[str, str]) -> None:
    path = f"/v1/drafts/{place[0]}"
    body = {"version": 0, "version_id": place[1], "question": "Begun", "spans": [[AT, AT + 7]]}
    kept = client.put(path, json=body)
    assert kept.json()["version"] == 1
    late = client.put(path, json=body | {"question": "Other"})
    assert late.status_code == 409
    assert late.json()["draft"]["content"]["question"] == "Begun"
    assert client.get(path).json()["content"]["spans"] == [[AT, AT + 7]]
    assert "begun, not saved" in client.get("/annotate").text
    assert client.put(path, json={"version": 1, "version_id": place[1]}).json()["content"] == {}
    assert client.put(path, json={"version": "x", "question": 5}).status_code == 422


def test_the_model_marks_an_answer_and_suggestions_are_judged(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    asked = client.post(
        f"/v1/drafts/{place[0]}/answer", json={"question": "What does the Gold card cost a year?"}
    ).json()
    assert asked["found"] == {"start": AT, "end": AT + 14, "text": "45 euro a year", "confidence": 0.93}
    assert client.post(f"/v1/drafts/{place[0]}/answer", json={"question": "Who?"}).json()["found"] is None
    client.follow_redirects = False
    went = client.post(f"/annotate/{place[0]}/suggest").headers["location"]
    assert "suggested=2" in went
    assert "could not be asked" not in client.get(went).text
    assert "A model could not be asked about all of it." in client.get(f"{went}&cut=yes").text
    first, second = load_examples(store, Status.SUGGESTED)
    seen = find_example(store, first.id).version
    stale = client.post(f"/annotate/{place[0]}/judge", data={"example": first.id, "read_at": "old", "accept": "yes"})
    assert stale.status_code == 409
    client.post(f"/annotate/{place[0]}/judge", data={"example": first.id, "read_at": seen, "accept": "yes"})
    seen = find_example(store, second.id).version
    client.post(f"/annotate/{place[0]}/judge", data={"example": second.id, "read_at": seen})
    assert [find_example(store, one.id).example.status for one in (first, second)] == ["accepted", "rejected"]


@pytest.fixture
def asked(client: TestClient, answerer: FakeAnswerer, place: tuple[str, str]) -> str:
    """A question that waits for review, and was suggested about the document that came nearest: the example's id."""
    answerer.ask(STUDENTS)
    answerer.know(STUDENTS, "free for students", 0.71)
    client.post(f"/annotate/{place[0]}/suggest")
    return next(one.id for one in load_examples(answerer.store, Status.SUGGESTED) if one.question == STUDENTS)


def test_a_question_that_waits_for_review_is_suggested_and_decided_by_accepting_it(
    client: TestClient, store: Store, place: tuple[str, str], asked: str
) -> None:
    page = client.get(f"/annotate/{place[0]}").text
    assert "waits in Review" in page
    assert "The model is 71% sure" in page
    seen = find_example(store, asked).version
    client.post(f"/annotate/{place[0]}/judge", data={"example": asked, "read_at": seen, "accept": "yes"})
    (row,) = review_rows(store)
    assert (row.state, row.resolution["action"], row.resolution["examples"]) == ("decided", "accepted", [asked])
    assert find_example(store, asked).example.provenance == "confirmed:asked"


def test_a_suggestion_that_is_mended_decides_the_question_as_corrected(
    client: TestClient, store: Store, place: tuple[str, str], asked: str
) -> None:
    (row,) = review_rows(store)
    page = client.get(f"/annotate/{place[0]}?example={asked}").text
    assert f'name="review" value="{row.id}"' in page
    save(client, place, example=asked, read_at=find_example(store, asked).version, question=STUDENTS, review=row.id)
    (row,) = review_rows(store)
    assert (row.state, row.resolution["action"]) == ("decided", "corrected")
    mended = find_example(store, asked).example
    assert (mended.answer_text, mended.confidence) == ("45 euro", None)


def test_a_rejected_suggestion_leaves_the_question_waiting(
    client: TestClient, store: Store, place: tuple[str, str], asked: str
) -> None:
    client.post(f"/annotate/{place[0]}/judge", data={"example": asked, "read_at": find_example(store, asked).version})
    assert [row.state for row in review_rows(store)] == ["open"]


def test_questions_about_many_documents_are_suggested_by_a_job(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    page = client.get("/annotate").text
    assert f'name="document" value="{place[0]}"' in page
    refused = client.post("/annotate/suggest?q=fees")
    assert refused.status_code == 422
    assert "Choose documents." in refused.text
    client.follow_redirects = False
    began = client.post("/annotate/suggest", data={"document": [place[0], "other"]})
    (job,) = jobs.list_jobs(store)
    assert began.headers["location"] == f"/jobs/{job.id}"
    assert (job.kind, job.payload) == ("suggest", {"documents": [place[0], "other"]})


@pytest.mark.parametrize(
    ("role", "writes", "decides"),
    [(Role.ASKER, False, False), (Role.ANNOTATOR, True, False), (Role.REVIEWER, True, True)],
)
def test_annotators_write_and_reviewers_decide(
    client: TestClient, store: Store, place: tuple[str, str], role: Role, writes: bool, decides: bool
) -> None:
    people.add_person(store, "anna", PASSWORD, Role.ADMIN, by="test")
    people.add_person(store, "bo", PASSWORD, role, by="test")
    client.follow_redirects = False
    client.post("/login", data={"person": "bo", "password": PASSWORD})
    assert (client.get("/annotate").status_code == 200) is writes
    assert ("/annotate" in client.get("/").text) is writes
    assert (client.post(f"/annotate/{place[0]}", data=form(place)).status_code == 303) is writes
    assert (client.get(f"/annotate/{place[0]}/adjudicate").status_code == 200) is decides
    assert (client.post("/annotate/guidelines", data={"text": "x"}).status_code == 303) is decides
    assign = {"document": place[0], "person": "anna", "overlap": "1"}
    assert (client.post("/annotate/assign", data=assign).status_code == 303) is decides
    assert (client.post("/annotate/suggest", data=assign).status_code == 303) is decides
    assert (client.get("/v1/examples").status_code == 200) is decides
    assert bool(assigning.assignments(store)) is decides


def test_what_was_chosen_to_be_assigned_stays_chosen_where_it_cannot_be(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    people.add_person(store, "anna", PASSWORD, Role.ADMIN, by="test")
    client.post("/login", data={"person": "anna", "password": PASSWORD})
    client.follow_redirects = False
    refused = client.post("/annotate/assign?mine=false&q=fee", data={"document": place[0], "overlap": "1"})
    assert refused.status_code == 422
    assert "Tick at least one of each." in refused.text
    assert f'value="{place[0]}" checked' in refused.text
    taken = client.post("/annotate/assign?q=fee", data={"document": place[0], "person": "anna"})
    assert taken.headers["location"] == "/annotate?q=fee"


def test_who_annotates_is_changed_by_one_at_a_time_and_taken_back(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    people.add_person(store, "anna", PASSWORD, Role.ADMIN, by="test")
    people.add_person(store, "bo", PASSWORD, Role.ANNOTATOR, by="test")
    client.post("/login", data={"person": "anna", "password": PASSWORD})
    path = f"/annotate/{place[0]}/adjudicate"
    assigned = client.post(path, data={"action": "assign", "person": ["anna", "bo"]}).text
    assert '<input type="hidden" name="seen" value="bo">' in assigned
    late = client.post(path, data={"action": "assign", "person": "bo"})
    assert (late.status_code, "it is now anna, bo" in late.text) == (409, True)
    settled = client.post(path, data={"action": "settle"}).text
    event = re.search(r'name="event" value="(\d+)"', settled)
    assert event is not None
    client.post(path, data={"action": "undo", "event": event[1]})
    assert {one.person: one.state for one in assigning.assignments(store)} == {"anna": "open", "bo": "open"}


def test_somebody_elses_change_is_undone_by_a_reviewer_alone(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    for name, role in (("anna", Role.ADMIN), ("bo", Role.ANNOTATOR)):
        people.add_person(store, name, PASSWORD, role, by="test")
    client.follow_redirects = False
    client.post("/login", data={"person": "anna", "password": PASSWORD})
    save(client, place, example="e1")
    client.post("/logout")
    client.post("/login", data={"person": "bo", "password": PASSWORD})
    from autogpt.services import events

    event = events.history(store, "example", "e1")[0].id
    assert client.post(f"/annotate/{place[0]}/undo", data={"event": event}, headers=HTML).status_code == 422
    assert find_example(store, "e1")
    assert client.post(f"/annotate/{place[0]}/done", headers=HTML).status_code == 404


def test_guidelines_are_shown_safely_and_nothing_typed_is_lost(client: TestClient, store: Store) -> None:
    client.follow_redirects = False
    assert client.post("/annotate/guidelines", data={"text": f"# How\n{HOSTILE}", "version": 0}).status_code == 303
    page = client.get("/annotate/guidelines").text
    assert "<h1>How</h1>" in page
    assert "<script>alert" not in page
    late = client.post("/annotate/guidelines", data={"text": "Typed with care", "version": 0}, headers=HTML)
    assert late.status_code == 409
    assert "Typed with care" in late.text
    assert "<h1>How</h1>" in late.text
    assert guidelines.read_guidelines(store).version == 1
    assert "javascript:" not in shown("[a](javascript:alert(1))").replace("[a](javascript:alert(1))", "")
    assert "<img" not in shown("![a](http://elsewhere.example/x.png)")
    assert exact("\r\n\0<") == "&#13;\n\N{REPLACEMENT CHARACTER}&lt;"


def test_what_is_saved_decides_the_questions_of_the_queue_that_it_was_opened_for(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    with store.session() as session:
        for id in ("r1", "r2", "r3"):
            session.add(ReviewRow(id=id, question="Gold?", reason="abstained", audit_id=f"a-{id}"))
    save(client, place, example="e1", review="r1,r2")
    with store.session() as session:
        waiting = [row.id for row in session.query(ReviewRow) if row.state == "open"]
    assert waiting == ["r3"]


def test_the_sealed_test_part_is_shown_to_who_wrote_it_alone(
    client: TestClient, store: Store, place: tuple[str, str]
) -> None:
    for name, by in (("mine", "this machine"), ("other", "bo")):
        create_example(store, place[0], Written(f"Is this {name}?"), by, id=name)
    with store.session() as session:
        for row in session.query(ExampleRow):
            row.split = "test"
    page = client.get(f"/annotate/{place[0]}").text
    assert "Is this mine?" in page
    assert "Is this other?" not in page
    assert client.get(f"/annotate/{place[0]}?example=other").status_code == 403
    assert client.get("/v1/examples/other").status_code == 403
    assert client.get("/v1/examples").json()["total"] == 0
    open_test_part(store, "this machine")
    assert "Is this other?" in client.get(f"/annotate/{place[0]}").text
    assert client.get("/v1/examples").json()["total"] == 2


def test_programs_write_change_and_judge_examples(client: TestClient, place: tuple[str, str]) -> None:
    body = {
        "document_id": place[0],
        "question": "Gold?",
        "spans": [{"text": "45 euro", "start": AT}],
        "phrasings": ["Price?"],
    }
    made = client.post("/v1/examples", json=body)
    assert made.status_code == 201
    example = made.json()
    assert (example["answerable"], example["phrasings"], example["status"]) == (True, ["Price?"], "accepted")
    path = f"/v1/examples/{example['id']}"
    assert client.get(path).json() == example
    changed = client.put(path, json={"question": "Gold?", "version": example["version"]})
    assert changed.json()["answerable"] is False
    assert client.put(path, json={"question": "Mine", "version": example["version"]}).status_code == 409
    assert client.post(f"{path}/status", json={"status": "rejected"}).json()["status"] == "rejected"
    assert client.post(f"{path}/status", json={"status": "stale"}).status_code == 422
    assert client.get("/v1/examples?status=rejected").json()["total"] == 1
    assert client.post("/v1/examples", json=body | {"spans": [{"text": "46 euro", "start": AT}]}).status_code == 422
    assert client.get("/v1/examples/none").status_code == 404
    told = client.post(f"/v1/examples/suggest/{place[0]}?keep=false").json()
    assert told["added"] == 0
    assert {one["kind"] for one in told["suggestions"]} == {"quantity"}
