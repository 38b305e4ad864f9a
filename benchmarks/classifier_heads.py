"""What a classifier's head looks at and begins with: the first token or the mean of all, by chance or fitted before;
and texts of a class drawn together, then a head (the way of few examples).

In: the folder of data sets, and a folder to work in, which keeps each cell: a run that was stopped goes on. Some
training questions of each class of BANKING77 train, with the settings of `autogpt train classifier` but for these;
questions from a fifth of each class's others measure: the test part has no say in what is usual. Out: accuracy after
each epoch, of the best, and processor minutes, a row a combination: means over the draws.

    python benchmarks/classifier_heads.py DATA_FOLDER WORK_FOLDER [--pack en] [--shots 20] [--classes 5] [--test 1500]
        [--draws 5 6 7] [--only NAME ...] [--set train.classifier.epochs=4]
"""

import argparse
import random
import time
from collections import defaultdict
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from cells import Row, alone, kept, markdown, over

from autogpt.annotate.classifier_data import load_classifier_examples
from autogpt.cli.options import parse_settings
from autogpt.config import Config, override
from autogpt.records import ClassifierExample
from autogpt.services.training_classifier import train_classifier_on_files
from autogpt.train.history import HISTORY, read_history

#: Name → what is told.
COMBINATIONS: dict[str, dict[str, Any]] = {
    "first token, by chance": {"pooling": "first", "linear_probe": False},
    "first token, fitted before": {"pooling": "first", "linear_probe": True},
    "mean, by chance": {"pooling": "mean", "linear_probe": False},
    "mean, fitted before": {"pooling": "mean", "linear_probe": True},
    "drawn together by 4 pairs an example and kind, then a head": {"few_shot": "always", "few_shot_pairs": 4},
    "drawn together by 20 pairs an example and kind, then a head": {"few_shot": "always", "few_shot_pairs": 20},
}


def parts(
    data: Path, classes: int, shots: int, test: int, draw: int
) -> tuple[list[ClassifierExample], list[ClassifierExample]]:
    """Training questions of some classes (0: of all) that train, and others that measure."""
    of: dict[str, list[ClassifierExample]] = defaultdict(list)
    for one in load_classifier_examples(data / "banking77_train.jsonl.gz"):
        of[one.labels[0]].append(one)
    rng = random.Random(draw)
    train: list[ClassifierExample] = []
    held: list[ClassifierExample] = []
    for label in rng.sample(sorted(of), classes) if classes else sorted(of):
        some = list(of[label])
        rng.shuffle(some)
        fifth = max(5, len(some) // 5)
        held += some[:fifth]
        train += some[fifth : fifth + shots]
    return train, rng.sample(held, min(test, len(held)))


def cell(data: Path, options: argparse.Namespace, draw: int, changes: dict[str, Any], out: Path) -> Row:
    train, held = parts(data, options.classes, options.shots, options.test, draw)
    began = time.process_time()
    run = train_classifier_on_files(override(Config(), changes), train, held, out)
    minutes = (time.process_time() - began) / 60
    measured = [one["eval_accuracy"] for one in read_history(out / HISTORY) if "eval_accuracy" in one]
    epochs = {f"epoch {at}": value for at, value in enumerate(measured, 1)}
    return {**epochs, "best": run.metrics["accuracy"], "minutes": minutes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("work", type=Path, help="folder for trainings and results")
    parser.add_argument("--pack", default="en", help="model pack whose encoder is fine-tuned")
    parser.add_argument("--shots", type=int, default=20, help="questions of each class that train")
    parser.add_argument("--test", type=int, default=1_500, help="questions that measure")
    parser.add_argument("--classes", type=int, default=0, help="classes, by chance; 0: all")
    parser.add_argument("--draws", type=int, nargs="+", default=[5], help="seeds of which questions train and measure")
    parser.add_argument("--only", nargs="+", choices=COMBINATIONS, default=list(COMBINATIONS))
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="a setting; may be repeated")
    options = parser.parse_args()
    told = {"workspace.model": options.pack, "train.classifier.trackers": [], "train.classifier.few_shot": "never"}
    rows: dict[str, list[Row]] = defaultdict(list)
    for name, draw in product(options.only, options.draws):
        combination = {f"train.classifier.{key}": value for key, value in COMBINATIONS[name].items()}
        changes = {**told, **combination, **parse_settings(options.set)}
        at = f"{options.classes or 'all'}-{options.shots}-{draw}-{name.replace(' ', '-').replace(',', '')}"
        measure = partial(alone, cell, options.data, options, draw, changes, options.work / at)
        rows[name].append(kept(options.work, at, measure))
        print(name, {key: round(value, 1) for key, value in rows[name][-1].items()}, flush=True)
    epochs = max(len(row) - 2 for some in rows.values() for row in some)
    keys = [*(f"epoch {at}" for at in range(1, epochs + 1)), "best", "minutes"]
    lines = ([name, *(over(some, key) for key in keys)] for name, some in rows.items())
    print("\n" + markdown(["head", *keys], lines))


if __name__ == "__main__":
    main()
