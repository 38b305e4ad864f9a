"""OpenVINO: the backend that serves, on the processor.

In: a folder with `model.xml`. Out: a `Backend`. Compiled models are cached on disk, so that the next start is fast.
"""

import os
from pathlib import Path
from typing import Any, Self

import openvino

from autogpt.read.backends.base import Backend, Batch, Floats, as_floats, model_file
from autogpt.read.backends.facts import model_facts


class OpenVinoBackend(Backend):
    """Runs an exported model with OpenVINO on the CPU."""

    name = "openvino"

    def __init__(self, folder: Path, threads: int) -> None:
        self.facts = model_facts(folder)
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        if threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        core = openvino.Core()
        core.set_property({"CACHE_DIR": str(_cache_folder())})
        self._compiled = core.compile_model(str(model_file(folder, self.name)), "CPU", settings)
        self._request = self._compiled.create_infer_request()

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        return cls(folder, threads)

    def run(self, batch: Batch) -> tuple[Floats, ...]:
        self._request.infer(batch.inputs(self.facts.inputs), share_inputs=True)
        return tuple(as_floats(output.data) for output in self._request.output_tensors)


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "autogpt" / "openvino"
