"""Runs one job in a process of its own: `python -m autogpt.services.working WORKSPACE JOB`.

In: a job that was claimed. Out: its row, finished or failed. A thread writes signs of life and progress, so that the
work never waits for the database; the work stops where it next reports after the job was cancelled.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autogpt.errors import AutoGPTError, BusyError, CancelledError
from autogpt.progress import Progress, Sink
from autogpt.services import jobs
from autogpt.store import Store

#: Seconds between two looks at the job's row, and between two signs of life without progress.
LOOK = 0.3
BEAT = 2.0
#: Seconds a job waits for a workspace that another process holds.
PATIENCE = 600.0

log = logging.getLogger("autogpt.jobs")


def ingest(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `ingest`: bring in the files named by `payload["sources"]`."""
    from autogpt.services.ingesting import ingest as bring_in

    report = bring_in(store, [str(source) for source in payload["sources"]], sink)
    return asdict(report)


def promote(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `promote`: put the release `payload["version"]` through the promotion gate."""
    from autogpt.services import releasing

    return asdict(releasing.promote(store, payload["version"], force=bool(payload.get("force")), sink=sink))


def work(store: Store, job_id: str) -> bool:
    """Do a claimed job and write down how it ended; True when it is done."""
    kind, payload = jobs.payload_of(store, job_id)
    function = jobs.KINDS.load(kind)
    pulse = _Pulse(store, job_id)
    try:
        with pulse:
            result = _patiently(function, store, payload, pulse)
    except CancelledError:
        return False
    except AutoGPTError as error:
        jobs.fail(store, job_id, str(error))
        return False
    except Exception as error:
        log.exception("job %s failed", job_id)
        jobs.fail(store, job_id, f"A fault in Auto-GPT ({type(error).__name__}). The server's log has the details.")
        return False
    jobs.finish(store, job_id, result)
    return True


def _patiently(function: Any, store: Store, payload: Mapping[str, Any], pulse: "_Pulse") -> dict[str, Any]:
    """Call a job's function, waiting while another process holds the workspace."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            result: dict[str, Any] = function(store, payload, pulse.sink)
        except BusyError as error:
            if time.monotonic() > until:
                raise
            pulse.sink(Progress("waiting", message=error.message))
            pulse.pause(1.0)
        else:
            return result


class _Pulse:
    """A thread that writes signs of life; `sink` hands it progress and raises CancelledError once stopped."""

    def __init__(self, store: Store, job_id: str) -> None:
        self._store = store
        self._job_id = job_id
        self._latest: Progress | None = None
        self._stopped = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "_Pulse":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._thread.join()

    def sink(self, progress: Progress) -> None:
        self._latest = progress
        if self._stopped.is_set():
            raise CancelledError("The job was cancelled.")

    def pause(self, seconds: float) -> None:
        """Wait, but not after the job was stopped."""
        self._stopped.wait(seconds)

    def _beat(self) -> None:
        written: Progress | None = None
        at = 0.0
        while not self._ended.wait(LOOK):
            latest = self._latest
            try:
                if latest is not written or time.monotonic() - at >= BEAT:
                    alive = jobs.heartbeat(self._store, self._job_id, latest)
                    written, at = latest, time.monotonic()
                else:
                    alive = jobs.get(self._store, self._job_id).state == "running"
            except Exception:
                log.exception("no sign of life could be written for job %s", self._job_id)
                continue
            if not alive:
                self._stopped.set()


def main(arguments: list[str]) -> int:
    """Entry point of the process. Exit code 0 when the job is done, 1 otherwise; the row says why."""
    folder, job_id = arguments
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    os.nice(5)
    store = Store(Path(folder))
    try:
        return 0 if work(store, job_id) else 1
    finally:
        store.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
