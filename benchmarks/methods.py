"""Every method of fine-tuning on the same examples: what it reaches, how much of the model it trains, what it costs.

Tasks: `policyqa` (the English pack's reader goes on; policies whose name's SHA-256 begins with 0 to 7 train, the others
measure), `cmrc2018` (the bilingual pack's encoder learns to read; the documents that the pack's recipe held out
measure), `banking77`, `banking77-10-shot` and `banking77-5-shot` (the test part measures), `clinc150` (its test part,
with out-of-scope questions, at the threshold that its validation part gave).

Minutes are those of processors, training and validating: two that are busy for a minute are two. Other work on the
machine changes them little.

In: the folder of data sets, and a folder to work in, which keeps each cell: a run that was stopped goes on. Out: a row
a task and method. Readers never abstain: all their questions have answers. Few examples have no validation part, as
they would have none.

    python benchmarks/methods.py DATA_FOLDER WORK_FOLDER [--tasks policyqa clinc150] [--methods full lora] [--seeds 3]
        [--examples 500] [--set train.reader.epochs=2]
"""

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from cells import Row, alone, kept, markdown, over

from autogpt.annotate.classifier_data import load_classifier_examples
from autogpt.annotate.reader_data import load_reader_examples
from autogpt.cli.options import parse_settings
from autogpt.config import Config, override
from autogpt.evaluate.classifier import evaluate_classifier
from autogpt.evaluate.reader import evaluate_reader
from autogpt.evaluate.slices import with_title_hash
from autogpt.models.packs import find_pack
from autogpt.records import ClassifierExample, ReaderExample
from autogpt.services.evaluating import open_reader
from autogpt.services.evaluating_classifier import open_classifier
from autogpt.services.runs import Run
from autogpt.services.training_classifier import train_classifier_on_files
from autogpt.services.training_reader import train_reader_on_files

T = TypeVar("T")

METHODS = ("full", "frozen", "adapter", "prefix", "lora", "adalora", "ia3")
#: Questions that train a reader.
QUESTIONS = 2_000
#: Questions of documents that measure, of the bilingual pack's recipe.
MEASURES = Path(__file__).parents[1] / "models" / "multi" / "measures.txt"
VALIDATES = MEASURES.with_name("validates.txt")


@dataclass(frozen=True)
class Limits:
    """Attributes:
    examples: most that train, and that measure; 0: all.
    seed: of the draw.
    """

    examples: int
    seed: int


@dataclass(frozen=True)
class Parts:
    """Examples that train, validate (none: some of those that train) and measure."""

    train: Sequence[Any]
    validation: Sequence[Any]
    test: Sequence[Any]


@dataclass(frozen=True)
class Task:
    """Attributes:
    kind: the section of its settings, and how it is trained and measured.
    settings: what it is told besides the method.
    draws: whether its examples are few and drawn again with each seed.
    shown: the figures of its table, with their names.
    """

    kind: str
    load: Callable[[Path, Limits], Parts]
    settings: dict[str, Any]
    draws: bool
    shown: dict[str, str]


def policies(data: Path, limits: Limits) -> Parts:
    examples = load_reader_examples(data / "policyqa.jsonl.gz")
    train = drawn(with_title_hash(examples, "0-7"), limits.examples or QUESTIONS, limits.seed)
    return Parts(train, (), drawn(with_title_hash(examples, "8-f"), limits.examples, limits.seed))


