"""The pages of one document, its pages as pictures, and what may be done with it."""

from io import BytesIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from answers import HOSTILE, add_document
from autogpt.errors import DataError, OverloadedError
from autogpt.services import document_changes, documents, jobs, people
from autogpt.services.events import history
from autogpt.services.faq_files import faq_files
from autogpt.services.ingesting import ingest
from autogpt.services.people import Role
from autogpt.store import Store
from pdf_files import pdf_of

PAGES = [["Terms of the cards.", "They hold from May."], ["A fee of 45 euro a year is charged."], []]
HTML = {"Accept": "text/html"}
PASSWORD = "correct horse battery"


@pytest.fixture
def pdf(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A document of three pages, the last of them blank."""
    monkeypatch.setattr("autogpt.services.ingesting._sync_index", lambda store, sink: 0)
    path = tmp_path / "terms.pdf"
    path.write_bytes(pdf_of(PAGES))
    ingest(store, [path], by="Anna")
    return next(one.id for one in documents.list_documents(store)[0] if one.name == "terms.pdf")


@pytest.fixture
def place(pdf: str, store: Store) -> tuple[int, int]:
    """Where the fee stands; `conftest`'s document of that name is not needed here."""
    start = documents.current_version(store, pdf).text.index("45 euro a year")
    return start, start + len("45 euro a year")


@pytest.fixture
def answerer(store: Store, pdf: str) -> object:
    from answers import FakeAnswerer

    return FakeAnswerer(store, (pdf, documents.about(store, pdf).version_id), "45 euro a year within two days", {})


def test_a_citation_leads_to_its_page_as_a_picture(client: TestClient, pdf: str, place: tuple[int, int]) -> None:
    start, end = place
    told = client.get(f"/v1/documents/{pdf}/text?start={start}&end={end}").json()
    assert (told["pages"], told["page_count"], told["drawn"]) == ([2], 3, True)
    page = client.get(f"/v1/documents/{pdf}/pages/2?start={start}&end={end}").json()
    assert page["text"].strip() == "A fee of 45 euro a year is charged."
    [[left, top, right, bottom]] = page["boxes"]
    assert 0 < left < right < 1
    assert 0 < top < bottom < 1
    shown = client.get(f"/v1/documents/{pdf}/pages/2.png?start={start}&end={end}&width=600")
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["cache-control"] == "private, no-cache"
    picture = Image.open(BytesIO(shown.content)).convert("RGB")
    assert picture.width == 600
    middle = picture.getpixel((round((left + right) / 2 * 600), round((top + 0.1 * (bottom - top)) * picture.height)))
    assert middle[2] < 190 < middle[0]  # type: ignore[index]
    plain = client.get(f"/v1/documents/{pdf}/pages/2.png?width=600")
    assert plain.content != shown.content
    again = client.get(
        f"/v1/documents/{pdf}/pages/2.png?start={start}&end={end}&width=600",
        headers={"If-None-Match": shown.headers["etag"]},
    )
    assert (again.status_code, again.content) == (304, b"")
    assert plain.headers["etag"] != shown.headers["etag"]


def test_a_page_is_drawn_once(client: TestClient, pdf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    sandbox = client.app.state.server.drawn_pages._sandbox  # type: ignore[attr-defined]
    monkeypatch.setattr(sandbox, "draw", lambda *given: drawn.append(given) or b"picture")
    for _ in range(2):
        assert client.get(f"/v1/documents/{pdf}/pages/1.png").content == b"picture"
    assert len(drawn) == 1
    client.app.state.server.drawn_pages.forget()  # type: ignore[attr-defined]
    client.get(f"/v1/documents/{pdf}/pages/1.png")
    assert len(drawn) == 2


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("pages/0.png", 404),
        ("pages/4.png", 404),
        ("pages/2.png?version_id=older", 404),
        ("pages/2.png?width=1000000", 422),
        ("pages/9", 404),
        ("pages/2?version_id=older", 404),
    ],
)
def test_pages_that_there_are_not_say_so(client: TestClient, pdf: str, path: str, status: int) -> None:
    response = client.get(f"/v1/documents/{pdf}/{path}")
    assert response.status_code == status
    assert response.json()["error"]["message"]


