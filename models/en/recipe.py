"""Makes the English model pack: `python models/en/recipe.py DATA --stage 1 --out FOLDER`.

In: the folder of public data sets, recipe.toml beside this file. Out: a trained reader in FOLDER/model. Each stage
starts from the encoder or from the reader of the pack as the stage before left it, so that stages can be run apart.
"""

import argparse
import hashlib
import json
import random
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.config import ReaderTrainingSection
from autogpt.progress import Progress
from autogpt.records import ReaderExample
from autogpt.train.negatives import articles, crop, make_unanswerable
from autogpt.train.reader import train_reader

HERE = Path(__file__).parent
PACK = HERE / "src" / "autogpt_model_en"


def freed(title: str) -> bool:
    """Whether an article of the SQuAD development sets may be trained on."""
    return hashlib.sha256(title.encode()).hexdigest()[0] in "01234567"


def training_examples(data: Path, recipe: dict[str, Any], stage: dict[str, Any]) -> list[ReaderExample]:
    """Questions of squad11_train, a share of them made unanswerable, and the freed ones of the development sets."""
    rng = random.Random(stage["seed"])
    held = set(recipe["data"]["validation_articles"])
    source = load_reader_examples(data / f"{recipe['data']['train']}.jsonl.gz")
    by_title = articles(source)
    kinds, weights = list(stage["kinds"]), list(stage["kinds"].values())
    examples: list[ReaderExample] = []
    for example in rng.sample(source, min(stage["questions"], len(source))):
        cropped = crop(example, rng, *stage["crop"]) if rng.random() < stage["crop_share"] else example
        made = None
        if rng.random() < stage["made_share"]:
            kind = rng.choices(kinds, weights)[0]
            whole = kind in ("removed", "other")
            made = make_unanswerable(example if whole else cropped, by_title[example.title], kind, rng)
            if made is not None and whole and rng.random() < stage["crop_share"]:
                made = crop(made, rng, *stage["crop"])
        examples.append(made or cropped)
    real, extra = (load_reader_examples(data / f"{name}.jsonl.gz") for name in recipe["data"]["freed"])
    titles = {one.title for one in real}
    examples += [one for one in real if freed(one.title) and one.title not in held] * stage["human_repeats"]
    examples += [one for one in extra if freed(one.title) and one.title not in titles]
    return examples


def validation_examples(data: Path, recipe: dict[str, Any]) -> list[ReaderExample]:
    """Human-written questions, answerable or not, of freed articles that are not trained on."""
    held = set(recipe["data"]["validation_articles"])
    real = load_reader_examples(data / f"{recipe['data']['freed'][0]}.jsonl.gz")
    return [one for one in real if one.title in held and freed(one.title)]


def report(progress: Progress) -> None:
    """One line per report."""
    numbers = " ".join(f"{key}={value:.5g}" for key, value in progress.metrics.items())
    print(f"{time.strftime('%H:%M:%S')} {progress.stage} {progress.done:g}/{progress.total} {numbers}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the public data sets")
    parser.add_argument("--stage", required=True, help="name of a stage in recipe.toml")
    parser.add_argument("--out", type=Path, required=True, help="folder of the training; a killed one is resumed")
    parser.add_argument("--minutes", type=float, help="another time limit than the recipe's")
    parser.add_argument("--learning-rate", type=float, help="another peak learning rate than the recipe's")
    options = parser.parse_args()
    recipe = tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf-8"))
    stage = next((one for one in recipe["stage"] if one["name"] == options.stage), None)
    if stage is None:
        sys.exit(f"No stage {options.stage!r} in recipe.toml.")
    changes = {"max_minutes": options.minutes, "learning_rate": options.learning_rate}
    settings = ReaderTrainingSection(
        **stage["settings"] | {key: value for key, value in changes.items() if value is not None}
    )
    train = training_examples(options.data, recipe, stage)
    validation = validation_examples(options.data, recipe)
    answerable = sum(one.answerable for one in train)
    print(f"{len(train)} questions, {answerable} answerable; {len(validation)} to validate", flush=True)
    result = train_reader(settings, train, validation, PACK / stage["base"], options.out, report)
    print(json.dumps(result.metrics), flush=True)


if __name__ == "__main__":
    main()
