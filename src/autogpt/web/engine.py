"""Holds the answerer of a server: opens it in the background, takes up changes, says why it cannot answer.

In: how to open an answerer. Out: answers. Knows nothing about HTTP.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from autogpt.answer.composer import Composes
from autogpt.errors import AutoGPTError, InternalError
from autogpt.read.decode import Decoded
from autogpt.records import Answer
from autogpt.retrieve.encoder import Encodes
from autogpt.retrieve.retriever import Retrieval

log = logging.getLogger("autogpt.web")

#: Seconds between two looks for changes that were made elsewhere.
LOOK = 5.0

StageListener = Callable[[str], None]


class Answers(Protocol):
    """What the server needs of an answerer; `services.answering.Answerer` is one."""

    @property
    def release(self) -> str: ...

    @property
    def encoder(self) -> Encodes: ...

    @property
    def composer(self) -> Composes | None: ...

    def ask(self, question: str, labels: frozenset[str] = ..., on_stage: StageListener | None = ...) -> Answer: ...

    def explain(self, question: str, labels: frozenset[str] | None = ...) -> Answer: ...

    def retrieve(self, question: str, k: int | None = ..., labels: frozenset[str] | None = ...) -> Retrieval: ...

    def read(self, question: str, texts: Sequence[str]) -> list[Decoded]: ...

    def reload_if_changed(self) -> bool: ...

    def close(self) -> None: ...


class UnavailableError(AutoGPTError):
    """The service runs, but cannot answer questions now."""

    http_status = 503


class Engine:
    """An answerer that may come later: nothing was ingested yet, or the models are still being opened.

    Args:
        open_answerer: called in a thread of its own, again after each change of the documents until it succeeds.
    """

    def __init__(self, open_answerer: Callable[[], Answers]) -> None:
        self._on_batch: Callable[[int], None] = lambda questions: None
        self._open = open_answerer
        self._answerer: Answers | None = None
        self._problem: AutoGPTError | None = None
        self._tried = threading.Event()
        self._lock = threading.Lock()
        self._begun = threading.Lock()
        self._closed = threading.Event()
        self._fault = ""

    def start(self) -> None:
        """Begin to open the answerer and to look for changes made elsewhere, unless that has begun."""
        if self._begun.acquire(blocking=False):
            threading.Thread(target=self._watch, name="engine", daemon=True).start()

    def refresh(self) -> bool:
        """Open the answerer, or let it take up changed documents and releases; says whether anything changed."""
        with self._lock:
            if self._closed.is_set():
                return False
            try:
                if self._answerer is not None:
                    return self._answerer.reload_if_changed()
                self._answerer = self._open()
            except AutoGPTError as error:
                self._problem = error
                return False
            except Exception as error:
                if repr(error) != self._fault:
                    log.exception("the answerer could not be opened")
                self._fault = repr(error)
                self._problem = InternalError("The models could not be opened.", "The server's log has the details.")
                return False
            finally:
                self._tried.set()
            self._problem = None
            return True

    def ask(self, question: str, labels: frozenset[str], on_stage: StageListener | None = None) -> Answer:
        """Answer a question, waiting for the first opening to end. Raises UnavailableError while there is none."""
        return self._waited_for().ask(question, labels, on_stage)

    def explain(self, question: str, labels: frozenset[str] | None = frozenset()) -> Answer:
        """What would be answered now, and why, without a record of it. Waits and raises as `ask` does."""
        return self._waited_for().explain(question, labels)

    def retrieve(self, question: str, k: int | None = None, labels: frozenset[str] | None = frozenset()) -> Retrieval:
        """Find passages with the open release. Waits and raises as `ask` does."""
        return self._waited_for().retrieve(question, k, labels)

    @property
    def encoder(self) -> Encodes | None:
        """What tells which questions ask the same; None while nothing answers."""
        return self._answerer.encoder if self._answerer is not None else None

    @property
    def composer(self) -> Composes | None:
        """What may write; None while nothing answers, or where the configuration names nothing."""
        return self._answerer.composer if self._answerer is not None else None

    def read(self, question: str, texts: Sequence[str]) -> list[Decoded]:
        """What the open release's reader finds in texts. Waits and raises as `ask` does."""
        return self._waited_for().read(question, texts)

    def watch_batches(self, listener: Callable[[int], None]) -> None:
        """Hand `listener` what `batch` is told."""
        self._on_batch = listener

    def batch(self, questions: int) -> None:
        """For the answerer to call: so many questions are read together."""
        self._on_batch(questions)

    def wait_until_tried(self, timeout: float | None = None) -> bool:
        """Wait until the answerer is open or could not be opened; False when `timeout` seconds were too few."""
        return self._tried.wait(timeout)

    @property
    def ready(self) -> bool:
        return self._answerer is not None and not self._closed.is_set()

    @property
    def release(self) -> str:
        """Name of the release that answers, or empty."""
        return self._answerer.release if self._answerer is not None else ""

    @property
    def why_not(self) -> tuple[str, str]:
        """Message and hint while not ready."""
        if self._problem is not None:
            return self._problem.message, self._problem.hint
        return "The models are being opened.", "Try again in a few seconds."

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            if self._answerer is not None:
                self._answerer.close()

    def _waited_for(self) -> Answers:
        self._tried.wait()
        answerer = self._answerer
        if answerer is None:
            message, hint = self.why_not
            raise UnavailableError(message, hint)
        return answerer

    def _watch(self) -> None:
        """Documents, entries and releases also change by the command line."""
        self.refresh()
        while not self._closed.wait(LOOK):
            self.refresh()
