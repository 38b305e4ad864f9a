"""What helps a reader that has 300 examples to learn from: each thing alone, against the same training without it.

The English pack's reader goes on with 300 questions of policyqa (policies whose name's SHA-256 begins with 0 to 7,
another draw with each seed; 15% of them, by policy, validate); questions of the other policies measure, never
abstaining. Besides settings there are: an ensemble of three trainings (the mean of their probabilities; and what each
of them reaches alone, on average), their soup (the mean of their weights), a student of theirs, and a reader that has
read the policies, without any question, before.

In: the folder of data sets, and a folder to work in, which keeps each cell: a run that was stopped goes on. Out: F1 and
exact match, and with each seed the difference from the training without anything, as a Markdown table: mean and
standard deviation over the seeds.

    python benchmarks/small_data.py DATA_FOLDER WORK_FOLDER [--seeds 3] [--examples 300] [--test 800] [--only NAME ...]
        [--set train.reader.epochs=3]
"""

import argparse
import random
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from cells import Row, alone, kept, markdown, over

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.cli.options import parse_settings
from autogpt.config import Config, override
from autogpt.evaluate.reader import evaluate_reader
from autogpt.evaluate.slices import with_title_hash
from autogpt.read.ensemble import Ensemble
from autogpt.records import ReaderExample
from autogpt.services.evaluating import open_reader
from autogpt.services.training_language_model import train_language_model_on_files
from autogpt.services.training_reader import train_reader_on_files

#: Trainings of an ensemble, and of a soup.
MEMBERS = 3
PLAIN = "nothing"
#: What is measured: readers that answer together. Of several the mean is taken.
Systems = list[list[Path]]
#: What is changed in the settings of the reader.
SETTINGS: dict[str, dict[str, Any]] = {
    PLAIN: {},
    "label smoothing 0.1": {"label_smoothing": 0.1},
    "weight decay 0.1": {"weight_decay": 0.1},
    "layer decay 0.9": {"layer_decay": 0.9},
    "2 layers frozen": {"frozen_layers": 2},
    "R-Drop": {"rdrop": 1.0},
    "FGM": {"adversarial": "fgm"},
    "PGD": {"adversarial": "pgd"},
    "augmentation": {"augment": ["synonyms", "typos", "paraphrase", "entities"]},
    "LoRA": {"method": "lora"},
}


@dataclass(frozen=True)
class Data:
    train: Sequence[ReaderExample]
    test: Sequence[ReaderExample]
    #: Contexts that may be read without questions.
    texts: Sequence[str]


@dataclass(frozen=True)
class Cell:
    """What a training is told: where it works, its seed, and changed settings of all sections."""

    data: Path
    work: Path
    seed: int
    examples: int
    test: int
    changes: dict[str, Any]

    def load(self) -> Data:
        examples = load_reader_examples(self.data / "policyqa.jsonl.gz")
        learnt, measured = with_title_hash(examples, "0-7"), with_title_hash(examples, "8-f")
        train = random.Random(self.seed).sample(learnt, self.examples)
        test = random.Random(0).sample(measured, min(self.test, len(measured)))
        return Data(train, test, sorted({one.context for one in learnt}))

    def config(self, **changes: Any) -> Config:
        told = {f"train.reader.{key}": value for key, value in changes.items()}
        seed = {"train.reader.seed": 13 + self.seed, "train.language_model.seed": 13 + self.seed}
        quiet = {"train.reader.trackers": [], "train.language_model.trackers": []}
        return override(Config(), {**seed, **quiet, **self.changes, **told})

    def trained(self, name: str, **changes: Any) -> Path:
        """The model of a training, which is there already when another cell needed it."""
        run = train_reader_on_files(self.config(**changes), self.load().train, (), self.work / name)
        return run.model

    def members(self) -> list[Path]:
        return [self.trained(f"member-{at}", seed=1_000 * (self.seed + 1) + at) for at in range(MEMBERS)]

    def measured(self, systems: Systems) -> Row:
        rows = [self._measured(one) for one in systems]
        return {key: mean(row[key] for row in rows) for key in rows[0]}

    def _measured(self, models: Sequence[Path]) -> Row:
        with ExitStack() as stack:
            readers = [stack.enter_context(open_reader(str(one))) for one in models]
            reader = readers[0] if len(readers) == 1 else Ensemble(readers)
            found = evaluate_reader(reader, self.load().test, force_answer=True).metrics
        return {key: found[key] for key in ("f1", "exact_match")}


def by_settings(cell: Cell, name: str) -> Systems:
    return [[cell.trained(name.replace(" ", "-"), **SETTINGS[name])]]


def ensemble(cell: Cell) -> Systems:
    return [cell.members()]


def members_alone(cell: Cell) -> Systems:
    return [[one] for one in cell.members()]


def soup(cell: Cell) -> Systems:
    from autogpt.train.averaging import UNIFORM, Model, average_readers

    models = [Model(one.parent.name, one) for one in cell.members()]
    out = cell.work / "soup"
    shutil.rmtree(out, ignore_errors=True)
    average_readers(cell.config().train.reader, models, (), out, UNIFORM)
    return [[out / "model"]]


def student(cell: Cell) -> Systems:
    return [[cell.trained("student", teachers=[str(one) for one in cell.members()])]]


def read_before(cell: Cell) -> Systems:
    read = train_language_model_on_files(cell.config(), cell.load().texts, (), cell.work / "read")
    return [[cell.trained("after-reading", base=str(read.model))]]


WAYS: dict[str, Callable[[Cell], Systems]] = {
    **{name: partial(by_settings, name=name) for name in SETTINGS},
    f"ensemble of {MEMBERS}": ensemble,
    f"each of the {MEMBERS} alone": members_alone,
    f"soup of {MEMBERS}": soup,
    f"student of {MEMBERS}": student,
    "the policies read before": read_before,
}


def measured(name: str, cell: Cell) -> Row:
    began = time.process_time()
    systems = WAYS[name](cell)
    minutes = (time.process_time() - began) / 60
    return {"minutes": minutes, **cell.measured(systems)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("work", type=Path, help="folder for trainings and results")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--examples", type=int, default=300, help="that train")
    parser.add_argument("--test", type=int, default=800, help="questions that measure")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="a setting of all trainings")
    options = parser.parse_args()
    changes = parse_settings(options.set)
    rows: dict[str, list[Row]] = {}
    for name in dict.fromkeys([PLAIN, *options.only]):
        for seed in range(options.seeds):
            cell = Cell(options.data, options.work / str(seed), seed, options.examples, options.test, changes)
            row = kept(options.work, f"{name.replace(' ', '-')}-{seed}", partial(alone, measured, name, cell))
            rows.setdefault(name, []).append(row)
            print(name, seed, {key: round(value, 2) for key, value in row.items()}, flush=True)
    for found in rows.values():
        for row, plain in zip(found, rows[PLAIN], strict=True):
            row["gain"] = row["f1"] - plain["f1"]
    head = ["with", "F1", "more than without", "exact match", "processor minutes"]
    keys = ("f1", "gain", "exact_match", "minutes")
    print("\n" + markdown(head, ([name, *(over(found, key) for key in keys)] for name, found in rows.items())))


if __name__ == "__main__":
    main()
