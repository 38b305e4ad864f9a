"""What each way of quantising a reader costs in answers and gains in speed, all against the whole model in OpenVINO.

    python benchmarks/quantisation.py --model en --data squad11_dev.jsonl.gz [--title-hash 8-f] [--variants ...]

Logit error: root mean square of the difference of all start and end logits, over the spread of the whole model's.
Margin error: the same of what decides (best start + best end - null), in logits. Speed: processor seconds of the whole
model over those of the variant, on the same batches and one thread, in turns. F1: as shipped (below its threshold the
reader abstains) on the pack's parity set, and never abstaining on the data; with the one-sided 95% bound of the paired
difference. `--layers` instead keeps one layer's activations whole at a time, and says how much of the error goes.

Samples for fixed ranges are made of the parity set as `autogpt compress` makes them. Against PyTorch:
reader_throughput.py --precisions int8 int8-dynamic.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.compress import quantise
from autogpt.compress.export import export_reader
from autogpt.compress.parity import shipped_answer
from autogpt.evaluate.slices import with_title_hash
from autogpt.metrics.answers import f1
from autogpt.metrics.significance import paired_bootstrap
from autogpt.models.packs import find_pack
from autogpt.models.sources import resolve_reader
from autogpt.read.backends.base import Batch
from autogpt.read.backends.facts import model_facts
from autogpt.read.backends.openvino import OpenVinoBackend
from autogpt.read.backends.padding import pad, plan
from autogpt.read.backends.quiet_openvino import openvino
from autogpt.read.reader import Reader
from autogpt.read.windows import Window, WindowBuilder
from autogpt.records import ReaderExample
from autogpt.services.compressing import calibration_pairs

import nncf  # isort: skip  after openvino has been quietened

Make = Callable[[Any, nncf.Dataset, int], Any]
Advanced = nncf.AdvancedQuantizationParameters
Ranges = nncf.quantization.range_estimator.RangeEstimatorParametersSet


def fixed(**advanced: Any) -> Make:
    """Fixed ranges, as the product makes them but for `advanced` settings."""

    def make(model: Any, dataset: nncf.Dataset, samples: int) -> Any:
        return nncf.quantize(
            model,
            dataset,
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=samples,
            advanced_parameters=Advanced(**advanced),
        )

    return make


def smooth(alpha: float) -> Make:
    return fixed(smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(matmul=alpha))


def dynamic(group: int, mode: nncf.CompressWeightsMode = nncf.CompressWeightsMode.INT8_SYM) -> Make:
    """int8 weights; `group` neighbouring activations share a range that is found while the model runs; 0: none do."""

    def make(model: Any, dataset: nncf.Dataset, samples: int) -> Any:
        made = nncf.compress_weights(model, mode=mode)
        made.set_rt_info(str(group), ["runtime_options", "DYNAMIC_QUANTIZATION_GROUP_SIZE"])
        return made

    return make


VARIANTS: dict[str, Make] = {
    "bf16": lambda model, dataset, samples: model,
    "int8": fixed(),
    "int8, no smoothing": smooth(-1),
    "int8, smoothing 0.5": smooth(0.5),
    "int8, smoothing 0.75": smooth(0.75),
    "int8, bias not corrected": fixed(disable_bias_correction=True),
    "int8, slow bias correction": lambda model, dataset, samples: nncf.quantize(
        model, dataset, model_type=nncf.ModelType.TRANSFORMER, subset_size=samples, fast_bias_correction=False
    ),
    "int8, ranges min to max": fixed(activations_range_estimator_params=Ranges.MINMAX),
    "int8, ranges of percentiles": fixed(activations_range_estimator_params=Ranges.MEAN_QUANTILE),
    "int8, symmetric activations": lambda model, dataset, samples: nncf.quantize(
        model,
        dataset,
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.PERFORMANCE,
        subset_size=samples,
    ),
    "weights only": dynamic(0),
    "dynamic, groups of 32": dynamic(32),
    "dynamic, groups of 128": dynamic(128),
    "dynamic, groups of 384": dynamic(384),
    "dynamic, groups of 384, asymmetric": dynamic(384, nncf.CompressWeightsMode.INT8_ASYM),
}


class InMemory(OpenVinoBackend):
    """A model that is in no folder, on one thread."""

    def __init__(self, model: Any, whole: Path, precision: str) -> None:
        self.facts = model_facts(whole)
        hint = "f32" if precision == "fp32" else "bf16"
        settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": hint}
        self._compiled = openvino.Core().compile_model(model, "CPU", settings)
        self._requests = [self._compiled.create_infer_request() for _ in range(2)]


@dataclass(frozen=True)
class Setting:
    """The whole model's folder, rows to take ranges from, and batches to compare logits on."""

    whole: Path
    rows: list[Batch]
    batches: list[tuple[list[Window], Batch]]

    def model(self) -> Any:
        return openvino.Core().read_model(self.whole / "model.xml")

    def dataset(self) -> nncf.Dataset:
        names = model_facts(self.whole).inputs
        return nncf.Dataset(self.rows, lambda row: dict(zip(names, row.inputs(names), strict=True)))

    def logits(self, backend: OpenVinoBackend) -> tuple[list[np.ndarray], float]:
        """Start and end logits float[2, T] of each window, and processor seconds."""
        backend.run(self.batches[-1][1])
        found, spent = [], 0.0
        for windows, batch in self.batches:
            began = time.process_time()
            starts, ends = backend.run(batch)
            spent += time.process_time() - began
            found += [np.stack([starts[at, : len(one)], ends[at, : len(one)]]) for at, one in enumerate(windows)]
        return found, spent


