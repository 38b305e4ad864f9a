"""What a workspace shows of its documents."""

import pytest

from answers import TEXT, add_document, add_example
from autogpt.errors import NotFoundError
from autogpt.records import Span
from autogpt.services import documents
from autogpt.services.ingesting import ingest
from autogpt.services.uploads import UPLOADS
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, ExampleRow, FaqRow


def test_sources_are_counted(store: Store) -> None:
    assert documents.count_sources(store) == (0, 0)
    add_document(store, "a", TEXT)
    with store.session() as session:
        session.add(FaqRow(id="f", answer="45", language="en"))
        session.add(DocumentRow(id="d", uri="duplicate", name="b", duplicate_of="x"))
    assert documents.count_sources(store) == (1, 1)


def test_questions_to_try_are_answerable_unlabelled_and_of_several_documents(store: Store) -> None:
    first, second, secret = (add_document(store, name, TEXT)[0] for name in "abc")
    with store.session() as session:
        row = session.get(DocumentRow, secret)
        assert row is not None
        row.labels = ["board"]
        session.add(
            ExampleRow(id="u", question="Unanswerable?", task="extractive", answerable=False, document_id=first)
        )
    for document in (first, first, second, secret):
        add_example(store, f"What does it say in {document[:4]}?", document)
    tried = documents.sample_questions(store)
    assert sorted(tried) == sorted(f"What does it say in {one[:4]}?" for one in (first, second))
    assert len(documents.sample_questions(store, frozenset({"board"}))) == 3


def test_a_view_needs_the_version_that_is_current(store: Store) -> None:
    document, version = add_document(store, "a", TEXT)
    assert documents.source_view(store, document, Span(0, 4), version_id=version, around=0).text == "Fees"
    with pytest.raises(NotFoundError, match="changed since"):
        documents.source_view(store, document, Span(0, 4), version_id="older")


def test_removing_a_document_deletes_its_upload_but_no_newer_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autogpt.services.ingesting._sync_index", lambda store, sink: 0)
    folder = store.folder / UPLOADS
    folder.mkdir()
    plain, replaced = folder / "plain.txt", folder / "replaced.txt"
    plain.write_text("The fee for a new card is 12 euros.")
    replaced.write_text("The branch at the harbour closes at noon on Saturdays.")
    ingest(store, [plain, replaced])
    replaced.write_text("The branch at the harbour moved to the station in May.")
    listed, _ = documents.list_documents(store)
    for one in listed:
        documents.remove_document(store, one.id)
    assert not plain.exists()
    assert replaced.exists()
    ingest(store, [replaced])
    (kept,), _ = documents.list_documents(store)
    assert kept.name == "replaced.txt"
