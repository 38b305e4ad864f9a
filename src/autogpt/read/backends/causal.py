"""A causal language model in PyTorch, which writes on from a prompt.

In: a Hugging Face folder with safetensors weights, and chat messages. Out: text. Always the likeliest token, so that
the same prompt gives the same text.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from autogpt.read.backends.torch import quietly

#: Tokens of a model that does not say how many it takes.
_USUAL = 2_048


class CausalModel:
    """One model, on a GPU where there is one.

    Attributes:
        max_tokens: of prompt and answer together.
    """

    def __init__(self, folder: Path) -> None:
        options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        with quietly():
            self._tokenizer = AutoTokenizer.from_pretrained(folder, **options)
            model = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True, **options)
        self._model = model.to(device).eval()
        self.max_tokens = int(getattr(self._model.config, "max_position_embeddings", None) or _USUAL)

    def tokenise(self, messages: Sequence[dict[str, str]]) -> list[int]:
        """int[T]: by the model's own template, or as paragraphs for one that was not tuned to chat."""
        if self._tokenizer.chat_template:
            text = self._tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
            return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        text = "\n\n".join(one["content"] for one in messages)
        return list(self._tokenizer(f"{text}\n\n")["input_ids"])

    @torch.inference_mode()
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
        ends = self._model.generation_config.eos_token_id
        ended = bool(new) and new[-1] in (ends if isinstance(ends, list) else [ends])
        return str(self._tokenizer.decode(new, skip_special_tokens=True)), ended
