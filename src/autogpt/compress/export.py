"""Writes a trained model in a form that runs without PyTorch: OpenVINO or ONNX, whole or in int8.

In: a Hugging Face folder. Out: a self-sufficient folder: model, tokenizer, calibration, `export.json`. Every conversion
is run against its source before it is kept; what int8 costs is for the parity gate to say.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from tokenizers import Tokenizer

from autogpt.errors import DataError, InternalError, MissingExtraError, UsageError
from autogpt.progress import Progress, Sink, silent
from autogpt.read.backends import Batch, load_backend
from autogpt.read.backends.base import Floats
from autogpt.read.backends.facts import (
    CALIBRATION_FILE,
    CLASSIFIER_ARRAYS_FILE,
    CLASSIFIER_FILE,
    CONFIG_FILE,
    EXPORT_FILE,
    FAQ_FILE,
    MODEL_FILES,
    PROMPTS_FILE,
    TOKENIZER_FILE,
    TRAINED_TOKENS,
    ModelFacts,
    TaskName,
    model_facts,
)
from autogpt.read.windows import WindowBuilder

if TYPE_CHECKING:
    from torch import nn

Format = Literal["openvino", "onnx"]
#: "int8": ranges of activations are fixed beforehand; "int8-dynamic": each token's are found while the model runs.
Precision = Literal["fp32", "bf16", "int8-dynamic", "int8"]

FORMAT_VERSION = 1
#: Shapes (rows, tokens) on which a conversion is compared with its source: one row, odd sizes, padding.
_SHAPES = ((1, 9), (3, 24), (2, 61))
#: What lies beside the weights and goes along.
_BESIDE = (TOKENIZER_FILE, CALIBRATION_FILE, PROMPTS_FILE, FAQ_FILE, CLASSIFIER_FILE, CLASSIFIER_ARRAYS_FILE)
#: Largest difference of an output of a conversion, relative to the outputs' spread.
_TOLERANCE = 1e-3
#: Longest text, in tokens, that an encoder's ranges are taken from.
_ENCODER_TOKENS = 256


def export_reader(
    source: Path,
    out: Path,
    format: Format = "openvino",
    *,
    precision: Precision = "fp32",
    calibration: Sequence[tuple[str, str]] = (),
    sink: Sink = silent,
) -> Path:
    """Export the question-answering model in `source` to `out`, replacing what was there.

    Args:
        precision: "bf16" keeps whole weights and lets the processor compute in bfloat16 where it can; both kinds of
            int8 are for OpenVINO.
        calibration: (question, context) pairs whose activations give the ranges of int8.

    Raises:
        DataError: `source` lacks a part, or is not a reader.
        UsageError: int8 without calibration texts, or in another format than OpenVINO.
        MissingExtraError: the packages for exporting are not installed.
        InternalError: the converted model does not compute what its source does.
    """

    def rows(facts: ModelFacts) -> list[Batch]:
        builder = WindowBuilder.from_file(str(source / TOKENIZER_FILE), min(384, facts.max_tokens), 0)
        windows = builder.build_many(list(calibration))
        # Another part of each text, so that not only beginnings are seen.
        chosen = [ones[number % len(ones)] for number, ones in enumerate(windows)]
        return [_row(window.input_ids, window.type_ids) for window in chosen]

    return _export(source, out, format, "reader", precision, rows if calibration else None, sink)


def export_encoder(
    source: Path,
    out: Path,
    format: Format = "openvino",
    *,
    precision: Precision = "fp32",
    calibration: Sequence[str] = (),
    sink: Sink = silent,
) -> Path:
    """Export the sentence encoder in `source` to `out`; pooling and scaling are inside the exported model.

    Arguments and errors as for `export_reader`; `calibration` holds texts.
    """

    def rows(facts: ModelFacts) -> list[Batch]:
        tokenizer: Tokenizer = Tokenizer.from_file(str(source / TOKENIZER_FILE))
        tokenizer.no_padding()
        tokenizer.enable_truncation(min(_ENCODER_TOKENS, facts.max_tokens))
        return [_row(one.ids, [0] * len(one.ids)) for one in tokenizer.encode_batch(list(calibration))]

    return _export(source, out, format, "encoder", precision, rows if calibration else None, sink)


def export_reranker(
    source: Path,
    out: Path,
    format: Format = "openvino",
    *,
    precision: Precision = "fp32",
    sink: Sink = silent,
) -> Path:
    """Export the classifier of pairs of texts in `source` to `out`; arguments and errors as for `export_reader`."""
    return _export(source, out, format, "reranker", precision, None, sink)


def export_classifier(
    source: Path,
    out: Path,
    format: Format = "openvino",
    *,
    precision: Precision = "fp32",
    sink: Sink = silent,
) -> Path:
    """Export the classifier of texts in `source` to `out`: one that was fine-tuned whole, or an encoder with a head.

    Arguments and errors as for `export_reader`; DataError too when the folder says nothing about labels.
    """
    if not (source / CLASSIFIER_FILE).is_file():
        raise DataError(f"{source} holds no classifier: it has no {CLASSIFIER_FILE}.", "Check the folder.")
    task: TaskName = "encoder" if model_facts(source).task == "encoder" else "classifier"
    return _export(source, out, format, task, precision, None, sink)


def source_hashes(source: Path) -> dict[str, str]:
    """File name → SHA-256 of the files an export is made from."""
    names = (CONFIG_FILE, TOKENIZER_FILE, PROMPTS_FILE, MODEL_FILES["torch"])
    return {name: _sha256(source / name) for name in names if (source / name).is_file()}


def _export(
    source: Path,
    out: Path,
    format: Format,
    task: TaskName,
    precision: Precision,
    rows: Callable[[ModelFacts], list[Batch]] | None,
    sink: Sink,
) -> Path:
    facts = model_facts(source)
    if facts.task != task:
        raise DataError(f"{source} holds a model for another task ({facts.task}, not {task}).", "Check the folder.")
    if not (source / TOKENIZER_FILE).is_file():
        raise DataError(
            f"{source} has no {TOKENIZER_FILE}.", "Save the tokenizer in its fast form: tokenizer.save_pretrained()."
        )
    if precision.startswith("int8") and format != "openvino":
        raise UsageError(f"int8 is made for openvino, not for {format}.", "Leave int8 off, or the format.")
    if precision == "int8" and rows is None:
        raise UsageError("int8 needs texts to take its ranges from.", "Give some hundred texts of the domain.")
    out.parent.mkdir(parents=True, exist_ok=True)
    sink(Progress("export", message=f"{task} to {format} {precision}"))
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        made = Path(scratch) / "model"
        made.mkdir()
        _write_model(source, made, format, facts, precision, rows(facts) if precision == "int8" and rows else [], sink)
        for name in _BESIDE:
            if (source / name).is_file():
                shutil.copyfile(source / name, made / name)
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    sink(Progress("export", 1, 1))
    return out


def _write_model(
    source: Path,
    made: Path,
    format: Format,
    facts: ModelFacts,
    precision: Precision,
    rows: Sequence[Batch],
    sink: Sink,
) -> None:
    try:
        from autogpt.compress import convert
        from autogpt.read.backends.torch import load_module
    except ModuleNotFoundError:
        raise MissingExtraError("Exporting a model", "train") from None
    with convert.quietly():
        module = load_module(source, facts)
        if format == "onnx":
            convert.to_onnx(module, facts, made / MODEL_FILES[format])
        else:
            model = convert.to_openvino(module, facts)
            convert.save(model, made / MODEL_FILES[format])
        _describe(source, made, format, facts, "fp32")
        _verify(module, facts, made, format)
    if precision.startswith("int8"):
        from autogpt.compress.quantise import quantise, quantise_weights

        whole = convert.read(made / MODEL_FILES[format])
        small = quantise(whole, facts, rows, sink) if precision == "int8" else quantise_weights(whole)
        convert.save(small, made / MODEL_FILES[format])
    _describe(source, made, format, facts, precision)


def _describe(source: Path, made: Path, format: Format, facts: ModelFacts, precision: Precision) -> None:
    packages = {"openvino": ["openvino"], "onnx": ["onnx", "onnxscript"]}[format]
    packages += ["nncf"] if precision.startswith("int8") else []
    about: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "format": format,
        "model": {
            "task": facts.task,
            "precision": precision,
            "inputs": list(facts.inputs),
            "pad_id": facts.pad_id,
            "max_tokens": facts.max_tokens,
            TRAINED_TOKENS: facts.trained_tokens,
        },
        "source": source_hashes(source),
        "files": {path.name: _sha256(path) for path in sorted(made.glob("model.*"))},
        "versions": {name: version(name) for name in ("autogpt-qa", "torch", "transformers", *packages)},
    }
    (made / EXPORT_FILE).write_text(json.dumps(about, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _verify(module: "nn.Module", facts: ModelFacts, made: Path, format: Format) -> None:
    """Compare a conversion with its source, on other shapes than the one it was traced with."""
    import torch

    from autogpt.compress.convert import example_batch

    converted = load_backend(format, made)
    for rows, tokens in _SHAPES:
        batch = example_batch(facts, rows, min(tokens, facts.max_tokens))
        with torch.inference_mode():
            expected = module(*(torch.from_numpy(array) for array in batch.inputs(facts.inputs)))
        for reference, got in zip(expected, converted.run(batch), strict=True):
            difference = _difference(reference.numpy(), got, batch)
            if not difference <= _TOLERANCE:
                raise InternalError(
                    f"The {format} form of the model does not compute what its source does: outputs differ by "
                    f"{difference:.2g} of their spread on {rows} x {tokens} tokens.",
                    "Use another format or the torch backend, and report the model's type.",
                )


def _difference(expected: Floats, got: Floats, batch: Batch) -> float:
    """Largest difference over what is not padding, relative to the spread of the outputs; of single logits, which may
    be near each other, relative to their size.
    """
    if expected.shape != got.shape:
        return float("inf")
    per_token = expected.shape == batch.input_ids.shape
    real = batch.attention_mask.astype(bool) if per_token else np.ones(expected.shape, dtype=bool)
    size = np.abs(expected).max() if expected.shape[1] == 1 else expected[real].std()
    return float(np.abs(expected - got)[real].max()) / max(float(size), 1e-6)


def _row(ids: Sequence[int], type_ids: Sequence[int]) -> Batch:
    array = np.array([ids], dtype=np.int64)
    return Batch(array, np.ones_like(array), np.array([type_ids], dtype=np.int64))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
