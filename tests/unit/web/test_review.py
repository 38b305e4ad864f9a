"""`/review` and `/v1/review`: decisions about what waits, as forms and as JSON; what was typed is never lost."""

import re

import pytest
from fastapi.testclient import TestClient

from answers import HOSTILE, TEXT, FakeAnswerer
from autogpt.services import people, reviewing
from autogpt.services.auditing import queue_for_review
from autogpt.services.events import history
from autogpt.services.examples.listing import load_examples
from autogpt.services.people import Role
from autogpt.store import Store

LOST = ("How do I report a lost card?", "How do I report a lost card", "A lost card: how to report?")
CASH, GOLD = "What does cash abroad cost?", "What does the Gold card cost a year?"
PASSWORD = "correct horse battery"


def ask(client: TestClient, question: str) -> dict[str, object]:
    return dict(client.post("/v1/ask", json={"question": question}).json())


def waiting(client: TestClient) -> list[dict[str, object]]:
    return list(client.get("/v1/review").json()["items"])


def rows_of(page: str) -> list[str]:
    return re.findall(r'name="rows" value="([^"]+)"', page)


@pytest.fixture
def lost(client: TestClient) -> str:
    """Path of an item that was asked three times in different words."""
    for question in LOST:
        assert ask(client, question)["kind"] == "abstain"
    (item,) = waiting(client)
    assert item["times"] == 3
    return f"/review/{item['id']}"


def test_a_vetted_answer_is_given_to_the_very_next_question(client: TestClient, lost: str) -> None:
    page = client.get(lost).text
    assert "asked 3 times" in page
    assert "Nothing: no answer was sure enough." in page
    assert len(rows_of(page)) == 3
    form = {"rows": rows_of(page), "phrasings": "\n".join(LOST[:2]), "answer": "Call 0800 1."}
    shown = client.post(f"{lost}/answer", data=form).text
    assert "which counts for the next question" in shown
    for question in LOST[:2]:
        told = ask(client, question)
        assert (told["kind"], told["text"]) == ("faq", "Call 0800 1.")
    assert ask(client, LOST[2])["kind"] == "abstain"
    assert "Call 0800 1." in client.get(lost).text
    assert "asked 4 times" in client.post(f"{lost}/undo").text  # the last one was asked again
    assert ask(client, LOST[0])["kind"] == "abstain"


def test_what_was_typed_stays_when_it_cannot_be_taken(client: TestClient, lost: str, store: Store) -> None:
    page = client.get(lost).text
    form = {"rows": rows_of(page), "phrasings": "", "answer": "Call <0800> & wait."}
    refused = client.post(f"{lost}/answer", data=form)
    assert refused.status_code == 422
    assert "There is no question." in refused.text
    assert "Call &lt;0800&gt; &amp; wait." in refused.text
    reviewing.dismiss(store, {one.split(":")[0]: 0 for one in rows_of(page)}, "bo")
    late = client.post(f"{lost}/answer", data=form | {"phrasings": LOST[0]})
    assert late.status_code == 409
    assert "bo decided meanwhile: dismissed" in late.text
    assert "Call &lt;0800&gt; &amp; wait." in late.text  # both can be seen
    assert "Dismissed; it does not come back." in late.text


def test_questions_that_were_not_chosen_go_on_waiting(client: TestClient, lost: str, store: Store) -> None:
    rows = rows_of(client.get(lost).text)
    near = client.get(f"/v1{lost}").json()["nearest"][0]["document_id"]
    client.post(f"{lost}/unanswerable", data={"rows": rows[:2], "document_id": near})
    assert sorted(one.question for one in load_examples(store)) == sorted(LOST[:2])
    (left,) = waiting(client)
    assert left["times"] == 1
    assert "No question was chosen." in client.post(f"/review/{left['id']}/dismiss").text
    assert client.post(f"/review/{left['id']}/dismiss", data={"rows": ["x"]}).status_code == 422
    assert client.post(f"/review/{left['id']}/phrasing", data={"rows": rows[2:]}).status_code == 422