def chinese(data: Path, limits: Limits) -> Parts:
    held, validates = (frozenset(one.read_text(encoding="utf-8").split()) for one in (MEASURES, VALIDATES))
    examples = load_reader_examples(data / "cmrc2018.jsonl.gz")
    train = [one for one in examples if one.id not in held | validates]
    test = [one for one in examples if one.id in held]
    return Parts(
        drawn(train, limits.examples or QUESTIONS // 2, limits.seed),
        drawn([one for one in examples if one.id in validates], 200, limits.seed),
        drawn(test, limits.examples, limits.seed),
    )


def banking(shots: int) -> Callable[[Path, Limits], Parts]:
    def load(data: Path, limits: Limits) -> Parts:
        train, test = (load_classifier_examples(data / f"banking77_{part}.jsonl.gz") for part in ("train", "test"))
        chosen = few(train, shots, limits) if shots else drawn(train, limits.examples, limits.seed)
        return Parts(chosen, (), known(drawn(test, limits.examples, limits.seed), chosen))

    return load


def clinc(data: Path, limits: Limits) -> Parts:
    parts = [load_classifier_examples(data / f"clinc150_{part}.jsonl.gz") for part in ("train", "val", "test")]
    train, held, test = (drawn(part, limits.examples, limits.seed) for part in parts)
    return Parts(train, known(held, train), known(test, train))


#: Figures of a table: key of the metrics → head of the column.
READ = {"f1": "F1", "exact_match": "exact match"}
CLASSIFIED = {"accuracy": "accuracy", "macro_f1": "mean F1 of the classes"}
SCOPED = {
    "accuracy": "accuracy in scope",
    "in_scope_accuracy": "kept and right",
    "out_of_scope_recall": "out of scope told",
}
TASKS = {
    "policyqa": Task("reader", policies, {"workspace.model": "en"}, False, READ),
    "cmrc2018": Task("reader", chinese, {"train.reader.base": str(find_pack("multi").encoder)}, False, READ),
    "banking77": Task("classifier", banking(0), {"workspace.model": "en"}, False, CLASSIFIED),
    "banking77-10-shot": Task("classifier", banking(10), {"workspace.model": "en"}, True, CLASSIFIED),
    "banking77-5-shot": Task("classifier", banking(5), {"workspace.model": "en"}, True, CLASSIFIED),
    "clinc150": Task("classifier", clinc, {"workspace.model": "en"}, False, SCOPED),
}


def drawn(examples: Sequence[T], count: int, seed: int) -> list[T]:
    """So many by chance, in their order; 0: all."""
    if not count or count >= len(examples):
        return list(examples)
    return [examples[at] for at in sorted(random.Random(seed).sample(range(len(examples)), count))]


def few(examples: Sequence[ClassifierExample], shots: int, limits: Limits) -> list[ClassifierExample]:
    """So many examples of each class; of fewer classes where not all may train."""
    of: dict[str, list[ClassifierExample]] = defaultdict(list)
    for one in examples:
        of[one.labels[0]].append(one)
    rng = random.Random(limits.seed)
    classes = sorted(of)[: max(2, limits.examples // shots) if limits.examples else None]
    return [one for label in classes for one in rng.sample(of[label], shots)]


def known(examples: Sequence[ClassifierExample], train: Sequence[ClassifierExample]) -> list[ClassifierExample]:
    """Those with a label that occurs in training."""
    labels = {label for one in train for label in one.labels}
    return [one for one in examples if labels & {*one.labels}]


def trained(task: Task, parts: Parts, config: Config, out: Path) -> Run:
    train = {"reader": train_reader_on_files, "classifier": train_classifier_on_files}[task.kind]
    return train(config, parts.train, parts.validation, out)


def measured(task: Task, model: Path, test: Sequence[Any]) -> Row:
    if task.kind == "classifier":
        with open_classifier(model) as classifier:
            return dict(evaluate_classifier(classifier, test).metrics)
    examples: Sequence[ReaderExample] = test
    with open_reader(str(model)) as reader:
        report = evaluate_reader(reader, examples, force_answer=True)
    return {key: report.metrics[key] for key in READ}


def cell(name: str, data: Path, limits: Limits, changes: dict[str, Any], out: Path) -> Row:
    """One training of a task, what it reaches and what it cost."""
    task = TASKS[name]
    parts = task.load(data, limits)
    config = override(Config(), task.settings | changes)
    began = time.process_time()
    run = trained(task, parts, config, out)
    minutes = (time.process_time() - began) / 60
    found = {f"validation {key}": value for key, value in run.metrics.items() if isinstance(value, (int, float))}
    found |= measured(task, run.model, parts.test)
    if (costs := run.costs) is not None:
        found |= {"trainable": 100 * costs.share, "peak_mb": costs.peak_bytes / 1e6}
    return {"train": len(parts.train), "test": len(parts.test), "minutes": minutes, **found}


def table(name: str, task: Task, rows: dict[str, list[Row]]) -> str:
    head = ["task", "method", "trained, %", *task.shown.values(), "processor minutes", "peak, MB"]
    scale = 100 if task.kind == "classifier" else 1
    lines = []
    for method, cells in rows.items():
        scaled = [{key: scale * row[key] for key in task.shown if key in row} for row in cells]
        quality = [over(scaled, key) for key in task.shown]
        costs = over([cells[0]], "trainable", "{:.2f}"), over(cells, "minutes"), over([cells[0]], "peak_mb", "{:.0f}")
        lines.append([name, method, costs[0], *quality, *costs[1:]])
    of = next(iter(rows.values()))[0]
    return f"{of['train']:,} examples train, {of['test']:,} measure.\n\n{markdown(head, lines)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("work", type=Path, help="folder for trainings and results")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", type=int, default=3, help="draws of few examples; other tasks have one")
    parser.add_argument("--examples", type=int, default=0, help="most examples that train, and that measure")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="a setting; may be repeated")
    options = parser.parse_args()
    given = parse_settings(options.set)
    tables = []
    for name in options.tasks:
        task, rows = TASKS[name], dict[str, list[Row]]()
        for method in options.methods:
            for seed in range(options.seeds if task.draws else 1):
                section = f"train.{task.kind}"
                told = {f"{section}.method": method, f"{section}.seed": 13 + seed, f"{section}.trackers": [], **given}
                at, limits = f"{name}-{method}-{seed}", Limits(options.examples, seed)
                measure = partial(alone, cell, name, options.data, limits, told, options.work / at)
                row = kept(options.work, at, measure)
                rows.setdefault(method, []).append(row)
                print(at, {key: round(row[key], 4) for key in (*task.shown, "minutes") if key in row}, flush=True)
        tables.append(table(name, task, rows))
    print("\n" + "\n\n".join(tables))


if __name__ == "__main__":
    main()
