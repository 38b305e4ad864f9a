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
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autogpt.errors import AutoGPTError, CancelledError
from autogpt.machine import cores_beside, keep_to
from autogpt.progress import Progress, Sink
from autogpt.services import jobs
from autogpt.store import Store
from autogpt.store.locks import patient

#: Seconds between two looks at the job's row, and between two signs of life without progress.
LOOK = 0.3
BEAT = 2.0

log = logging.getLogger("autogpt.jobs")


def ingest(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `ingest`: bring in the files and addresses of `payload["sources"]`; with `payload["failed"]` those that could
    not be brought in before.
    """
    from autogpt.services.failures import failed_addresses
    from autogpt.services.ingesting import ingest as bring_in

    again = bool(payload.get("failed"))
    sources = failed_addresses(store) if again else [str(source) for source in payload["sources"]]
    report = bring_in(store, sources, sink, retry=again, by=str(payload.get("person", "")))
    return asdict(report)


def reparse(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `reparse`: read the document `payload["document_id"]` again from its stored original."""
    from autogpt.services.document_changes import reparse as read_again

    by = str(payload.get("person", ""))
    return asdict(read_again(store, str(payload["document_id"]), sink, by=by))


def index(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `index`: bring the search index in line with the documents and the glossary."""
    from autogpt.services.indexing import sync

    report = sync(store, sink)
    return {**asdict(report), "summary": f"{report.total:,} passages are in the index"}


def train(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `train`: a training of `payload["what"]`, with `payload["settings"]` in place of the configuration's.

    A job that is begun again goes on from the training's last checkpoint; with `payload["resume"]`, the id of a run, it
    goes on with that one or fails. The run is noted in the payload as soon as it is known.
    """
    from autogpt.services.requested import TRAININGS, with_settings
    from autogpt.services.runs import wished

    what = str(payload["what"])

    def tell(run_id: str) -> None:
        jobs.note(store, str(payload["job"]), run=run_id)

    with wished(tell, str(payload.get("resume", ""))):
        run = TRAININGS.load(what)(with_settings(store, what, payload.get("settings", {})), sink)
    return {"run": run.id, "summary": run.summary, "metrics": dict(run.metrics)}


def evaluate(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `evaluate`: the whole answer path with the release `payload["release"]`, on the part `payload["part"]` or on
    the gold set `payload["gold"]`; with `payload["alone"]` the reader of the release on that set. The report is kept
    under the job's id.
    """
    from autogpt.services import evaluations

    named, gold = str(payload.get("release", "")), str(payload.get("gold", ""))
    job, person = str(payload["job"]), str(payload["person"])
    if gold:
        measure = evaluations.measure_gold_alone if payload.get("alone") else evaluations.measure_gold
        about = measure(store, job, named, gold, person, sink)
    else:
        about = evaluations.measure_part(store, job, named, str(payload.get("part", "test")), person, sink)
    return {"metrics": dict(about.metrics), "release": about.release, "evaluation": about.id}


def compare(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `compare`: the runs `payload["runs"]` side by side on the validation part."""
    from autogpt.services.comparing import compare_runs

    return {"comparison": compare_runs(store, [str(one) for one in payload["runs"]], sink=sink).to_json()}


def release(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `release`: a release of the run `payload["source"]`, with the other parts that the payload names."""
    from autogpt.services.releasing import create_release

    parts = {key: str(payload.get(key, "")) for key in ("source", "encoder", "reranker", "classifier")}
    made = create_release(store, sink=sink, **parts)
    return {"version": made.version, "summary": str(made.manifest["compression"]["summary"])}


def promote(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `promote`: put the release `payload["version"]` through the promotion gate."""
    from autogpt.services import releasing

    force, person = bool(payload.get("force")), str(payload.get("person", ""))
    done = releasing.promote(store, payload["version"], force=force, sink=sink, by=person, labels=frozenset())
    return asdict(done)


def measure(store: Store, payload: Mapping[str, Any], sink: Sink) -> dict[str, Any]:
    """Job `measure`: what the gate says of the release `payload["version"]`; what answers goes on answering."""
    from autogpt.services import releasing

    person = str(payload.get("person", ""))
    return releasing.measure(store, payload["version"], sink=sink, by=person, labels=frozenset()).to_json()


def work(store: Store, job_id: str) -> bool:
    """Do a claimed job and write down how it ended; True when it is done."""
    kind, payload = jobs.payload_of(store, job_id)
    payload |= {"person": jobs.get(store, job_id).person, "job": job_id}
    function = jobs.KINDS.load(kind)
    pulse = _Pulse(store, job_id)
    try:
        with pulse, patient(pulse.wait):
            result: dict[str, Any] = function(store, payload, pulse.sink)
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
        if progress.message and (self._latest is None or progress.message != self._latest.message):
            log.info("%s: %s", progress.stage, progress.message)
        elif self._latest is None or progress.stage != self._latest.stage:
            log.info("%s", progress.stage)
        self._latest = progress
        if self._stopped.is_set():
            raise CancelledError("The job was cancelled.")

    def wait(self, why: str) -> None:
        """Say that the job waits for what another process holds. Raises CancelledError once stopped."""
        self.sink(Progress("waiting", message=why))

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


def step_back(wanted: int = 0) -> None:
    """Let everything else on the machine go first, above all the server that answers, and leave it cores of its own
    where there are enough: `wanted` is the configuration's `jobs.cores`.

    Where the system shares the processor out by sessions first (autogroup), being nice counts within one's own alone:
    then the session itself has to be.
    """
    os.nice(19)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("19")
    keep_to(cores_beside(wanted))


def main(arguments: list[str]) -> int:
    """Entry point of the process. Exit code 0 when the job is done, 1 otherwise; the row says why."""
    folder, job_id = arguments
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    log.setLevel(logging.INFO)
    store = Store(Path(folder))
    step_back(store.config.jobs.cores)
    try:
        return 0 if work(store, job_id) else 1
    finally:
        store.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
