"""From a PyTorch module to OpenVINO's or ONNX's form of the same computation.

In: a module and its facts. Out: an `openvino.Model`, or a file. Batch and sequence stay dynamic. Knows nothing about
quantisation or folders.
"""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from autogpt.read.backends.base import Batch
from autogpt.read.backends.facts import ModelFacts
from autogpt.read.backends.quiet_openvino import openvino
from autogpt.read.backends.torch import quietly as without_remarks

# After the import above, which keeps openvino quiet.
from openvino.tools.ovc import convert_model  # isort: skip

#: Names of the outputs by task.
OUTPUTS = {
    "reader": ("start_logits", "end_logits"),
    "encoder": ("sentence_embedding",),
    "reranker": ("logits",),
    "classifier": ("logits", "vectors"),
}


def to_openvino(module: nn.Module, facts: ModelFacts) -> Any:
    """`module` as an `openvino.Model` with named inputs and outputs.

    Traced where that works: it is faster and keeps attention in one operation. Else by way of ONNX (GPT-2).
    """
    example = example_batch(facts, 3, 24)
    tensors = tuple(torch.from_numpy(array) for array in example.inputs(facts.inputs))
    try:
        converted = convert_model(module, example_input=tensors)
    except openvino.frontend.OpConversionFailure:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            to_onnx(module, facts, path)
            converted = convert_model(path)
    dynamic = openvino.PartialShape([-1, -1])
    for port, name in zip(converted.inputs, facts.inputs, strict=True):
        port.get_tensor().set_names({name})
        port.get_node().set_partial_shape(dynamic)
        port.get_node().set_element_type(openvino.Type.i64)
    for port, name in zip(converted.outputs, OUTPUTS[facts.task], strict=True):
        port.get_tensor().set_names({name})
    converted.validate_nodes_and_infer_types()
    return converted


def to_onnx(module: nn.Module, facts: ModelFacts, path: Path) -> None:
    """Write `module` to an ONNX file with its weights inside."""
    example = example_batch(facts, 3, 24)
    tensors = tuple(torch.from_numpy(array) for array in example.inputs(facts.inputs))
    rows, tokens = torch.export.Dim.AUTO, torch.export.Dim.AUTO
    program = torch.onnx.export(
        module,
        tensors,
        dynamo=True,
        # One group: the module takes its inputs as `*arrays`.
        dynamic_shapes=(tuple({0: rows, 1: tokens} for _ in tensors),),
        input_names=list(facts.inputs),
        output_names=list(OUTPUTS[facts.task]),
        verbose=False,
    )
    assert program is not None
    program.save(path, external_data=False)


def example_batch(facts: ModelFacts, rows: int, tokens: int) -> Batch:
    """Rows of arbitrary ids, each shorter than the one before and padded to `tokens`."""
    generator = np.random.default_rng(0)
    ids = generator.integers(5, 40, (rows, tokens), dtype=np.int64)
    mask = np.ones_like(ids)
    types = np.zeros_like(ids)
    for row in range(1, rows):
        mask[row, tokens - 3 * row :] = 0
    types[:, tokens // 3 :] = 1
    return Batch(np.where(mask == 1, ids, facts.pad_id), mask, types * mask)


@contextmanager
def quietly() -> Iterator[None]:
    """Without the warnings of the exporters, which are about their own insides, and of a model about its loss: tracing
    asks for every property."""
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), without_remarks():
            warnings.simplefilter("ignore")
            yield
    finally:
        exporter.setLevel(level)


def read(path: Path) -> Any:
    """The `openvino.Model` in a file."""
    return openvino.Core().read_model(path)


def save(model: Any, path: Path) -> None:
    """Write an `openvino.Model` with its weights as they are, by another name first: the file may be what it was read
    from."""
    waiting = path.with_name(f"{path.stem}-new{path.suffix}")
    openvino.save_model(model, waiting, compress_to_fp16=False)
    waiting.with_suffix(".bin").replace(path.with_suffix(".bin"))
    waiting.replace(path)
