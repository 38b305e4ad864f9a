"""Watches over the jobs of a workspace: starts each in a process of its own, when its turn has come, and ends it if it
must.

In: queued jobs. Out: processes and the final state of their rows. A job whose process dies is taken up again. Knows
nothing about what jobs do.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from autogpt.services import jobs
from autogpt.services.sign_in import ENVIRONMENT as PASSWORD_VARIABLE
from autogpt.store import Store
from autogpt.web.auth import ENVIRONMENT as KEY_VARIABLE

log = logging.getLogger("autogpt.jobs")

#: Seconds between two looks at the queue while nothing is announced.
LOOK = 0.5
#: Seconds a cancelled or interrupted process has to end by itself.
GRACE = 5.0
#: Seconds the process of a job that is done has to end by itself.
LINGER = 60.0
#: Not for jobs to know.
_SECRETS = frozenset({KEY_VARIABLE, PASSWORD_VARIABLE})
#: Seconds between two searches for jobs whose process died.
RECOVERY = 5.0


class Worker:
    """The threads that do the watching: one over the queue, and one over each job that runs.

    Args:
        wake: set by whoever queues or cancels a job, so that it is looked at right away.
        on_end: called with kind and state after each job, by several threads at once.
        command: starts the process of a job; workspace and job id are appended.
    """

    def __init__(
        self,
        store: Store,
        wake: threading.Event,
        on_end: Callable[[str, str], None],
        command: tuple[str, ...] = (sys.executable, "-m", "autogpt.services.working"),
    ) -> None:
        self._store = store
        self._wake = wake
        self._on_end = on_end
        self._command = command
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        #: Job → the thread that watches over it.
        self._watched: dict[str, threading.Thread] = {}

    def start(self) -> None:
        self._thread = threading.Thread(target=self._watch, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the processes of running jobs and put the jobs back into the queue; returns when that is done."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        looked_for_dead = float("-inf")
        while not self._stopping.is_set():
            self._watched = {job_id: one for job_id, one in self._watched.items() if one.is_alive()}
            try:
                if time.monotonic() - looked_for_dead > RECOVERY:
                    jobs.recover(self._store, self._watched)
                    looked_for_dead = time.monotonic()
                if (job_id := jobs.claim(self._store)) is not None:
                    watching = threading.Thread(target=self._watch_over, args=(job_id,), name="job", daemon=True)
                    self._watched[job_id] = watching
                    watching.start()
                    continue
            except Exception:
                log.exception("the queue of jobs could not be worked on")
            self._wake.wait(LOOK)
            self._wake.clear()
        for watching in self._watched.values():
            watching.join()

    def _watch_over(self, job_id: str) -> None:
        """Run a job, and let the next one be looked at."""
        try:
            self._run(job_id)
        except Exception:
            log.exception("job %s could not be watched over", job_id)
        finally:
            self._wake.set()

    def _run(self, job_id: str) -> None:
        with jobs.log_file(self._store, job_id).open("ab") as written:
            process = subprocess.Popen(
                [*self._command, str(self._store.folder), job_id],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                env={name: value for name, value in os.environ.items() if name not in _SECRETS},
                start_new_session=True,
            )
            try:
                self._wait(process, job_id)
            finally:
                _end(process)
            job = jobs.get(self._store, job_id)
            if job.state == "running":
                self._settle(process, job_id)
            if process.returncode not in {0, 1} or job.state == "failed":
                log.warning("job %s: %s", job_id, jobs.log_of(self._store, job_id) or job.reason)
        job = jobs.get(self._store, job_id)
        if job.finished:
            self._on_end(job.kind, job.state)

    def _wait(self, process: "subprocess.Popen[bytes]", job_id: str) -> None:
        """Return when the process ended, or should."""
        ends = float("inf")
        while process.poll() is None and not self._stopping.is_set():
            if ends == float("inf") and (state := jobs.get(self._store, job_id).state) != "running":
                ends = time.monotonic() + (GRACE if state == "cancelled" else LINGER)
            if time.monotonic() > ends:
                return
            try:
                process.wait(min(LOOK, GRACE / 10))
            except subprocess.TimeoutExpired:
                continue

    def _settle(self, process: "subprocess.Popen[bytes]", job_id: str) -> None:
        """Decide about a job whose process ended without a word."""
        if self._stopping.is_set():
            jobs.release_claim(self._store, job_id, "The server was stopped; the job goes on when it starts again.")
        else:
            jobs.put_back(self._store, job_id, f"Its process ended unexpectedly ({_cause(process.returncode)}).")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process and all it started: politely first, then by force."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            break
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _cause(code: int) -> str:
    if code == -signal.SIGKILL:
        return "killed, perhaps for lack of memory"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
