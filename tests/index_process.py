"""Stands in for a command that makes an index, and kills itself amid it:
`python index_process.py WORKSPACE release|ingest|ask ENCODER STAGE SHARE`.

It dies at the first report of that stage which is so far on, 0 to 1; every document is a commit.
"""

import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from autogpt.answer.release import Release
from autogpt.progress import Progress, Sink
from autogpt.services import compressing, indexing, releasing, retrieving
from autogpt.services.ingesting import ingest
from autogpt.store import Store


def release(store: Store, encoder: Path, sink: Sink = lambda progress: None) -> Release:
    """`autogpt release create --from base --encoder ENCODER`, without the work that a reader takes."""

    def no_reader(store: Store, model: Path, target: Path, sink: Sink) -> SimpleNamespace:
        target.mkdir()
        return SimpleNamespace(to_json=lambda: {"precision": "none", "summary": ""})

    with patch.object(compressing, "compress_reader", no_reader):
        return releasing.create_release(store, "base", sink, str(encoder))


if __name__ == "__main__":
    folder, command, encoder, stage, share = sys.argv[1:]

    def kill(progress: Progress) -> None:
        if progress.stage == stage and progress.done >= float(share) * (progress.total or 0):
            os.kill(os.getpid(), signal.SIGKILL)

    indexing.COMMIT = 1
    store = Store(folder)
    if command == "release":
        release(store, Path(encoder), kill)
    elif command == "ingest":
        ingest(store, [], kill)
    else:
        with patch.object(retrieving, "sync", lambda store, encoder: indexing.sync(store, kill, encoder)):
            retrieving.open_retriever(store)
