"""OpenVINO: the backend that serves, on the processor.

In: a folder with `model.xml`. Out: a `Backend`. Compiled models are cached on disk, so that the next start is fast.
"""

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from autogpt.machine import cores
from autogpt.read.backends.base import Backend, Batch, Floats, as_floats, model_file
from autogpt.read.backends.cache import cache_folder, used
from autogpt.read.backends.facts import EXPORT_FILE, model_facts
from autogpt.read.backends.quiet_openvino import computes_bf16, openvino

#: A model this small gains little from more threads than this on one batch; more cores work on more batches at once.
_THREADS_PER_STREAM = 4
#: Kernels are built for each shape of a batch and kept, with memory of their own. Keeping more made nothing faster.
_KERNELS_KEPT = 50


class OpenVinoBackend(Backend):
    """Runs an exported model with OpenVINO on the CPU.

    fp32 models compute in fp32; in bf16 and int8 models what is left of floating point is computed in bfloat16 where
    the processor has it, else in fp32.
    """

    name = "openvino"

    def __init__(self, folder: Path, threads: int) -> None:
        self.facts = model_facts(folder)
        path = model_file(folder, self.name)
        core = openvino.Core()
        threads = threads or cores()
        settings: dict[str, Any] = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": max(1, threads // _THREADS_PER_STREAM),
            # In int8 models this is for what is not a matrix product: 10% faster, with no effect on the answers.
            "INFERENCE_PRECISION_HINT": "bf16" if self.facts.precision != "fp32" and computes_bf16() else "f32",
            "CPU_RUNTIME_CACHE_CAPACITY": _KERNELS_KEPT,
        }
        self._compiled = _compiled(core, path, settings, _compiled_cache(folder))
        # One more than can run: it is filled while they do.
        count = settings["NUM_STREAMS"] + 1
        self._requests = [self._compiled.create_infer_request() for _ in range(count)]

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        return cls(folder, threads)

    def run(self, batch: Batch) -> tuple[Floats, ...]:
        request = self._requests[0]
        request.infer(batch.inputs(self.facts.inputs), share_inputs=True)
        return _outputs(request)

    def run_all(self, batches: Iterable[Batch]) -> Iterator[tuple[Floats, ...]]:
        free = list(self._requests)
        busy: deque[tuple[Any, Any]] = deque()
        try:
            for batch in batches:
                if not free:
                    yield self._finished(busy, free)
                request, inputs = free.pop(), batch.inputs(self.facts.inputs)
                request.start_async(inputs, share_inputs=True)
                busy.append((request, inputs))  # the arrays must live until the request is done
            while busy:
                yield self._finished(busy, free)
        finally:
            for request, _ in busy:
                request.wait()

    @staticmethod
    def _finished(busy: deque[tuple[Any, Any]], free: list[Any]) -> tuple[Floats, ...]:
        """Outputs of the request that was started first, which is then free again."""
        request = busy[0][0]
        request.wait()
        outputs = _outputs(request)
        busy.popleft()
        free.append(request)
        return outputs


def _outputs(request: Any) -> tuple[Floats, ...]:
    return tuple(as_floats(output.data) for output in request.output_tensors)


def _compiled(core: Any, path: Path, settings: dict[str, Any], cache: Path | None) -> Any:
    """The compiled model, from the cache where there is one.

    Processes that fill a cache at once can take each other's file away (seen with OpenVINO 2026), of which nobody has
    to know: it is compiled without the cache then.
    """
    if cache:
        core.set_property({"CACHE_DIR": str(cache)})
        try:
            return core.compile_model(str(path), "CPU", settings)
        except RuntimeError:
            core.set_property({"CACHE_DIR": ""})
    return core.compile_model(str(path), "CPU", settings)


def _compiled_cache(folder: Path) -> Path | None:
    """A folder of its own for the model's compiled form, or None where none can be written."""
    try:
        digest = hashlib.sha256((folder / EXPORT_FILE).read_bytes()).hexdigest()
        entry = cache_folder("compiled") / digest[:16]
        entry.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    if not os.access(entry, os.W_OK):
        return None
    used(entry)
    return entry
