"""Drafts: kept with a version, never overwritten unseen, and moved with their document."""

import pytest

from answers import TEXT, add_document
from autogpt.errors import NotFoundError, UsageError
from autogpt.services.annotating.drafts import Draft, DraftConflictError, clear_draft, keep_draft, read_draft
from autogpt.store import Store
from autogpt.store.store import new_id
from autogpt.store.tables import DocumentRow, DocumentVersionRow


def test_a_draft_is_kept_for_its_person_and_thrown_away_once_it_is_saved(store: Store) -> None:
    document, version = add_document(store, "fees.txt", TEXT)
    assert read_draft(store, "anna", document) == Draft()
    kept = keep_draft(store, "anna", document, version, {"question": "What?", "spans": [[0, 4]]}, 0)
    assert kept.version == 1
    assert read_draft(store, "anna", document).content == {"question": "What?", "spans": [[0, 4]]}
    assert read_draft(store, "bo", document) == Draft()
    again = keep_draft(store, "anna", document, version, {"question": "What is it?"}, 1)
    assert clear_draft(store, "anna", document, 1) is False
    assert read_draft(store, "anna", document) == again
    assert clear_draft(store, "anna", document, again.version) is True
    left = read_draft(store, "anna", document)
    assert (dict(left.content), left.version) == ({}, 3)
    assert clear_draft(store, "bo", document, 0) is True


def test_what_another_window_kept_is_handed_back_instead_of_overwritten(store: Store) -> None:
    document, version = add_document(store, "fees.txt", TEXT)
    keep_draft(store, "anna", document, version, {"question": "First"}, 0)
    for stale in (0, 7):
        with pytest.raises(DraftConflictError) as error:
            keep_draft(store, "anna", document, version, {"question": "Second"}, stale)
        assert error.value.draft.content == {"question": "First"}
    assert read_draft(store, "anna", document).version == 1
    with pytest.raises(UsageError, match="too long"):
        keep_draft(store, "anna", document, version, {"question": "x" * 100_001}, 1)


def test_answers_move_with_their_document_and_what_is_gone_is_counted(store: Store) -> None:
    document, version = add_document(store, "fees.txt", TEXT)
    at = TEXT.index("45 euro")
    gone = TEXT.index("A loan")
    keep_draft(store, "anna", document, version, {"question": "?", "spans": [[at, at + 7], [gone, gone + 34]]}, 0)
    text = f"New heading\n{TEXT[:gone]}"
    fresh = new_id()
    with store.session() as session:
        old = session.get_one(DocumentVersionRow, version)
        values = {
            key: getattr(old, key) for key in ("title", "text_checksum", "raw_checksum", "media_type", "language")
        }
        session.add(DocumentVersionRow(id=fresh, document_id=document, number=2, text=text, outline={}, **values))
        session.get_one(DocumentRow, document).current_version_id = fresh
    draft = read_draft(store, "anna", document)
    ((start, end),) = draft.content["spans"]
    assert (text[start:end], draft.lost, draft.version_id) == ("45 euro", 1, fresh)
    with store.session() as session:
        session.get_one(DocumentRow, document).current_version_id = None
    with pytest.raises(NotFoundError):
        read_draft(store, "anna", document)
