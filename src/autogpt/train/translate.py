"""Translates with two sequence-to-sequence models in folders: one there, one back.

In: texts of one language. Out: what comes back. Nothing is fetched. Knows nothing about what the translations are for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from autogpt.errors import NotFoundError, UsageError

_BATCH = 16
_MOST_TOKENS = 128


class FolderTranslator:
    """Two models (MarianMT or any other that `AutoModelForSeq2SeqLM` opens), for texts of `language`.

    Raises NotFoundError without a folder, UsageError when one holds no such model.
    """

    def __init__(self, there: Path, back: Path, language: str) -> None:
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        self._models = [_load(there), _load(back)]
        self._language = language

    def round_trip(self, texts: Sequence[str], language: str) -> list[str]:
        if language != self._language:
            return [""] * len(texts)
        found = list(texts)
        for model, tokenizer in self._models:
            found = [
                one for at in range(0, len(found), _BATCH) for one in _said(model, tokenizer, found[at : at + _BATCH])
            ]
        return found


def _load(folder: Path) -> tuple[Any, Any]:
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {folder}.", "Name the folder of a sequence-to-sequence model.")
    try:
        model = AutoModelForSeq2SeqLM.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise UsageError(
            f"{folder} holds no model that translates: {reason}",
            "Name the folder of a sequence-to-sequence model with its tokenizer, such as MarianMT's.",
        ) from None
    return model.eval(), tokenizer


@torch.inference_mode()
def _said(model: Any, tokenizer: Any, texts: Sequence[str]) -> list[str]:
    batch = tokenizer(list(texts), return_tensors="pt", padding=True, truncation=True, max_length=_MOST_TOKENS)
    batch.pop("token_type_ids", None)
    tokens = model.generate(**batch, num_beams=4, max_new_tokens=_MOST_TOKENS)
    return [str(one).strip() for one in tokenizer.batch_decode(tokens, skip_special_tokens=True)]
