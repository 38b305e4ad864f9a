"""Whether confidence is a probability: the calibrator against the softmax, in and out of domain.

In: the folder of data sets and a reader. Calibrators are fitted on some data sets and tested on others, never the same:
the one the reader ships with, one fitted in its own domain alone, one with other domains mixed in (Kamath et al. 2020).
Out: tables, or JSON with --json: calibration error, area under the risk-coverage curve and coverage at 80% and 95%
accuracy, each with a paired bootstrap against the better of two softmaxes. Accuracy is counted twice: by exact match,
which is what confidence is the probability of, and by F1, since long answers are seldom met to the letter.

    python benchmarks/calibration.py DATA_FOLDER [--model en] [--limit 1500] [--sets squad20 policyqa] [--json]
"""

import argparse
import gzip
import json
import math
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.evaluate.reader import read_all
from autogpt.evaluate.slices import with_title_hash
from autogpt.metrics.calibration import area_under_risk_coverage, coverage_at_accuracy, expected_calibration_error
from autogpt.metrics.calibrator import Calibrator
from autogpt.metrics.significance import Difference, paired_bootstrap_of
from autogpt.metrics.squad import exact_match, f1
from autogpt.read.calibrate import fit_reader_calibrator, is_right, with_confidence
from autogpt.read.decode import Decoded
from autogpt.records import AnswerSpan, ReaderExample
from autogpt.services.evaluating import open_reader

Floats = NDArray[np.float64]
Read = tuple[list[Decoded], list[ReaderExample]]
#: A number for confidences and correctness, float[N] each; more is better.
Measure = Callable[[Floats, Floats], float]

#: Articles that may be trained on and that the reader's recipe held out: questions of its own domain to fit on.
HELD_OUT = ("1973_oil_crisis", "Fresno,_California")
#: Sets the calibrators are fitted on, and sets they are tested on: the first of each is the reader's own domain.
FITTED = ("squad20 held out", "fairytaleqa", "tatqa")
TESTED = ("squad20", "squad11", "policyqa", "covid_qa", "bipar_en")
#: Wrong contexts of the right document added to each fitted set of another domain, per question.
WRONG_CONTEXTS = 0.5
#: Questions taken of each fitted set of another domain, and of the tested set whose texts are whole papers.
FIT_LIMIT, LONG_LIMIT = 1_000, 150
RESAMPLES = 2_000
MEASURES: tuple[Measure, ...] = (
    lambda confidence, right: -area_under_risk_coverage(confidence, right),
    lambda confidence, right: coverage_at_accuracy(confidence, right, 0.80),
    lambda confidence, right: coverage_at_accuracy(confidence, right, 0.95),
)


@dataclass(frozen=True)
class Measured:
    """One way of being sure, on one set. Gains are over the better softmax of the two; positive is better."""

    data: str
    accuracy: str
    confidence: str
    questions: int
    right: float
    calibration_error: float
    area: float
    coverage_at_80: float
    coverage_at_95: float
    area_gain: Difference | None = None
    coverage_at_80_gain: Difference | None = None
    coverage_at_95_gain: Difference | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--model", default="en", help="model pack, or folder of a reader")
    parser.add_argument("--limit", type=int, default=1_500, help="questions per tested set, drawn by chance; 0: all")
    parser.add_argument("--sets", nargs="+", choices=TESTED, default=TESTED, help="sets to test on")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    fitted: dict[str, Read] = {}
    tested: dict[str, Read] = {}
    calibrators: dict[str, Calibrator] = {}
    with open_reader(options.model) as reader:
        if reader.calibrator is not None:
            calibrators["shipped"] = reader.calibrator
        for names, sets, limit in ((FITTED, fitted, 0), (options.sets, tested, options.limit)):
            for name in names:
                examples = drawn(examples_of(options.data, name), LONG_LIMIT if name == "covid_qa" else limit)
                sets[name] = (read_all(reader, examples), examples)
                print(f"read {name}: {len(examples):,} questions", file=sys.stderr, flush=True)
    calibrators["fitted in domain"] = fit(fitted, FITTED[:1])
    calibrators["fitted on mixed domains"] = fit(fitted, FITTED)
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
    if name == "fairytaleqa":
        return with_wrong_contexts(drawn(list(fairy_tales(folder / "fairytaleqa_train.jsonl.gz")), FIT_LIMIT))
    if name == "tatqa":
        return with_wrong_contexts(drawn(list(annual_reports(folder / "tatqa.jsonl.gz")), FIT_LIMIT))
    return load_reader_examples(folder / f"{name}.jsonl.gz")


