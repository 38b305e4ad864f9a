"""Searches a workspace: its index under one encoder, checked against the records at every question.

In: a store, a question and the asker's access labels. Out: passages of documents that are current and visible at this
moment. Opens index and encoder once; safe to use from several threads.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from sqlalchemy import select

from autogpt.errors import DataError
from autogpt.retrieve.access import may_see
from autogpt.retrieve.encoder import Encodes, encoder_id
from autogpt.retrieve.index import Index
from autogpt.retrieve.retriever import Retrieved, Retriever
from autogpt.services.bundles import current_encoder
from autogpt.services.indexing import load_encoder, sync
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, FaqRow


class WorkspaceRetriever:
    """The search of one workspace. A re-ingest, by whichever process, shows in the next question.

    Documents that were never indexed with this encoder are when it opens: a new model pack or release may bring one.

    Args:
        encoder: folder of an exported encoder; by default that of the current release.

    Raises BusyError when an index has to be made, and another process is changing one.
    """

    def __init__(self, store: Store, encoder: Path | None = None) -> None:
        self._store = store
        folder = encoder or current_encoder(store)
        # LanceDB takes about as long to import as the encoder to load; the two do not wait for each other.
        with ThreadPoolExecutor(1) as beside:
            opening = beside.submit(Index, store.index_uri, encoder_id(folder))
            self.encoder: Encodes = load_encoder(store.config, folder)
            self.index = opening.result()
        if not self.index.exists:
            sync(store, encoder=self.encoder)
        self._retriever = Retriever(self.index, self.encoder, store.config.retrieve)

    def retrieve(
        self, question: str, k: int | None = None, labels: frozenset[str] | None = frozenset()
    ) -> list[Retrieved]:
        """The `k` best passages (by default `retrieve.passages`); None as `labels` is the owner, who sees everything.

        Raises UsageError for a text that nothing can be searched by.
        """
        found = self._retriever.retrieve(question, self._retriever.candidates, labels)
        allowed = visible_versions(self._store, {one.passage.version_id for one in found}, labels)
        return [one for one in found if one.passage.version_id in allowed][: k or self._store.config.retrieve.passages]

    def close(self) -> None:
        """Let go of index and encoder; a closed retriever is not used again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_retriever(store: Store, encoder: Path | None = None) -> WorkspaceRetriever:
    """See `WorkspaceRetriever`. Raises DataError when nothing was ingested yet."""
    require_sources(store)
    return WorkspaceRetriever(store, encoder)


def require_sources(store: Store) -> None:
    """Raise DataError when nothing was ever ingested: asked before models are opened, which takes longer."""
    with store.session() as session:
        if all(session.scalar(select(row.id).limit(1)) is None for row in (DocumentRow, FaqRow)):
            raise DataError("There is nothing to search yet.", "Bring in documents with: autogpt ingest PATH")


def visible_versions(store: Store, version_ids: Iterable[str], labels: frozenset[str] | None) -> set[str]:
    """Those of `version_ids` that are current and that `labels` may see, by the records as they are now."""
    query = select(DocumentRow.current_version_id, DocumentRow.labels).where(
        DocumentRow.current_version_id.in_(list(version_ids)),
        DocumentRow.removed_at.is_(None),
        DocumentRow.duplicate_of.is_(None),
    )
    with store.session() as session:
        return {version for version, needed in session.execute(query) if version and may_see(needed, labels)}
