"""What a release's calibrator adds to the reader's own confidence, when the passages have to be found first.

In: the folder of data sets. Two workspaces are made: of the paragraphs of SQuAD 2.0's development articles, and of the
stories of bipar_en. The calibrator is fitted as `autogpt release create` fits it, on the questions of two articles that
the reader was not trained on, and tested on questions of the articles left for measuring, and on the stories.
Out: a table, or JSON with --json: calibration error, area under the risk-coverage curve and coverage at 80%
and 95% right, for the softmax, the reader's calibrator, the pipeline's, and the pipeline's without each of its
features; with a paired bootstrap against the first two. Right is what `autogpt.answer.tune.is_right` says.

    python benchmarks/pipeline_confidence.py DATA_FOLDER [--model en] [--limit 800] [--json]
"""

import argparse
import gzip
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autogpt.answer.candidates import PIPELINE_FEATURES, Found
from autogpt.answer.pipeline import Examined
from autogpt.answer.policy import Policy
from autogpt.answer.tune import Gold, fit_calibrator, fit_policy, is_right
from autogpt.metrics.calibration import area_under_risk_coverage, coverage_at_accuracy, expected_calibration_error
from autogpt.metrics.significance import paired_bootstrap_of
from autogpt.records import Example, Status
from autogpt.services.answering import Answerer
from autogpt.services.bundles import BASE
from autogpt.services.examples.importing import import_examples
from autogpt.services.examples.listing import load_examples
from autogpt.services.workspaces import create

Floats = NDArray[np.float64]
Row = dict[str, Any]
#: A number for confidences and correctness, float[N] each; more is better.
Measure = Callable[[Floats, Floats], float]

#: Articles that may be trained on and that the reader's recipe held out.
HELD_OUT = ("1973_oil_crisis", "Fresno,_California")
RESAMPLES = 2_000
MEASURES: dict[str, Measure] = {
    "area": lambda confidence, right: -area_under_risk_coverage(confidence, right),
    "coverage_at_80": lambda confidence, right: coverage_at_accuracy(confidence, right, 0.80),
    "coverage_at_95": lambda confidence, right: coverage_at_accuracy(confidence, right, 0.95),
}
RISK = 0.2
SOFTMAX, READER = "softmax of the n best", "reader's calibrator"


@dataclass(frozen=True)
class Measured:
    """One way of being sure, on one set.

    Attributes:
        p: by measure, by what it is compared with: one-sided, that it is no better.
    """

    data: str
    confidence: str
    questions: int
    right: float
    calibration_error: float
    area: float
    coverage_at_80: float
    coverage_at_95: float
    p: dict[str, dict[str, float]]


@dataclass
class Judged:
    """The best candidates of a set's questions, whether they are right, and each way of being sure."""

    right: NDArray[np.bool_]
    best: list[Found]
    confidence: dict[str, Floats] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--model", default="en", help="model pack")
    parser.add_argument("--limit", type=int, default=800, help="questions per tested set, drawn by chance")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    articles = list(rows(options.data / "squad20_dev.jsonl.gz"))
    measured = [one for one in articles if sha256(one["title"].encode()).hexdigest()[0] in "89abcdef"]
    fitting = [one for one in articles if one["title"] in HELD_OUT]
    stories = list(rows(options.data / "bipar_en.jsonl.gz"))
    with tempfile.TemporaryDirectory() as folder:
        asked = [fitting, drawn(measured, options.limit)]
        (fit_on, fit_gold), in_domain = examine(Path(folder) / "articles", options.model, articles, asked)
        (out_of_domain,) = examine(Path(folder) / "stories", options.model, stories, [drawn(stories, options.limit)])
    policy = fit_policy(fit_on, fit_gold, Policy(), risk=RISK)
    known = judged(fit_on, fit_gold, policy)
    lines = []
    for name, (examined, golds) in {"squad20": in_domain, "bipar_en": out_of_domain}.items():
        one = judged(examined, golds, policy)
        add_confidences(one, known)
        lines += list(measure(name, one))
    if options.json:
        print(json.dumps([asdict(line) for line in lines], indent=2))
    else:
        show(lines, policy, known)


