"""Files of examples that were uploaded: looked at before anything is written, then brought in.

In: a file in a folder of its own under `imports`. Out: a preview, kept beside it, and an import. What was brought in
or left for a week is deleted. Knows nothing about HTTP.
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from autogpt.errors import AutoGPTError, NotFoundError, UsageError
from autogpt.progress import Sink, silent
from autogpt.services.examples.import_report import ImportReport
from autogpt.services.examples.importing import import_examples
from autogpt.store import Store
from autogpt.store.store import new_id
from autogpt.store.tables import now

#: Folder of the workspace that holds the files.
FOLDER = "imports"
#: Larger files are looked at by a job, bytes.
SMALL = 1_000_000
#: How long a file waits to be brought in.
KEPT = timedelta(days=7)
#: Remarks and refusals that a preview lists.
LISTED = 100
_PREVIEW = ".preview.json"
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is read: its format and the document of examples that name none, or empty; names of its columns."""

    format: str = ""
    document: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that waits. `size`: bytes."""

    id: str
    name: str
    path: Path
    size: int

    @property
    def large(self) -> bool:
        return self.size > SMALL


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do, and how it was asked; `job` looks at it while there is no report.

    Attributes:
        report: an `ImportReport` as plain JSON, its lists cut to `LISTED`; empty where nothing can be brought in.
        counts: lengths of the lists before they were cut.
        message, hint: why nothing can be brought in.
    """

    options: Options
    report: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    message: str = ""
    hint: str = ""
    job: str = ""

    @property
    def usable(self) -> bool:
        return bool(self.report) and bool(self.report["added"] or self.report["updated"])


def new_place(store: Store) -> tuple[str, Path]:
    """An id and an empty folder for a file; files that waited too long are deleted."""
    root = store.folder / FOLDER
    if root.is_dir():
        for old in root.iterdir():
            if old.is_dir() and old.stat().st_mtime < (now() - KEPT).timestamp():
                shutil.rmtree(old, ignore_errors=True)
    id = new_id()
    place = root / id
    place.mkdir(parents=True)
    return id, place


def find_incoming(store: Store, id: str) -> Incoming:
    """Raises NotFoundError when the file is not there, or no longer."""
    place = store.folder / FOLDER / id
    found = sorted(place.glob("[!.]*")) if _ID.fullmatch(id) and place.is_dir() else []
    if not found:
        raise NotFoundError("There is no such file.", "It was brought in, or waited too long: upload it again.")
    return Incoming(id, found[0].name, found[0], found[0].stat().st_size)


def look_at(store: Store, incoming: Incoming, options: Options, sink: Sink = silent) -> Preview:
    """Find out what an import would do, write nothing but the preview, and return it."""
    try:
        report = import_examples(store, incoming.path, dry_run=True, sink=sink, **_asked(options))
        preview = Preview(options, *_told(report))
    except AutoGPTError as error:
        preview = Preview(options, message=error.message, hint=error.hint)
    keep_preview(incoming, preview)
    return preview


def keep_preview(incoming: Incoming, preview: Preview) -> None:
    """Keep a preview beside its file."""
    partial = incoming.path.with_name(f"{_PREVIEW}.partial")
    partial.write_text(json.dumps(asdict(preview), ensure_ascii=False), encoding="utf-8")
    partial.replace(incoming.path.with_name(_PREVIEW))


def read_preview(incoming: Incoming) -> Preview | None:
    """The preview that was kept, if any."""
    path = incoming.path.with_name(_PREVIEW)
    if not path.is_file():
        return None
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Preview(**{**raw, "options": Options(**raw["options"])})


def bring_in(store: Store, incoming: Incoming, options: Options, by: str, sink: Sink = silent) -> ImportReport:
    """Import a file and delete it. Raises what `import_examples` raises; the file then stays."""
    report = import_examples(store, incoming.path, by=by, sink=sink, **_asked(options))
    discard(incoming)
    return report


def discard(incoming: Incoming) -> None:
    """Delete a file that is not wanted, or no longer."""
    shutil.rmtree(incoming.path.parent, ignore_errors=True)


def columns_of(text: str) -> dict[str, str]:
    """`question=Frage`, one a line, as `{"question": "Frage"}`. Raises UsageError for a line in another form."""
    pairs = [line.partition("=") for line in text.splitlines() if line.strip()]
    for ours, sign, theirs in pairs:
        if not (sign and ours.strip() and theirs.strip()):
            raise UsageError(f"'{ours}' does not say which column it is.", "Write one a line: question=Frage")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def brief(report: ImportReport) -> dict[str, Any]:
    """A report as plain JSON that is not too long to be kept: its lists are cut."""
    return _told(report)[0]


def _asked(options: Options) -> dict[str, Any]:
    return {"format": options.format or None, "document": options.document, "columns": options.columns}


def _told(report: ImportReport) -> tuple[dict[str, Any], dict[str, int]]:
    whole = asdict(report)
    lists = {key: whole[key] for key in ("refused", "remarks", "repaired")}
    counts = {**{key: len(value) for key, value in lists.items()}, "duplicates": len(report.duplicates)}
    cut = {key: list(value[:LISTED]) for key, value in lists.items()}
    duplicates = dict(list(report.duplicates.items())[:LISTED])
    return {**whole, **cut, "duplicates": duplicates, "summary": report.summary}, counts
