"""Whether confidence is a probability: the calibrator against the softmax, in and out of domain.

In: the folder of data sets and a reader. Calibrators are fitted on some data sets and tested on others, never the same:
the one the reader ships with, and one fitted in its own domain alone. Sets of other domains are tested one by one and
together, and beside the reader's own domain, as in Kamath et al. 2020 (equal shares).
Out: tables, or JSON with --json: calibration error, area under the risk-coverage curve and coverage at 80% and 95%
accuracy, each with a paired bootstrap against either of two softmaxes. Accuracy is counted twice: by exact match,
which is what confidence is the probability of, and by F1, since long answers are seldom met to the letter.

    python benchmarks/calibration.py DATA_FOLDER [--model en] [--limit 1500] [--sets squad20 policyqa] [--json]
"""

import argparse
import json
import math
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.evaluate.reader import read_all
from autogpt.evaluate.slices import with_title_hash
from autogpt.metrics.answers import exact_match, f1
from autogpt.metrics.calibration import area_under_risk_coverage, coverage_at_accuracy, expected_calibration_error
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.significance import Difference, paired_bootstrap_of
from autogpt.read.calibrate import fit_reader_calibrator, is_right, with_confidence
from autogpt.read.decode import Decoded
from autogpt.records import ReaderExample
from autogpt.services.evaluating import open_reader

Floats = NDArray[np.float64]
T = TypeVar("T")
Read = tuple[list[Decoded], list[ReaderExample]]
#: A number for confidences and correctness, float[N] each; more is better.
Measure = Callable[[Floats, Floats], float]

#: Articles that may be trained on and that the reader's recipe held out: questions of its own domain to fit on.
HELD_OUT = ("1973_oil_crisis", "Fresno,_California")
#: Sets that are tested on: the first is the reader's own domain, as is the second, where all questions have an answer.
TESTED = ("squad20", "squad11", "policyqa", "covid_qa", "bipar_en")
#: Sets of other domains whose questions are also tested together, alone and with those of the reader's own domain.
OTHER_DOMAINS = ("policyqa", "bipar_en")
#: Questions taken of the tested set whose texts are whole papers.
LONG_LIMIT = 150
RESAMPLES = 2_000
MEASURES: dict[str, Measure] = {
    "area": lambda confidence, right: -area_under_risk_coverage(confidence, right),
    "coverage_at_80": lambda confidence, right: coverage_at_accuracy(confidence, right, 0.80),
    "coverage_at_95": lambda confidence, right: coverage_at_accuracy(confidence, right, 0.95),
}


@dataclass(frozen=True)
class Measured:
    """One way of being sure, on one set. `gains`: by measure and softmax, how much better; positive is better."""

    data: str
    accuracy: str
    confidence: str
    questions: int
    right: float
    calibration_error: float
    area: float
    coverage_at_80: float
    coverage_at_95: float
    gains: dict[str, dict[str, Difference]] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--model", default="en", help="model pack, or folder of a reader")
    parser.add_argument("--limit", type=int, default=0, help="questions per tested set, drawn by chance; 0: all")
    parser.add_argument("--sets", nargs="+", choices=TESTED, default=TESTED, help="sets to test on")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    tested: dict[str, Read] = {}
    calibrators: dict[str, Calibrator] = {}
    with open_reader(options.model) as reader:
        if reader.calibrator is not None:
            calibrators["shipped"] = reader.calibrator
        held_out = examples_of(options.data, "squad20 held out")
        calibrators["fitted in domain"] = fit_reader_calibrator(read_all(reader, held_out), held_out)
        for name in options.sets:
            examples = drawn(examples_of(options.data, name), LONG_LIMIT if name == "covid_qa" else options.limit)
            tested[name] = (read_all(reader, examples), examples)
            print(f"read {name}: {len(examples):,} questions", file=sys.stderr, flush=True)
    tested |= together(tested)
    lines = [line for name, read in tested.items() for line in measure(name, *read, calibrators)]
    shipped = calibrators.get("shipped")
    thresholds = [at_threshold(name, *read, shipped) for name, read in tested.items()] if shipped else []
    if options.json:
        print(json.dumps({"confidence": [asdict(line) for line in lines], "threshold": thresholds}, indent=2))
    else:
        show(lines, thresholds)


def examples_of(folder: Path, name: str) -> list[ReaderExample]:
    """The questions of one set, by the name it has here."""
    if name == "squad20 held out":
        return [one for one in load_reader_examples(folder / "squad20_dev.jsonl.gz") if one.title in HELD_OUT]
    if name in {"squad20", "squad11"}:
        return with_title_hash(load_reader_examples(folder / f"{name}_dev.jsonl.gz"), "8-f")
    return load_reader_examples(folder / f"{name}.jsonl.gz")


