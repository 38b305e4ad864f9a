"""Examples follow their documents: moved, stale, and back."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autogpt.annotate.anchor import context_of
from autogpt.records import AnswerSpan, Example, Status
from autogpt.services.examples import import_examples, reanchor
from autogpt.services.examples.listing import load_examples
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow, ExampleRow
from example_texts import FEES, AddDocument, WriteFile


@pytest.fixture
def document(store: Store, add_document: AddDocument, write_file: WriteFile) -> str:
    id = add_document("fees.txt", FEES)
    rows = [
        {"id": "basic", "question": "Basic fee?", "answer": "5 euros", "document": "fees.txt"},
        {"id": "gold", "question": "Gold fee?", "answer": "15 euros", "document": "fees.txt"},
        {"id": "none", "question": "Owner?", "answer": "", "document": "fees.txt"},
    ]
    import_examples(store, write_file("a.csv", *rows))
    return id


def by_id(store: Store) -> dict[str, Example]:
    return {example.id: example for example in load_examples(store)}


def text_of(store: Store, version_id: str | None) -> str:
    with store.session() as session:
        return session.get_one(DocumentVersionRow, version_id).text


def test_nothing_changes_while_documents_do_not(store: Store, document: str) -> None:
    before = by_id(store)
    report = reanchor(store)
    assert (report.moved, report.stale, report.returned) == ((), (), ())
    assert by_id(store) == before


def test_examples_move_with_their_text(store: Store, document: str, add_document: AddDocument) -> None:
    new = f"News of 5 euros and 15 euros.\n\n{FEES}"
    add_document("fees.txt", new)
    assert set(reanchor(store).moved) == {"basic", "gold", "none"}
    for example in by_id(store).values():
        assert text_of(store, example.version_id) == new
        assert example.status == Status.ACCEPTED
        assert all(new[span.start : span.end] == span.text for span in example.spans)
    gold = by_id(store)["gold"]
    assert gold.spans[0].start == new.index("15 euros", 40)
    assert gold.quote_context == context_of(new, gold.spans[0])
    assert reanchor(store).moved == ()


def test_an_example_whose_answer_is_gone_is_stale_and_comes_back_with_it(
    store: Store, document: str, add_document: AddDocument
) -> None:
    before = by_id(store)["gold"]
    add_document("fees.txt", FEES.replace("15 euros", "18 euros"))
    report = reanchor(store)
    assert report.stale == ("gold",)
    assert by_id(store)["gold"].status == Status.STALE
    assert by_id(store)["gold"].spans == before.spans
    assert reanchor(store).stale == ()
    add_document("fees.txt", "Fees of this year\n" + FEES)
    assert reanchor(store).returned == ("gold",)
    gold = by_id(store)["gold"]
    assert gold.status == Status.ACCEPTED
    assert text_of(store, gold.version_id)[gold.spans[0].start : gold.spans[0].end] == "15 euros"


def test_examples_of_a_removed_document_are_stale_until_it_returns(
    store: Store, document: str, add_document: AddDocument, remove_document: Callable[[str], None]
) -> None:
    before = by_id(store)
    remove_document(document)
    assert set(reanchor(store).stale) == {"basic", "gold", "none"}
    assert {example.quote_context for example in by_id(store).values()} == {""}
    assert reanchor(store).stale == ()
    add_document("fees.txt", FEES)
    assert set(reanchor(store).returned) == {"basic", "gold", "none"}
    after = by_id(store)
    assert {id: (one.spans, one.quote_context) for id, one in after.items()} == {
        id: (one.spans, one.quote_context) for id, one in before.items()
    }


def test_a_document_that_returns_changed_gets_back_the_answers_that_stand_in_one_place(
    store: Store, document: str, add_document: AddDocument, remove_document: Callable[[str], None]
) -> None:
    remove_document(document)
    reanchor(store)
    add_document("fees.txt", f"{FEES} Or 5 euros, who knows.")
    assert set(reanchor(store).returned) == {"gold", "none"}
    assert by_id(store)["basic"].status == Status.STALE


def test_examples_follow_a_document_that_was_renamed(
    store: Store, document: str, add_document: AddDocument, remove_document: Callable[[str], None]
) -> None:
    before = by_id(store)
    renamed = add_document("prices.txt", FEES)
    remove_document(document)
    assert set(reanchor(store).moved) == {"basic", "gold", "none"}
    assert {example.document_id for example in by_id(store).values()} == {renamed}
    assert {id: example.spans for id, example in by_id(store).items()} == {
        id: example.spans for id, example in before.items()
    }


def test_examples_of_a_duplicate_follow_the_document_that_it_repeats(
    store: Store, document: str, add_document: AddDocument, write_file: WriteFile
) -> None:
    kept = add_document("kept.txt", "Fees of all accounts.\n" + FEES)
    with store.session() as session:
        row = session.get_one(DocumentRow, document)
        row.current_version_id, row.duplicate_of = None, kept
    assert set(reanchor(store).moved) == {"basic", "gold", "none"}
    assert {example.document_id for example in by_id(store).values()} == {kept}
    path = write_file("b.csv", {"id": "free", "question": "Free?", "answer": "are free", "document": "fees.txt"})
    import_examples(store, path)
    assert by_id(store)["free"].document_id == kept


def test_a_version_without_its_text_is_bridged_by_the_kept_context(
    store: Store, document: str, add_document: AddDocument
) -> None:
    with store.session() as session:
        session.get_one(DocumentVersionRow, by_id(store)["gold"].version_id).text = ""
    add_document("fees.txt", "Fees\n" + FEES)
    reanchor(store)
    assert by_id(store)["gold"].spans == (AnswerSpan("15 euros", FEES.index("15 euros") + 5),)


def test_a_rejected_example_is_not_made_stale(store: Store, document: str, add_document: AddDocument) -> None:
    with store.session() as session:
        session.get_one(ExampleRow, "gold").status = Status.REJECTED.value
    add_document("fees.txt", "All is new here.")
    reanchor(store)
    assert by_id(store)["gold"].status == Status.REJECTED


def test_only_the_documents_asked_for_are_looked_at(
    store: Store, document: str, add_document: AddDocument, write_file: WriteFile
) -> None:
    other = add_document("other.txt", "The limit is 900 euros a day.")
    import_examples(store, write_file("b.csv", {"id": "limit", "question": "Limit?", "answer": "900 euros"}))
    add_document("fees.txt", "Fees\n" + FEES)
    add_document("other.txt", "Now the limit is 900 euros a day.")
    assert reanchor(store, [other]).moved == ("limit",)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.integers(0, len(FEES)), st.text(max_size=5)), max_size=3))
def test_after_any_edit_every_accepted_span_is_its_text(
    store: Store, document: str, add_document: AddDocument, edits: list[tuple[int, str]]
) -> None:
    text = FEES
    for at, insert in edits:
        text = text[:at] + insert.replace("\ud800", "") + text[at:]
    add_document("fees.txt", text)
    reanchor(store)
    for example in by_id(store).values():
        if example.status == Status.ACCEPTED:
            current = text_of(store, example.version_id)
            assert current == text
            assert all(current[span.start : span.end] == span.text for span in example.spans)
