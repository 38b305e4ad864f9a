"""Reads contexts for the answers to questions: windows, forward passes, spans, confidence.

In: (question, context) pairs of texts. Out: one `Decoded` each, in order. Knows nothing about documents, retrieval or
thresholds. All windows of all pairs share batches, sorted by length.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from autogpt.config import ReadSection
from autogpt.errors import NotFoundError
from autogpt.metrics.calibrator import Calibrator
from autogpt.read.backends import Backend, Batch, load_backend
from autogpt.read.backends.base import Floats
from autogpt.read.backends.facts import CALIBRATION_FILE, TOKENIZER_FILE
from autogpt.read.backends.padding import pad, plan
from autogpt.read.batching import MicroBatcher
from autogpt.read.calibrate import with_confidence
from autogpt.read.decode import Decoded, decode
from autogpt.read.second_look import Pair, look_again
from autogpt.read.windows import Window, WindowBuilder

#: Pairs tokenised and held in memory at once.
_SLAB = 512


class Reader:
    """A reader in a model folder. May be shared between threads; one of them computes at a time.

    Args:
        folder: an exported reader, or a trained one for the torch backend.
        backend: name in `read.backends.BACKENDS`, or a loaded backend.
        threads: processor threads; 0 means all cores.
        max_length: tokens per window, question included; cut to what the model can take, and `stride` in proportion.
        stride: context tokens that neighbouring windows share.
        batch_size: most windows in one forward pass.
        second_look: read the answers' sentences again, for a better confidence; the answers stay the same.

    Attributes:
        calibrator: makes the confidence; None when the folder has no `calibration.json`.

    Raises:
        NotFoundError: there is no model in `folder`.
        UsageError: no such backend, the model is no reader, or `stride` leaves no room in `max_length`.
    """

    def __init__(
        self,
        folder: Path,
        backend: str | Backend = "openvino",
        *,
        threads: int = 0,
        max_length: int = 384,
        stride: int = 128,
        batch_size: int = 32,
        n_best: int = 20,
        max_answer_tokens: int = 40,
        second_look: bool = True,
    ) -> None:
        if not (folder / TOKENIZER_FILE).is_file():
            raise NotFoundError(f"{folder} holds no {TOKENIZER_FILE}.", "Name the folder of a reader.")
        self.folder = folder
        self.backend = load_backend(backend, folder, threads) if isinstance(backend, str) else backend
        self.backend.require("reader")
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        length = min(max_length, self.backend.facts.max_tokens)
        self._builder = WindowBuilder(tokenizer, length, stride * length // max_length)
        calibration = folder / CALIBRATION_FILE
        self.calibrator = Calibrator.load(calibration) if calibration.is_file() else None
        self._batch_size = batch_size
        self._n_best = n_best
        self._max_answer_tokens = max_answer_tokens
        self._second_look = second_look
        self._lock = threading.Lock()

    @classmethod
    def from_config(cls, folder: Path, section: ReadSection) -> "Reader":
        """A reader with the settings of a workspace."""
        return cls(
            folder,
            section.backend,
            threads=section.threads,
            max_length=section.max_length,
            stride=section.stride,
            batch_size=section.batch_size,
            n_best=section.n_best,
            max_answer_tokens=section.max_answer_tokens,
            second_look=section.second_look,
        )

    def read(self, pairs: Sequence[Pair]) -> list[Decoded]:
        """What is found in each context; `confidence` is set when the folder holds a calibration."""
        decoded = [one for at in range(0, len(pairs), _SLAB) for one in self._look(pairs[at : at + _SLAB])]
        return with_confidence(decoded, self.calibrator) if self.calibrator else decoded

    def read_passages(self, question: str, passages: Sequence[str]) -> list[Decoded]:
        """What is found in each of several texts for one question."""
        return self.read([(question, passage) for passage in passages])

    def close(self) -> None:
        """Nothing is held but memory; here so that a `BatchedReader` can take a reader's place."""

    def _look(self, pairs: Sequence[Pair]) -> list[Decoded]:
        decoded = self._read(pairs)
        return look_again(pairs, decoded, self._read) if self._second_look else decoded

    def _read(self, pairs: Sequence[Pair]) -> list[Decoded]:
        windows = self._builder.build_many(pairs)
        flat = [(pair, number) for pair, ones in enumerate(windows) for number in range(len(ones))]
        shapes = [(2, len(ones), max(map(len, ones))) for ones in windows]
        logits = [np.zeros(shape, dtype=np.float32) for shape in shapes]
        missing = [len(ones) for ones in windows]
        found: list[Decoded | None] = [None] * len(pairs)
        groups = list(plan([len(windows[pair][number]) for pair, number in flat], self._batch_size))
        rows = [[windows[pair][number] for pair, number in (flat[at] for at in group)] for group in groups]
        with self._lock:
            outputs = self.backend.run_all(self._batch(group) for group in rows)
            for group, (starts, ends) in zip(groups, outputs, strict=True):
                for row, at in enumerate(group):
                    pair, number = flat[at]
                    size = len(windows[pair][number])
                    logits[pair][0, number, :size] = starts[row, :size]
                    logits[pair][1, number, :size] = ends[row, :size]
                    missing[pair] -= 1
                    if not missing[pair]:  # decoded here, while the backend is at work on the next batch
                        found[pair] = self._decode(pairs[pair][1], windows[pair], *logits[pair])
        return [one for one in found if one is not None]

    def _batch(self, windows: Sequence[Window]) -> Batch:
        return pad(
            [window.input_ids for window in windows],
            [window.type_ids for window in windows],
            self.backend.facts.pad_id,
        )

    def _decode(self, context: str, windows: Sequence[Window], starts: Floats, ends: Floats) -> Decoded:
        return decode(context, windows, starts, ends, n_best=self._n_best, max_answer_tokens=self._max_answer_tokens)


class BatchedReader:
    """A reader whose callers in several threads share forward passes.

    Args:
        window: seconds a request waits for company.
        queue: requests that may wait.
        timeout: seconds after which a caller gives up.
        on_batch: told how many requests each batch answers.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        window: float = 0.004,
        queue: int = 64,
        timeout: float = 30.0,
        on_batch: Callable[[int], None] = lambda requests: None,
    ) -> None:
        self.reader = reader
        self._on_batch = on_batch
        self._timeout = timeout
        self._batcher: MicroBatcher[Sequence[Pair], list[Decoded]] = MicroBatcher(
            self._read_requests, window=window, queue=queue, name="reader"
        )

    def read(self, pairs: Sequence[Pair]) -> list[Decoded]:
        """As `Reader.read`.

        Raises:
            OverloadedError: too many requests are waiting.
            TimedOutError: no answer came in time.
        """
        return self._batcher.call(pairs, self._timeout)

    def close(self) -> None:
        """Answer what is waiting, take nothing new."""
        self._batcher.close()

    def _read_requests(self, requests: Sequence[Sequence[Pair]]) -> list[list[Decoded]]:
        self._on_batch(len(requests))
        decoded = iter(self.reader.read([pair for request in requests for pair in request]))
        return [[next(decoded) for _ in request] for request in requests]
