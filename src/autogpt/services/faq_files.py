"""The files of vetted answers: how many each holds, who sees them; labels set, a file taken out.

In: a store, and who changes something. Out: frozen values; rows with an event in the same transaction. Knows nothing
about single entries, nor about matching.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.errors import ConflictError, NotFoundError
from autogpt.retrieve.access import may_see
from autogpt.services.events import Event, note
from autogpt.services.recording import REMOVED, stable_id
from autogpt.services.uploads import delete_upload
from autogpt.store import Store, faq
from autogpt.store.locks import exclusive
from autogpt.store.tables import FaqRow, IngestRow

#: Subject of the events.
SUBJECT = "faq"


@dataclass(frozen=True, slots=True)
class FaqFile:
    """A file that holds `entries` vetted answers. `labels` are those of the file; an entry may have its own."""

    id: str
    name: str
    entries: int
    labels: tuple[str, ...]
    updated_at: datetime


def faq_files(store: Store, labels: frozenset[str] | None = frozenset()) -> list[FaqFile]:
    """The files that the asker may see (None: the owner), by name."""
    with store.session() as session:
        counted = Counter(session.scalars(select(FaqRow.source).where(FaqRow.removed_at.is_(None))))
        rows = [row for row in session.scalars(select(IngestRow)) if row.uri in counted and may_see(row.labels, labels)]
    made = [
        FaqFile(
            stable_id(row.uri), PurePosixPath(row.uri).name, counted[row.uri], tuple(sorted(row.labels)), row.updated_at
        )
        for row in rows
    ]
    return sorted(made, key=lambda one: (one.name, one.id))


def set_file_labels(
    store: Store,
    file_id: str,
    labels: Iterable[str],
    *,
    expected: Iterable[str],
    by: str,
    action: str = "set labels",
    own: Collection[str] = (),
) -> None:
    """Say which labels somebody needs to get the answers of a file. It counts as soon as the matcher is read again.

    Entries whose labels the file itself states keep them.

    Args:
        expected: the labels that the person saw when they changed them.
        by: name of who does it.
        action: what the event is called.
        own: ids of entries that have the same labels by themselves.

    Raises:
        NotFoundError: there is no such file.
        ConflictError: somebody else has changed the labels since.
        BusyError: documents are being ingested.
    """
    wanted = sorted(set(labels))
    with exclusive(store.folder / "ingest.lock", "ingesting documents"), store.session() as session:
        row = _file(session, file_id)
        before = sorted(row.labels)
        if before != sorted(set(expected)):
            raise ConflictError(
                f"The access labels were changed meanwhile: they are now '{', '.join(before) or '–'}'.",
                "Look at both, then save again.",
            )
        if before == wanted:
            return
        held = FaqRow.source == row.uri, FaqRow.removed_at.is_(None)
        entries = [one for one in session.scalars(select(FaqRow).where(*held)) if one.id not in own]
        alike = [entry.id for entry in entries if sorted(entry.labels) == wanted]
        for entry in entries:
            if sorted(entry.labels) == before:
                entry.labels = wanted
        row.labels = wanted
        faq.mark_changed(session)
        note(
            session,
            by,
            action,
            (SUBJECT, file_id),
            {"labels": before},
            {"labels": wanted} | ({"own": alike} if alike else {}),
        )


def undo_labels(store: Store, event: Event, by: str) -> None:
    """Give a file of vetted answers the access labels from before a change. Raises what `set_file_labels` does."""
    before, after = event.before["labels"], event.after["labels"]
    own = event.after.get("own", ())
    set_file_labels(store, event.subject_id, before, expected=after, by=by, action="undo", own=own)


def remove_file(store: Store, file_id: str, *, by: str) -> None:
    """Erase the vetted answers of a file; an uploaded file is deleted, unless it was replaced since.

    Raises:
        NotFoundError: there is no such file.
        BusyError: documents are being ingested.
    """
    from autogpt.services.ingesting import remove

    with store.session() as session:
        row = _file(session, file_id)
        name, uri = PurePosixPath(row.uri).name, row.uri
    remove(store, [uri])
    delete_upload(store, row)
    with store.session() as session:
        note(session, by, "remove", (SUBJECT, file_id), before={"name": name})


def _file(session: Session, file_id: str) -> IngestRow:
    rows = session.scalars(select(IngestRow).where(IngestRow.state != REMOVED))
    found = next((row for row in rows if stable_id(row.uri) == file_id), None)
    if found is None:
        raise NotFoundError("There is no such file of vetted answers.", "It may have been removed.")
    return found
