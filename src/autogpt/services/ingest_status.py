"""Says what has become of each file that a job brings in, while it does and afterwards.

In: a job. Out: frozen values, in the order in which the files are read. Knows nothing about processes: the records tell
which file was done, and the job how far it is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlalchemy import select

from autogpt.retrieve.access import may_see
from autogpt.services.jobs import Job
from autogpt.services.recording import DONE, DUPLICATE, EMPTY, FAILED
from autogpt.store import Store
from autogpt.store.tables import DocumentRow, DocumentVersionRow, IngestRow

#: Files that are told of one job at most.
MOST = 500
#: What can become of a file, besides `waiting` and `reading`.
WAITING, READING, NEW, CHANGED, SAME = "waiting", "reading", "brought in", "changed", "known already"
REPEATS, VETTED, UNREAD, LEFT = "repeats another", "vetted answers", "could not be read", "not read"
STATES = (WAITING, READING, NEW, CHANGED, SAME, REPEATS, VETTED, UNREAD, LEFT)


@dataclass(frozen=True, slots=True)
class FileStatus:
    """What became of one file. `document_id` leads to the document it became; `reason` says why it did not."""

    name: str
    state: str
    reason: str = ""
    document_id: str = ""


def files_of(store: Store, job: Job, labels: frozenset[str] = frozenset()) -> list[FileStatus]:
    """The files of a job that ingests, one after the other; nothing for other jobs, or for folders."""
    sources = [str(one) for one in job.payload.get("sources", ())][:MOST] if job.kind == "ingest" else []
    if not sources:
        return []
    with store.session() as session:
        rows = {row.uri: row for row in session.scalars(select(IngestRow).where(IngestRow.uri.in_(sources)))}
        known = [row.document_id for row in rows.values() if row.document_id]
        query = (
            select(DocumentRow.id, DocumentVersionRow.number)
            .join(DocumentVersionRow, DocumentVersionRow.id == DocumentRow.current_version_id)
            .where(DocumentRow.id.in_(known))
        )
        versions = {row.id: row.number for row in session.execute(query)}
    # After its files a job goes on with the index, whose progress says nothing about them.
    over = job.state == "done" or job.stage not in {"", "waiting", "ingest"}
    done = len(sources) if over else int(job.done) if job.stage == "ingest" else 0
    told = []
    for at, uri in enumerate(sources):
        row = rows.get(uri)
        name = uri if "://" in uri else PurePosixPath(uri).name
        if row is not None and not may_see(row.labels, labels):
            told.append(FileStatus(name, LEFT if job.finished else WAITING))
        elif row is not None and job.started_at is not None and row.updated_at >= job.started_at:
            told.append(_became(name, row, versions))
        elif job.state == "queued" or (job.state == "running" and at >= done):
            told.append(FileStatus(name, READING if job.state == "running" and at == done else WAITING))
        elif at < done and row is not None:
            told.append(FileStatus(name, SAME, document_id=row.document_id or ""))
        else:
            told.append(FileStatus(name, LEFT))
    return told


def _became(name: str, row: IngestRow, versions: Mapping[str, int]) -> FileStatus:
    document = row.document_id or ""
    if row.state in {FAILED, EMPTY}:
        return FileStatus(name, UNREAD, " ".join(part for part in json.loads(row.reason) if part), document)
    if row.state == DUPLICATE:
        return FileStatus(name, REPEATS)
    if row.state == DONE and not document:
        return FileStatus(name, VETTED)
    return FileStatus(name, CHANGED if versions.get(document, 1) > 1 else NEW, document_id=document)
