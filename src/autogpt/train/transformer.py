"""Opens a base as the module that models of sentence-transformers begin with.

In: what `models.sources` resolved. Out: the module, in float32, cutting what is too long. Knows nothing about what is
built on it.
"""

import logging
from pathlib import Path
from typing import Any

import torch
from sentence_transformers.base.modules import Transformer
from transformers import AutoConfig
from transformers.utils import logging as transformers_logging

from autogpt.errors import UsageError
from autogpt.models.adapters import restore
from autogpt.read.backends.facts import EXPORT_FILE
from autogpt.train.base import dropouts, in_words, largest_input
from autogpt.train.methods.saved import base_of, is_adapter, put_on


def open_transformer(
    base: str | Path, options: dict[str, Any], dropout: float, max_tokens: int, labels: int | None = None
) -> Any:
    """The base as a `Transformer` of sentence-transformers, which is kept from printing.

    Args:
        options: what `train.base.loading_options` gave.
        dropout: of hidden layers; attention gets none (see `train.base.load_base`).
        max_tokens: longer inputs are cut, as are those that the model cannot read at once.
        labels: of a last layer for classification, new where the base has none like it; None opens it without one.

    Raises UsageError for a model that cannot be had or is exported, AutoGPTError when the hub is out of reach.
    """
    if is_adapter(base):
        transformer = open_transformer(base_of(base), options, dropout, max_tokens, labels)
        put_on(transformer.model, base)
        return transformer
    if (Path(base) / EXPORT_FILE).is_file():
        raise UsageError(
            f"{base} holds an exported model, which cannot be trained any further.",
            "Name the folder of a run (model/), a model pack, or a model of the hub.",
        )
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    try:
        config = dropouts(AutoConfig.from_pretrained(base, **options), dropout)
        if labels is not None:
            config["num_labels"] = labels
        transformer = Transformer(
            str(base),
            transformer_task="feature-extraction" if labels is None else "sequence-classification",
            model_kwargs={"dtype": torch.float32, "use_safetensors": True, **options},
            processor_kwargs=dict(options),
            config_kwargs={**config, **options},
        )
    except Exception as error:
        raise in_words(base, error) from error
    restore(transformer.model, base)
    _pad(transformer.tokenizer, transformer.model)
    transformer.max_seq_length = min(max_tokens, largest_input(transformer.model) or max_tokens)
    return transformer


def _pad(tokenizer: Any, model: Any) -> None:
    """Let a tokenizer pad that has no token for it, like GPT-2's. Which one it is makes no difference: it is masked."""
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token or tokenizer.convert_ids_to_tokens(0)
    if model.config.pad_token_id is None:
        model.config.pad_token_id = tokenizer.pad_token_id
