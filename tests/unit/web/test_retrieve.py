"""`/v1/retrieve` over HTTP and the page `/retrieval`: ranks, places of matched words, bad input."""

import re
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient

from answers import CHINESE, HOSTILE, QUESTIONS, TEXT, FakeAnswerer, add_document, add_example, workspace
from autogpt.errors import DataError
from autogpt.retrieve.retriever import Retrieval, Retrieved
from autogpt.services import people
from autogpt.services.people import Role
from autogpt.services.searching import search
from autogpt.store import Store
from autogpt.web.app import create_app
from autogpt.web.auth import ApiKey

PASSWORD = "correct horse battery"
GOLD = "What does the Gold card cost a year?"
KEY = "a-key-of-enough-length"


def places(passage: dict[str, object], of: str) -> list[str]:
    spans = passage[of]
    assert isinstance(spans, list)
    return [TEXT[one["start"] : one["end"]] for one in spans]


def test_passages_come_with_place_text_ranks_scores_and_matched_words(client: TestClient) -> None:
    found = client.post("/v1/retrieve", json={"question": GOLD, "k": 2}).json()
    assert (found["question"], found["language"], found["release"]) == (GOLD, "en", "r7")
    assert found["words"] == ["gold", "card", "cost", "year"]
    assert found["stages"] == ["fused", "lexical", "dense"]
    assert found["milliseconds"] >= 0
    assert found["notices"] == []
    first, second = found["passages"]
    assert TEXT[first["start"] : first["end"]] == first["text"]
    assert first["text"].startswith("The Gold card costs")
    assert (first["rank"], first["ranks"]) == (1, {"fused": 1, "lexical": 1, "dense": 3})
    assert (first["scores"]["lexical"], first["scores"]["dense"]) == (10.0, pytest.approx(0.7))
    assert first["matched_terms"] == ["gold", "card", "cost", "year"]
    assert places(first, "matched") == ["Gold", "card", "costs", "year", "costs"]
    assert (first["document"], first["title"], first["page"]) == ("fees.txt", "Fees of the cards", 2)
    assert (first["heading_path"], first["language"]) == (["Fees", "Cards"], "en")
    assert (second["rank"], second["ranks"]["fused"]) == (2, 2)


def test_matched_words_are_shown_in_title_and_headings_too(client: TestClient) -> None:
    first = client.post("/v1/retrieve", json={"question": "card"}).json()["passages"][0]
    assert first["title_matched"] == [{"start": 12, "end": 17}]
    assert first["headings_matched"] == [[], [{"start": 0, "end": 5}]]


def test_an_asker_has_no_labels_and_nothing_is_recorded(client: TestClient, answerer: FakeAnswerer) -> None:
    client.post("/v1/retrieve", json={"question": "card"})
    client.post("/v1/retrieve", json={"question": "card", "k": 50})
    assert answerer.searched == [("card", None, frozenset()), ("card", 50, frozenset())]
    assert answerer.asked == []


def test_rankings_that_come_later_are_shown_without_being_known(store: Store, place: tuple[str, str]) -> None:
    @dataclass(frozen=True)
    class Later(Retrieved):
        second_rank: int | None = None

    answerer = FakeAnswerer(store, place, TEXT, {})
    plain = answerer.retrieve("card", 3)
    parts = [{name: getattr(one, name) for name in Retrieved.__slots__} for one in plain]
    ranked = [
        Later(**{**one, "rerank_rank": rank, "rerank_score": rank / 4}) for rank, one in enumerate(reversed(parts), 1)
    ]
    said = ("The reranker judged 3 of 20 passages: over its budget of 150 ms.",)
    answerer.retrieve = lambda *_: Retrieval(tuple(ranked), said)  # type: ignore[method-assign]
    with TestClient(create_app(store, answerer, run_jobs=False), base_url="http://localhost") as client:
        found = client.post("/v1/retrieve", json={"question": "card"}).json()
        store.glossary.write_text("card = plastic\n")
        pages = [
            client.post("/v1/retrieve", json={"question": "card"}, headers={"Accept-Language": language}).json()
            for language in ("en", "zh")
        ]
    assert found["notices"] == list(said)
    english, chinese = (one["notices"] for one in pages)
    assert english[0] == said[0]
    assert "autogpt" not in english[1]
    assert chinese[1].startswith("建立索引之后，术语表有改动。")
    assert not re.search("[a-z]{4}", " ".join(chinese))
    assert found["stages"] == ["fused", "lexical", "dense", "rerank"]
    assert [one["ranks"]["rerank"] for one in found["passages"]] == [1, 2, 3]
    assert [one["ranks"]["fused"] for one in found["passages"]] == [3, 2, 1]
    assert found["passages"][1]["scores"]["rerank"] == 0.5


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"question": "   "}, "empty"),
        ({"question": ""}, "question"),
        ({"question": "x" * 2001}, "2,001 characters"),
        ({"question": "?!… —"}, "no word"),
        ({"question": "😀🎉"}, "no word"),
        ({"question": "a", "k": 0}, "k: "),
        ({"question": "a", "k": 51}, "50"),
        ({"question": "a", "k": "many"}, "k: "),
        ({"question": "a", "labels": ["staff"]}, "labels"),
        ({}, "field required"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_a_hint(client: TestClient, body: object, says: str) -> None:
    response = client.post("/v1/retrieve", json=body)
    assert response.status_code == 422
    assert says in response.json()["error"]["message"]
    assert response.json()["error"]["hint"]


def test_a_hundred_thousand_characters_are_refused(client: TestClient) -> None:
    response = client.post("/v1/retrieve", json={"question": "x" * 100_000})
    assert response.status_code == 413
    assert response.json()["error"]["hint"]


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Wie hoch ist die Jahresgebühr der Karte?", "und"),
        ("золотая карта", "und"),
        ("card البطاقة הכרטיס 金卡", "und"),
        ("金卡的年费", "zh"),
        ("a\x00 card \u202e txet \u2066", "en"),
        ("what is the", "en"),
    ],
)
def test_whatever_the_language_the_search_is_made(client: TestClient, question: str, language: str) -> None:
    response = client.post("/v1/retrieve", json={"question": question})
    assert response.status_code == 200
    assert (response.json()["language"], response.json()["question"]) == (language, question)
    assert len(response.json()["passages"]) == 5