def test_a_decision_leads_on_to_the_next_question_and_says_what_became_of_the_last(
    client: TestClient, lost: str, store: Store
) -> None:
    audit = str(ask(client, GOLD)["audit_id"])
    client.post("/v1/feedback", json={"audit_id": audit, "thumb": "down"})
    gold = next(str(one["id"]) for one in waiting(client) if one["times"] == 1)
    client.follow_redirects = False
    done = client.post(f"/review/{gold}/accept", data={"rows": rows_of(client.get(f"/review/{gold}").text)})
    assert done.headers["location"] == f"{lost}?done={gold}"
    assert "The answer is an accepted example now" in client.get(done.headers["location"]).text
    assert [one.question for one in load_examples(store)] == [GOLD]
    last = client.post(f"{lost}/dismiss", data={"rows": rows_of(client.get(lost).text)})
    assert last.headers["location"].startswith("/review?done=")
    shown = client.get("/review").text
    assert "Nothing waits." in shown
    assert shown.count("<time") == 2
    assert [one.action for one in history(store, "review")] == ["dismissed", "accepted"]


def test_the_right_span_is_marked_where_it_stands(client: TestClient, lost: str) -> None:
    page = client.get(lost).text
    ids = [one.split(":")[0] for one in rows_of(page)]
    link = re.search(r'href="(/annotate/[^"]+)" data-key="c"', page)
    assert link is not None
    assert "question=How+do+I+report+a+lost+card%3F" in link[1]
    assert f"review={'%2C'.join(ids)}" in link[1]
    assert re.search(r"start=\d+&amp;end=\d+", link[1])


def test_why_it_is_answered_so_is_told_by_stage_by_what_answers_now(
    client: TestClient, lost: str, answerer: FakeAnswerer
) -> None:
    asked = len(answerer.asked)
    page = client.get(lost).text
    why = page[page.index('<details class="why">') : page.index("</details>", page.index('<details class="why">'))]
    for told in ("12%, needed 40%", "within two days", "reader 4.50, passage 1", "Fees of the cards › Fees › Cards"):
        assert told in why
    for rank, unit, score in (("#1", "BM25", "7.25"), ("#2", "cosine", "0.810"), ("#1", "score", "1.750")):
        assert f'<strong>{rank}</strong><span class="score">{unit} {score}</span>' in why
    assert "<strong>not found</strong>" in why  # the second passage, by its words
    assert "Matched: <bdi>gold</bdi>" in why
    assert len(answerer.asked) == asked  # nothing is recorded or queued again
    answerer.know(LOST[0], "45 euro a year", 0.9)
    assert '<dd dir="auto">45 euro a year</dd>' in client.get(lost).text


def test_what_is_marked_in_the_document_decides_the_questions_that_led_there(
    client: TestClient, lost: str, store: Store
) -> None:
    page = client.get(lost).text
    marking = re.findall(r'href="(/annotate/[^"]+)"', page)[0].replace("&amp;", "&")
    assert "&at=" in marking
    assert "end=" not in marking  # nothing is marked beforehand in a passage that was only found
    form = client.get(marking).text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    start = TEXT.index("within two days")
    sent = hidden | {"question": LOST[0], "spans": f"{start}-{start + 15}", "quoted": "within two days"}
    saved = client.post(marking.partition("?")[0], data=sent)
    assert saved.status_code == 200, saved.text
    assert waiting(client) == []
    assert "Corrected" in client.get(lost).text
    assert [one.answer_text for one in load_examples(store)] == ["within two days"]