def compare(setting: Setting, backend: OpenVinoBackend, reference: OpenVinoBackend) -> dict[str, float]:
    """Errors of the logits, and speed."""
    expected, slow = setting.logits(reference)
    got, fast = setting.logits(backend)
    margins = [
        np.array([one[0, 1:].max() + one[1, 1:].max() - one[:, 0].sum() for one in ones]) for ones in (got, expected)
    ]
    every, other = np.concatenate(got, axis=1), np.concatenate(expected, axis=1)
    same = [np.array_equal(one.argmax(1), two.argmax(1)) for one, two in zip(got, expected, strict=True)]
    return {
        "logit_error": float(np.sqrt(np.mean((every - other) ** 2)) / other.std()),
        "margin_error": float(np.sqrt(np.mean((margins[0] - margins[1]) ** 2))),
        "margin_bias": float(np.mean(margins[0] - margins[1])),
        "same_span": float(np.mean(same)),
        "speed": slow / fast,
    }


def answers(reader: Reader, examples: Sequence[ReaderExample], force: bool) -> np.ndarray:
    """F1 of each answer, in points."""
    read = reader.read([(one.question, one.context) for one in examples])
    texts = [(one.best.text if one.best else "") if force else shipped_answer(one, reader.calibrator) for one in read]
    return np.array([100 * f1(text, [a.text for a in one.answers]) for text, one in zip(texts, examples, strict=True)])


def layers(setting: Setting, reference: OpenVinoBackend) -> list[dict[str, Any]]:
    """How much of the error goes when one layer's activations stay whole, worst layer first."""
    small = fixed()(setting.model(), setting.dataset(), len(setting.rows))
    names = [
        node.get_friendly_name()
        for node in small.get_ordered_ops()
        if node.get_type_name() == "FakeQuantize"
        and any(target.get_node().get_type_name() == "MatMul" for target in node.output(0).get_target_inputs())
    ]
    full = compare(setting, InMemory(small, setting.whole, "int8"), reference)
    rows = [{"layer": "none", **full}]
    for name in names:
        model = small.clone()
        node = next(one for one in model.get_ops() if one.get_friendly_name() == name)
        node.output(0).replace(node.input_value(0))
        rows.append({"layer": name, **compare(setting, InMemory(model, setting.whole, "int8"), reference)})
        print(f"{name}: {rows[-1]['logit_error']:.4f}", file=sys.stderr)
    return sorted(rows, key=lambda row: row["logit_error"])


