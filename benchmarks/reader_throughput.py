"""How fast the exported reader is beside a fair PyTorch loop: same model, questions, windows, decoder and threads.

    python benchmarks/reader_throughput.py --model en --data squad11_dev.jsonl.gz [--questions 400] [--json]

The PyTorch loop sorts windows by length, pads each batch to its own longest row, runs in inference mode with fused
attention, and is taken in fp32 and in bf16, at the batch size that is fastest for each. Both sides go from texts to
decoded answers. Repetitions are interleaved, so that a busy machine slows down both alike; processor seconds are given
beside elapsed ones, since they hardly depend on what else runs. F1 is of forced answers, so that speed is compared at
equal quality. Latency is that of one question put to one passage, and to eight.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForQuestionAnswering

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.compress.export import export_reader
from autogpt.metrics.answers import f1
from autogpt.models.sources import resolve_reader
from autogpt.read.backends.facts import model_facts
from autogpt.read.decode import Decoded, decode
from autogpt.read.reader import Reader
from autogpt.read.windows import WindowBuilder
from autogpt.records import ReaderExample

Pairs = Sequence[tuple[str, str]]
Read = Callable[[Pairs], list[Decoded]]

MAX_LENGTH, STRIDE = 384, 128
BATCH_SIZES = (4, 8, 16, 32)
#: Questions that int8 takes its ranges from; never among those measured.
CALIBRATION = 300
#: Passages that one question is put to when answering from documents.
PASSAGES = 8


class TorchLoop:
    """The plain way: a Hugging Face model, windows sorted by length, batches of one size."""

    def __init__(self, folder: Path, dtype: torch.dtype, batch_size: int) -> None:
        self.inputs = model_facts(folder).inputs
        self.model = AutoModelForQuestionAnswering.from_pretrained(folder, dtype=dtype).eval()
        self.builder = WindowBuilder.from_file(str(folder / "tokenizer.json"), MAX_LENGTH, STRIDE)
        self.pad_id = model_facts(folder).pad_id
        self.batch_size = batch_size

    def __call__(self, pairs: Pairs) -> list[Decoded]:
        windows = self.builder.build_many(pairs)
        flat = [(number, window) for number, ones in enumerate(windows) for window in ones]
        order = sorted(range(len(flat)), key=lambda at: len(flat[at][1]))
        logits: list[Any] = [None] * len(flat)
        with torch.inference_mode():
            for at in range(0, len(order), self.batch_size):
                rows = order[at : at + self.batch_size]
                output = self.model(**self._padded([flat[row][1] for row in rows]))
                starts, ends = output.start_logits.float().numpy(), output.end_logits.float().numpy()
                for number, row in enumerate(rows):
                    logits[row] = starts[number], ends[number]
        found, at = [], 0
        for (_, context), ones in zip(pairs, windows, strict=True):
            width = max(map(len, ones))
            starts, ends = np.zeros((2, len(ones), width), dtype=np.float32)
            for number, window in enumerate(ones):
                starts[number, : len(window)] = logits[at][0][: len(window)]
                ends[number, : len(window)] = logits[at][1][: len(window)]
                at += 1
            found.append(decode(context, ones, starts, ends))
        return found

    def _padded(self, windows: Sequence[Any]) -> dict[str, torch.Tensor]:
        shape = (len(windows), max(map(len, windows)))
        ids, mask, types = (
            torch.full(shape, self.pad_id),
            torch.zeros(shape, dtype=torch.long),
            torch.zeros(shape).long(),
        )
        for row, window in enumerate(windows):
            ids[row, : len(window)] = torch.tensor(window.input_ids)
            mask[row, : len(window)] = 1
            types[row, : len(window)] = torch.tensor(window.type_ids)
        named = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        return {name: named[name] for name in self.inputs}


def main(arguments: argparse.Namespace) -> dict[str, Any]:
    source = Path(resolve_reader(arguments.model))
    examples = load_reader_examples(arguments.data)
    random.Random(0).shuffle(examples)
    measured = examples[: arguments.questions]
    calibration = [(one.question, one.context) for one in examples[arguments.questions :][:CALIBRATION]]
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        readers: dict[str, Read] = {
            "PyTorch fp32": _fastest(source, torch.float32, measured[:64]),
            "PyTorch bf16": _fastest(source, torch.bfloat16, measured[:64]),
        }
        for precision in arguments.precisions:
            out = Path(folder) / precision
            export_reader(source, out, precision=precision, calibration=calibration)
            reader = Reader(  # the answers' sentences are not read again: the peer makes no confidence either
                out, threads=arguments.threads, max_length=MAX_LENGTH, stride=STRIDE, second_look=False
            )
            readers[f"OpenVINO {precision}"] = reader.read
        return _compare(readers, measured, arguments)


def _fastest(source: Path, dtype: torch.dtype, examples: Sequence[ReaderExample]) -> TorchLoop:
    """The loop at its best batch size."""
    loops = [TorchLoop(source, dtype, size) for size in BATCH_SIZES]
    pairs = _pairs(examples)
    spent = [min(_timed(loop, pairs)[1] for _ in range(3)) for loop in loops]
    return loops[int(np.argmin(spent))]


def _compare(
    readers: dict[str, Read], examples: Sequence[ReaderExample], arguments: argparse.Namespace
) -> dict[str, Any]:
    pairs = _pairs(examples)
    builder = next(one for one in readers.values() if isinstance(one, TorchLoop)).builder
    tokens = sum(len(window) for ones in builder.build_many(pairs) for window in ones)
    elapsed: dict[str, list[float]] = {name: [] for name in readers}
    processor: dict[str, list[float]] = {name: [] for name in readers}
    found: dict[str, list[Decoded]] = {}
    for repetition in range(arguments.repeat + 1):
        for name, read in readers.items():
            found[name], busy, spent = _timed(read, pairs)
            if repetition:  # the first warms up
                elapsed[name].append(spent)
                processor[name].append(busy)
            print(f"{repetition}/{arguments.repeat} {name}: {spent:.2f} s", file=sys.stderr)
    latency = {count: {name: [] for name in readers} for count in (1, PASSAGES)}
    for count, spent_by in latency.items():
        for at in range(arguments.latency):
            chosen = [pairs[(at * PASSAGES + step) % len(pairs)] for step in range(count)]
            asked = [(chosen[0][0], context) for _, context in chosen]
            for name, read in readers.items():
                spent_by[name].append(1000 * _timed(read, asked)[2])
    rows = {
        name: {
            "f1": 100 * statistics.mean(_f1(one, example) for one, example in zip(found[name], examples, strict=True)),
            "tokens_per_second": tokens / statistics.median(elapsed[name]),
            "tokens_per_processor_second": tokens / statistics.median(processor[name]),
            "questions_per_second": len(examples) / statistics.median(elapsed[name]),
            "batch_size": read.batch_size if isinstance(read, TorchLoop) else None,
            **{
                f"latency_{count}_p{share}_ms": float(np.percentile(latency[count][name], share))
                for count in (1, PASSAGES)
                for share in (50, 95)
            },
        }
        for name, read in readers.items()
    }
    return {
        "questions": len(examples),
        "tokens": tokens,
        "threads": arguments.threads,
        "readers": rows,
        "ratios": _ratios(rows, elapsed, processor),
    }


def _ratios(
    rows: dict[str, Any], elapsed: dict[str, list[float]], processor: dict[str, list[float]]
) -> dict[str, dict[str, float]]:
    """Each exported reader against both loops: the median over repetitions of the ratio within each."""
    plain = ["PyTorch fp32", "PyTorch bf16"]
    ratios: dict[str, dict[str, float]] = {}
    for name in rows:
        if name in plain:
            continue
        found = {
            f"throughput_against_{loop.split()[1]}": statistics.median(
                theirs / ours for theirs, ours in zip(elapsed[loop], elapsed[name], strict=True)
            )
            for loop in plain
        }
        found |= {
            f"processor_time_against_{loop.split()[1]}": statistics.median(
                theirs / ours for theirs, ours in zip(processor[loop], processor[name], strict=True)
            )
            for loop in plain
        }
        better = max(plain, key=lambda loop: rows[loop]["tokens_per_second"])
        found["throughput_against_better"] = found[f"throughput_against_{better.split()[1]}"]
        found["latency_against_better"] = (
            min(rows[loop][f"latency_{PASSAGES}_p50_ms"] for loop in plain) / (rows[name][f"latency_{PASSAGES}_p50_ms"])
        )
        found["f1_difference"] = rows[name]["f1"] - rows["PyTorch fp32"]["f1"]
        ratios[name] = found
    return ratios


def _timed(read: Read, pairs: Pairs) -> tuple[list[Decoded], float, float]:
    """What was found, processor seconds, elapsed seconds."""
    busy, began = time.process_time(), time.perf_counter()
    found = read(pairs)
    return found, time.process_time() - busy, time.perf_counter() - began


def _pairs(examples: Sequence[ReaderExample]) -> list[tuple[str, str]]:
    return [(one.question, one.context) for one in examples]


def _f1(decoded: Decoded, example: ReaderExample) -> float:
    """Of the forced answer; an unanswerable question counts by whether the null scores higher."""
    if not example.answerable:
        return float(decoded.best is None or decoded.best.score < 0)
    return f1(decoded.best.text if decoded.best else "", [answer.text for answer in example.answers])


def _show(result: dict[str, Any]) -> None:
    print(f"{result['questions']:,} questions, {result['tokens']:,} tokens, {result['threads']} threads")
    print(f"{'':16}{'F1':>7}{'tokens/s':>10}{'tok/cpu-s':>11}{'questions/s':>13}{'1 passage':>15}{'8 passages':>16}")
    for name, row in result["readers"].items():
        one, eight = (f"{row[f'latency_{n}_p50_ms']:.0f}/{row[f'latency_{n}_p95_ms']:.0f} ms" for n in (1, PASSAGES))
        print(
            f"{name:16}{row['f1']:7.2f}{row['tokens_per_second']:10,.0f}{row['tokens_per_processor_second']:11,.0f}"
            f"{row['questions_per_second']:13.1f}{one:>15}{eight:>16}"
        )
    for name, ratios in result["ratios"].items():
        print(
            f"{name}: {ratios['throughput_against_fp32']:.2f} times PyTorch fp32 and "
            f"{ratios['throughput_against_bf16']:.2f} times PyTorch bf16 "
            f"(processor time {ratios['processor_time_against_fp32']:.2f} and "
            f"{ratios['processor_time_against_bf16']:.2f}), latency {ratios['latency_against_better']:.2f} times, "
            f"F1 {ratios['f1_difference']:+.2f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a pack's name or the folder of a trained reader")
    parser.add_argument("--data", required=True, type=Path, help="questions with answers")
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--latency", type=int, default=40, help="questions whose latency is measured")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16", "int8"])
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    outcome = main(chosen)
    if chosen.json:
        print(json.dumps(outcome, indent=2))
    else:
        _show(outcome)
