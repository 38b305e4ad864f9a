"""Sources that could not be brought in: who is told of them, and what dismissing one leaves."""

import os
from pathlib import Path

import pytest
from sqlalchemy import select

from autogpt.errors import BusyError, NotFoundError
from autogpt.services.auditing import verify_trail
from autogpt.services.documents import list_documents
from autogpt.services.events import history
from autogpt.services.failures import SUBJECT, dismiss, dismiss_named, failed_sources
from autogpt.services.ingest_report import IngestReport
from autogpt.services.ingesting import ingest
from autogpt.services.uploads import UPLOADS
from autogpt.store import Store
from autogpt.store.faq import load_faq
from autogpt.store.locks import exclusive
from autogpt.store.tables import AuditRow, IngestRow

BROKEN = b"%PDF-1.7 nonsense"


def bring(store: Store, *sources: Path) -> IngestReport:
    """Ingest without an index."""
    return ingest(store, list(sources), sync=lambda store, sink: 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a broken file, and one that cannot be used at all."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "broken.pdf").write_bytes(BROKEN)
    (folder / "lost.txt").symlink_to("nowhere")
    return folder


def test_what_could_not_be_brought_in_is_told_in_words(store: Store) -> None:
    with store.session() as session:
        for name, reason in (
            ("a.pdf", '["The PDF is damaged.", "Export it again."]'),
            ("b.txt", '["It is empty.", ""]'),
        ):
            session.add(IngestRow(uri=f"/folder/{name}", state="failed", reason=reason))
    told = {one.name: one.reason for one in failed_sources(store)}
    assert told == {"a.pdf": "The PDF is damaged. Export it again.", "b.txt": "It is empty."}


def test_what_failed_is_told_only_to_those_who_may_see_it(store: Store) -> None:
    with store.session() as session:
        for name, labels in (("open.pdf", []), ("salaries.pdf", ["board"])):
            session.add(IngestRow(uri=f"/folder/{name}", state="failed", reason='["Damaged.", ""]', labels=labels))
    assert [one.name for one in failed_sources(store)] == ["open.pdf"]
    assert len(failed_sources(store, frozenset({"board"}))) == 2


def test_what_is_dismissed_is_passed_over_until_it_changes(store: Store, folder: Path) -> None:
    assert bring(store, folder).failed == 2
    for one in failed_sources(store):
        dismiss(store, one.id)
    assert failed_sources(store) == []
    report = bring(store, folder)
    assert report.failed == 0
    assert sorted(one.name for one in report.notices) == ["broken.pdf", "lost.txt"]
    (folder / "broken.pdf").write_bytes(BROKEN * 2)
    assert [one.name for one in bring(store, folder).failures] == ["broken.pdf"]
    assert [one.name for one in failed_sources(store)] == ["broken.pdf"]


def test_what_was_read_before_stays_when_its_failure_is_dismissed(store: Store, folder: Path) -> None:
    (folder / "fees.txt").write_text("The fee is 5 euros.")
    (folder / "faq.csv").write_text("question,answer\nIs it open on Sunday?,No.\n")
    bring(store, folder)
    (folder / "fees.txt").write_bytes(b"\x00\x01\x02" * 50)
    (folder / "faq.csv").write_bytes(b"\x00\x01\x02" * 50)
    assert bring(store, folder).failed == 4
    assert dismiss_named(store, [str(folder)]) == 4
    assert failed_sources(store) == []
    assert [one.name for one in list_documents(store)[0]] == ["fees.txt"]
    with store.session() as session:
        assert [entry.answer for entry in load_faq(session)] == ["No."]
    report = bring(store, folder)
    assert (report.unchanged, report.failed) == (2, 0)


def test_a_file_whose_name_is_no_text_is_passed_over_once_it_is_dismissed(store: Store, folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_text("The fee is 5 euros.")
    assert bring(store, folder).failed == 3
    assert dismiss_named(store, [str(folder)]) == 3
    assert bring(store, folder).failed == 0
    assert failed_sources(store) == []


@pytest.mark.parametrize("labels", [None, [], ["board"]])
def test_what_is_dismissed_stays_so_when_it_is_ingested_as_before(
    store: Store, folder: Path, labels: list[str] | None
) -> None:
    def again() -> IngestReport:
        return ingest(store, [folder], labels=labels, sync=lambda store, sink: 0)

    (folder / "fees.txt").write_text("The fee is 5 euros.")
    again()
    (folder / "fees.txt").write_bytes(b"\x00\x01\x02" * 50)
    again()
    assert dismiss_named(store, [str(folder)]) == 3
    report = again()
    assert (report.unchanged, report.failed) == (1, 0)
    assert len(list_documents(store, frozenset({"board"}))[0]) == 1


@pytest.mark.parametrize(
    ("name", "content", "state"), [("broken.pdf", BROKEN, "failed"), ("blank.txt", b" \n", "empty")]
)
def test_an_upload_of_which_nothing_was_read_is_deleted(store: Store, name: str, content: bytes, state: str) -> None:
    uploaded = store.folder / UPLOADS / name
    uploaded.parent.mkdir()
    uploaded.write_bytes(content)
    bring(store, uploaded)
    (failure,) = failed_sources(store)
    assert failure.state == state
    dismiss(store, failure.id)
    assert not uploaded.exists()


def test_an_upload_that_waits_in_the_place_of_a_dismissed_one_stays_and_is_ingested(store: Store) -> None:
    uploaded = store.folder / UPLOADS / "fees.txt"
    uploaded.parent.mkdir()
    uploaded.write_bytes(b"\x00\x01\x02" * 50)
    bring(store, uploaded)
    uploaded.write_text("The fee is 5 euros.")
    (failure,) = failed_sources(store)
    dismiss(store, failure.id)
    assert failed_sources(store) == []
    assert bring(store, uploaded).new == 1
    assert [one.name for one in list_documents(store)[0]] == ["fees.txt"]


def test_a_failure_whose_upload_is_gone_or_cannot_be_read_is_dismissed(store: Store) -> None:
    uploaded = store.folder / UPLOADS / "broken.pdf"
    uploaded.parent.mkdir()
    uploaded.write_bytes(BROKEN)
    bring(store, uploaded)
    (failure,) = failed_sources(store)
    uploaded.unlink()
    uploaded.mkdir()
    dismiss(store, failure.id)
    assert failed_sources(store) == []


def test_a_dismissal_that_was_cut_short_leaves_no_upload_that_nobody_can_name(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: Path, missing_ok: bool = False) -> None:
        os.remove(self)  # noqa: PTH107 -- Path.unlink is what this stands for
        raise KeyboardInterrupt

    uploaded = store.folder / UPLOADS / "broken.pdf"
    uploaded.parent.mkdir()
    uploaded.write_bytes(BROKEN)
    bring(store, uploaded)
    (failure,) = failed_sources(store)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "unlink", killed)
        dismiss(store, failure.id)
    assert failed_sources(store) == [failure]
    dismiss(store, failure.id)
    assert failed_sources(store) == []
    assert not uploaded.exists()


def test_only_those_who_may_see_a_failure_dismiss_it_and_the_audit_tells(store: Store, folder: Path) -> None:
    ingest(store, [folder / "broken.pdf"], labels=["board"], sync=lambda store, sink: 0)
    (failure,) = failed_sources(store, frozenset({"board"}))
    for unknown in (failure.id, "missing"):
        with pytest.raises(NotFoundError, match="no such failed source"):
            dismiss(store, unknown)
    with exclusive(store.folder / "ingest.lock", "ingesting documents"), pytest.raises(BusyError):
        dismiss(store, failure.id, frozenset({"board"}))
    assert history(store, SUBJECT) == []
    dismiss(store, failure.id, frozenset({"board"}), by="Anna")
    [event] = history(store, SUBJECT, failure.id)
    assert (event.person, event.action, event.after) == ("Anna", "dismiss", {})
    assert (event.before["name"], event.before["state"]) == ("broken.pdf", "failed")
    assert event.before["reason"] == failure.reason
    with store.session() as session:
        entries = [(row.kind, row.entry) for row in session.scalars(select(AuditRow))]
    assert entries == [("dismiss", {"source_id": failure.id})]
    assert verify_trail(store).problems == ()


def test_what_has_not_failed_is_not_dismissed(store: Store, folder: Path) -> None:
    (folder / "fees.txt").write_text("The fee is 5 euros.")
    bring(store, folder)
    with pytest.raises(NotFoundError, match="has not failed"):
        dismiss_named(store, ["broken.pdf", "fees.txt"])
    assert len(failed_sources(store)) == 2
    assert dismiss_named(store, ["broken.pdf", "lost.txt"]) == 2
