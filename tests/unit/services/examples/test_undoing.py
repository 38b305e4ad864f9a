"""A whole import, or a division, is taken back; what somebody changed since stays."""

from types import SimpleNamespace

import pytest

from autogpt.errors import ConflictError, NotFoundError
from autogpt.records import Example, Split, Status
from autogpt.services.events import history
from autogpt.services.examples import editing, import_examples, replaced, sealing, split_examples
from autogpt.services.examples.listing import load_examples
from autogpt.services.examples.undoing import can_be_undone, undo_change
from autogpt.services.ingesting import remove
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, ReplacedExampleRow
from example_texts import FEES, AddDocument, WriteFile, asked, squad


def item(at: int, answer: str = "", id: str = "") -> dict[str, object]:
    """A context about an item, with a question of its price."""
    said = answer or f"{at} euros"
    return squad(f"Item {at} costs {at} euros.", asked(id or f"i{at}", f"What does item {at} cost?", (said, 13)))


#: A seed that divides them otherwise.
OTHER = 99
ROWS = [item(at) for at in range(3, 9)]


@pytest.fixture(autouse=True)
def _no_index(synced: list[Store], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autogpt.services.indexing.sync", lambda *_: SimpleNamespace(passages=0))


def newest(store: Store) -> int:
    return history(store, sealing.SUBJECT)[0].id


def by_id(store: Store) -> dict[str, Example]:
    return {one.id: one for one in load_examples(store)}


def live(store: Store) -> set[str]:
    with store.session() as session:
        return {row.name for row in session.query(DocumentRow).filter(DocumentRow.removed_at.is_(None))}


def test_what_an_import_added_goes_with_the_documents_that_it_made(
    store: Store, write_file: WriteFile, add_document: AddDocument
) -> None:
    add_document("own.txt", "The fee is 5 euros.")
    import_examples(store, write_file("a.jsonl", *ROWS), by="Anna")
    own = write_file("b.csv", {"question": "What is the fee?", "answer": "5 euros", "document": "own.txt"})
    import_examples(store, own, by="Anna")
    second, first = [one.id for one in history(store, sealing.SUBJECT)]
    assert can_be_undone(store) == {first, second}
    undone = undo_change(store, first, "Bo")
    assert (undone.removed, undone.restored, undone.kept, undone.documents) == (6, 0, 0, 6)
    assert [one.question for one in load_examples(store)] == ["What is the fee?"]
    assert live(store) == {"own.txt"}
    undo_change(store, second, "Bo")
    assert live(store) == {"own.txt"}  # it was there before
    told = history(store, sealing.SUBJECT)[0]
    assert (told.person, told.action, told.subject_id, told.after["removed"]) == ("Bo", "undo", "b.csv", 1)
    with pytest.raises(NotFoundError, match="no such change"):
        undo_change(store, first, "Bo")
    # And it may come again.
    assert import_examples(store, write_file("a.jsonl", *ROWS), by="Anna").added == 6


def test_what_an_import_changed_is_as_it_was(store: Store, write_file: WriteFile) -> None:
    import_examples(store, write_file("a.jsonl", squad(FEES, asked("f", "Fee?", ("5 euros", FEES.index("5"))))))
    before = by_id(store)
    import_examples(
        store, write_file("b.jsonl", squad(FEES, asked("f", "Fee?", ("15 euros", FEES.index("15"))))), by="A"
    )
    assert by_id(store) != before
    undone = undo_change(store, newest(store), "Bo")
    assert (undone.removed, undone.restored) == (0, 1)
    assert by_id(store) == before


def test_what_a_person_or_a_later_import_changed_since_stays(store: Store, write_file: WriteFile) -> None:
    import_examples(store, write_file("a.jsonl", *ROWS), by="Anna")
    event = newest(store)
    editing.set_status(store, "i3", Status.REJECTED, by="Bo")
    import_examples(store, write_file("b.jsonl", item(4, "4")), by="Cy")
    undone = undo_change(store, event, "Bo")
    assert (undone.removed, undone.kept, undone.documents) == (4, 2, 4)
    assert {id: one.status for id, one in by_id(store).items()} == {"i3": Status.REJECTED, "i4": Status.ACCEPTED}


def test_documents_of_the_restored_may_have_changed_or_gone(
    store: Store, write_file: WriteFile, add_document: AddDocument
) -> None:
    document = add_document("fees.txt", FEES)
    rows = [{"id": "f", "question": "Fee?", "answer": one, "document": "fees.txt"} for one in ("5 euros", "15 euros")]
    import_examples(store, write_file("a.csv", rows[0]))
    import_examples(store, write_file("b.csv", rows[1]), by="Anna")
    changed = newest(store)
    add_document("fees.txt", f"New: {FEES}")
    undo_change(store, changed, "Bo")
    (found,) = load_examples(store)
    assert (found.spans[0].text, found.spans[0].start) == ("5 euros", len("New: ") + FEES.index("5"))
    import_examples(store, write_file("b.csv", rows[1]), by="Anna")
    remove(store, [document], sync=lambda *_: 0)
    with store.session() as session:
        kept = [row.before for row in session.query(ReplacedExampleRow)]
    assert FEES[:20] not in str(kept)  # nothing of an erased text but the answer itself
    undo_change(store, newest(store), "Bo")
    (found,) = load_examples(store)
    assert (found.status, found.quote_context) == (Status.STALE, "")


def test_a_division_is_taken_back_and_what_came_since_gets_its_part(store: Store, write_file: WriteFile) -> None:
    import_examples(store, write_file("a.jsonl", *ROWS))
    split_examples(store, by="Anna")
    first, before = newest(store), {id: one.split for id, one in by_id(store).items()}
    split_examples(store, seed=OTHER, force=True, by="Anna")
    assert {id: one.split for id, one in by_id(store).items()} != before
    import_examples(store, write_file("b.jsonl", item(3, "3", id="more")))
    split_examples(store)
    with pytest.raises(ConflictError, match="divided again"):
        undo_change(store, first, "Bo")
    last = newest(store)
    assert first not in can_be_undone(store)
    undo_change(store, last, "Bo")
    after = {id: one.split for id, one in by_id(store).items()}
    assert after.pop("more") == after["i3"]
    assert after == before
    assert split_examples(store).added == 0


def test_the_first_division_leaves_no_part_when_it_is_taken_back(store: Store, write_file: WriteFile) -> None:
    import_examples(store, write_file("a.jsonl", *ROWS))
    split_examples(store, seed=7, test=0.4, by="Anna")
    assert {one.split for one in load_examples(store)} == set(Split)
    undo_change(store, newest(store), "Bo")
    assert {one.split for one in load_examples(store)} == {None}
    assert split_examples(store).seed == store.config.split.seed


def test_the_newest_changes_alone_are_kept(
    store: Store, write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaced, "KEPT", 2)
    for row in ROWS[:4]:
        import_examples(store, write_file("a.jsonl", row), by="Anna")
    events = [one.id for one in history(store, sealing.SUBJECT)]
    assert can_be_undone(store) == set(events[:2])