def test_programs_decide_too_and_are_told_when_they_come_second(client: TestClient, lost: str) -> None:
    path = f"/v1{lost}"
    shown = client.get(path).json()
    assert (shown["state"], shown["given"]["kind"], shown["resolution"]) == ("open", "abstain", {})
    told = client.post(path, json={"decision": "answer", "answer": "Call 0800 1.", "rows": shown["item"]["rows"]})
    assert (told.json()["action"], told.json()["person"]) == ("answered", "this machine")
    again = client.post(path, json={"decision": "dismiss", "rows": shown["item"]["rows"]})
    assert again.status_code == 404
    assert client.get(path).json()["resolution"]["answer"] == "Call 0800 1."
    assert client.post(path, json={"decision": "undo"}).json()["action"] == "undo"
    assert client.post(path, json={"decision": "undo"}).status_code == 409
    stale = client.post(path, json={"decision": "dismiss", "rows": shown["item"]["rows"]})
    assert (stale.status_code, stale.json()["error"]["kind"]) == (409, "ConflictError")
    assert client.post(path, json={"decision": "eat"}).status_code == 422
    faq = client.post(path, json={"decision": "answer", "answer": "Call.", "questions": ["Card lost?"]}).json()["faq"]
    client.post(path, json={"decision": "undo"})
    assert client.post(path, json={"decision": "phrase", "faq": faq}).status_code == 404
    assert client.post(path, json={"decision": "unanswerable"}).json()["action"] == "unanswerable"
    assert client.get("/v1/review/none").status_code == 404
    assert client.post("/v1/review", json={"audit_id": "none"}).status_code == 404


def test_who_may_look_and_who_may_decide(client: TestClient, lost: str, store: Store) -> None:
    people.add_person(store, "boss", PASSWORD, Role.ADMIN, by="test")
    for role in ("asker", "annotator", "reviewer"):
        people.add_person(store, role, PASSWORD, Role(role), by="test")
    seen = {}
    for role in ("asker", "annotator", "reviewer"):
        client.post("/login", data={"person": role, "password": PASSWORD})
        page = client.get(lost)
        sent = client.post("/v1/review", json={"audit_id": "none"})
        decided = client.post(f"{lost}/dismiss", data={"rows": ["x:1"]})
        seen[role] = (page.status_code, "Give this answer" in page.text, sent.status_code, decided.status_code)
        client.post("/logout")
    assert seen == {
        "asker": (403, False, 404, 403),
        "annotator": (200, False, 404, 403),
        "reviewer": (200, True, 404, 404),
    }
    client.post("/login", data={"person": "boss", "password": PASSWORD})
    rows = rows_of(client.get(lost).text)
    assert "assigned" not in client.post(f"{lost}/assign", data={"rows": rows, "person": "annotator"}).text
    assert "Nothing is assigned to you." in client.get("/review?mine=true").text
    assert client.post(f"{lost}/assign", data={"rows": rows, "person": ""}).status_code == 409
    client.post("/logout")
    client.post("/login", data={"person": "annotator", "password": PASSWORD})
    assert LOST[0] in client.get("/review?mine=true").text


def test_questions_with_labels_and_markup_show_nothing_they_should_not(client: TestClient, store: Store) -> None:
    texts = [HOSTILE, "\u202eright to left 😀", "long " + "x" * 200_000]
    with store.session() as session:
        for text in texts:
            told = {"audit_id": "a", "confidence": 0.1, "labels": frozenset[str]()}
            queue_for_review(session, text, "abstained", **told)
        queue_for_review(session, "a secret", "abstained", audit_id="a", confidence=0.1, labels=frozenset({"board"}))
    page = client.get("/review").text
    assert "secret" not in page
    assert "<img src=x" not in page
    assert len(page) < 60_000
    for item in waiting(client):
        shown = client.get(f"/review/{item['id']}").text
        assert "<img src=x" not in shown
        assert "The record of this answer is gone." in shown
        assert len(shown) < 280_000  # the whole question can be made a phrasing
    assert client.get("/review/none").status_code == 404


def test_an_answer_that_disappoints_is_sent_to_the_front(client: TestClient, answerer: FakeAnswerer) -> None:
    ask(client, CASH)
    told = ask(client, "What is the fee for zebras?")
    assert client.post("/v1/review", json={"audit_id": told["audit_id"]}).json() == {"audit_id": told["audit_id"]}
    first = waiting(client)[0]
    assert first["reasons"] == ["abstained", "requested"]
    assert answerer.asked == [CASH, "What is the fee for zebras?"]
