"""Opens the base of a language model's training: anything whose architecture can tell words, whatever it was made for.

In: what `models.sources` resolved. Out: the model with its head for words, and what else lay in the folder: the heads
of other tasks and how an encoder makes vectors, which are put beside the trained body again. Knows nothing about
training.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from autogpt.errors import UsageError
from autogpt.models import layout
from autogpt.models.adapters import restore
from autogpt.models.gguf import gguf_file, open_gguf
from autogpt.train.base import beside, in_words, loading_options, set_dropout
from autogpt.train.folder import write_json
from autogpt.train.methods.saved import base_of, beneath, is_adapter, put_on, weight_files

Kind = Literal["masked", "causal"]

_MODELS: dict[Kind, tuple[Any, Any]] = {
    "masked": (AutoModelForMaskedLM, MODEL_FOR_MASKED_LM_MAPPING_NAMES),
    "causal": (AutoModelForCausalLM, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES),
}
#: Files that lie beside an encoder's weights and stay right when its body is trained on.
_BESIDE = (layout.PROMPTS, layout.FAQ, layout.POOLING)


@dataclass(frozen=True)
class LanguageBase:
    """An opened language model.

    Attributes:
        model: in float32, word embeddings and head tied where the architecture ties them.
        new_head: whether its head for words is new: the base had none.
        others: weights of the base that the model has no place for, by the names that they are saved under.
        architecture: class that the folder is opened as when nothing else is asked for.
        files: what lies beside the base's weights, by name.
    """

    model: Any
    tokenizer: Any
    kind: Kind
    new_head: bool
    others: dict[str, torch.Tensor]
    architecture: str
    files: dict[str, Path]

    def complete(self, folder: Path) -> None:
        """Put beside a trained model in `folder` what else the base held."""
        path = folder / layout.WEIGHTS
        if self.others:
            save_file({**load_file(path), **self.others}, path, metadata={"format": "pt"})
        config = json.loads((folder / layout.CONFIG).read_text(encoding="utf-8"))
        write_json(folder / layout.CONFIG, {**config, "architectures": [self.architecture]})
        for name, file in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(file.read_bytes())


def open_language_base(
    base: str | Path, dropout: float, kind: Literal["auto", "masked", "causal"] = "auto", seed: int | None = None
) -> LanguageBase:
    """The base as a language model. A head that tells words is new where it has none, tied to its word embeddings.

    Args:
        seed: of what is drawn for a new head; None goes on with the chance of the process.

    Raises UsageError for a model that cannot be had, or cannot tell words in that way; AutoGPTError when the hub is out
    of reach.
    """
    if is_adapter(base):
        under = open_language_base(base_of(base), dropout, kind, seed)
        put_on(under.model, base)
        return under
    if file := gguf_file(base):
        return _of_gguf(base, file, dropout, kind)
    options = loading_options(base)
    try:
        config = AutoConfig.from_pretrained(base, **options)
        tokenizer = AutoTokenizer.from_pretrained(base, **options)
    except Exception as error:
        raise in_words(base, error) from error
    found = _kind(base, config, kind)
    if not getattr(tokenizer, "is_fast", False):
        raise UsageError(f"The model '{base}' has no tokenizer.json.", "Convert its tokenizer with transformers.")
    if found == "masked" and tokenizer.mask_token_id is None:
        raise UsageError(
            f"The tokenizer of '{base}' names no mask, so no word can be left out.",
            'Name it in tokenizer_config.json ("mask_token"), or take another base: autogpt models list',
        )
    set_dropout(config, dropout)
    architecture = str((config.architectures or [""])[0])
    if seed is not None:
        torch.manual_seed(seed)
    try:
        model, told = _MODELS[found][0].from_pretrained(
            base, config=config, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **options
        )
    except Exception as error:
        raise in_words(base, error) from error
    body = f"{model.base_model_prefix}."
    if any(name.startswith(body) for name in told["missing_keys"]):
        raise UsageError(
            f"The layers of '{base}' cannot be read as those of a language model ({type(model).__name__}).",
            "Take the model that it was made of, before it was fine-tuned.",
        )
    restore(model, base)
    bare = architecture.endswith("Model")
    names = {name: body + name if bare else name for name in told["unexpected_keys"]}
    others = _weights(base, {name: saved for name, saved in names.items() if saved not in model.state_dict()})
    bottom = beneath(base)
    files = {name: file for name in _BESIDE if (file := beside(bottom, name, options)) is not None}
    keeps = others and not bare and not architecture.endswith(type(model).__name__)
    return LanguageBase(
        model=model,
        tokenizer=tokenizer,
        kind=found,
        new_head=bool(told["missing_keys"]),
        others=others,
        architecture=architecture if keeps else type(model).__name__,
        files=files,
    )


def _of_gguf(base: str | Path, file: Path, dropout: float, wanted: str) -> LanguageBase:
    model, tokenizer = open_gguf(file, lambda config: set_dropout(config, dropout))
    return LanguageBase(
        model=model,
        tokenizer=tokenizer,
        kind=_kind(base, model.config, wanted),
        new_head=False,
        others={},
        architecture=type(model).__name__,
        files={},
    )


def _kind(base: str | Path, config: Any, wanted: str) -> Kind:
    able = [kind for kind, (_, names) in _MODELS.items() if config.model_type in names]
    if not able:
        raise UsageError(
            f"The model '{base}' cannot tell words: its architecture, {config.model_type}, has no such head.",
            "Take another base model: autogpt models list",
        )
    if wanted == "auto":
        return able[0]
    if wanted in able and (wanted == "masked" or len(able) == 1 or getattr(config, "is_decoder", False)):
        return "masked" if wanted == "masked" else "causal"
    sees = "both sides of a word" if able[0] == "masked" else "only what is before a word"
    raise UsageError(
        f"The model '{base}' ({config.model_type}) sees {sees}; it cannot be trained as {wanted}.",
        f"Set train.language_model.kind to {able[0]}, or to auto.",
    )


def _weights(base: str | Path, names: dict[str, str]) -> dict[str, torch.Tensor]:
    """Weights of the base's files, by the names that they are to have."""
    found = {}
    for path in weight_files(base) if names else ():
        with safe_open(path, framework="pt") as file:
            for name in set(file.keys()) & names.keys():
                found[names[name]] = file.get_tensor(name).float()
    return found
