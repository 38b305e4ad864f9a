"""Opens the base model of a training: a local folder, what a method trained on top of one, a hub id, or a GGUF file.

In: what `models.sources` resolved. Out: a model for the task and its tokenizer, or what opening another kind takes.
Reads safetensors and GGUF alone and runs no code that comes with a model. Knows nothing about training.
"""

from pathlib import Path
from typing import Any

import httpx
import torch
from huggingface_hub import constants, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES
from transformers.utils import cached_file

from autogpt.errors import AutoGPTError, UsageError
from autogpt.models.adapters import restore
from autogpt.models.gguf import gguf_file, open_gguf
from autogpt.train.folder import MODEL
from autogpt.train.methods.saved import base_of, is_adapter, put_on

#: Names under which architectures keep their dropout of hidden layers, and of attention.
HIDDEN_DROPOUT = ("hidden_dropout_prob", "resid_pdrop", "embd_pdrop", "dropout")
_ATTENTION_DROPOUT = ("attention_probs_dropout_prob", "attn_pdrop", "attention_dropout")

#: Outputs of a head for answers: their start and their end.
_SPAN = 2
#: Seconds the hub has to answer.
_PATIENCE = 5.0


def load_base(base: str | Path, dropout: float) -> tuple[Any, Any]:
    """Model (float32, its question-answering head new where the checkpoint has none) and transformers tokenizer.

    `dropout` is set for hidden layers. Attention gets none: it would take PyTorch off its fused attention, which on a
    processor makes a step three times as long.

    The folder of what a method trained (`train.methods.saved`) is opened as its base with that put on.

    Raises UsageError for a model that cannot be had or cannot answer questions, or a base that is not the one of what
    was trained, AutoGPTError when the hub is out of reach.
    """
    return _opened(base, dropout, AutoModelForQuestionAnswering)


def load_classifier(base: str | Path, dropout: float, outputs: int) -> tuple[Any, Any]:
    """The same with a head for sequence classification of so many outputs, new where the checkpoint has none like it.

    Raises as `load_base` does.
    """
    return _opened(base, dropout, AutoModelForSequenceClassification, num_labels=outputs)


def load_generator(base: str | Path, dropout: float) -> tuple[Any, Any]:
    """A causal language model (float32, with the head that it brings) and its tokenizer; `base` may be a GGUF file.

    Raises as `load_base` does, and UsageError for a model that reads both ways at once and so cannot write.
    """
    if is_adapter(base):
        model, tokenizer = load_generator(base_of(base), dropout)
        put_on(model, base)
        return model, tokenizer
    file = gguf_file(base)
    if file is None:
        model, tokenizer = _opened(base, dropout, AutoModelForCausalLM)
    else:
        model, tokenizer = open_gguf(file, lambda config: set_dropout(config, dropout))
    config = model.config
    if config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES and not getattr(config, "is_decoder", False):
        raise UsageError(
            f"The model '{base}' cannot write text: a {config.model_type} model reads both ways at once.",
            "Take a causal language model, such as SmolLM2, Qwen or GPT-2: autogpt models list",
        )
    return model, tokenizer


def _opened(base: str | Path, dropout: float, kind: Any, **values: Any) -> tuple[Any, Any]:
    if is_adapter(base):
        model, tokenizer = _opened(base_of(base), dropout, kind, **values)
        put_on(model, base)
        return model, tokenizer
    options = loading_options(base)
    try:
        config = AutoConfig.from_pretrained(base, **values, **options)
        if kind is AutoModelForQuestionAnswering and config.num_labels != _SPAN:  # the base is a classifier
            values["num_labels"] = config.num_labels = _SPAN
        set_dropout(config, dropout)
        tokenizer = AutoTokenizer.from_pretrained(base, **options)
        model = kind.from_pretrained(
            base,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            ignore_mismatched_sizes=bool(values),
            **options,
        )
    except Exception as error:
        raise in_words(base, error) from error
    if not getattr(tokenizer, "is_fast", False):
        raise UsageError(
            f"The model '{base}' has no tokenizer.json, so the places of its tokens in a text are unknown.",
            "Convert its tokenizer with transformers, or take another model: autogpt models list",
        )
    restore(model, base)
    return model, tokenizer


def loading_options(base: str | Path) -> dict[str, Any]:
    """Arguments of every `from_pretrained`. Raises AutoGPTError when the hub is needed and out of reach."""
    return {"trust_remote_code": False, "local_files_only": Path(base).is_dir() or not _hub_needed(str(base))}


