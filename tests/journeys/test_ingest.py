"""Documents come in, change and go: what the records, the index and the disk hold afterwards."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from autogpt.errors import BusyError, CancelledError, NotFoundError, UsageError
from autogpt.progress import Progress, Sink
from autogpt.retrieve.index import Index
from autogpt.services import indexing
from autogpt.services.faq import faq_revision
from autogpt.services.ingest_report import IngestReport
from autogpt.services.ingesting import ingest, remove
from autogpt.services.sources import list_sources
from autogpt.store import Store
from autogpt.store.documents import version_of
from autogpt.store.faq import load_faq
from autogpt.store.locks import exclusive
from autogpt.store.tables import DocumentRow, DocumentVersionRow, FaqRow
from autogpt.text.analyse import terms

Bring = Callable[..., IngestReport]
FEES = "The monthly fee of the Gold account is 5 euros and is charged on the first of every month, without exception.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    (folder / "cards").mkdir(parents=True)
    (folder / "fees.txt").write_text(FEES)
    (folder / "cards" / "lost.md").write_text("# Lost cards\n\nBlock a lost card in the app at once.\n")
    (folder / "faq.csv").write_text("question,answer\nIs it open on Sunday?,No.\nOpen on Sundays?,No.\n")
    return folder


def no_index(store: Store, sink: Sink) -> int:
    return 0


@pytest.fixture
def bring(store: Store) -> Bring:
    """Ingest without an index."""
    return lambda *sources, **options: ingest(store, list(sources), sync=no_index, **options)


@pytest.fixture
def bring_and_index(store: Store, word_encoder) -> Bring:
    """Ingest with an index of word counts."""

    def sync(store: Store, sink: Sink) -> int:
        return indexing.sync(store, sink, word_encoder).passages

    return lambda *sources, **options: ingest(store, list(sources), sync=sync, **options)


@pytest.fixture
def found(store: Store, word_encoder) -> Callable[[str], list[str]]:
    """Texts of the passages the index has for a question."""

    def search(question: str) -> list[str]:
        hits = Index(store.index_uri, word_encoder.id).lexical(terms(question), 10, None)
        return [hit.passage.text for hit in hits]

    return search


def texts(store: Store) -> dict[str, str]:
    """Name → text of every document that can be cited."""
    query = (
        select(DocumentRow.name, DocumentVersionRow.text)
        .join(DocumentVersionRow, DocumentVersionRow.id == DocumentRow.current_version_id)
        .where(DocumentRow.removed_at.is_(None), DocumentRow.duplicate_of.is_(None))
    )
    with store.session() as session:
        return dict(session.execute(query).all())


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_folder_becomes_documents_and_faq_entries(store: Store, bring_and_index: Bring, folder: Path) -> None:
    report = bring_and_index(folder)
    assert (report.new, report.failed, report.faq_entries) == (3, 0, 1)
    assert report.passages == 2
    assert set(texts(store)) == {"fees.txt", "cards/lost.md"}
    with store.session() as session:
        (entry,) = load_faq(session)
    assert entry.questions == ("Is it open on Sunday?", "Open on Sundays?")
    assert entry.answer == "No."


def test_the_same_folder_again_does_nothing(store: Store, bring: Bring, folder: Path) -> None:
    bring(folder)
    before = {path: path.stat().st_mtime_ns for path in store.folder.rglob("*") if path.is_file()}
    calls: list[Progress] = []
    report = ingest(store, [folder], calls.append, sync=lambda store, sink: pytest.fail("the index was touched"))
    assert (report.unchanged, report.new, report.changed) == (3, 0, 0)
    assert report.summary == "3 unchanged: nothing to do"
    assert {path: path.stat().st_mtime_ns for path in before if "autogpt.db" not in path.name} == {
        path: time for path, time in before.items() if "autogpt.db" not in path.name
    }


def test_a_glossary_is_taken_up_though_no_document_changed(
    store: Store, bring_and_index: Bring, folder: Path, word_encoder
) -> None:
    bring_and_index(folder)
    store.glossary.write_text("Gold account = premium savings\nIT\n")
    report = bring_and_index(folder)
    assert (report.unchanged, report.passages) == (3, 0)
    assert [(one.name, one.text) for one in report.notices] == [
        ("glossary.txt", "taken up: 1 terms, 1 other names"),
        ("glossary.txt", "line 2: 'it' is passed over: every text holds that word"),
    ]
    index = Index(store.index_uri, word_encoder.id)
    (hit,) = index.lexical(index.glossary.terms("premium savings"), 10, None)
    assert "gold_account" in hit.terms
    assert bring_and_index(folder).notices == ()


def test_a_glossary_that_cannot_be_read_stops_an_ingest_before_anything_and_no_removal(
    store: Store, bring_and_index: Bring, folder: Path, word_encoder
) -> None:
    bring_and_index(folder)
    store.glossary.write_text("ok\nGold account =\n")
    (folder / "new.txt").write_text("Another text.\n")
    with pytest.raises(UsageError, match=r"glossary\.txt has 1 problem\(s\):\n  line 2"):
        bring_and_index(folder)
    assert set(texts(store)) == {"fees.txt", "cards/lost.md"}
    sync = lambda store, sink: indexing.sync(store, sink, word_encoder).passages  # noqa: E731
    assert remove(store, ["fees.txt"], sync=sync).removed == 1
    assert Index(store.index_uri, word_encoder.id).count() == 1


def test_a_changed_file_becomes_a_new_version_and_the_old_text_is_not_found(
    store: Store, bring_and_index: Bring, folder: Path, found
) -> None:
    bring_and_index(folder)
    (folder / "fees.txt").write_text(FEES.replace("5 euros", "7 euros"))
    report = bring_and_index(folder)
    assert (report.changed, report.unchanged) == (1, 2)
    assert "7 euros" in texts(store)["fees.txt"]
    with store.session() as session:
        numbers = session.scalars(select(DocumentVersionRow.number).order_by(DocumentVersionRow.number)).all()
    assert sorted(numbers) == [1, 1, 2]
    assert found("monthly fee") == [FEES.replace("5 euros", "7 euros").strip()]


def test_a_removed_file_leaves_no_text_anywhere(store: Store, bring_and_index: Bring, folder: Path, found) -> None:
    (folder / "secret.txt").write_text("The combination of the safe is xylophonequartz.\n")
    bring_and_index(folder)
    assert b"xylophonequartz" in everything_on_disk(store.folder)
    assert found("combination of the safe")
    (folder / "secret.txt").unlink()
    report = bring_and_index(folder)
    assert (report.removed, report.unchanged) == (1, 3)
    assert "secret.txt" not in texts(store)
    assert not found("combination of the safe")
    store.close()
    assert b"xylophonequartz" not in everything_on_disk(store.folder)


def test_a_deleted_index_is_made_again_though_no_file_changed(
    store: Store, bring_and_index: Bring, folder: Path, found: Callable[[str], list[str]]
) -> None:
    made = bring_and_index(folder).passages
    shutil.rmtree(store.index_uri)
    assert bring_and_index(folder).passages == made > 0
    assert found("monthly fee") == [FEES.strip()]
    assert bring_and_index(folder).passages == 0


def test_a_removed_faq_file_leaves_no_answers(store: Store, bring: Bring, folder: Path) -> None:
    bring(folder)
    (folder / "faq.csv").unlink()
    assert bring(folder).removed == 1
    with store.session() as session:
        assert load_faq(session) == []
        assert [row.answer for row in session.scalars(select(FaqRow))] == [""]


def test_a_file_that_comes_back_is_itself_again(store: Store, bring: Bring, folder: Path) -> None:
    bring(folder)
    with store.session() as session:
        before = session.scalars(select(DocumentRow.id).where(DocumentRow.name == "fees.txt")).one()
    (folder / "fees.txt").unlink()
    bring(folder)
    (folder / "fees.txt").write_text(FEES)
    assert bring(folder).new == 1
    with store.session() as session:
        row = session.scalars(select(DocumentRow).where(DocumentRow.name == "fees.txt")).one()
        assert (row.id, row.removed_at) == (before, None)
    assert texts(store)["fees.txt"] == FEES.strip()


def test_only_what_came_from_a_folder_is_removed_with_it(
    store: Store, bring: Bring, folder: Path, tmp_path: Path
) -> None:
    single = tmp_path / "single.txt"
    single.write_text("The branch in Delft opens at nine in the morning.")
    bring(folder / "fees.txt", single)
    (folder / "fees.txt").unlink()
    assert bring(folder).removed == 0
    assert bring(single).removed == 0
    assert set(texts(store)) == {"fees.txt", "single.txt", "cards/lost.md"}


def test_one_file_of_a_folder_removes_no_other(store: Store, bring: Bring, folder: Path) -> None:
    bring(folder)
    (folder / "cards" / "lost.md").unlink()
    assert bring(folder / "fees.txt").removed == 0
    assert "cards/lost.md" in texts(store)
    assert bring(folder / "cards").removed == 1


def test_files_of_an_unreadable_folder_are_not_taken_for_removed(
    store: Store, bring: Bring, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(folder)
    import os

    real = os.scandir

    def scandir(path):
        if Path(path).name == "cards":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = bring(folder)
    assert (report.removed, report.failed) == (0, 1)
    assert report.failures[0].name == "cards"
    assert "cards/lost.md" in texts(store)


def test_a_missing_folder_removes_nothing(store: Store, bring: Bring, folder: Path) -> None:
    bring(folder)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(UsageError, match="no file or folder"):
        bring(folder)
    assert len(texts(store)) == 2


def test_an_exact_duplicate_is_recorded_and_inherits(store: Store, bring_and_index: Bring, folder: Path, found) -> None:
    (folder / "zz copy of fees.txt").write_text(FEES)
    report = bring_and_index(folder)
    assert report.duplicates == 1
    assert [notice.text for notice in report.notices] == ["repeats fees.txt"]
    assert "zz copy of fees.txt" not in texts(store)
    assert len(found("monthly fee")) == 1
    assert [one.state for one in list_sources(store) if one.name.startswith("zz")] == ["duplicate"]
    (folder / "fees.txt").unlink()
    assert bring_and_index(folder).removed == 1
    assert texts(store)["zz copy of fees.txt"] == FEES.strip()
    assert len(found("monthly fee")) == 1
    assert bring_and_index(folder).summary == "3 unchanged: nothing to do"


def test_a_duplicate_stands_alone_when_the_other_changes(store: Store, bring: Bring, folder: Path) -> None:
    (folder / "zz copy of fees.txt").write_text(FEES)
    bring(folder)
    (folder / "fees.txt").write_text(FEES.replace("5 euros", "6 euros"))
    bring(folder)
    assert {"fees.txt", "zz copy of fees.txt"} <= set(texts(store))


def test_texts_that_differ_in_a_number_or_date_are_never_merged(store: Store, bring: Bring, folder: Path) -> None:
    long = " ".join(
        f"Paragraph {word} explains how accounts are kept and closed." for word in "abcdefghijklmnopqrstuvw"
    )
    (folder / "a.txt").write_text(f"{long} The fee is 5 euros from 1 May.")
    (folder / "b.txt").write_text(f"{long} The fee is 6 euros from 1 May.")
    (folder / "c.txt").write_text(f"{long} The fee is 5 euros from 1 June.")
    (folder / "d.txt").write_text(f"{long.upper()}  The fee is 5 euros, from 1 May.")
    report = bring(folder)
    assert report.duplicates == 1
    assert [notice.text for notice in report.notices] == ["repeats a.txt"]
    assert {"a.txt", "b.txt", "c.txt"} <= set(texts(store))


def test_documents_of_other_labels_are_never_merged(store: Store, bring: Bring, folder: Path, tmp_path: Path) -> None:
    bring(folder)
    internal = tmp_path / "internal.txt"
    internal.write_text(FEES)
    assert bring(internal, labels=["staff"]).new == 1
    with store.session() as session:
        row = session.scalars(select(DocumentRow).where(DocumentRow.name == "internal.txt")).one()
        assert row.labels == ["staff"]
        assert version_of(session.get_one(DocumentVersionRow, row.current_version_id), row).labels == {"staff"}


def test_a_broken_file_keeps_its_last_good_version(store: Store, bring: Bring, folder: Path) -> None:
    bring(folder)
    (folder / "fees.txt").write_bytes(b"\x00\x01\x02" * 50)
    report = bring(folder)
    assert report.failed == 1
    assert "last good version" in report.failures[0].hint
    assert texts(store)["fees.txt"] == FEES.strip()
    assert bring(folder).failures == report.failures


def test_an_emptied_file_takes_its_text_along(store: Store, bring_and_index: Bring, folder: Path, found) -> None:
    bring_and_index(folder)
    (folder / "fees.txt").write_text("")
    assert bring_and_index(folder).failures[0].reason == "The file is empty."
    assert "fees.txt" not in texts(store)
    assert not found("monthly fee")


def test_removing_by_hand_lasts_while_the_file_stays_the_same(store: Store, bring: Bring, folder: Path) -> None:
    bring(folder)
    assert remove(store, ["fees.txt"], sync=no_index).removed == 1
    report = bring(folder)
    assert report.new == 0
    assert "passed over" in report.notices[0].text
    assert "fees.txt" not in texts(store)
    assert bring(folder / "fees.txt").new == 1
    assert "fees.txt" in texts(store)


def test_removing_what_is_not_there_names_what_is(store: Store, bring: Bring, folder: Path) -> None:
    bring(folder)
    with pytest.raises(NotFoundError) as error:
        remove(store, ["fee.txt"], sync=no_index)
    assert error.value.hint == "Did you mean 'fees.txt'?"
    assert remove(store, [str(folder)], sync=no_index).removed == 3
    assert texts(store) == {}


def test_the_revision_of_faq_entries_changes_with_them_and_only_with_them(
    store: Store, bring: Bring, folder: Path
) -> None:
    revisions = [faq_revision(store)]

    def after(*, changed: bool) -> None:
        bring(folder)
        revisions.append(faq_revision(store))
        assert (revisions[-1] != revisions[-2]) == changed

    after(changed=True)
    after(changed=False)
    (folder / "faq.csv").write_text("question,answer\nIs it open on Sunday?,Yes.\n")
    after(changed=True)
    (folder / "notes.txt").write_text("The branch opens at nine.")
    after(changed=False)
    (folder / "faq.csv").unlink()
    after(changed=True)


def test_changed_faq_rows_replace_their_entries(store: Store, bring: Bring, folder: Path) -> None:
    bring(folder)
    (folder / "faq.csv").write_text("question,answer\nIs it open on Sunday?,Yes.\n")
    report = bring(folder)
    assert (report.changed, report.faq_entries) == (1, 1)
    with store.session() as session:
        assert [(entry.answer, entry.questions) for entry in load_faq(session)] == [
            ("Yes.", ("Is it open on Sunday?",))
        ]


def test_the_workspace_does_not_ingest_itself(store: Store, bring: Bring) -> None:
    (store.folder / "guide.txt").write_text("How to open an account at the counter of a branch.")
    bring(store.folder)
    report = bring(store.folder)
    assert [one.name for one in list_sources(store)] == ["guide.txt"]
    assert (report.unchanged, report.failed) == (1, 0)


def test_cancelled_work_is_kept_and_goes_on(store: Store, bring_and_index: Bring, folder: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == "ingest" and progress.done == 1:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        bring_and_index(folder, sink=stop)
    report = bring_and_index(folder)
    assert (report.new, report.unchanged) == (2, 1)
    assert report.passages == 2


def test_a_failed_index_is_made_good_by_the_next_run(store: Store, bring_and_index: Bring, folder: Path, found) -> None:
    def broken(store: Store, sink: Sink) -> int:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ingest(store, [folder], sync=broken)
    report = bring_and_index(folder)
    assert (report.unchanged, report.passages) == (3, 2)
    assert found("monthly fee")


def test_two_ingests_at_a_time_are_refused(store: Store, bring: Bring, folder: Path) -> None:
    with exclusive(store.folder / "ingest.lock", "ingesting documents"), pytest.raises(BusyError):
        bring(folder)
