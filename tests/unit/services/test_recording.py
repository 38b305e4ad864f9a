"""What was parsed becomes records: which texts are compared, and which originals are needed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from autogpt.prepare.sources import ParsedDocument, parse_here
from autogpt.progress import Sink
from autogpt.services import recording
from autogpt.services.ingesting import ingest
from autogpt.services.recording import Origin, Shelf, record_document, unused
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, FaqRow, IngestRow

SHEET = (
    "The {n} card costs nothing in its first year. Cash is free abroad, and the limit can be changed in the app. " * 4
)


def no_index(store: Store, sink: Sink) -> int:
    return 0


def parsed(store: Store, text: str) -> ParsedDocument:
    found = parse_here(text.encode(), "sheet.txt", None, store.config.ingest)
    assert isinstance(found, ParsedDocument)
    return found


def test_texts_of_one_template_are_not_all_read_for_each_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    current_text = recording.current_text
    monkeypatch.setattr(recording, "current_text", lambda session, id: read.append(id) or current_text(session, id))
    count = 20
    with store.session() as session:
        shelf = Shelf(session, 0.5)
        for number in range(count):
            origin = Origin(f"/sheets/{number}.txt", f"{number}.txt", "/sheets", str(number))
            record_document(session, shelf, origin, parsed(store, SHEET.format(n=number)), None)
        assert not session.scalars(select(DocumentRow).where(DocumentRow.duplicate_of.is_not(None))).all()
        copy = Origin("/sheets/copy.txt", "copy.txt", "/sheets", "copy")
        assert (
            record_document(session, shelf, copy, parsed(store, SHEET.format(n=7) + "It is blue."), None) == "duplicate"
        )
    assert len(read) <= 2 * count


def test_more_originals_are_asked_about_than_one_query_can_hold(store: Store) -> None:
    checksums = [f"{number:064x}" for number in range(40_000)]
    with store.session() as session:
        assert unused(session, checksums) == checksums


def test_an_original_to_be_erased_is_one_row(store: Store) -> None:
    with store.session() as session:
        assert not recording.is_pending(session)
        for checksum in ("b", "a", "b"):
            recording.mark_pending(session, [checksum])
        assert recording.to_erase(session) == ["a", "b"]
        assert recording.is_pending(session)
        recording.clear_pending(session)
        assert recording.to_erase(session) == []
        assert not recording.is_pending(session)


def test_labels_given_later_hold_for_a_file_that_still_fails(store: Store, tmp_path: Path) -> None:
    broken = tmp_path / "salaries.pdf"
    broken.write_bytes(b"%PDF-1.7 broken")
    for given, held in ((None, []), (["board"], ["board"]), (None, ["board"])):
        assert ingest(store, [broken], labels=given, sync=no_index).failed == 1
        with store.session() as session:
            assert session.scalars(select(IngestRow.labels)).one() == held


def test_text_that_another_process_still_reads_is_taken_from_the_log_by_the_next_run(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autogpt.services.ingesting._READERS_WAITED_FOR", 0.1)
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("kept", "secret"):
        (folder / f"{name}.txt").write_text(f"The {name} vault opens with 4711-{name.upper()} at nine. " * 4)
    ingest(store, [folder], sync=no_index)
    (folder / "secret.txt").unlink()
    with closing(sqlite3.connect(store.folder / "autogpt.db")) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM documents").fetchone() == (2,)
        report = ingest(store, [folder], sync=no_index)
        assert report.removed == 1
        assert ["log of the database" in one.text for one in report.notices] == [True]
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").one()[0] == 30_000
    assert not ingest(store, [folder], sync=no_index).notices
    held = b"".join(path.read_bytes() for path in store.folder.glob("autogpt.db*"))
    assert b"4711-KEPT" in held
    assert b"4711-SECRET" not in held


def test_an_emptied_faq_file_loses_its_answers_though_it_was_broken_between(store: Store, tmp_path: Path) -> None:
    faq = tmp_path / "faq.csv"
    for text in ("question,answer\nOpen on Sunday?,No.\n", "name,price\nGold,5\n", ""):
        faq.write_text(text)
        ingest(store, [faq], sync=no_index)
    with store.session() as session:
        assert [row.answer for row in session.scalars(select(FaqRow).where(FaqRow.removed_at.is_(None)))] == []
