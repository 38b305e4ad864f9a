"""What was ingested: the list of it, and finding one by what people call it.

In: a store. Out: frozen values and addresses. Knows nothing about how it came in.
"""

import difflib
import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlalchemy import select

from autogpt.errors import NotFoundError, UsageError
from autogpt.prepare.fetch import is_url, normalised
from autogpt.prepare.sources import is_outdated
from autogpt.services.recording import EMPTY, FAILED, REMOVED, latest_version
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, FaqRow, IngestRow


@dataclass(frozen=True, slots=True)
class Source:
    """A line of the list of sources.

    `pages` is None for formats without pages; `note` says why it cannot be cited, or should be ingested again.
    """

    name: str
    uri: str
    state: str
    language: str
    pages: int | None
    characters: int
    note: str


def list_sources(store: Store) -> list[Source]:
    """Everything that was ingested and not removed, by name: documents, duplicates, FAQ files and failures."""
    listed: list[Source] = []
    with store.session() as session:
        documents = {row.id: row for row in session.scalars(select(DocumentRow))}
        entries = Counter(session.scalars(select(FaqRow.source).where(FaqRow.removed_at.is_(None))))
        for row in session.scalars(select(IngestRow).where(IngestRow.state != REMOVED)):
            document = documents.get(row.document_id or "")
            version = latest_version(session, document.id) if document else None
            note = ""
            if row.state in {FAILED, EMPTY}:
                note = json.loads(row.reason)[0]
            elif document is not None and document.duplicate_of:
                note = f"repeats {documents[document.duplicate_of].name}"
            elif row.uri in entries:
                note = f"{entries[row.uri]:,} FAQ entries"
            elif version is not None and is_outdated(version.parser):
                note = "read by an earlier version of the program: ingest it again"
            listed.append(
                Source(
                    name=document.name if document else PurePosixPath(row.uri).name,
                    uri=row.uri,
                    state=row.state,
                    language=version.language if version else "",
                    pages=len(version.outline.get("pages", ())) or None if version else None,
                    characters=len(version.text) if version else 0,
                    note=note,
                )
            )
    return sorted(listed, key=lambda one: (one.name, one.uri))


def addresses(store: Store, target: str) -> list[str]:
    """Addresses of what `target` names: a name, a path, a folder, a URL or a document id.

    Raises:
        NotFoundError: nothing is called so.
        UsageError: several are.
    """
    with store.session() as session:
        query = select(DocumentRow.id, DocumentRow.uri, DocumentRow.name).where(DocumentRow.removed_at.is_(None))
        documents = [(id, uri, name) for id, uri, name in session.execute(query)]
        live = session.scalars(select(IngestRow.uri).where(IngestRow.state != REMOVED)).all()
    uris = dict.fromkeys([uri for _, uri, _ in documents] + sorted(live))
    path = str(Path(target).expanduser().resolve())
    url = normalised(target) if is_url(target) and target.startswith("http") else target
    exact = [uri for uri in uris if uri in {target, path, url}]
    if exact or (exact := [uri for uri in uris if uri.startswith(f"{path}{os.sep}")]):
        return exact
    called = {uri for id, uri, name in documents if target in {id, name}}
    found = [uri for uri in uris if uri in called] or [uri for uri in uris if PurePosixPath(uri).name == target]
    if not found:
        close = difflib.get_close_matches(target, [name for _, _, name in documents], 1, 0.6)
        hint = f"Did you mean '{close[0]}'?" if close else "List the documents with: autogpt ingest --list"
        raise NotFoundError(f"There is no document '{target}' in this workspace.", hint)
    if len(found) > 1:
        raise UsageError(f"{len(found)} documents are called '{target}'.", "Give the path of the one you mean.")
    return found
