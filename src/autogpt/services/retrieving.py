"""Searches a workspace: its index under one encoder, checked against the records at every question.

In: a store, a question and the asker's access labels. Out: passages of documents that are current and visible at this
moment. Opens index and encoder once; safe to use from several threads.
"""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from sqlalchemy import select

from autogpt.answer.release import Release
from autogpt.errors import DataError
from autogpt.retrieve.access import may_see
from autogpt.retrieve.encoder import Encodes, encoder_id
from autogpt.retrieve.index import Index
from autogpt.retrieve.reranker import Reranker, cut_short, reranked
from autogpt.retrieve.retriever import Retrieval, Retrieved, Retriever, Searched
from autogpt.retrieve.searchable import embedded_text
from autogpt.services.bundles import current_encoder, current_version, find_release
from autogpt.services.index_recipe import begun_for_another_pack
from autogpt.services.indexing import load_encoder, sync
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, FaqRow


class WorkspaceRetriever:
    """The search of one workspace. A re-ingest, by whichever process, shows in the next question.

    Documents that were never indexed with this encoder are when it opens: a new model pack or release may bring one. An
    index that was begun so and cut short is finished.

    Args:
        encoder: folder of an exported encoder; by default that of the current release.
        dense_weight: part of the vectors in the ranking; None takes `retrieve.dense_weight`.

    Attributes:
        reranker: judges the best passages of a search; None leaves their order.
        rerank_weight: what a logit of it counts for, see `retrieve.reranker.reranked`; 0: it is not asked.
        rerank_limit: seconds that it has for a question; None for as long as it takes.

    Raises BusyError when an index has to be made, and another process is changing one.
    """

    def __init__(
        self,
        store: Store,
        encoder: Path | None = None,
        dense_weight: float | None = None,
    ) -> None:
        self._store = store
        self.dense_weight = store.config.retrieve.dense_weight if dense_weight is None else dense_weight
        self.reranker: Reranker | None = None
        self.rerank_weight = 0.0
        self.rerank_limit: float | None = store.config.retrieve.rerank_budget_ms / 1000
        folder = encoder or current_encoder(store)
        # LanceDB takes about as long to import as the encoder to load; the two do not wait for each other.
        with ThreadPoolExecutor(1) as beside:
            opening = beside.submit(Index, store.index_uri, encoder_id(folder))
            self.encoder: Encodes = load_encoder(store.config, folder)
            self.index = opening.result()
        if not self.index.exists or begun_for_another_pack(store):
            sync(store, encoder=self.encoder)
        self._retriever = Retriever(self.index, self.encoder, store.config.retrieve)

    def retrieve(self, question: str, k: int | None = None, labels: frozenset[str] | None = frozenset()) -> Retrieval:
        """The `k` best passages (by default `retrieve.passages`); None as `labels` is the owner, who sees everything.

        Raises UsageError for a text that nothing can be searched by.
        """
        found = self.search(question, labels)
        ranked = found.ranked(self.dense_weight)
        notices: tuple[str, ...] = ()
        spent: float | None = None
        whole = False
        if self.reranker is not None and self.rerank_weight:
            began = time.perf_counter()
            logits = self.judge(question, ranked)
            spent = (time.perf_counter() - began) * 1000
            wanted = min(len(ranked), self._store.config.retrieve.rerank_passages)
            whole = len(logits) == wanted
            if self.rerank_limit is not None:
                notices = cut_short(len(logits), wanted, self.rerank_limit)
            ranked = reranked(ranked, logits, self.rerank_weight)
        best = tuple(ranked[: k or self._store.config.retrieve.passages])
        return Retrieval(best, notices, found.glossary, spent, whole)

    def judge(self, question: str, ranked: Sequence[Retrieved]) -> list[float]:
        """The reranker's logits of the best of `ranked`; see `Reranker.logits`."""
        assert self.reranker is not None
        best = [one.passage for one in ranked[: self._store.config.retrieve.rerank_passages]]
        names = document_names(self._store, {one.document_id for one in best})
        texts = [embedded_text(one, names.get(one.document_id, "")) for one in best]
        return self.reranker.logits(question, texts, self.rerank_limit)

    def search(self, question: str, labels: frozenset[str] | None = frozenset()) -> Searched:
        """What both searches find, not yet fused; arguments and errors as for `retrieve`."""
        found = self._retriever.search(question, labels)
        versions = {hit.passage.version_id for hits in (found.lexical, found.dense) for hit in hits.values()}
        allowed = visible_versions(self._store, versions, labels)
        return found.only(lambda passage: passage.version_id in allowed)

    def close(self) -> None:
        """Let go of index and encoder; a closed retriever is not used again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_retriever(store: Store) -> WorkspaceRetriever:
    """The search of what answers at present. Raises DataError when nothing was ingested yet."""
    require_sources(store)
    version = current_version(store)
    if version is None:
        return WorkspaceRetriever(store)
    return release_retriever(store, find_release(store, version))


def release_retriever(store: Store, release: Release) -> WorkspaceRetriever:
    """The search of a release. Its reranker is opened only where it counts for something and has time."""
    policy = release.policy
    if release.reranker is None or not policy.rerank_weight or not store.config.retrieve.rerank_budget_ms:
        return WorkspaceRetriever(store, release.encoder, policy.dense_weight)
    with ThreadPoolExecutor(1) as beside:  # its first passes take as long as index and encoder to open
        opening = beside.submit(_warm_reranker, release.reranker, store.config.read.threads)
        retriever = WorkspaceRetriever(store, release.encoder, policy.dense_weight)
    retriever.reranker, retriever.rerank_weight = opening.result(), policy.rerank_weight
    return retriever


def _warm_reranker(folder: Path, threads: int) -> Reranker:
    reranker = Reranker(folder, threads=threads)
    reranker.warm_up()
    return reranker


def require_sources(store: Store) -> None:
    """Raise DataError when nothing was ever ingested: asked before models are opened, which takes longer."""
    with store.session() as session:
        if all(session.scalar(select(row.id).limit(1)) is None for row in (DocumentRow, FaqRow)):
            raise DataError("There is nothing to search yet.", "Bring in documents with: autogpt ingest PATH")


def document_names(store: Store, document_ids: set[str]) -> dict[str, str]:
    """File names or URLs by id."""
    query = select(DocumentRow.id, DocumentRow.name).where(DocumentRow.id.in_(document_ids))
    with store.session() as session:
        return {row.id: row.name for row in session.execute(query)}


def visible_versions(store: Store, version_ids: Iterable[str], labels: frozenset[str] | None) -> set[str]:
    """Those of `version_ids` that are current and that `labels` may see, by the records as they are now."""
    query = select(DocumentRow.current_version_id, DocumentRow.labels).where(
        DocumentRow.current_version_id.in_(list(version_ids)),
        DocumentRow.removed_at.is_(None),
        DocumentRow.duplicate_of.is_(None),
    )
    with store.session() as session:
        return {version for version, needed in session.execute(query) if version and may_see(needed, labels)}
