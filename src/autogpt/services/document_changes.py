"""What a person changes of a document: who may see it, and reading it again from its original.

In: a document, and who changes it. Out: records, an event in the same transaction, an index in line with them. Knows
nothing about pages or formats. Removing is with `services.documents`.
"""

from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy.orm import Session

from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.prepare.fetch import is_url
from autogpt.prepare.sources import ParsedDocument, parse
from autogpt.progress import Progress, Sink, silent
from autogpt.services import recording
from autogpt.services.documents import visible_document
from autogpt.services.events import Event, note
from autogpt.services.ingest_report import IngestReport
from autogpt.services.ingesting import Sync, ingest
from autogpt.services.recording import Origin, Shelf
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.tables import DocumentRow, IngestRow

#: Subject of the events.
SUBJECT = "document"
#: Most labels of one document, and most characters of one.
MOST_LABELS, LONGEST_LABEL = 20, 64


def label_list(written: str) -> list[str]:
    """The labels in a text that separates them by commas or lines, each once, in order.

    Raises UsageError for too many of them, or one that is too long.

    >>> label_list("staff, board，\\n staff ")
    ['board', 'staff']
    """
    for sign in "，、;；\n\r":
        written = written.replace(sign, ",")
    labels = sorted({" ".join(one.split()) for one in written.split(",")} - {""})
    if len(labels) > MOST_LABELS:
        raise UsageError(f"A document has at most {MOST_LABELS} access labels.")
    if any(len(one) > LONGEST_LABEL for one in labels):
        raise UsageError(f"An access label has at most {LONGEST_LABEL} characters.")
    return labels


def set_labels(
    store: Store,
    document_id: str,
    labels: Iterable[str],
    *,
    expected: Iterable[str],
    by: str,
    action: str = "set labels",
) -> bool:
    """Say which labels somebody needs to see a document. It counts at once: in the records, and in the index.

    Documents that repeated this one stand for themselves where their labels are now others.

    Args:
        expected: the labels that the person saw when they changed them.
        by: name of who does it.
        action: what the event is called.

    Returns whether the index has to be brought in line (`ingest` of nothing does), as a document has come to the fore.

    Raises:
        NotFoundError: there is no such document.
        ConflictError: somebody else has changed the labels since.
        BusyError: documents are being ingested.
    """
    from autogpt.services.indexing import relabel

    wanted = sorted(set(labels))
    with exclusive(store.folder / "ingest.lock", "ingesting documents"):
        with store.session() as session:
            row = _live(session, document_id)
            before = sorted(row.labels)
            if before != sorted(set(expected)):
                raise ConflictError(
                    f"The access labels were changed meanwhile: they are now '{', '.join(before) or '–'}'.",
                    "Look at both, then save again.",
                )
            if before == wanted:
                return False
            pending = recording.is_pending(session)
            row.labels = wanted
            if (source := session.get(IngestRow, row.uri)) is not None:
                source.labels = wanted
            shelf = Shelf(session, store.config.ingest.near_duplicate_similarity)
            forward = recording.settle_duplicates(session, shelf, document_id)
            recording.mark_pending(session)
            note(session, by, action, (SUBJECT, document_id), {"labels": before}, {"labels": wanted})
        relabel(store, document_id)
        if not pending and not forward:
            with store.session() as session:
                recording.clear_pending(session)
        return pending or forward


def undo_labels(store: Store, event: Event, by: str) -> bool:
    """Give a document the access labels from before a change. Returns and raises what `set_labels` does."""
    seen = event.after["labels"]
    return set_labels(store, event.subject_id, event.before["labels"], expected=seen, by=by, action="undo")


def reparse(store: Store, document_id: str, sink: Sink = silent, *, by: str, sync: Sync | None = None) -> IngestReport:
    """Read a document again from its stored original, with the program and the settings of today.

    A new version is made where anything differs, and examples are anchored anew; offsets of answers given before are
    those of the earlier version.

    Args:
        by: name of who asked for it.
        sync: brings the index in line; by default the workspace's own.

    Raises:
        NotFoundError: there is no such document, or its original is no longer kept.
        DataError: it cannot be read any more; the last version stays.
        BusyError: documents are being ingested.
    """
    document = visible_document(store, document_id, None)
    with store.session() as session:
        latest = recording.latest_version(session, document_id)
        source = session.get(IngestRow, document.uri)
    assert latest is not None
    sink(Progress("read", 0, 1, message=document.name))
    try:
        data = store.file_path(latest.raw_checksum).read_bytes()
    except OSError:
        data = b""
    if sha256(data).hexdigest() != latest.raw_checksum:
        raise NotFoundError("The original is no longer kept.", "Bring the file in again.")
    name = document.name.rpartition("/")[2] if is_url(document.uri) else document.name
    parsed = parse(data, name, latest.media_type, store.config.ingest)
    if not isinstance(parsed, ParsedDocument):
        raise UsageError("It holds question-answer pairs by now.", "Bring the file in again.")
    with exclusive(store.folder / "ingest.lock", "ingesting documents"), store.session() as session:
        _live(session, document_id)
        recording.mark_pending(session)
        origin = Origin(document.uri, document.name, source.root if source else "", latest.raw_checksum)
        shelf = Shelf(session, store.config.ingest.near_duplicate_similarity)
        recording.record_document(session, shelf, origin, parsed, None)
        made = recording.latest_version(session, document_id)
        assert made is not None
        note(session, by, "reparse", (SUBJECT, document_id), {"version": latest.number}, {"version": made.number})
    report = ingest(store, [], sink, sync=sync)
    changed = made.number != latest.number
    return IngestReport(changed=int(changed), unchanged=int(not changed), passages=report.passages)


def _live(session: Session, document_id: str) -> DocumentRow:
    row = session.get(DocumentRow, document_id)
    if row is None or row.removed_at is not None:
        raise NotFoundError("There is no such document.", "It may have been removed.")
    return row