def together(tested: dict[str, Read]) -> dict[str, Read]:
    """Equal shares of several sets as one, where all of them were read."""
    own = TESTED[0]
    mixes = {"other domains": OTHER_DOMAINS, "own and other domains": (own, *OTHER_DOMAINS)}
    made: dict[str, Read] = {}
    for called, names in mixes.items():
        if all(name in tested for name in names):
            least = min(len(tested[name][1]) for name in names)
            pairs = [pair for name in names for pair in drawn(list(zip(*tested[name], strict=True)), least)]
            made[called] = ([decoded for decoded, _ in pairs], [example for _, example in pairs])
    return made


def measure(
    name: str, decoded: Sequence[Decoded], examples: Sequence[ReaderExample], calibrators: dict[str, Calibrator]
) -> list[Measured]:
    """Both softmaxes and every calibrator on one set."""
    pairs = list(zip(decoded, examples, strict=True))
    accuracies = {
        "exact match": np.array([float(is_right(*pair)) for pair in pairs]),
        "F1": np.array([f1(one.best.text, golds_of(e)) if one.best and e.answerable else 0.0 for one, e in pairs]),
    }
    softmaxes = {
        "softmax of the n best": np.array([one.features.get("softmax", 0.0) for one in decoded]),
        "softmax of start x end": np.array([start_times_end(one) for one in decoded]),
    }
    confidences = {
        called: np.array([one.confidence for one in with_confidence(decoded, calibrator)])
        for called, calibrator in calibrators.items()
    }
    lines = []
    for counted, right in accuracies.items():
        lines += [Measured(name, counted, called, *figures(one, right)) for called, one in softmaxes.items()]
        for called, confidence in confidences.items():
            gains = {
                measure: {name: gain(of, confidence, one, right) for name, one in softmaxes.items()}
                for measure, of in MEASURES.items()
            }
            lines.append(Measured(name, counted, called, *figures(confidence, right), gains))
    return lines


def golds_of(example: ReaderExample) -> list[str]:
    return [answer.text for answer in example.answers]


def start_times_end(decoded: Decoded) -> float:
    """Probability of the best span as the product of its start's and its end's, in its own window."""
    if not decoded.candidates:
        return 0.0
    return math.exp(decoded.features["start_log_probability"] + decoded.features["end_log_probability"])


def figures(confidence: Floats, right: Floats) -> tuple[int, float, float, float, float, float]:
    area, at_80, at_95 = (one(confidence, right) for one in MEASURES.values())
    return len(right), float(right.mean()), expected_calibration_error(confidence, right), -area, at_80, at_95


def gain(of: Measure, confidence: Floats, softmax: Floats, right: Floats) -> Difference:
    """How much better than a softmax, by a paired bootstrap over questions."""
    return paired_bootstrap_of(
        lambda at: of(confidence[at], right[at]),
        lambda at: of(softmax[at], right[at]),
        len(right),
        resamples=RESAMPLES,
    )


def at_threshold(
    name: str, decoded: Sequence[Decoded], examples: Sequence[ReaderExample], calibrator: Calibrator
) -> dict[str, Any]:
    """What a reader's own threshold does on a set. F1 in percent, as SQuAD 2.0 counts."""
    asked = calibrator.threshold
    pairs = [
        (one.best.text if one.best and (one.confidence or 0) >= asked.value else "", golds_of(example))
        for one, example in zip(with_confidence(decoded, calibrator), examples, strict=True)
    ]
    given = [(text, golds) for text, golds in pairs if text]
    wrong = sum(not golds or exact_match(text, golds) < 1 for text, golds in given)
    return {
        "data": name,
        "threshold": asked.value,
        "rule": asked.rule,
        "answered": len(given) / len(pairs),
        "wrong": wrong / len(given) if given else None,
        "f1": 100 * sum(f1(*pair) for pair in pairs) / len(pairs),
    }


def show(lines: Sequence[Measured], thresholds: Sequence[dict[str, Any]]) -> None:
    head = ("data", "accuracy", "confidence", "questions", "right", "ECE", "AURC", "p", "at 80%", "p", "at 95%", "p")
    print("p: against the softmax of the n best / of start x end\n")
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for one in lines:
        cells = [one.data, one.accuracy, one.confidence, f"{one.questions:,}", f"{one.right:.1%}"]
        cells.append(f"{one.calibration_error:.3f}")
        values = (f"{one.area:.4f}", f"{one.coverage_at_80:.1%}", f"{one.coverage_at_95:.1%}")
        for measure, value in zip(MEASURES, values, strict=True):
            cells += [value, " / ".join(f"{gained.p_value:.4f}" for gained in one.gains.get(measure, {}).values())]
        print("| " + " | ".join(cells) + " |")
    if thresholds:
        print(f"\nThe threshold that the reader ships with ({thresholds[0]['rule']}):\n")
        print("| data | threshold | answered | wrong | F1 |\n|---|---|---|---|---|")
    for one in thresholds:
        wrong = "none given" if one["wrong"] is None else f"{one['wrong']:.1%}"
        print(f"| {one['data']} | {one['threshold']:.3f} | {one['answered']:.1%} | {wrong} | {one['f1']:.1f} |")


def drawn(ones: list[T], limit: int) -> list[T]:
    return random.Random(0).sample(ones, limit) if 0 < limit < len(ones) else ones


if __name__ == "__main__":
    main()
