"""Brings the search index in line with the records.

In: a store. Out: an index that holds exactly the passages of the current versions, and a report. May be stopped at any
point and run again. Knows nothing about how documents came in or how questions are answered.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

from autogpt.config import Config, IngestSection
from autogpt.progress import Progress, Sink, silent
from autogpt.records import Passage
from autogpt.retrieve.encoder import Encoder, Encodes, Vectors
from autogpt.retrieve.index import Index, indexes
from autogpt.retrieve.searchable import embedded_text
from autogpt.services.bundles import current_encoder
from autogpt.services.glossary import usable_glossary
from autogpt.services.index_recipe import passages_of, recipe, remember
from autogpt.store import Store
from autogpt.store.documents import load_versions
from autogpt.store.locks import exclusive
from autogpt.store.tables import DocumentRow, DocumentVersionRow
from autogpt.text.glossary import NO_GLOSSARY, Glossary

#: Passages of one commit, at least: what a kill may cost. A document is never divided between commits.
COMMIT = 1_024
#: Passages encoded between two reports of progress.
_STEP = 256


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What changed in the index.

    Attributes:
        added, removed: documents; a changed one counts as added.
        passages: made now.
        total: passages in the index afterwards.
        seconds: wall-clock time.
    """

    added: int
    removed: int
    passages: int
    total: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A document that belongs into the index: its current version, and a hash of all that its passages come from."""

    version_id: str
    fingerprint: str
    name: str
    characters: int


def sync(
    store: Store,
    sink: Sink = silent,
    encoder: Encodes | None = None,
    then: Callable[[], None] = lambda: None,
) -> SyncReport:
    """Make the index hold the current versions and nothing else.

    Documents are taken out of the indexes of all encoders, so that no release can cite what is gone; they are put into
    the one of `encoder`. New versions go in before old ones go out; what went out leaves the disk too. Where the
    glossary has changed, the words of all passages are taken anew, in every index, and no vector is; a glossary that
    cannot be read changes nothing.

    Args:
        encoder: by default the one that answers: the current release's, or the workspace's own.
        then: called at the end, while no other process can change the index.

    Raises:
        BusyError: another process is changing the index.
        CancelledError: `sink` asked for it; what was finished is kept.
    """
    began = time.perf_counter()
    with exclusive(store.folder / "index.lock", "updating the search index"):
        wanted, glossary = _wanted(store), usable_glossary(store)
        encoder = encoder or load_encoder(store.config, current_encoder(store))
        index = Index(store.index_uri, encoder.id)
        unfinished = {one.table_name for one in indexes(store.index_uri) if not one.compacted}
        held = index.contents()
        missing = {key: one for key, one in wanted.items() if one.fingerprint not in held.get(key, ())}
        names = {key: one.name for key, one in missing.items()}
        prints = {key: one.fingerprint for key, one in missing.items()}
        added = made = 0
        for batch in _batches(store, missing, sink):
            vectors = _encoded(encoder, batch, names)
            index.add(batch.passages, vectors, names=names, fingerprints=prints, glossary=glossary or NO_GLOSSARY)
            added += batch.documents
            made += len(batch.passages)
        removed: set[str] = set()
        for one in indexes(store.index_uri):
            kept = one.glossary if glossary is None else glossary
            removed |= _settle(one, wanted, kept, one.table_name in unfinished, sink)
        remember(store, index.glossary if glossary is None else glossary)
        then()
        return SyncReport(added, len(removed - wanted.keys()), made, index.count(), time.perf_counter() - began)


def relabel(store: Store, document_id: str) -> None:
    """Let the passages of a document be seen with its present labels, in every index. No vector is made.

    Raises BusyError when another process is changing an index.
    """
    settings = store.config.ingest
    with store.session() as session:
        row = session.get(DocumentRow, document_id)
        version = session.get(DocumentVersionRow, row.current_version_id) if row is not None else None
    if row is None or version is None:
        return
    fingerprint = _fingerprint(settings, version.id, row.name, version.title, sorted(row.labels))
    with exclusive(store.folder / "index.lock", "updating the search index"):
        for index in indexes(store.index_uri):
            index.relabel(document_id, version.id, sorted(row.labels), fingerprint)


def load_encoder(config: Config, folder: Path) -> Encoder:
    """The encoder in `folder`, run as the configuration says."""
    return Encoder(folder, config.read.backend, config.read.threads)


def _wanted(store: Store) -> dict[str, _Wanted]:
    """Document id → what should be indexed of it: neither removed documents nor duplicates of others."""
    query = (
        select(
            DocumentRow.id,
            DocumentRow.name,
            DocumentRow.labels,
            DocumentVersionRow.id,
            DocumentVersionRow.title,
            func.length(DocumentVersionRow.text),
        )
        .join(DocumentVersionRow, DocumentVersionRow.id == DocumentRow.current_version_id)
        .where(DocumentRow.removed_at.is_(None), DocumentRow.duplicate_of.is_(None))
        .order_by(DocumentRow.created_at, DocumentRow.id)
    )
    settings = store.config.ingest
    with store.session() as session:
        return {
            document: _Wanted(version, _fingerprint(settings, version, name, title, sorted(labels)), name, characters)
            for document, name, labels, version, title, characters in session.execute(query)
        }


def _fingerprint(settings: IngestSection, *parts: str | list[str]) -> str:
    return sha256(json.dumps([*recipe(settings), *parts]).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Passages of whole documents, for one commit. `report(n)` tells the sink that n of them are encoded."""

    passages: Sequence[Passage]
    documents: int
    report: Callable[[int], None]