def fairy_tales(path: Path) -> Iterator[ReaderExample]:
    """Questions whose answer stands word for word in the section they are about."""
    for record in lines_of(path):
        for number, asked in enumerate(record["qas"]):
            spans = tuple(AnswerSpan(one["text"], one["answer_start"]) for one in asked["span"])
            section = record["sections"].get(str(asked["section"]), "")
            if spans and all(section[one.start : one.end] == one.text for one in spans):
                name = f"{record['title']}-{number}"
                yield ReaderExample(name, asked["question"], section, spans, record["title"], record["domain"])


def annual_reports(path: Path) -> Iterator[ReaderExample]:
    """Questions that one span of a report answers, in its table or its text."""
    for record in lines_of(path):
        for asked in record["qas"]:
            spans = tuple(AnswerSpan(one["text"], one["answer_start"]) for one in asked.get("answers", ()))
            if asked["answer_type"] == "span" and len(spans) == 1:
                context, title = record["context"], record["title"]
                yield ReaderExample(asked["id"], asked["question"], context, spans, title, record["domain"])


def with_wrong_contexts(examples: Sequence[ReaderExample]) -> list[ReaderExample]:
    """The examples, and some of their questions put to another context that does not hold the answer: of the same
    document where it has several, else of any."""
    generator = random.Random(0)
    contexts: dict[str, list[str]] = {}
    for one in examples:
        contexts.setdefault(one.title, []).append(one.context)
    everywhere = [one.context for one in examples]
    added = []
    for one in generator.sample(examples, round(WRONG_CONTEXTS * len(examples))):
        near = [text for text in contexts[one.title] if text != one.context] or everywhere
        context = generator.choice(near)
        if not any(answer.text.lower() in context.lower() for answer in one.answers):
            added.append(ReaderExample(f"{one.id}-wrong", one.question, context, (), one.title, one.domain))
    return [*examples, *added]


def fit(fitted: dict[str, Read], names: Sequence[str]) -> Calibrator:
    decoded = [one for name in names for one in fitted[name][0]]
    examples = [one for name in names for one in fitted[name][1]]
    return fit_reader_calibrator(decoded, examples, data=", ".join(names))


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
            gains = [gain(one, confidence, list(softmaxes.values()), right) for one in MEASURES]
            lines.append(Measured(name, counted, called, *figures(confidence, right), *gains))
    return lines


def golds_of(example: ReaderExample) -> list[str]:
    return [answer.text for answer in example.answers]


def start_times_end(decoded: Decoded) -> float:
    """Probability of the best span as the product of its start's and its end's, in its own window."""
    if not decoded.candidates:
        return 0.0
    return math.exp(decoded.features["start_log_probability"] + decoded.features["end_log_probability"])


def figures(confidence: Floats, right: Floats) -> tuple[int, float, float, float, float, float]:
    area, at_80, at_95 = (one(confidence, right) for one in MEASURES)
    return len(right), float(right.mean()), expected_calibration_error(confidence, right), -area, at_80, at_95


def gain(of: Measure, confidence: Floats, softmaxes: Sequence[Floats], right: Floats) -> Difference:
    """How much better than the softmax that is the better one here, by a paired bootstrap over questions."""
    best = max(softmaxes, key=lambda softmax: of(softmax, right))
    return paired_bootstrap_of(
        lambda at: of(confidence[at], right[at]),
        lambda at: of(best[at], right[at]),
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
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for one in lines:
        cells = [one.data, one.accuracy, one.confidence, f"{one.questions:,}", f"{one.right:.1%}"]
        cells.append(f"{one.calibration_error:.3f}")
        for value, gained in (
            (f"{one.area:.4f}", one.area_gain),
            (f"{one.coverage_at_80:.1%}", one.coverage_at_80_gain),
            (f"{one.coverage_at_95:.1%}", one.coverage_at_95_gain),
        ):
            cells += [value, f"{gained.p_value:.4f}" if gained else ""]
        print("| " + " | ".join(cells) + " |")
    if thresholds:
        print(f"\nThe threshold that the reader ships with ({thresholds[0]['rule']}):\n")
        print("| data | threshold | answered | wrong | F1 |\n|---|---|---|---|---|")
    for one in thresholds:
        wrong = "none given" if one["wrong"] is None else f"{one['wrong']:.1%}"
        print(f"| {one['data']} | {one['threshold']:.3f} | {one['answered']:.1%} | {wrong} | {one['f1']:.1f} |")


def drawn(examples: list[ReaderExample], limit: int) -> list[ReaderExample]:
    return random.Random(0).sample(examples, limit) if 0 < limit < len(examples) else examples


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        yield from map(json.loads, text)


if __name__ == "__main__":
    main()
