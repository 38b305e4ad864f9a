"""Exports compute what their source computes, stand alone, and appear whole or not at all."""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from transformers.utils import logging as transformers_logging

from autogpt.compress import convert, export
from autogpt.compress.export import export_encoder, export_reader, export_reranker
from autogpt.errors import DataError, InternalError, UsageError
from autogpt.metrics.calibrator import Calibrator
from autogpt.progress import Progress
from autogpt.read.backends import load_backend
from autogpt.read.backends.facts import ModelFacts, model_facts
from autogpt.read.features import READER_FEATURES
from autogpt.read.reader import Reader
from autogpt.retrieve.encoder import Encoder, encoder_id
from autogpt.retrieve.reranker import Reranker
from tiny_models import FAMILIES, make_examples

PAIRS = [(one.question, one.context * times) for one, times in zip(make_examples(4), (1, 2, 8, 3), strict=True)]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_reads_the_same_after_the_export(
    family: str, tiny_model: Callable[[str], Path], tiny_export: Callable[[str, str], Path]
) -> None:
    options = {"max_length": 120, "stride": 20}
    expected = Reader(tiny_model(family), "torch", **options).read(PAIRS)  # type: ignore[arg-type]
    found = Reader(tiny_export(family, "openvino"), **options).read(PAIRS)  # type: ignore[arg-type]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.null_score == pytest.approx(theirs.null_score, abs=1e-4)
        np.testing.assert_allclose(
            [one.score for one in ours.candidates], [one.score for one in theirs.candidates], atol=1e-4
        )


def test_a_model_that_openvino_cannot_trace_goes_by_way_of_onnx(
    tiny_export: Callable[[str, str], Path], tiny_model: Callable[[str], Path]
) -> None:
    assert model_facts(tiny_export("gpt2", "openvino")).inputs == ("input_ids", "attention_mask")


