"""Looks over a workspace: its configuration, records, originals, index, release and examples.

In: a folder. Out: findings, each with what to do. Loads no model.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from autogpt.answer.release import changed_files
from autogpt.config import FILE_NAME
from autogpt.errors import NotFoundError
from autogpt.models.packs import find_pack
from autogpt.prepare.sources import is_outdated
from autogpt.records import Status
from autogpt.services.doctor.findings import Check, State, guarded
from autogpt.store import Store
from autogpt.store.tables import (
    DocumentRow,
    DocumentVersionRow,
    ExampleRow,
    FaqRow,
    IngestRow,
    JobRow,
    ReviewRow,
    now,
)

if TYPE_CHECKING:
    from autogpt.retrieve.index import Index

_AREA = "workspace"
#: A running job without a sign of life for this long has lost its process.
_SILENCE = timedelta(minutes=2)


def check_workspace(folder: Path) -> Iterator[Check]:
    """Everything about the workspace in `folder`; a note when there is none."""
    if not (folder / FILE_NAME).is_file():
        advice = "autogpt new FOLDER makes one; -w FOLDER names another."
        yield Check(_AREA, "workspace", State.NOTE, f"there is none in {folder.resolve()}", advice)
        return
    stores: list[Store] = []

    def opened() -> Iterator[Check]:
        store = Store(folder)
        stores.append(store)
        section = store.config.workspace
        found = f"'{section.name}', domain {section.domain}, language {section.language}"
        yield Check(_AREA, "configuration", State.OK, found)
        if not os.access(store.folder, os.W_OK):
            yield Check(_AREA, "folder", State.PROBLEM, "it cannot be written", "Give yourself the right to write it.")

    yield from guarded(_AREA, "configuration", opened)
    if not stores:
        return
    (store,) = stores
    checks: dict[str, Callable[[Store], Iterator[Check]]] = {
        "model": _model,
        "database": _database,
        "documents": _documents,
        "index": _index,
        "glossary": _glossary,
        "release": _release,
        "examples": _examples,
        "jobs": _jobs,
        "review queue": _review,
    }
    try:
        for name, check in checks.items():
            found = list(guarded(_AREA, name, lambda check=check: check(store)))  # type: ignore[misc]
            yield from found
            if name == "database" and any(one.state == State.PROBLEM for one in found):
                return
    finally:
        store.close()


def _model(store: Store) -> Iterator[Check]:
    pack = find_pack(store.config.workspace.pack)
    yield Check(_AREA, "model", State.OK, f"pack {pack.name} {pack.version}")


def _database(store: Store) -> Iterator[Check]:
    with store.engine.connect() as connection:
        schema = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if store.engine.dialect.name == "sqlite":
            whole = connection.execute(text("PRAGMA quick_check(1)")).scalar()
            if whole != "ok":
                advice = "Restore the workspace from a backup, or export the examples and make it anew."
                yield Check(_AREA, "database", State.PROBLEM, f"it is damaged: {whole}", advice)
                return
    yield Check(_AREA, "database", State.OK, f"{store.engine.dialect.name}, schema {schema}, whole")


def _documents(store: Store) -> Iterator[Check]:
    current = (
        select(DocumentVersionRow.raw_checksum, DocumentVersionRow.parser)
        .join(DocumentRow, DocumentRow.current_version_id == DocumentVersionRow.id)
        .where(DocumentRow.removed_at.is_(None))
    )
    entries = select(func.count()).select_from(FaqRow).where(FaqRow.removed_at.is_(None))
    with store.session() as session:
        read = session.execute(current).all()
        faq = session.scalar(entries) or 0
        states = Counter(session.scalars(select(IngestRow.state)))
    if not read and not faq:
        yield Check(_AREA, "documents", State.NOTE, "there are none", "autogpt ingest DOCUMENTS")
        return
    yield Check(_AREA, "documents", State.OK, f"{len(read):,}, and {faq:,} FAQ entries")
    outdated = sum(is_outdated(parser) for _, parser in read)
    if outdated:
        found = f"an earlier version of the program read {outdated:,} of {len(read):,}, and not as well"
        advice = "Ingest the same folders and files again; autogpt ingest --list tells which."
        yield Check(_AREA, "texts", State.WARNING, found, advice)
    failed = states["failed"] + states["empty"]
    if failed:
        advice = "autogpt ingest --list tells which and why."
        yield Check(_AREA, "sources", State.WARNING, f"{failed:,} could not be read", advice)
    missing = sum(not store.file_path(checksum).is_file() for checksum, _ in read)
    if missing:
        found = f"{missing:,} of {len(read):,} are missing; answers still work, originals cannot be opened"
        yield Check(_AREA, "originals", State.WARNING, found, f"Restore {store.files} from a backup.")


def _index(store: Store) -> Iterator[Check]:
    from autogpt.services.encoders import unused_indexes
    from autogpt.services.recording import is_pending

    wanted = set(_current(store))
    index = _answering_index(store)
    held = index.contents() if index.exists else {}
    with store.session() as session:
        unfinished = is_pending(session)
    absent, stray = len(wanted - held.keys()), len(held.keys() - wanted)
    if absent or stray:
        lines = [f"{absent:,} documents are missing"] if absent else []
        lines += [f"{stray:,} are in it that were removed"] if stray else []
        yield Check(_AREA, "index", State.WARNING, " and ".join(lines), "autogpt doctor --repair")
    elif unfinished:
        found = "in line, but the last change was not finished"
        yield Check(_AREA, "index", State.NOTE, found, "The next autogpt ingest finishes it.")
    else:
        yield Check(_AREA, "index", State.OK, f"in line with the documents, {index.count() if held else 0:,} passages")
    unused = unused_indexes(store)
    if unused:
        found = f"{len(unused):,} of encoders that neither the model pack nor a release has"
        yield Check(_AREA, "unused indexes", State.NOTE, found, "autogpt doctor --repair deletes them.")


def _answering_index(store: Store) -> "Index":
    from autogpt.retrieve.encoder import encoder_id
    from autogpt.retrieve.index import Index
    from autogpt.services.bundles import current_version, find_release

    version = current_version(store)
    encoder = find_release(store, version).encoder if version else find_pack(store.config.workspace.pack).encoder
    return Index(store.index_uri, encoder_id(encoder))


def _glossary(store: Store) -> Iterator[Check]:
    from autogpt.services.glossary import REMEDY, read_glossary, size

    glossary, index = read_glossary(store), _answering_index(store)
    if index.exists and index.glossary != glossary:
        found = "it has changed since the index was made; the search goes on with the earlier one"
        yield Check(_AREA, "glossary", State.WARNING, found, REMEDY)
    elif glossary:
        yield Check(_AREA, "glossary", State.OK, f"{size(glossary)}, in use")
    for notice in glossary.notices:
        yield Check(_AREA, "glossary", State.NOTE, notice)


def _current(store: Store) -> list[str]:
    """Ids of the documents that belong into the index."""
    query = (
        select(DocumentRow.id)
        .join(DocumentVersionRow, DocumentVersionRow.id == DocumentRow.current_version_id)
        .where(DocumentRow.removed_at.is_(None), DocumentRow.duplicate_of.is_(None))
        .where(func.length(func.trim(DocumentVersionRow.text)) > 0)
    )
    with store.session() as session:
        return list(session.scalars(query))


def _release(store: Store) -> Iterator[Check]:
    from autogpt.services.bundles import current_version, find_release

    version = current_version(store)
    if version is None:
        advice = "autogpt train reader, then autogpt release create and promote, fit it to your documents."
        yield Check(_AREA, "release", State.NOTE, "none is promoted: the model pack answers as it comes", advice)
        return
    try:
        release = find_release(store, version)
    except NotFoundError as error:
        yield Check(_AREA, "release", State.PROBLEM, error.message, "autogpt release rollback")
        return
    changed = changed_files(release)
    if changed:
        found = f"{version}: {len(changed)} of its files were changed or are missing ({changed[0]})"
        yield Check(_AREA, "release", State.PROBLEM, found, "autogpt release rollback, or create it again.")
    else:
        yield Check(_AREA, "release", State.OK, f"{version}, whole")


def _examples(store: Store) -> Iterator[Check]:
    query = select(ExampleRow.status, ExampleRow.split, func.count()).group_by(ExampleRow.status, ExampleRow.split)
    with store.session() as session:
        rows = session.execute(query).all()
    accepted = sum(count for status, _, count in rows if status == Status.ACCEPTED)
    stale = sum(count for status, _, count in rows if status == Status.STALE)
    undivided = sum(count for status, split, count in rows if status == Status.ACCEPTED and not split)
    if not accepted and not stale:
        advice = "autogpt examples import FILE: without them nothing can be measured or trained."
        yield Check(_AREA, "examples", State.NOTE, "there are none", advice)
        return
    yield Check(_AREA, "examples", State.OK, f"{accepted:,} accepted")
    if stale:
        advice = "autogpt examples list --status stale; give them a new answer and import them again."
        yield Check(_AREA, "stale examples", State.WARNING, f"{stale:,}: the text of their answer is gone", advice)
    if undivided:
        yield Check(_AREA, "split", State.WARNING, f"{undivided:,} examples are in no part", "autogpt examples split")


def _jobs(store: Store) -> Iterator[Check]:
    running = select(func.count()).select_from(JobRow).where(JobRow.state == "running")
    lost = running.where(func.coalesce(JobRow.heartbeat_at, JobRow.created_at) < now() - _SILENCE)
    with store.session() as session:
        if session.scalar(lost):
            advice = "They go on when autogpt serve runs."
            yield Check(_AREA, "jobs", State.WARNING, "some have lost their process", advice)


def _review(store: Store) -> Iterator[Check]:
    waiting = select(func.count()).select_from(ReviewRow).where(ReviewRow.state == "open")
    with store.session() as session:
        count = session.scalar(waiting) or 0
    if count:
        yield Check(_AREA, "review queue", State.NOTE, f"{count:,} questions wait for a person")