def test_a_page_that_cannot_be_drawn_is_an_error_in_words(
    client: TestClient, pdf: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = client.app.state.server.drawn_pages  # type: ignore[attr-defined]

    def fails(*_: object) -> bytes:
        raise DataError("It took longer than 10 s.")

    monkeypatch.setattr(pages._sandbox, "draw", fails)
    refused = client.get(f"/v1/documents/{pdf}/pages/1.png")
    assert (refused.status_code, refused.json()["error"]["message"]) == (422, "This page cannot be drawn.")
    monkeypatch.setattr(pages._waiting, "acquire", lambda blocking: False)
    with pytest.raises(OverloadedError):
        pages.draw(pages.find(pdf, 1, None))
    [original] = store.files.glob("??/*")
    original.unlink()
    assert client.get(f"/v1/documents/{pdf}/pages/1.png").status_code == 404
    assert client.get(f"/v1/documents/{pdf}/pages/1").json()["drawn"] is False
    assert "Terms of the cards." in client.get(f"/documents/{pdf}/pages/1", headers=HTML).text


def test_labelled_documents_show_no_page(client: TestClient, pdf: str, store: Store) -> None:
    assert client.get(f"/v1/documents/{pdf}/pages/1.png").status_code == 200
    document_changes.set_labels(store, pdf, ["board"], expected=[], by="Anna")
    for path in ("pages/1.png", "pages/1", "text"):
        assert client.get(f"/v1/documents/{pdf}/{path}").status_code == 404
    for path in ("", "/pages/1", "/passages", "?q=fee"):
        assert client.get(f"/documents/{pdf}{path}", headers=HTML).status_code == 404


def test_a_document_is_read_by_page_by_passage_and_at_a_place(
    client: TestClient, pdf: str, place: tuple[int, int], store: Store
) -> None:
    start, end = place
    shown = client.get(f"/documents/{pdf}?start={start}&end={end}").text
    assert '<mark id="place">45 euro a year</mark>' in shown
    assert f'href="/documents/{pdf}/pages/1"' in shown
    page = client.get(f"/documents/{pdf}/pages/2?start={start}&end={end}").text
    assert f'src="/v1/documents/{pdf}/pages/2.png?start={start}&amp;end={end}"' in page
    assert '<mark id="place">45 euro a year</mark>' in page
    assert "Page 2 of 3" in page
    assert "There is no text on this page." in client.get(f"/documents/{pdf}/pages/3").text
    passages = client.get(f"/documents/{pdf}/passages").text
    assert "Passages 1 to 1 of 1" in passages
    assert "about 900 characters long" in passages
    long, _ = add_document(store, "long.txt", "One sentence with a number of words follows another. " * 400)
    second = client.get(f"/documents/{long}/passages?at=25").text
    assert "Passage 26" in second
    assert '<span class="shared">' in second


def test_words_are_found_in_a_document_in_either_script(client: TestClient, store: Store) -> None:
    text = f"{HOSTILE}\n金卡的年費是一百二十元。\n" + "The Annual\n fee. " + "x" * 3_000 + " the ANNUAL  FÉE, "
    document, _ = add_document(store, "a.txt", text, HOSTILE)
    found = client.get(f"/documents/{document}", params={"q": " annual fee "}).text
    assert "2 places" in found
    assert "<mark>Annual\n fee</mark>" in found
    assert "<mark>ANNUAL  FÉE</mark>" in found
    assert "<script>alert" not in found
    assert "1 place" in client.get(f"/documents/{document}?q=年费").text
    nothing = client.get(f"/documents/{document}", params={"q": "<script>nothing"})
    assert "<script>nothing" not in nothing.text
    assert "These words do not stand in it" in nothing.text
    refused = client.get(f"/documents/{document}", params={"q": "x" * 201})
    assert refused.status_code == 422
    assert "At most 200 characters" in refused.text


def test_labels_are_set_on_the_page_and_what_was_typed_is_kept(client: TestClient, pdf: str, store: Store) -> None:
    client.follow_redirects = False
    about = f"/documents/{pdf}/about"
    assert "Everybody who may ask." in client.get(about).text
    saved = client.post(f"/documents/{pdf}/labels", data={"labels": "staff, board", "expected": ""})
    assert (saved.status_code, saved.headers["location"]) == (303, about)
    shown = client.get(about).text
    assert "nobody reads it on these pages" in shown
    assert "– → board, staff" in shown
    assert 'href="/documents/' + pdf + '/passages"' not in shown
    assert "terms.pdf" in client.get("/documents").text
    conflict = client.post(f"/documents/{pdf}/labels", data={"labels": "claims", "expected": ""})
    assert conflict.status_code == 409
    assert "they are now &#39;board, staff&#39;" in conflict.text
    assert 'value="claims"' in conflict.text
    assert 'name="expected" value="board, staff"' in conflict.text
    lifted = client.post(f"/documents/{pdf}/labels", data={"labels": "", "expected": "board, staff"})
    assert lifted.status_code == 303
    assert client.get(f"/documents/{pdf}").status_code == 200


def test_a_document_is_read_again_as_a_job_by_name(client: TestClient, pdf: str, store: Store) -> None:
    client.follow_redirects = False
    begun = client.post(f"/documents/{pdf}/reparse")
    [job] = jobs.list_jobs(store)
    assert begun.headers["location"] == f"/jobs/{job.id}"
    assert (job.kind, job.payload) == ("reparse", {"document_id": pdf, "source": "terms.pdf"})
    assert "terms.pdf" in client.get(f"/jobs/{job.id}").text
    over_http = client.post(f"/v1/documents/{pdf}/reparse")
    assert (over_http.status_code, over_http.json()["kind"]) == (202, "reparse")
    assert client.post("/v1/documents/missing/reparse").status_code == 404


def test_removing_needs_the_version_that_was_seen(client: TestClient, pdf: str, store: Store) -> None:
    client.follow_redirects = False
    refused = client.post(f"/documents/{pdf}/remove", data={"version_id": "an-older-one"})
    assert refused.status_code == 409
    assert "changed meanwhile" in refused.text
    version = documents.about(store, pdf).version_id
    assert client.post(f"/documents/{pdf}/remove", data={"version_id": version}).headers["location"] == "/documents"
    assert client.get(f"/v1/documents/{pdf}/pages/1.png").status_code == 404
    assert [one.person for one in history(store, "document", pdf)] == ["this machine", "Anna"]


def test_files_of_a_job_are_told(client: TestClient, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    path.write_bytes(pdf_of(PAGES, password="secret"))
    job = jobs.enqueue(store, "ingest", {"sources": [str(path), str(tmp_path / "<b>.txt")]})
    jobs.claim(store)
    ingest(store, [path], sync=lambda store, sink: 0)
    jobs.fail(store, job.id, "It broke off.")
    told = client.get(f"/v1/jobs/{job.id}/files").json()["files"]
    assert [(one["name"], one["state"]) for one in told] == [
        ("locked.pdf", "could not be read"),
        ("<b>.txt", "not read"),
    ]
    shown = client.get(f"/jobs/{job.id}").text
    assert "The PDF is encrypted." in shown
    assert "<b>.txt" not in shown


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.ASKER, set()), (Role.ANNOTATOR, set()), (Role.REVIEWER, {"reparse"}), (Role.ADMIN, {"reparse", "labels"})],
)
def test_who_may_change_a_document(
    client: TestClient, pdf: str, store: Store, role: Role, may: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    people.add_person(store, "Admin", PASSWORD, Role.ADMIN, by="test")
    if role is not Role.ADMIN:
        people.add_person(store, "Ben", PASSWORD, role, by="test")
    client.follow_redirects = False
    name = "Admin" if role is Role.ADMIN else "Ben"
    client.post("/login", data={"person": name, "password": PASSWORD})
    shown = client.get(f"/documents/{pdf}/about")
    assert shown.status_code == 200
    for what in ("reparse", "labels"):
        assert (f'action="/documents/{pdf}/{what}"' in shown.text) is (what in may)
        status = client.post(f"/documents/{pdf}/{what}", data={"labels": "x", "expected": ""}).status_code
        assert status == (303 if what in may else 403)


def test_files_of_vetted_answers_are_listed_labelled_and_removed(
    client: TestClient, pdf: str, store: Store, tmp_path: Path
) -> None:
    client.follow_redirects = False
    path = tmp_path / "faq <b>.csv"
    path.write_text("question,answer\nWhen?,Soon.\n")
    ingest(store, [path])
    shown = client.get("/documents").text
    assert "faq &lt;b&gt;.csv" in shown
    assert "1 vetted answer" in shown
    [file] = faq_files(store)
    address = f"/documents/faq/{file.id}"
    assert client.post(f"{address}/labels", data={"labels": "staff", "expected": ""}).status_code == 303
    conflict = client.post(f"{address}/labels", data={"labels": "board", "expected": ""})
    assert conflict.status_code == 409
    assert 'value="board"' in conflict.text
    assert client.post(f"{address}/remove").status_code == 303
    assert client.post(f"{address}/remove").status_code == 404
    assert faq_files(store, None) == []
