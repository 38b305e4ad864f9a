"""Trains a pack's reader in stages, and puts it into the pack.

In: questions, recipe.toml. Out: a folder of a training, which goes on where it was killed; the files of a pack.
"""

import json
import shutil
import time
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from autogpt.config import ReaderTrainingSection
from autogpt.models import layout
from autogpt.progress import Progress
from autogpt.records import ReaderExample
from autogpt.train.reader import train_reader


def train_stage(
    settings: dict[str, Any], train: list[ReaderExample], validation: list[ReaderExample], base: Path, out: Path
) -> None:
    """Run one stage from the weights in `base`; `out/model` holds the result."""
    answerable = sum(one.answerable for one in train)
    print(f"{len(train)} questions, {answerable} answerable; {len(validation)} to validate", flush=True)
    result = train_reader(ReaderTrainingSection(**settings), train, validation, base, out, report)
    print(json.dumps(result.metrics), flush=True)


def put_into_pack(trained: Path, encoder: Path, out: Path) -> None:
    """A trained reader as a folder of the pack: 16-bit weights, the tokenizer of the pack's encoder."""
    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: one.half().contiguous() for name, one in load_file(trained / layout.WEIGHTS).items()}
    save_file(tensors, out / layout.WEIGHTS, metadata={"format": "pt"})
    config = json.loads((trained / layout.CONFIG).read_text(encoding="utf-8"))
    config["dtype"] = "float16"
    config.pop("_name_or_path", None)
    (out / layout.CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(encoder / layout.TOKENIZER_CONFIG, out / layout.TOKENIZER_CONFIG)
    tokenizer = Tokenizer.from_file(str(encoder / layout.TOKENIZER))
    tokenizer.save(str(out / layout.TOKENIZER), pretty=False)


def report(progress: Progress) -> None:
    """One line per report."""
    numbers = " ".join(f"{key}={value:.5g}" for key, value in progress.metrics.items())
    print(f"{time.strftime('%H:%M:%S')} {progress.stage} {progress.done:g}/{progress.total} {numbers}", flush=True)