@pytest.fixture(scope="module")
def int8(tiny_model: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("int8") / "reader"
    reports: list[Progress] = []
    export_reader(tiny_model("bert"), out, precision="int8", calibration=PAIRS, sink=reports.append)
    assert "quantise" in {report.stage for report in reports}
    return out


def test_int8_is_smaller_and_near(
    int8: Path, tiny_export: Callable[[str, str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    whole = tiny_export("bert", "openvino")
    assert (int8 / "model.bin").stat().st_size < 0.5 * (whole / "model.bin").stat().st_size
    assert model_facts(int8).precision == "int8"
    options = {"max_length": 120, "stride": 20}
    near, exact = (Reader(folder, **options).read(PAIRS) for folder in (int8, whole))  # type: ignore[arg-type]
    differences = [one.null_score - other.null_score for one, other in zip(near, exact, strict=True)]
    assert max(map(abs, differences)) < 0.5
    assert any(differences)


@pytest.mark.parametrize("family", FAMILIES)
def test_int8_with_ranges_found_while_running_is_small_and_near_and_needs_no_texts(
    family: str, tiny_model: Callable[[str], Path], tiny_export: Callable[[str, str], Path], tmp_path: Path
) -> None:
    whole = tiny_export(family, "openvino")
    made = export_reader(tiny_model(family), tmp_path / "out", precision="int8-dynamic")
    assert (made / "model.bin").stat().st_size < 0.5 * (whole / "model.bin").stat().st_size
    assert model_facts(made).precision == "int8-dynamic"
    assert "nncf" in json.loads((made / "export.json").read_text())["versions"]
    options = {"max_length": 120, "stride": 20}
    near, exact = (Reader(folder, **options).read(PAIRS) for folder in (made, whole))  # type: ignore[arg-type]
    differences = [one.null_score - other.null_score for one, other in zip(near, exact, strict=True)]
    assert max(map(abs, differences)) < 0.5
    assert any(differences)


def test_the_model_says_how_many_activations_share_a_range(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    made = export_reader(tiny_model("bert"), tmp_path / "out", precision="int8-dynamic")
    model = convert.read(made / "model.xml")
    # The tiny model's layers are 32 wide: a wider group would fit no layer.
    assert model.get_rt_info(["runtime_options", "DYNAMIC_QUANTIZATION_GROUP_SIZE"]).astype(int) == 32


def test_the_export_says_what_it_was_made_of(int8: Path, tiny_model: Callable[[str], Path]) -> None:
    about = json.loads((int8 / "export.json").read_text())
    assert about["format"] == "openvino"
    assert about["source"] == export.source_hashes(tiny_model("bert"))
    assert set(about["files"]) == {"model.xml", "model.bin"}
    assert {"torch", "transformers", "openvino", "nncf", "autogpt-qa"} <= set(about["versions"])


def test_a_readers_calibration_goes_with_it(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    shutil.copytree(tiny_model("bert"), tmp_path / "source")
    table = np.random.default_rng(0).normal(size=(40, len(READER_FEATURES)))
    made = Calibrator.fit(table, table[:, 0] > 0, READER_FEATURES)
    made.save(tmp_path / "source" / "calibration.json")
    export_reader(tmp_path / "source", tmp_path / "out")
    assert Reader(tmp_path / "out", max_length=120, stride=20).calibrator == made


def test_an_export_makes_no_remarks(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    remarks: list[str] = []
    heard = logging.Handler()
    heard.emit = lambda record: remarks.append(record.getMessage())  # type: ignore[method-assign]
    transformers_logging.warning_once.cache_clear()  # what was said once is not said again
    transformers_logging.add_handler(heard)
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_warning()
    try:
        export_reader(tiny_model("bert"), tmp_path / "reader", "openvino")
    finally:
        transformers_logging.remove_handler(heard)
        transformers_logging.set_verbosity(level)
    assert remarks == []


def test_an_export_replaces_an_older_one_and_leaves_nothing_beside_it(tiny_encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "stale.txt").write_text("old")
    export_encoder(tiny_encoder, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "model.xml",
        "model.bin",
        "tokenizer.json",
        "export.json",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_exported_encoder_asks_with_the_prompts_of_its_source(tiny_encoder: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(tiny_encoder, tmp_path / "source"))
    (source / "config_sentence_transformers.json").write_text('{"prompts": {"query": "by the sea "}}')
    exported = Encoder(export_encoder(source, tmp_path / "out"))
    assert exported.id == encoder_id(source)
    assert np.array_equal(exported.encode(["Arden"], "query"), exported.encode(["by the sea Arden"]))


def test_an_export_that_breaks_leaves_the_older_one(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "older.txt").write_text("whole")
    monkeypatch.setattr(convert, "to_openvino", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        export_encoder(tiny_encoder, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "older.txt").read_text() == "whole"


def test_a_conversion_that_computes_something_else_is_refused(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from torch import nn

    real = convert.to_openvino

    def wrong(module: nn.Module, facts: ModelFacts) -> object:
        other = deepcopy(module)
        with torch.no_grad():
            for parameter in other.parameters():
                parameter.add_(0.02 * torch.randn_like(parameter))
        return real(other, facts)

    monkeypatch.setattr(convert, "to_openvino", wrong)
    with pytest.raises(InternalError, match="does not compute what its source does"):
        export_encoder(tiny_encoder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_wrong_requests_are_errors_that_say_what_is_wrong(
    tiny_encoder: Path, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    reader, out = tiny_model("bert"), tmp_path / "out"
    with pytest.raises(DataError, match="encoder, not reader"):
        export_reader(tiny_encoder, out)
    with pytest.raises(DataError, match="reader, not encoder"):
        export_encoder(reader, out)
    with pytest.raises(UsageError, match="int8 needs texts"):
        export_reader(reader, out, precision="int8")
    with pytest.raises(UsageError, match="int8 is made for openvino"):
        export_reader(reader, out, "onnx", precision="int8", calibration=PAIRS)
    shutil.copytree(reader, tmp_path / "bare")
    (tmp_path / "bare" / "tokenizer.json").unlink()
    with pytest.raises(DataError, match=r"no tokenizer\.json"):
        export_reader(tmp_path / "bare", out)
    assert not out.exists()


def test_the_processor_computes_in_bfloat16_where_it_can_when_asked_to(
    tiny_export: Callable[[str, str], Path], tmp_path: Path
) -> None:
    from autogpt.read.backends.quiet_openvino import openvino

    shutil.copytree(tiny_export("bert", "openvino"), tmp_path / "bf16")
    about = json.loads((tmp_path / "bf16" / "export.json").read_text())
    about["model"]["precision"] = "bf16"
    (tmp_path / "bf16" / "export.json").write_text(json.dumps(about))
    backend = load_backend("openvino", tmp_path / "bf16")
    asked = backend._compiled.get_property("INFERENCE_PRECISION_HINT")  # type: ignore[attr-defined]
    has_bf16 = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    assert asked == (openvino.Type.bf16 if has_bf16 else openvino.Type.f32)


def test_an_exported_reader_and_encoder_run_without_pytorch_and_without_telling_anybody(
    tiny_export: Callable[[str, str], Path], tiny_encoder: Path, tmp_path: Path
) -> None:
    export_encoder(tiny_encoder, tmp_path / "encoder")
    code = f"""
import socket, sys
def refuse(*_, **__): raise AssertionError("the network was used")
socket.socket.connect = socket.getaddrinfo = refuse
from pathlib import Path
from autogpt.read.reader import Reader
from autogpt.retrieve.encoder import Encoder, encoder_id
from autogpt.retrieve.reranker import Reranker
from autogpt.retrieve.encoder import Encoder
found = Reader(Path({str(tiny_export("bert", "openvino"))!r}), max_length=120, stride=20).read({PAIRS!r})
vectors = Encoder(Path({str(tmp_path / "encoder")!r})).encode(["Arden", "by the sea"])
assert len(found) == len({PAIRS!r}) and all(one.candidates for one in found)
assert vectors.shape[0] == 2
heavy = ("torch", "transformers", "onnxruntime", "onnx", "nncf", "openvino_telemetry")
print(*[name for name in heavy if sys.modules.get(name)])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


def test_a_reranker_judges_the_same_after_the_export(tiny_reranker: Path, tmp_path: Path) -> None:
    question, texts = PAIRS[0][0], [context for _, context in PAIRS] + [one.context for one in make_examples(30)]
    expected = Reranker(tiny_reranker, "torch", max_tokens=100).logits(question, texts)
    assert np.ptp(expected) > 1
    # A random model's few numbers are far from each other, so that a quarter of the scale is soon lost in eight bits.
    for precision, least, off in (("fp32", 0.99999, 0.01), ("bf16", 0.95, 0.3), ("int8-dynamic", 0.9, 1.5)):
        made = export_reranker(tiny_reranker, tmp_path / precision, precision=precision)  # type: ignore[arg-type]
        assert (model_facts(made).task, model_facts(made).precision) == ("reranker", precision)
        found = Reranker(made, max_tokens=100).logits(question, texts)
        assert np.corrcoef(found, expected)[0, 1] > least
        assert np.mean(found) == pytest.approx(np.mean(expected), abs=off)


def test_the_length_that_a_reranker_was_trained_on_travels_with_it(tiny_reranker: Path, tmp_path: Path) -> None:
    trained = shutil.copytree(tiny_reranker, tmp_path / "trained")
    config = json.loads((trained / "config.json").read_text())
    (trained / "config.json").write_text(json.dumps({**config, "trained_tokens": 96}))
    assert model_facts(trained).trained_tokens == 96
    assert model_facts(export_reranker(trained, tmp_path / "exported")).trained_tokens == 96
    assert model_facts(export_reranker(tiny_reranker, tmp_path / "silent")).trained_tokens is None


def test_a_classifier_of_several_labels_is_no_reranker(tiny_reranker: Path, tmp_path: Path) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    shutil.copytree(tiny_reranker, tmp_path / "three")
    BertForSequenceClassification(BertConfig.from_pretrained(tiny_reranker, num_labels=3)).save_pretrained(
        tmp_path / "three"
    )
    with pytest.raises(DataError, match="3 labels"):
        export_reranker(tmp_path / "three", tmp_path / "out")
    with pytest.raises(DataError, match="another task"):
        export_encoder(tiny_reranker, tmp_path / "out")
