"""What a person changes of a document: its labels, its reading, its place; each is an event."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from answers import TEXT, add_document
from autogpt.errors import BusyError, ConflictError, DataError, NotFoundError, UsageError
from autogpt.progress import Progress
from autogpt.retrieve.index import Index
from autogpt.services import document_changes, documents, indexing, jobs
from autogpt.services.events import history
from autogpt.services.ingest_status import files_of
from autogpt.services.ingesting import ingest
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.tables import DocumentRow, DocumentVersionRow, IngestRow
from conftest import WordEncoder
from pdf_files import pdf_of


def no_sync(store: Store, sink: object) -> int:
    return 0


def brought(store: Store, folder: Path, name: str = "fees.pdf", data: bytes = b"") -> str:
    path = folder / name
    path.write_bytes(data or pdf_of([["The fee of the Gold card is 45 euro a year."]]))
    ingest(store, [path], sync=no_sync, by="Anna")
    [id] = [one.id for one in documents.list_documents(store, None)[0] if one.name == name]
    return id


def told(store: Store, document: str) -> list[tuple[str, str, dict[str, object], dict[str, object]]]:
    found = reversed(history(store, "document", document))
    return [(one.person, one.action, dict(one.before), dict(one.after)) for one in found]


def test_labels_are_separated_by_commas_of_any_kind() -> None:
    assert document_changes.label_list(" staff，claims、\n board ; staff,, ") == ["board", "claims", "staff"]
    assert document_changes.label_list("  ") == []
    with pytest.raises(UsageError, match="20"):
        document_changes.label_list(",".join(map(str, range(21))))
    with pytest.raises(UsageError, match="64"):
        document_changes.label_list("x" * 65)


def test_labels_count_at_once_in_records_and_index_without_a_new_vector(
    store: Store, tmp_path: Path, word_encoder: WordEncoder
) -> None:
    document = brought(store, tmp_path)
    other, _ = add_document(store, "other.txt", TEXT)
    indexing.sync(store, encoder=word_encoder)
    encoded = word_encoder.encoded
    index = Index(store.index_uri, word_encoder.id)
    vector = word_encoder.encode(["gold card fee"])[0]
    assert {hit.passage.document_id for hit in index.dense(vector, 10)} == {document, other}

    assert not document_changes.set_labels(store, document, ["staff"], expected=[], by="Anna")
    assert {hit.passage.document_id for hit in index.dense(vector, 10)} == {other}
    assert {hit.passage.document_id for hit in index.lexical(["gold"], 10)} == {other}
    assert document in {hit.passage.document_id for hit in index.dense(vector, 10, frozenset({"staff"}))}
    with pytest.raises(NotFoundError):
        documents.length_of(store, document)
    with store.session() as session:
        assert [row.labels for row in session.query(IngestRow)] == [["staff"]]

    document_changes.set_labels(store, document, [], expected=["staff"], by="王芳")
    assert {hit.passage.document_id for hit in index.lexical(["gold"], 10)} == {document, other}
    # One more than asked for here; bringing the index in line finds nothing to do.
    report = indexing.sync(store, encoder=word_encoder)
    assert (report.added, report.removed, report.passages) == (0, 0, 0)
    assert word_encoder.encoded == encoded + 1
    assert told(store, document)[1:] == [
        ("Anna", "set labels", {"labels": []}, {"labels": ["staff"]}),
        ("王芳", "set labels", {"labels": ["staff"]}, {"labels": []}),
    ]


def test_labels_that_somebody_else_changed_meanwhile_are_not_overwritten(store: Store, tmp_path: Path) -> None:
    document = brought(store, tmp_path)
    document_changes.set_labels(store, document, ["staff"], expected=[], by="Anna")
    with pytest.raises(ConflictError, match="they are now 'staff'"):
        document_changes.set_labels(store, document, ["board"], expected=[], by="Ben")
    assert documents.about(store, document, None).labels == ("staff",)
    assert len(told(store, document)) == 2
    with exclusive(store.folder / "ingest.lock", "ingesting documents"), pytest.raises(BusyError):
        document_changes.set_labels(store, document, [], expected=["staff"], by="Ben")


def test_a_document_that_was_repeated_hands_its_place_on_when_its_labels_change(store: Store, tmp_path: Path) -> None:
    first = brought(store, tmp_path, "first.txt", b"The fee of the Gold card is 45 euro a year, and no more.")
    (tmp_path / "again.txt").write_bytes(b"The fee of the Gold card is 45 euro a year, and no more.")
    ingest(store, [tmp_path / "again.txt"], sync=no_sync)
    assert [one.id for one in documents.list_documents(store)[0]] == [first]
    assert document_changes.set_labels(store, first, ["staff"], expected=[], by="Anna")
    assert [one.name for one in documents.list_documents(store)[0]] == ["again.txt"]


def test_reading_again_makes_a_version_only_where_something_differs(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = brought(store, tmp_path)
    report = document_changes.reparse(store, document, by="Anna", sync=no_sync)
    assert (report.unchanged, report.changed) == (1, 0)
    with store.session() as session:  # as an earlier version of the program had read it
        row = session.get(DocumentVersionRow, documents.about(store, document).version_id)
        assert row is not None
        row.text, row.parser = "Something else.", "pdf/1"
    report = document_changes.reparse(store, document, by="Ben", sync=no_sync)
    assert (report.unchanged, report.changed) == (0, 1)
    assert "45 euro a year" in documents.current_version(store, document).text
    assert documents.about(store, document).version == 2
    assert told(store, document)[1:] == [
        ("Anna", "reparse", {"version": 1}, {"version": 1}),
        ("Ben", "reparse", {"version": 1}, {"version": 2}),
    ]

    def refuse(*_: object) -> None:
        raise DataError("The PDF is damaged.")

    monkeypatch.setattr("autogpt.services.document_changes.parse", refuse)
    with pytest.raises(DataError, match="damaged"):
        document_changes.reparse(store, document, by="Ben", sync=no_sync)
    assert documents.about(store, document).version == 2


def test_what_has_no_original_cannot_be_read_again(store: Store, tmp_path: Path) -> None:
    document = brought(store, tmp_path)
    [original] = list(store.files.glob("??/*"))
    original.write_bytes(b"tampered with")
    with pytest.raises(NotFoundError, match="no longer kept"):
        document_changes.reparse(store, document, by="Anna", sync=no_sync)
    original.unlink()
    with pytest.raises(NotFoundError, match="no longer kept"):
        document_changes.reparse(store, document, by="Anna", sync=no_sync)


def test_removing_is_an_event_without_a_word_of_the_text(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autogpt.services.ingesting._sync_index", no_sync)
    document = brought(store, tmp_path)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        documents.remove_document(store, document, by="Ben", version_id="an-older-one")
    documents.remove_document(store, document, by="Ben", version_id=documents.about(store, document).version_id)
    events = told(store, document)
    assert [(person, action) for person, action, _, _ in events] == [("Anna", "add"), ("Ben", "remove")]
    assert events[-1][2] == {"name": "fees.pdf", "labels": []}
    assert "euro" not in json.dumps(events)
    assert list(store.files.glob("??/*")) == []


def test_each_file_of_a_job_says_what_became_of_it(store: Store, tmp_path: Path) -> None:
    brought(store, tmp_path, "known.txt", b"The branch at the harbour closes at noon on Saturdays.")
    files = {
        "known.txt": b"The branch at the harbour closes at noon on Saturdays.",
        "new.txt": b"A loan is paid out within two days, on every working day.",
        "same.txt": b"A loan is paid out within two days, on every working day.",
        "faq.csv": b"question,answer\nWhen?,Soon.\n",
        "locked.pdf": pdf_of([["A secret."]], password="secret"),
        "later.txt": b"Never read.",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in files]
    job = jobs.enqueue(store, "ingest", {"sources": paths}, "Anna")
    assert {one.state for one in files_of(store, job)} == {"waiting"}
    assert jobs.claim(store) == job.id
    ingest(store, paths[:5], sync=no_sync)
    assert jobs.heartbeat(store, job.id, Progress("ingest", 5, 6, message="locked.pdf"))
    states = files_of(store, jobs.get(store, job.id))
    assert [(one.name, one.state) for one in states] == [
        ("known.txt", "known already"),
        ("new.txt", "brought in"),
        ("same.txt", "repeats another"),
        ("faq.csv", "vetted answers"),
        ("locked.pdf", "could not be read"),
        ("later.txt", "reading"),
    ]
    assert states[4].reason == "The PDF is encrypted. Save it without a password."
    assert states[1].document_id
    jobs.cancel(store, job.id)
    assert files_of(store, jobs.get(store, job.id))[5].state == "not read"
    assert files_of(store, jobs.enqueue(store, "evaluate", {})) == []


def test_files_with_labels_tell_nothing_of_their_failure(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "board.pdf"
    path.write_bytes(pdf_of([["A secret."]], password="secret"))
    job = jobs.enqueue(store, "ingest", {"sources": [str(path)]})
    jobs.claim(store)
    ingest(store, [path], labels=["board"], sync=no_sync)
    jobs.finish(store, job.id, {})
    [status] = files_of(store, jobs.get(store, job.id))
    assert (status.state, status.reason) == ("not read", "")


def test_vectors_stay_what_they_were(
    store: Store, tmp_path: Path, make_word_encoder: Callable[..., WordEncoder]
) -> None:
    document = brought(store, tmp_path)
    encoder = make_word_encoder()
    indexing.sync(store, encoder=encoder)
    index = Index(store.index_uri, encoder.id)
    vector = encoder.encode(["gold card fee"])[0]
    before = index.dense(vector, 1)[0]
    document_changes.set_labels(store, document, ["a'b", "费"], expected=[], by="Anna")
    after = index.dense(vector, 1, frozenset({"a'b", "费"}))[0]
    assert np.isclose(before.score, after.score)
    assert (after.passage.text, after.passage.labels) == (before.passage.text, frozenset({"a'b", "费"}))
    with store.session() as session:
        row = session.get(DocumentRow, document)
        assert row is not None
        assert row.labels == ["a'b", "费"]