def _batches(store: Store, wanted: Mapping[str, _Wanted], sink: Sink) -> Iterator[_Batch]:
    """The passages of these documents' versions, one document in memory at a time."""
    settings = store.config.ingest
    total = sum(one.characters for one in wanted.values())
    before = here = documents = 0
    waiting: list[Passage] = []

    def report(encoded: int) -> None:
        sink(Progress("index", before + here * encoded / len(waiting), total))

    for one in wanted.values():
        with store.session() as session:
            version = load_versions(session, [one.version_id]).get(one.version_id)
        if version is None:
            continue
        made = passages_of(version, settings)
        waiting += made
        documents += bool(made)
        here += len(version.text)
        if len(waiting) >= COMMIT:
            yield _Batch(waiting, documents, report)
            before, here, documents, waiting = before + here, 0, 0, []
    if waiting:
        yield _Batch(waiting, documents, report)


def _encoded(encoder: Encodes, batch: _Batch, names: Mapping[str, str]) -> Vectors:
    """float32[N, H], the vectors of the batch's passages. `names` are file names by document id."""
    texts = [embedded_text(one, names[one.document_id]) for one in batch.passages]
    vectors = []
    for start in range(0, len(texts), _STEP):
        batch.report(start)
        vectors.append(encoder.encode(texts[start : start + _STEP]))
    batch.report(len(batch.passages))
    return np.concatenate(vectors)


def _settle(index: Index, wanted: Mapping[str, _Wanted], glossary: Glossary, unfinished: bool, sink: Sink) -> set[str]:
    """Take out what is not wanted, take the words with `glossary`, and bring files and search structures up to date;
    the documents that lost passages.

    `unfinished`: an earlier sync was cut short, so there may be text on the disk that no commit refers to any more.
    """
    outdated = {
        document: prints - {wanted[document].fingerprint} if document in wanted else prints
        for document, prints in index.contents().items()
    }
    outdated = {document: prints for document, prints in outdated.items() if prints}
    index.remove(one for prints in outdated.values() for one in prints)
    anew = index.glossary != glossary
    if anew:
        total, names = index.count(), {key: one.name for key, one in wanted.items()}
        index.analyse_anew(glossary, names, lambda done: sink(Progress("analyse", done, total)))
    if not index.compacted:
        sink(Progress("compact"))
        index.compact(purge=(bool(outdated) or unfinished) and not anew)
    return set(outdated)
