"""Write a trained model in a form that runs without PyTorch: OpenVINO or ONNX, whole or in int8.

In: a Hugging Face folder. Out: a self-sufficient folder: model, tokenizer, calibration, `export.json`.
Every export is run against its source before it is kept. Knows nothing about workspaces or releases.
"""

import hashlib
import json
import shutil
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from autogpt.errors import DataError, InternalError, MissingExtraError
from autogpt.read.backends import load_backend
from autogpt.read.backends.base import Batch
from autogpt.read.backends.facts import (
    CALIBRATION_FILE,
    CONFIG_FILE,
    EXPORT_FILE,
    MODEL_FILES,
    TOKENIZER_FILE,
    ModelFacts,
    model_facts,
)

Format = Literal["openvino", "onnx"]

FORMAT_VERSION = 1
#: Shapes (rows, tokens) on which an export is compared with its source: one row, odd sizes, padding.
_SHAPES = ((1, 9), (3, 24), (2, 64))
#: Largest difference of an output of an unquantised export, relative to the outputs' spread.
_TOLERANCE = 1e-3


def export_reader(
    source: Path,
    out: Path,
    format: Format = "openvino",
) -> Path:
    """Export the question-answering model in `source` to `out`, replacing what was there.

    Raises:
        DataError: `source` lacks a part, or is not a reader.
        MissingExtraError: the packages for exporting are not installed.
        InternalError: the exported model does not compute what its source does.
    """
    return _export(source, out, format, "reader")


def export_encoder(source: Path, out: Path, format: Format = "openvino") -> Path:
    """Export the sentence encoder in `source` to `out`; pooling and scaling are inside the exported model.

    Raises as `export_reader` does.
    """
    return _export(source, out, format, "encoder")


def _export(source: Path, out: Path, format: Format, task: str) -> Path:
    facts = model_facts(source)
    if facts.task != task:
        raise DataError(f"{source} holds a model for another task ({facts.task}, not {task}).", "Check the folder.")
    if not (source / TOKENIZER_FILE).is_file():
        raise DataError(
            f"{source} has no {TOKENIZER_FILE}.", "Save the tokenizer in its fast form: tokenizer.save_pretrained()."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        made = Path(scratch) / "model"
        made.mkdir()
        _write_model(source, made, format, facts)
        for name in (TOKENIZER_FILE, CALIBRATION_FILE):
            if (source / name).is_file():
                shutil.copyfile(source / name, made / name)
        _describe(source, made, format, facts)
        _verify(source, made, format)
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    return out


def _write_model(source: Path, made: Path, format: Format, facts: ModelFacts) -> None:
    try:
        import torch

        from autogpt.read.backends.torch import load_module
    except ModuleNotFoundError:
        raise MissingExtraError("Exporting a model", "train") from None
    module = load_module(source, facts)
    batch = _example(facts, 3, 24)
    example = tuple(torch.from_numpy(array) for array in batch.inputs(facts.inputs))
    outputs = ["start_logits", "end_logits"] if facts.task == "reader" else ["sentence_embedding"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if format == "openvino":
            import openvino

            converted = openvino.convert_model(module, example_input=example)
            for port, name in zip(converted.inputs, facts.inputs, strict=True):
                port.get_tensor().set_names({name})
            for port, name in zip(converted.outputs, outputs, strict=True):
                port.get_tensor().set_names({name})
            openvino.save_model(converted, made / MODEL_FILES[format], compress_to_fp16=False)
        else:
            rows, tokens = torch.export.Dim.AUTO, torch.export.Dim.AUTO
            program = torch.onnx.export(
                module,
                example,
                dynamo=True,
                dynamic_shapes=(tuple({0: rows, 1: tokens} for _ in example),),
                input_names=list(facts.inputs),
                output_names=outputs,
                verbose=False,
            )
            assert program is not None
            program.save(made / MODEL_FILES[format], external_data=False)


def _describe(source: Path, made: Path, format: Format, facts: ModelFacts) -> None:
    packages = ("openvino",) if format == "openvino" else ("onnx", "onnxscript")
    about: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "format": format,
        "model": {
            "task": facts.task,
            "precision": facts.precision,
            "inputs": list(facts.inputs),
            "pad_id": facts.pad_id,
            "max_tokens": facts.max_tokens,
        },
        "source": source_hashes(source),
        "versions": {name: version(name) for name in ("autogpt-qa", "torch", "transformers", *packages)},
    }
    (made / EXPORT_FILE).write_text(json.dumps(about, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def source_hashes(source: Path) -> dict[str, str]:
    """File name → SHA-256 of the files an export is made from."""
    names = (CONFIG_FILE, TOKENIZER_FILE, MODEL_FILES["torch"])
    return {name: _sha256(source / name) for name in names if (source / name).is_file()}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(source: Path, made: Path, format: Format) -> None:
    """Compare the export with its source on shapes other than the one it was traced with."""
    reference, exported = load_backend("torch", source), load_backend(format, made)
    for rows, tokens in _SHAPES:
        batch = _example(reference.facts, rows, tokens)
        for expected, got in zip(reference.run(batch), exported.run(batch), strict=True):
            real = batch.attention_mask.astype(bool) if expected.shape == batch.input_ids.shape else slice(None)
            difference = float(np.abs(expected - got)[real].max()) / max(float(expected.std()), 1e-6)
            if not difference <= _TOLERANCE:
                raise InternalError(
                    f"The {format} export of {source} differs from its source "
                    f"({difference:.2g} of the outputs' spread on {rows} × {tokens} tokens).",
                    "Use another format or the torch backend, and report the model's type.",
                )


def _example(facts: ModelFacts, rows: int, tokens: int) -> Batch:
    """Rows of arbitrary ids, each shorter than the one before and padded."""
    generator = np.random.default_rng(0)
    ids = generator.integers(5, 50, (rows, tokens), dtype=np.int64)
    mask = np.ones_like(ids)
    types = np.zeros_like(ids)
    for row in range(1, rows):
        mask[row, tokens - 3 * row :] = 0
    types[:, tokens // 3 :] = 1
    return Batch(np.where(mask == 1, ids, facts.pad_id), mask, types * mask)