def dropouts(config: Any, dropout: float) -> dict[str, float]:
    """The values of a model's configuration that set `dropout` for hidden layers, and none for attention."""
    values = dict.fromkeys((name for name in HIDDEN_DROPOUT if hasattr(config, name)), dropout)
    return values | dict.fromkeys((name for name in _ATTENTION_DROPOUT if hasattr(config, name)), 0.0)


def beside(base: str | Path, name: str, options: dict[str, Any]) -> Path | None:
    """A file that may lie beside a model; `options` are those of `loading_options`."""
    try:
        found = cached_file(
            str(base),
            name,
            local_files_only=options["local_files_only"],
            _raise_exceptions_for_missing_entries=False,
            _raise_exceptions_for_connection_errors=False,
        )
    except Exception as error:
        raise in_words(base, error) from error
    return Path(found) if found else None


def set_dropout(config: Any, dropout: float) -> None:
    """Change a model's configuration to what `dropouts` says."""
    for name, value in dropouts(config, dropout).items():
        setattr(config, name, value)


def rust_tokenizer(tokenizer: Any) -> Tokenizer:
    """A copy of the `tokenizers` object inside a transformers tokenizer."""
    return Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())


def local_folder(base: str | Path) -> Path | None:
    """The folder on this machine that holds the whole model of a base: for an adapter that of its training, for a
    model of the hub its copy; None where there is none.
    """
    if is_adapter(base):
        base = Path(base).parent / MODEL
    if Path(base).is_dir():
        return Path(base)
    try:
        copy = try_to_load_from_cache(str(base), "config.json")
    except HFValidationError:  # no name the hub could have: a folder that is gone
        return None
    return Path(copy).parent if isinstance(copy, str) else None


def largest_input(model: Any) -> int | None:
    """Most tokens the model can read at once, or None when it has no such limit."""
    config = model.config
    size = getattr(config, "max_position_embeddings", None)
    if size is None:
        return None
    shift = int(config.pad_token_id) + 1 if "roberta" in config.model_type or config.model_type == "camembert" else 0
    return int(size) - shift


def _hub_needed(name: str) -> bool:
    """Whether to ask the hub for `name`: not when it is out of reach and a copy is here. Asked once and briefly,
    since transformers itself tries for half a minute.

    Raises AutoGPTError when the hub is out of reach and there is no copy.
    """
    try:
        httpx.head(constants.ENDPOINT, timeout=_PATIENCE)
    except httpx.HTTPError as error:
        try:
            copy = try_to_load_from_cache(name, "config.json")
        except HFValidationError:
            return True  # no name the hub could have: transformers says so
        if isinstance(copy, str):
            return False
        raise AutoGPTError(
            f"The model '{name}' is not on this machine, and the hub ({constants.ENDPOINT}) is out of reach: {error}.",
            "Check the network, or download the model elsewhere and give its folder. The pack 'en' needs no network.",
        ) from None
    return True


def in_words(base: str | Path, error: Exception) -> AutoGPTError:
    """The error for a person; what transformers raised stays attached as the cause."""
    said = str(error).strip() or type(error).__name__
    kinds = " ".join(type(one).__name__ for one in (error, error.__cause__, error.__context__) if one is not None)
    here = Path(base).is_dir()
    heads = {
        "AutoModelForSequenceClassification": "classification",
        "AutoModelForQuestionAnswering": "question answering",
        "AutoModelForCausalLM": "writing text",
    }
    missing = next((task for name, task in heads.items() if name in said), "")
    if missing or ("does not appear to have" in said and "architecture" in said):
        task = missing or "question answering"
        return UsageError(
            f"The model '{base}' cannot be fine-tuned for {task}: its architecture has no such head.",
            "Take another base model: autogpt models list",
        )
    if "safetensors" in said:
        return UsageError(
            f"The model '{base}' has no model.safetensors; pickled weights are not read, since they can run code.",
            "Save it with save_pretrained() of transformers, and give that folder.",
        )
    if here:
        return UsageError(f"{base} cannot be opened as a model: {said.splitlines()[0]}", "See: autogpt models list")
    if any(word in kinds for word in ("RepositoryNotFound", "GatedRepo", "HFValidation")):
        return UsageError(
            f"There is no model '{base}': no model pack, no folder, and no model of the hub that is open to you.",
            "See: autogpt models list. For a private model, log in first with: hf auth login",
        )
    if isinstance(error, OSError) or "Connect" in kinds or "Offline" in kinds:
        return AutoGPTError(
            f"The model '{base}' could not be fetched from the hub, nor is a copy of it on this machine.",
            "Check its name and the network, or download it elsewhere and give its folder.",
        )
    return UsageError(f"The model '{base}' cannot be opened: {said.splitlines()[0]}", "See: autogpt models list")
