"""How fast a reader is trained beside the question-answering recipe of transformers: same model, windows, epochs,
learning rate, data and threads.

Peers: `Trainer` as the recipe runs it by default (rows padded to 384 tokens, whole precision) and as it is run with
care (rows padded to the longest of their batch, bfloat16). All make their steps of 8 rows, as the recipe does, so that
they learn alike. Seconds are those of the training loop alone, without tokenising; with each, the F1 that its model
reaches, so that speed is compared at equal quality.

In: the folder of data sets, and a folder to work in, which keeps each cell: a run that was stopped goes on, and should
be kept on one machine that does nothing else. Questions of squad11_train train the encoder of a pack to read; the
measuring articles of squad11_dev measure, never abstaining. Out: a table. The trainings follow each other, `--rounds`
times over.

    python benchmarks/training_speed.py DATA_FOLDER WORK_FOLDER [--pack en] [--questions 4000] [--test 1000]
        [--rounds 1]
"""

import argparse
import random
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from cells import Row, alone, kept, markdown, over
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, Trainer, TrainingArguments, set_seed

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.config import ReaderTrainingSection
from autogpt.evaluate.reader import evaluate_reader
from autogpt.evaluate.slices import with_title_hash
from autogpt.models.costs import Costs
from autogpt.models.packs import find_pack
from autogpt.read.windows import WindowBuilder
from autogpt.records import ReaderExample
from autogpt.services.evaluating import open_reader
from autogpt.train.base import rust_tokenizer
from autogpt.train.features import LabelledWindow, labelled_windows
from autogpt.train.reader import train_reader

MAX_LENGTH, STRIDE = 384, 128
RATE, EPOCHS, SEED = 1e-4, 1.0, 13
#: Rows a step.
BATCH = 8

Examples = Sequence[ReaderExample]


def ours(base: Path, train: Examples, out: Path) -> float:
    """Seconds of a training as the product does it, packed."""
    settings = ReaderTrainingSection(
        epochs=EPOCHS,
        learning_rate=RATE,
        batch_size=BATCH,
        max_length=MAX_LENGTH,
        stride=STRIDE,
        trackers=(),
        seed=SEED,
    )
    train_reader(settings, train, [], base, out)
    costs = Costs.load(out)
    assert costs is not None
    return costs.seconds


def recipe(width: int | None, bf16: bool) -> Callable[[Path, Examples, Path], float]:
    """A training by transformers alone.

    Args:
        width: tokens that all rows are padded to; None: those of the longest row of the batch.
    """

    def train(base: Path, examples: Examples, out: Path) -> float:
        set_seed(SEED)
        tokenizer = AutoTokenizer.from_pretrained(base)
        model = AutoModelForQuestionAnswering.from_pretrained(base, dtype=torch.float32)
        windows = labelled_windows(examples, WindowBuilder(rust_tokenizer(tokenizer), MAX_LENGTH, STRIDE))
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=str(out / "checkpoints"),
                per_device_train_batch_size=BATCH,
                num_train_epochs=EPOCHS,
                learning_rate=RATE,
                bf16=bf16,
                use_cpu=True,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                remove_unused_columns=False,
                dataloader_pin_memory=False,
            ),
            train_dataset=windows,
            data_collator=lambda rows: padded(rows, width, tokenizer.pad_token_id),
        )
        seconds: float = trainer.train().metrics["train_runtime"]
        trainer.save_model(str(out / "model"))
        tokenizer.save_pretrained(out / "model")
        return seconds

    return train


def padded(rows: Sequence[LabelledWindow], width: int | None, pad: int) -> dict[str, torch.Tensor]:
    """What a question-answering model of transformers takes, with its labels."""
    wide = width or max(map(len, rows))

    def filled(values: Sequence[int], filler: int) -> list[int]:
        return [*values, *[filler] * (wide - len(values))]

    made: dict[str, Any] = {
        "input_ids": [filled(one.input_ids, pad) for one in rows],
        "token_type_ids": [filled(one.type_ids, 0) for one in rows],
        "attention_mask": [filled([1] * len(one), 0) for one in rows],
        "start_positions": [one.start for one in rows],
        "end_positions": [one.end for one in rows],
    }
    return {key: torch.tensor(values) for key, values in made.items()}


OURS = "autogpt train reader"
SYSTEMS = {
    "recipe, default": recipe(MAX_LENGTH, bf16=False),
    "recipe, dynamic padding, bfloat16": recipe(None, bf16=True),
    OURS: ours,
}


def cell(system: str, base: Path, train: Examples, test: Examples) -> Row:
    """One training, how long it took and what it reaches."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = SYSTEMS[system](base, train, Path(folder))
        with open_reader(str(Path(folder) / "model")) as reader:
            f1 = evaluate_reader(reader, test, force_answer=True).metrics["f1"]
    return {"seconds": seconds, "questions": len(train) / seconds, "f1": f1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("work", type=Path, help="folder that keeps what was measured")
    parser.add_argument("--pack", default="en", help="model pack whose encoder learns to read")
    parser.add_argument("--questions", type=int, default=4_000, help="that train")
    parser.add_argument("--test", type=int, default=1_000, help="that measure")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(SEED)
    train = rng.sample(load_reader_examples(options.data / "squad11_train.jsonl.gz"), options.questions)
    held = with_title_hash(load_reader_examples(options.data / "squad11_dev.jsonl.gz"), "8-f")
    test = rng.sample(held, min(options.test, len(held)))
    base = find_pack(options.pack).encoder
    rows: dict[str, list[Row]] = {name: [] for name in SYSTEMS}
    for turn in range(options.rounds):
        for name in SYSTEMS:
            at = f"{name.replace(',', '').replace(' ', '-')}-{turn}"
            rows[name].append(kept(options.work, at, partial(alone, cell, name, base, train, test)))
            print(at, rows[name][-1], flush=True)
    for name, found in rows.items():
        rows[name] = [one | {"ratio": one["seconds"] / rows[OURS][turn]["seconds"]} for turn, one in enumerate(found)]
    head = ["system", "seconds", "questions/s", "times as long as ours", "F1"]
    keys = {"seconds": "{:.0f}", "questions": "{:.1f}", "ratio": "{:.2f}", "f1": "{:.1f}"}
    print(markdown(head, ([name, *(over(found, *key) for key in keys.items())] for name, found in rows.items())))


if __name__ == "__main__":
    main()
