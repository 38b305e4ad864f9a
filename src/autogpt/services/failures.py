"""Shows the sources that could not be brought in, and dismisses them.

In: a store, and what a source is called. Out: frozen values. Dismissing changes no text: what was read of a source
before stays. Knows nothing about parsing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from autogpt.errors import NotFoundError
from autogpt.retrieve.access import may_see
from autogpt.services.auditing import Recorder
from autogpt.services.events import note
from autogpt.services.intake import BY_HAND, Intake
from autogpt.services.recording import DONE, DUPLICATE, EMPTY, FAILED, REMOVED, stable_id
from autogpt.services.sources import addresses
from autogpt.services.uploads import delete_upload
from autogpt.store import Store
from autogpt.store.locks import exclusive
from autogpt.store.tables import DocumentRow, FaqRow, IngestRow, now

#: Subject of the events.
SUBJECT = "source"
_FAILED = select(IngestRow).where(IngestRow.state.in_((FAILED, EMPTY)))


@dataclass(frozen=True, slots=True)
class FailedSource:
    """A source that could not be brought in the last time, and why."""

    id: str
    name: str
    state: str
    reason: str
    at: datetime


def failed_sources(store: Store, labels: frozenset[str] = frozenset(), limit: int = 50) -> list[FailedSource]:
    """The newest sources that could not be brought in and that the asker may see; their folders are not named."""
    query = _FAILED.order_by(IngestRow.updated_at.desc())
    with store.session() as session:
        rows = [row for row in session.scalars(query) if may_see(row.labels, labels)][:limit]
    return [
        FailedSource(stable_id(row.uri), PurePosixPath(row.uri).name, row.state, _why(row.reason), row.updated_at)
        for row in rows
    ]


def failed_addresses(store: Store) -> list[str]:
    """Where the sources that could not be brought in came from, as ingesting takes them."""
    with store.session() as session:
        return [row.uri for row in session.scalars(_FAILED.order_by(IngestRow.uri))]


def dismiss(store: Store, source_id: str, labels: frozenset[str] = frozenset(), by: str = "") -> None:
    """List a failed source no more until it changes; an uploaded file of which nothing was read is deleted, unless
    another was uploaded under its name since.

    Args:
        labels: access labels of who asks for it.
        by: their name, for the events; without one none is written.

    Raises:
        NotFoundError: there is no such failed source for this asker.
        BusyError: documents are being ingested.
    """
    with exclusive(store.folder / "ingest.lock", "ingesting documents"), store.session() as session:
        row = next((row for row in session.scalars(_FAILED) if stable_id(row.uri) == source_id), None)
        if row is None or not may_see(row.labels, labels):
            raise NotFoundError("There is no such failed source.", "See: autogpt ingest --list")
        if by:
            before = {"name": PurePosixPath(row.uri).name, "state": row.state, "reason": _why(row.reason)}
            note(session, by, "dismiss", (SUBJECT, source_id), before)
        kept = _dismiss(store, session, row)
        if not kept:
            # Before the records say so: cut short in between, the failure is still there to be dismissed.
            delete_upload(store, row)
    Recorder(store).event("dismiss", {"source_id": source_id})


def dismiss_named(store: Store, targets: Sequence[str]) -> int:
    """Dismiss the failed sources that `targets` name, and return how many there were.

    Args:
        targets: names, paths, folders and URLs.

    Raises:
        NotFoundError: a target is not known, or nothing that it names has failed; nothing was dismissed.
        BusyError: documents are being ingested.
    """
    with store.session() as session:
        failed = {row.uri: row.labels for row in session.scalars(_FAILED)}
    found: dict[str, None] = {}
    for target in targets:
        uris = [uri for uri in addresses(store, target) if uri in failed]
        if not uris:
            raise NotFoundError(
                f"'{target}' has not failed.", "Give the path of what has: autogpt ingest --list --json"
            )
        found |= dict.fromkeys(uris)
    for uri in found:
        dismiss(store, stable_id(uri), frozenset(failed[uri]))
    return len(found)


def _dismiss(store: Store, session: Session, row: IngestRow) -> bool:
    """Take a source's failure back; whether something that was read of it before stays."""
    document = session.get(DocumentRow, row.document_id) if row.document_id else None
    if document is not None and document.removed_at is not None:
        document = None
    entries = select(FaqRow.id).where(FaqRow.source == row.uri, FaqRow.removed_at.is_(None))
    kept = document is not None or session.scalar(entries.limit(1)) is not None
    if kept:
        row.state = DUPLICATE if document is not None and document.duplicate_of else DONE
        row.reason = ""
        row.settings_hash = _as_if_read(store, row)
    else:
        row.state, row.reason = REMOVED, BY_HAND
    row.updated_at = now()
    return kept


def _as_if_read(store: Store, row: IngestRow) -> str:
    """What would be remembered had this file been read: it is tried again when it, the program or the labels asked for
    change. Which were asked for, if any, the failure tells."""
    asked = [Intake(store, {}, labels, False) for labels in (None, row.labels)]
    same = next((one for one in asked if one.settings_hash(failed=True) == row.settings_hash), asked[0])
    return same.settings_hash(failed=False)


def _why(reason: str) -> str:
    """Reason and hint of a failure, as `services.ingesting` keeps them, in one line."""
    return " ".join(part for part in json.loads(reason) if part)
