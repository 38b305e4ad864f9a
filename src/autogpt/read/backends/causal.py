"""A causal language model in PyTorch, which writes on from a prompt.

In: a Hugging Face folder with safetensors weights or a GGUF file, or a model that is being trained; and chat messages.
Out: text. Always the likeliest token, so that the same prompt gives the same text. T tokens.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from autogpt.models.adapters import restore
from autogpt.models.gguf import gguf_file, open_gguf
from autogpt.read.backends.torch import quietly

#: Tokens of a model that does not say how many it takes.
_USUAL = 2_048


class CausalModel:
    """A model that writes.

    Attributes:
        max_tokens: of prompt and answer together.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer
        self.max_tokens = int(getattr(model.config, "max_position_embeddings", None) or _USUAL)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The model in the folder or GGUF file `path`, on a GPU where there is one. Raises what `open_gguf` does."""
        options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        file = gguf_file(path)
        with quietly():
            if file is not None:
                model, tokenizer = open_gguf(file)
            else:
                tokenizer = AutoTokenizer.from_pretrained(path, **options)
                model = AutoModelForCausalLM.from_pretrained(path, use_safetensors=True, **options)
                restore(model, path)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return cls(model.to(device).eval(), tokenizer)

    def tokenise(self, messages: Sequence[dict[str, str]]) -> list[int]:
        """int[T]; see `prompt_tokens`."""
        return prompt_tokens(self._tokenizer, messages)

    @torch.no_grad()  # not in inference mode: what a model that is being trained caches has to stay of use to it
    def write(self, prompt: Sequence[int], max_new_tokens: int, seconds: float) -> tuple[str, bool]:
        """The text after `prompt`, and whether the model ended it by itself within the limits."""
        tokens = torch.tensor([list(prompt)], device=self._model.device)
        found = self._model.generate(
            input_ids=tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=max_new_tokens,
            max_time=seconds,
            do_sample=False,
            num_beams=1,
            pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
        )
        new = found[0, tokens.shape[1] :].tolist()
        ended = bool(new) and new[-1] in end_tokens(self._model)
        return str(self._tokenizer.decode(new, skip_special_tokens=True)), ended


def prompt_tokens(tokenizer: Any, messages: Sequence[dict[str, str]]) -> list[int]:
    """What a model writes on from, int[T], in training and in use: `messages` by the tokenizer's own chat template, or
    as paragraphs for a model that was not tuned to chat.
    """
    if tokenizer.chat_template:
        text = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    text = "\n\n".join(one["content"] for one in messages)
    return list(tokenizer(f"{text}\n\n")["input_ids"])


def end_tokens(model: Any) -> list[int]:
    """The tokens by which `model` ends a text; none for one that does not say."""
    ends = model.generation_config.eos_token_id
    if ends is None:
        return []
    return list(ends) if isinstance(ends, list) else [int(ends)]
