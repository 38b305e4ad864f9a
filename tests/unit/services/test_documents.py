"""What a workspace shows of its documents."""

import pytest

from answers import TEXT, add_document, add_example
from autogpt.errors import NotFoundError
from autogpt.records import Span
from autogpt.services import documents
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, ExampleRow, FaqRow, IngestRow


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


def test_what_could_not_be_brought_in_is_told_in_words(store: Store) -> None:
    with store.session() as session:
        for name, reason in (
            ("a.pdf", '["The PDF is damaged.", "Export it again."]'),
            ("b.txt", '["It is empty.", ""]'),
        ):
            session.add(IngestRow(uri=f"/folder/{name}", state="failed", reason=reason))
    told = {one.name: one.reason for one in documents.failed_sources(store)}
    assert told == {"a.pdf": "The PDF is damaged. Export it again.", "b.txt": "It is empty."}


def test_what_failed_is_told_only_to_those_who_may_see_it(store: Store) -> None:
    with store.session() as session:
        for name, labels in (("open.pdf", []), ("salaries.pdf", ["board"])):
            session.add(IngestRow(uri=f"/folder/{name}", state="failed", reason='["Damaged.", ""]', labels=labels))
    assert [one.name for one in documents.failed_sources(store)] == ["open.pdf"]
    assert len(documents.failed_sources(store, frozenset({"board"}))) == 2


def test_a_view_needs_the_version_that_is_current(store: Store) -> None:
    document, version = add_document(store, "a", TEXT)
    assert documents.source_view(store, document, Span(0, 4), version_id=version, around=0).text == "Fees"
    with pytest.raises(NotFoundError, match="changed since"):
        documents.source_view(store, document, Span(0, 4), version_id="older")
