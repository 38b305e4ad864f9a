"""Parses files, and draws their pages, in a process of its own, with limits of time and memory.

In: the bytes of a file. Out: what its parser returned, or a picture; or a `DataError` in one sentence. A process that
dies takes only its own file along. Answers are plain data: nothing a hostile file can do there runs here.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from autogpt.config import IngestSection
from autogpt.errors import DataError, InternalError
from autogpt.prepare.page_images import Edges
from autogpt.prepare.sources.parsed import EmptyError, Parsed
from autogpt.prepare.sources.wire import from_plain
from autogpt.prepare.worker import PATIENCE

#: Seconds that starting a process may take, and that a process has beyond its own alarm.
_START, _GRACE = 60, 5
#: A process is replaced after so many files, so that leaks of a library stay small.
_FILES_PER_PROCESS = 500
_READ = 2**20


class Sandbox:
    """One warm parsing process; a context manager. Use one a thread.

    Args:
        limits: time, memory and size allowed for one file.
    """

    def __init__(self, limits: IngestSection) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._files = 0
        self._lock = threading.Lock()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    pipe.close()
            self._process = None

    def kill(self) -> None:
        """End the process from another thread; who waits for it gets an error."""
        process = self._process
        if process is not None:
            process.kill()

    def parse(self, data: bytes, name: str, media_type: str | None = None) -> Parsed:
        """Parse one file. Raises DataError for whatever its parser, or its limits, made of it."""
        if len(data) > self._limits.max_file_mb * 2**20:
            raise DataError(
                f"The file is larger than {self._limits.max_file_mb} MB.", "Split it, or raise ingest.max_file_mb."
            )
        answer, blob = self._ask({"name": name, "media_type": media_type}, data)
        try:
            return from_plain(answer, blob)
        except (KeyError, TypeError, ValueError):
            raise DataError("The file made its parser err.", "It may be damaged: export it once more.") from None

    def draw(self, data: bytes, number: int, boxes: Sequence[Edges], width: int) -> bytes:
        """A PNG of a page of a PDF, as `page_images.draw` makes it. Raises DataError where it, or a limit, refuses."""
        page = {"number": number, "boxes": list(boxes), "width": width}
        return self._ask({"page": page}, data)[1]

    def _ask(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """What the process answers about a file. Raises DataError for what it refused, or died of."""
        with self._lock:
            if self._process is None or self._files >= _FILES_PER_PROCESS:
                self._start()
            self._files += 1
            deadline = time.monotonic() + self._limits.timeout_seconds * PATIENCE + _GRACE
            line = json.dumps(request | {"size": len(data)}).encode("ascii") + b"\n"
            answer, blob = self._exchange(line + data, deadline)
        if "error" in answer:
            raise (EmptyError if answer.get("empty") else DataError)(answer["error"], answer["hint"])
        if "memory" in answer:
            raise _out_of_memory(self._limits)
        if "fault" in answer:
            raise DataError(f"The file cannot be read ({answer['fault']}).", "It may be damaged: export it once more.")
        return answer, blob

    def _start(self) -> None:
        self.close()
        command = [sys.executable, "-P", "-m", "autogpt.prepare.worker"]
        environment = {key: value for key, value in os.environ.items() if key in _ENVIRONMENT}
        environment |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        self._files = 0
        first = self._limits.model_dump_json().encode("utf-8") + b"\n"
        try:
            self._exchange(first, time.monotonic() + _START)
        except DataError:
            raise InternalError(
                "The parsing process does not start.", "Check with: python -m autogpt.prepare.worker"
            ) from None

    def _exchange(self, request: bytes, deadline: float) -> tuple[dict[str, Any], bytes]:
        """Send a request and receive its answer. Raises DataError when the process dies or is too slow."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        out, into = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(out, False)
        received = bytearray()
        waiting = memoryview(request)
        needed: int | None = None
        answer: dict[str, Any] = {}
        with selectors.DefaultSelector() as selector:
            selector.register(into, selectors.EVENT_READ)
            selector.register(out, selectors.EVENT_WRITE)
            while needed is None or len(received) < needed:
                left = deadline - time.monotonic()
                events = selector.select(left) if left > 0 else []
                if not events:
                    raise self._died(timed_out=True)
                for key, _ in events:
                    if key.fd == out:
                        try:
                            waiting = waiting[os.write(out, waiting[:_READ]) :]
                        except BrokenPipeError:
                            waiting = waiting[len(waiting) :]
                        if not waiting:
                            selector.unregister(out)
                        continue
                    chunk = os.read(into, _READ)
                    if not chunk:
                        raise self._died()
                    received += chunk
                if needed is None and (end := received.find(b"\n")) >= 0:
                    answer = json.loads(bytes(received[:end]))
                    needed = end + 1 + int(answer["blob"])
        assert needed is not None
        return answer, bytes(received[needed - int(answer["blob"]) :])

    def _died(self, timed_out: bool = False) -> DataError:
        """The error for a process that ended or hangs; it is cleared away."""
        process = self._process
        assert process is not None
        if timed_out:
            process.kill()
        status = process.wait()
        self.close()
        if timed_out or -status in {signal.SIGALRM, signal.SIGPROF}:
            return DataError(
                f"Reading it took longer than {self._limits.timeout_seconds} s.",
                "Split the file, or raise ingest.timeout_seconds.",
            )
        if status < 0 and -status in {signal.SIGKILL, signal.SIGABRT, signal.SIGTRAP}:
            return _out_of_memory(self._limits)
        return DataError("The file made its parser crash.", "It may be damaged: export it once more.")


#: Variables the parsing process is given; secrets of the caller are none of its business.
_ENVIRONMENT = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TMPDIR"})


def _out_of_memory(limits: IngestSection) -> DataError:
    return DataError(
        f"Reading it needs more than {limits.memory_mb} MB of memory.", "Split the file, or raise ingest.memory_mb."
    )
