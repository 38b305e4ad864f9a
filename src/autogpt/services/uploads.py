"""The files that were uploaded into a workspace, and how one is deleted.

In: what was read of a source last. Out: nothing. A file is deleted only if it is the one that was read: another one
under its name waits for its own ingest. Knows nothing about HTTP.
"""

from hashlib import file_digest
from pathlib import Path

from autogpt.store import Store
from autogpt.store.tables import IngestRow

#: Folder of the workspace where uploaded files are kept.
UPLOADS = "uploads"


def delete_upload(store: Store, row: IngestRow) -> None:
    """Delete the file of a source, if it was uploaded and has not been replaced since it was read."""
    path = Path(row.uri)
    if path.parent != store.folder / UPLOADS:
        return
    try:
        with path.open("rb") as file:
            same = file_digest(file, "sha256").hexdigest() == row.raw_checksum
    except OSError:
        return
    if same:
        path.unlink(missing_ok=True)