def test_a_question_of_stop_words_says_that_nothing_was_looked_up(client: TestClient) -> None:
    found = client.post("/v1/retrieve", json={"question": "what is the"}).json()
    assert found["words"] == []
    assert found["passages"][0]["ranks"]["lexical"] is None
    assert found["passages"][0]["matched"] == []


def test_chinese_places_are_code_points_behind_characters_outside_the_basic_plane(store: Store) -> None:
    text = f"😀{CHINESE}"
    answerer = FakeAnswerer(store, add_document(store, "费用.txt", text), text, {}, title="年費")
    made = search(store, answerer, "年费是多少？")
    first = made.found[0]
    assert (made.language, first.document, first.retrieved.matched_terms) == ("zh", "费用.txt", ("年", "费", "年费"))
    assert {span.of(text) for span in first.matched} == {"年费"}
    assert [span.of("年費") for span in first.title_matched] == ["年費"]


@pytest.mark.parametrize(("role", "may"), [(Role.ASKER, False), (Role.REVIEWER, True)])
def test_an_empty_workspace_leads_to_its_documents_who_may_add_some(tmp_path: Path, role: Role, may: bool) -> None:
    store = workspace(tmp_path)
    people.add_person(store, "Anna", PASSWORD, Role.ADMIN, by="test")
    people.add_person(store, "Bo", PASSWORD, role, by="test")
    app = create_app(store, FakeAnswerer(store, ("", ""), "", {}), run_jobs=False)
    with TestClient(app, base_url="http://localhost") as client:
        client.post("/login", data={"person": "Bo", "password": PASSWORD})
        page = client.get("/retrieval").text
    assert "There are no documents to search yet." in page
    assert ('<a href="/documents">Add some</a>' in page) is may
    assert ("A reviewer can add some." in page) is not may
    store.close()


def test_a_full_line_and_a_missing_index_are_told_as_for_questions(tmp_path: Path) -> None:
    def nothing() -> FakeAnswerer:
        raise DataError("Nothing was ingested yet.", "Run: autogpt ingest FOLDER")

    store = workspace(tmp_path, "[serve]\nqueue = 1\n")
    with TestClient(create_app(store, nothing, run_jobs=False), base_url="http://localhost") as client:
        refused = client.post("/v1/retrieve", json={"question": GOLD})
        assert refused.status_code == 503
        assert refused.json()["error"]["hint"] == "Run: autogpt ingest FOLDER"
        assert "no documents to search yet" in client.get("/retrieval").text
    gate = Event()
    answerer = FakeAnswerer(store, add_document(store, "a", TEXT), TEXT, QUESTIONS)
    app = create_app(store, answerer, workers=1, run_jobs=False)
    with TestClient(app, base_url="http://localhost") as client:
        for _ in range(2):
            app.state.server.admission.submit(lambda: gate.wait(30))
        full = client.post("/v1/retrieve", json={"question": GOLD})
        gate.set()
        assert (full.status_code, full.json()["error"]["kind"]) == (429, "OverloadedError")
        assert int(full.headers["Retry-After"]) >= 1


def test_a_search_that_was_shared_is_still_there_after_the_login(store: Store, answerer: FakeAnswerer) -> None:
    app = create_app(store, answerer, key=ApiKey(KEY), run_jobs=False)
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        assert client.post("/v1/retrieve", json={"question": GOLD}).status_code == 401
        sent_away = client.get("/retrieval?q=年费&k=3")
        assert sent_away.status_code == 303
        login = client.get(sent_away.headers["location"])
        action = login.text.partition('action="')[2].partition('"')[0]
        let_in = client.post(action, data={"key": KEY})
        assert let_in.headers["location"] == "/retrieval?q=%E5%B9%B4%E8%B4%B9&k=3"
        assert client.get(let_in.headers["location"]).status_code == 200
        elsewhere = client.post("/login?next=/retrieval.evil.example/%3Fq", data={"key": KEY})
        assert elsewhere.headers["location"] == "/"


def test_the_page_suggests_questions_and_escapes_them(client: TestClient, store: Store, place: tuple[str, str]) -> None:
    add_example(store, f'"{HOSTILE} & 年费?', place[0])
    page = client.get("/retrieval")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert 'href="/retrieval?q=%22%3Cscript' in page.text
    assert 'href="/retrieval"' in client.get("/").text
