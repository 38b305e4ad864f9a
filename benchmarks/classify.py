"""How well intents are told apart, and what is none of them: BANKING77 whole and with few examples, CLINC150 with
out-of-scope questions at the threshold that its validation part gave.

In: the folder of data sets, and a folder to work in. Out: accuracy, and for CLINC150 what is kept of the in-scope
questions and told of the others; a row a cell. A cell that is in the working folder already is not made again, and one
that was killed goes on.

    python benchmarks/classify.py DATA_FOLDER WORK_FOLDER [--pack en] [--seeds 3] [--examples 0] [--only CELL]
        [--set KEY=VALUE]
"""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autogpt.annotate.classifier_data import load_classifier_examples
from autogpt.cli.options import parse_settings
from autogpt.config import Config, override
from autogpt.evaluate.classifier import evaluate_classifier
from autogpt.records import ClassifierExample
from autogpt.services.evaluating_classifier import open_classifier
from autogpt.services.training_classifier import train_classifier_on_files

SHOTS = (10, 5)
SHOWN = ("accuracy", "macro_f1", "expected_calibration_error", "in_scope_accuracy", "out_of_scope_recall")


@dataclass(frozen=True)
class Cell:
    """One training and what it is measured on; few examples without a validation part, as they would be."""

    name: str
    train: Sequence[ClassifierExample]
    validation: Sequence[ClassifierExample]
    test: Sequence[ClassifierExample]
    seed: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("work", type=Path, help="folder for trainings and results")
    parser.add_argument("--pack", default="en", help="model pack whose encoder is trained")
    parser.add_argument("--seeds", type=int, default=3, help="draws of few examples")
    parser.add_argument("--examples", type=int, default=0, help="most texts that train, and that measure; 0: all")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="a setting; may be repeated")
    parser.add_argument("--only", default="", help="cells whose names begin so")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    changes = {"workspace.model": options.pack, "train.classifier.trackers": [], **parse_settings(options.set)}
    results = {}
    for cell in cells(options.data, options.seeds, options.examples):
        if cell.name.startswith(options.only):
            results[cell.name] = measured(cell, options.work, changes)
            show(cell.name, results[cell.name])
    table(results)


def cells(data: Path, seeds: int, most: int) -> Iterator[Cell]:
    train, test = (load_classifier_examples(data / f"banking77_{part}.jsonl.gz") for part in ("train", "test"))
    for shots in SHOTS:
        for seed in range(seeds):
            yield Cell(
                f"banking77-{shots}-shot-{seed}", drawn(train, shots, seed, most), (), test[: most or None], seed
            )
    yield Cell("banking77-full", limited(train, most), (), test[: most or None], 13)
    parts = [load_classifier_examples(data / f"clinc150_{part}.jsonl.gz") for part in ("train", "val", "test")]
    train, held, test = (limited(part, most) for part in parts)
    classes = {one.labels for one in train}
    yield Cell("clinc150", train, [one for one in held if one.labels in classes], test, 13)


def drawn(examples: Sequence[ClassifierExample], shots: int, seed: int, most: int) -> list[ClassifierExample]:
    """So many examples of each class; of fewer classes where not all may train."""
    of: dict[str, list[ClassifierExample]] = defaultdict(list)
    for one in examples:
        of[one.labels[0]].append(one)
    rng = random.Random(seed)
    classes = sorted(of)[: max(2, most // shots) if most else None]
    return [one for label in classes for one in rng.sample(of[label], shots)]


def limited(examples: Sequence[ClassifierExample], most: int) -> list[ClassifierExample]:
    """At most so many, by chance."""
    if not most or most >= len(examples):
        return list(examples)
    return random.Random(1).sample(list(examples), most)


def measured(cell: Cell, work: Path, changes: dict[str, Any]) -> dict[str, float]:
    """The cell's result: kept in the working folder, or found out now."""
    kept = work / f"{cell.name}.json"
    if kept.is_file():
        found: dict[str, float] = json.loads(kept.read_text(encoding="utf-8"))
        return found
    config = override(Config(), {**changes, "train.classifier.seed": cell.seed})
    known = {label for one in cell.train for label in one.labels}
    test = [one for one in cell.test if known & {*one.labels}]
    began = time.perf_counter()
    run = train_classifier_on_files(config, cell.train, cell.validation, work / cell.name)
    minutes = (time.perf_counter() - began) / 60
    with open_classifier(run.model) as classifier:
        metrics = evaluate_classifier(classifier, test).metrics
    result = {"train": len(cell.train), "minutes": minutes, **metrics}
    waiting = kept.with_suffix(".part")
    waiting.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    waiting.replace(kept)
    return result


def show(name: str, result: dict[str, float]) -> None:
    said = ", ".join(f"{key} {result[key]:.3f}" for key in SHOWN if key in result)
    print(f"{name}: {result['train']:,} texts, {result['minutes']:.1f} min; {said}", flush=True)


def table(results: dict[str, dict[str, float]]) -> None:
    """Means over the draws of each cell, as Markdown."""
    groups: dict[str, list[dict[str, float]]] = defaultdict(list)
    for name, result in results.items():
        groups[name.rpartition("-shot-")[0] + "-shot" if "-shot-" in name else name].append(result)
    print("\n| cell | draws | training texts | minutes | accuracy | right and kept | out of scope told | AUROC |")
    print("|---|---|---|---|---|---|---|---|")
    for name, those in groups.items():
        cells = [mean(those, key) for key in ("accuracy", "in_scope_accuracy", "out_of_scope_recall")]
        area = mean(those, "out_of_scope_auroc", "{:.3f}")
        row = (name, len(those), those[0]["train"], mean(those, "minutes", "{:.1f}"), *cells, area)
        print("| " + " | ".join(map(str, row)) + " |")


def mean(results: Sequence[dict[str, float]], key: str, form: str = "{:.1%}") -> str:
    found = [one[key] for one in results if key in one]
    return form.format(sum(found) / len(found)) if found else ""


if __name__ == "__main__":
    main()