def rows(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def drawn(contexts: Sequence[Row], limit: int) -> list[Row]:
    """The contexts with `limit` of their questions."""
    ids = [qa["id"] for one in contexts for qa in one["qas"]]
    kept = set(random.Random(0).sample(ids, min(limit, len(ids))))
    return [{**one, "qas": [qa for qa in one["qas"] if qa["id"] in kept]} for one in contexts]


def examine(
    folder: Path, model: str, contexts: Iterable[Row], asked: Sequence[Sequence[Row]]
) -> list[tuple[list[Examined], list[Gold]]]:
    """Retrieve and read for the questions of each part of `asked`, among the passages of all `contexts`."""
    wanted = {qa["id"]: qa for part in asked for one in part for qa in one["qas"]}
    source = folder.parent / f"{folder.name}.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for one in contexts:
            kept = {**one, "qas": [qa for qa in one["qas"] if qa["id"] in wanted] or one["qas"][:1]}
            file.write(json.dumps(kept, ensure_ascii=False) + "\n")
    with closing(create(folder, model=model)) as store:
        import_examples(store, source)
        examples = {one.id: one for one in load_examples(store, Status.ACCEPTED)}
        with closing(Answerer(store, BASE, record=False)) as answerer:
            parts = [
                [examples[qa["id"]] for one in part for qa in one["qas"] if qa["id"] in examples] for part in asked
            ]
            return [(list(each_examined(answerer, part)), [gold_of(one) for one in part]) for part in parts]


def each_examined(answerer: Answerer, examples: Sequence[Example]) -> Iterator[Examined]:
    for at, example in enumerate(examples, 1):
        yield answerer.pipeline.examine(example.question, None)
        if at % 100 == 0 or at == len(examples):
            print(f"read for {at:,} of {len(examples):,} questions", file=sys.stderr, flush=True)


def gold_of(example: Example) -> Gold:
    return Gold(example.version_id or "", example.spans)


def judged(examined: Sequence[Examined], golds: Sequence[Gold], policy: Policy) -> Judged:
    """The best candidate of each question that has one, by the policy's weight of retrieval."""
    best, right, softmax = [], [], []
    for one, gold in zip(examined, golds, strict=True):
        candidates = one.candidates(policy.retrieval_weight)
        if candidates:
            best.append(candidates[0])
            right.append(is_right(candidates[0], gold))
            softmax.append(one.decoded[candidates[0].rank].features["softmax"])
    result = Judged(np.array(right), best)
    result.confidence[SOFTMAX] = np.array(softmax)
    result.confidence[READER] = np.array([one.confidence or 0.0 for one in best])
    return result


def add_confidences(one: Judged, known: Judged) -> None:
    """The pipeline's calibrator, whole and without each feature, as fitted on `known`."""
    versions = {"pipeline's calibrator": PIPELINE_FEATURES}
    versions |= {f"without {left}": tuple(f for f in PIPELINE_FEATURES if f != left) for left in PIPELINE_FEATURES}
    for name, features in versions.items():
        calibrator = fit_calibrator(known.best, known.right, features)
        if calibrator is None:
            raise SystemExit("Too few questions to fit on.")
        one.confidence[name] = calibrator.probability([calibrator.row(found.features) for found in one.best])


def measure(name: str, one: Judged) -> Iterator[Measured]:
    right = one.right.astype(float)
    for called, confidence in one.confidence.items():
        peers = {peer: one.confidence[peer] for peer in (SOFTMAX, READER) if peer != called}
        yield Measured(
            name,
            called,
            len(right),
            float(right.mean()),
            expected_calibration_error(confidence, right),
            area_under_risk_coverage(confidence, right),
            coverage_at_accuracy(confidence, right, 0.80),
            coverage_at_accuracy(confidence, right, 0.95),
            {
                measure: {peer: p_value(of, confidence, other, right) for peer, other in peers.items()}
                for measure, of in MEASURES.items()
            },
        )


def p_value(of: Measure, confidence: Floats, other: Floats, right: Floats) -> float:
    return paired_bootstrap_of(
        lambda at: of(confidence[at], right[at]),
        lambda at: of(other[at], right[at]),
        len(right),
        resamples=RESAMPLES,
    ).p_value


def show(lines: Sequence[Measured], policy: Policy, known: Judged) -> None:
    print(f"Fitted on {len(known.right):,} questions, {known.right.sum():,} of them answered right; ", end="")
    print(f"weight of retrieval {policy.retrieval_weight:g}.\n")
    print("p: against the softmax / the reader's calibrator\n")
    head = ("data", "questions", "right", "confidence", "ECE", "AURC", "p", "at 80%", "p", "at 95%", "p")
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for one in lines:
        cells = [one.data, f"{one.questions:,}", f"{one.right:.1%}", one.confidence, f"{one.calibration_error:.3f}"]
        values = (f"{one.area:.4f}", f"{one.coverage_at_80:.1%}", f"{one.coverage_at_95:.1%}")
        for value, against in zip(values, one.p.values(), strict=True):
            cells += [value, " / ".join(f"{against[peer]:.3f}" for peer in (SOFTMAX, READER) if peer in against)]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
