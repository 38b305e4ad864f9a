"""Files of vetted answers: listed, labelled, taken out."""

from pathlib import Path

import pytest

from autogpt.errors import ConflictError, NotFoundError
from autogpt.services.events import history
from autogpt.services.faq import faq_revision
from autogpt.services.faq_files import faq_files, remove_file, set_file_labels, undo_labels
from autogpt.services.ingesting import ingest
from autogpt.store import Store
from autogpt.store.faq import load_faq


def no_sync(store: Store, sink: object) -> int:
    return 0


@pytest.fixture
def path(store: Store, tmp_path: Path) -> Path:
    path = tmp_path / "faq.jsonl"
    lines = ['{"question": "When?", "answer": "Soon."}', '{"question": "Who?", "answer": "Ann.", "labels": ["board"]}']
    path.write_text("\n".join(lines), encoding="utf-8")
    ingest(store, [path], sync=no_sync)
    return path


def labels_of(store: Store) -> dict[str, set[str]]:
    with store.session() as session:
        return {entry.answer: set(entry.labels) for entry in load_faq(session)}


def test_labels_of_a_file_are_those_of_its_entries_but_for_their_own(store: Store, path: Path) -> None:
    [file] = faq_files(store)
    assert (file.name, file.entries, file.labels) == ("faq.jsonl", 2, ())
    assert labels_of(store) == {"Soon.": set(), "Ann.": {"board"}}
    revision = faq_revision(store)
    set_file_labels(store, file.id, ["staff"], expected=[], by="Anna")
    assert labels_of(store) == {"Soon.": {"staff"}, "Ann.": {"board"}}
    assert faq_revision(store) != revision
    assert faq_files(store) == []
    assert faq_files(store, None)[0].labels == ("staff",)
    with pytest.raises(ConflictError, match="they are now 'staff'"):
        set_file_labels(store, file.id, [], expected=[], by="Ben")
    [event] = history(store, "faq", file.id)
    assert (event.person, event.before, event.after) == ("Anna", {"labels": []}, {"labels": ["staff"]})


def test_a_change_of_labels_taken_back_leaves_those_that_an_entry_has_by_itself(store: Store, path: Path) -> None:
    [file] = faq_files(store)
    set_file_labels(store, file.id, ["board"], expected=[], by="Anna")
    assert labels_of(store) == {"Soon.": {"board"}, "Ann.": {"board"}}
    [event] = history(store, "faq", file.id)
    undo_labels(store, event, "Ben")
    assert labels_of(store) == {"Soon.": set(), "Ann.": {"board"}}
    with pytest.raises(ConflictError):
        undo_labels(store, event, "Ben")


def test_a_file_that_is_brought_in_again_keeps_its_labels(store: Store, path: Path) -> None:
    [file] = faq_files(store)
    set_file_labels(store, file.id, ["staff"], expected=[], by="Anna")
    path.write_text('{"question": "When?", "answer": "Soon."}\n{"question": "Where?", "answer": "Here."}')
    ingest(store, [path], sync=no_sync)
    assert labels_of(store) == {"Soon.": {"staff"}, "Here.": {"staff"}}


def test_a_file_is_taken_out_by_name(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autogpt.services.ingesting._sync_index", no_sync)
    [file] = faq_files(store)
    remove_file(store, file.id, by="Ben")
    assert labels_of(store) == {}
    assert faq_files(store) == []
    assert [(one.person, one.action, one.before) for one in history(store, "faq")] == [
        ("Ben", "remove", {"name": "faq.jsonl"})
    ]
    with pytest.raises(NotFoundError):
        remove_file(store, file.id, by="Ben")