def main(arguments: argparse.Namespace) -> dict[str, Any]:
    source = Path(resolve_reader(arguments.model))
    shipped = find_pack("en").parity
    assert shipped is not None
    parity = load_reader_examples(shipped)
    data = load_reader_examples(arguments.data)
    if arguments.title_hash:
        data = with_title_hash(data, arguments.title_hash)
    random.Random(0).shuffle(parity)
    random.Random(0).shuffle(data)
    with tempfile.TemporaryDirectory() as folder:
        whole = export_reader(source, Path(folder) / "whole")
        builder = WindowBuilder.from_file(str(source / "tokenizer.json"), 384, 128)
        some = [*parity[: arguments.pairs], *data[: arguments.pairs]]
        flat = [one for ones in builder.build_many([(one.question, one.context) for one in some]) for one in ones]
        batches = []
        for group in plan([len(one) for one in flat], 32):
            windows = [flat[at] for at in group]
            ids, types = [one.input_ids for one in windows], [one.type_ids for one in windows]
            batches.append((windows, pad(ids, types, model_facts(whole).pad_id)))
        samples = builder.build_many(calibration_pairs([], parity, arguments.samples))
        rows = [pad([ones[0].input_ids], [ones[0].type_ids], model_facts(whole).pad_id) for ones in samples]
        setting = Setting(whole, rows, batches)
        reference = InMemory(setting.model(), whole, "fp32")
        if arguments.layers:
            return {"layers": layers(setting, reference)}
        return {"variants": variants(setting, reference, parity, data, arguments)}


def variants(
    setting: Setting,
    reference: OpenVinoBackend,
    parity: Sequence[ReaderExample],
    data: Sequence[ReaderExample],
    arguments: argparse.Namespace,
) -> list[dict[str, Any]]:
    asked = {"parity": (parity[: arguments.parity], False), "data": (data[: arguments.questions], True)}
    asked = {name: one for name, one in asked.items() if one[0]}
    whole = Reader(setting.whole, reference)
    expected = {name: answers(whole, *one) for name, one in asked.items()}
    rows = []
    for name in arguments.variants or VARIANTS:
        began = time.process_time()
        with quantise.quietly():
            model = VARIANTS[name](setting.model(), setting.dataset(), len(setting.rows))
        row: dict[str, Any] = {"variant": name, "seconds": time.process_time() - began}
        backend = InMemory(model, setting.whole, name)
        row |= compare(setting, backend, reference)
        reader = Reader(setting.whole, backend)
        for what, one in asked.items():
            difference = paired_bootstrap(answers(reader, *one), expected[what])
            row |= {f"{what}_f1": difference.value, f"{what}_lower": difference.lower}
        rows.append(row)
        print(_line(row), file=sys.stderr)
    return rows


def _line(row: dict[str, Any]) -> str:
    scores = "".join(
        f"  {what} {row[f'{what}_f1']:+.2f} (at least {row[f'{what}_lower']:+.2f})"
        for what in ("parity", "data")
        if f"{what}_f1" in row
    )
    return (
        f"{row['variant']:36}{row['logit_error']:8.4f}{row['margin_error']:7.3f}{row['margin_bias']:+7.3f}"
        f"{row['speed']:6.2f} times  {row['seconds']:5.0f} s{scores}"
    )


def _show(result: dict[str, Any]) -> None:
    if "layers" in result:
        for row in result["layers"]:
            print(f"{row['logit_error']:8.4f}{row['speed']:6.2f} times  {row['layer']}")
        return
    print(f"{'':36}{'logits':>8}{'margin':>7}{'bias':>7}{'speed':>12}{'made in':>9}")
    for row in result["variants"]:
        print(_line(row))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a pack's name or the folder of a trained reader")
    parser.add_argument("--data", required=True, type=Path, help="questions with answers")
    parser.add_argument("--title-hash", default="", help="only articles whose title's SHA-256 begins so, as 8-f")
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), help="all, unless some are named")
    parser.add_argument("--layers", action="store_true", help="measure the layers of int8 with fixed ranges")
    parser.add_argument("--pairs", type=int, default=200, help="pairs of each set that logits are compared on")
    parser.add_argument("--samples", type=int, default=100, help="texts that fixed ranges are taken from")
    parser.add_argument("--parity", type=int, default=3_020, help="questions of the parity set; 0: none")
    parser.add_argument("--questions", type=int, default=400, help="questions of the data; 0: none")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    outcome = main(chosen)
    if chosen.json:
        print(json.dumps(outcome, indent=2))
    else:
        _show(outcome)
