"""What a reader learns from few examples, by the steps that it is given: as it was usual, and as it is now.

The English pack's reader goes on with so many questions about policies whose name's SHA-256 begins with 0 to 3; those
of the policies 4 to 7 measure, never abstaining: no other benchmark measures on either. Ways: 3 epochs of 16 windows a
step; the defaults, which make steps smaller and epochs more; the same with the last epoch, whatever validation says.

In: the folder of data sets, and a folder to work in, which keeps each cell: a run that was stopped goes on. Out: a row
a way, means over draws.

    python benchmarks/few_examples.py DATA_FOLDER WORK_FOLDER [--examples 50] [--test 300] [--draws 2]
"""

import argparse
import random
from functools import partial
from pathlib import Path

from cells import Row, alone, kept, markdown, over

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.config import ReaderTrainingSection
from autogpt.evaluate.reader import evaluate_reader
from autogpt.evaluate.slices import with_title_hash
from autogpt.models.packs import find_pack
from autogpt.services.evaluating import open_reader
from autogpt.services.training_files import hold_out
from autogpt.train.reader import train_reader

UNTRAINED = "the pack's reader"
#: Way → settings, and whether the validation part chooses the epoch.
WAYS: dict[str, tuple[dict[str, float], bool]] = {
    "3 epochs of 16 windows a step": ({"epochs": 3, "batch_size": 16}, True),
    "the defaults": ({}, True),
    "the defaults, last epoch": ({}, False),
}


def cell(data: Path, way: str, draw: int, examples: int, test: int, out: Path) -> Row:
    """What one training reaches; of the untrained reader none."""
    questions = load_reader_examples(data / "policyqa.jsonl.gz")
    model = find_pack("en").reader
    assert model is not None
    if way != UNTRAINED:
        changes, chooses = WAYS[way]
        settings = ReaderTrainingSection.model_validate({"trackers": (), "seed": draw, **changes})
        train, validation = hold_out(random.Random(draw).sample(with_title_hash(questions, "0-3"), examples), draw)
        model = train_reader(settings, train, validation if chooses else [], model, out).model_dir
    held = random.Random(0).sample(with_title_hash(questions, "4-7"), test)
    with open_reader(str(model)) as reader:
        found = evaluate_reader(reader, held, force_answer=True).metrics
    return {"f1": found["f1"], "exact_match": found["exact_match"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("work", type=Path, help="folder for trainings and results")
    parser.add_argument("--examples", type=int, default=50, help="questions that train, and of which some validate")
    parser.add_argument("--test", type=int, default=300, help="questions that measure")
    parser.add_argument("--draws", type=int, default=2)
    options = parser.parse_args()
    lines = []
    for way in (UNTRAINED, *WAYS):
        rows = []
        for draw in range(1, 2 if way == UNTRAINED else options.draws + 1):
            at = f"{way}-{draw}".replace(" ", "-")
            given = (options.data, way, draw, options.examples, options.test, options.work / at)
            rows.append(kept(options.work, at, partial(alone, cell, *given)))
            print(way, draw, {key: round(value, 1) for key, value in rows[-1].items()}, flush=True)
        lines.append([way, over(rows, "f1"), over(rows, "exact_match")])
    print("\n" + markdown(["trained", "F1", "exact match"], lines))


if __name__ == "__main__":
    main()
