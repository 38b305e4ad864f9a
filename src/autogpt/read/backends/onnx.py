"""ONNX Runtime: runs the portable export.

In: a folder with `model.onnx`. Out: a `Backend`.
"""

from pathlib import Path
from typing import Self

import onnxruntime

from autogpt.read.backends.base import Backend, Batch, Floats, as_floats, model_file
from autogpt.read.backends.facts import model_facts


class OnnxBackend(Backend):
    """Runs an exported model with ONNX Runtime on the CPU."""

    name = "onnx"

    def __init__(self, folder: Path, threads: int) -> None:
        self.facts = model_facts(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(model_file(folder, self.name)), options, providers=["CPUExecutionProvider"]
        )

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Self:
        return cls(folder, threads)

    def run(self, batch: Batch) -> tuple[Floats, ...]:
        named = dict(zip(self.facts.inputs, batch.inputs(self.facts.inputs), strict=True))
        return tuple(as_floats(output) for output in self._session.run(None, named))
