"""Composes by a causal language model on this machine.

In: question and passages. Out: what the model writes. One question at a time; passages that do not fit are left out,
the last first. Knows nothing about what is made of the text.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

from autogpt.answer.composer import ComposerError, messages
from autogpt.config import ComposeSection
from autogpt.errors import MissingExtraError, NotFoundError


class LocalComposer:
    """Runs the model in the folder `compose.model`.

    Raises:
        NotFoundError: the folder holds no model with safetensors weights.
        MissingExtraError: PyTorch or transformers is not installed.
    """

    def __init__(self, section: ComposeSection, folder: Path) -> None:
        path = folder / section.model
        if not (path / "config.json").is_file() or not list(path.glob("*.safetensors")):
            raise NotFoundError(
                f"There is no language model in {path}: compose.model wants a folder with config.json and safetensors.",
                "Give a folder in the format of Hugging Face, or set compose.kind to an empty text.",
            )
        try:
            from autogpt.read.backends.causal import CausalModel
        except ModuleNotFoundError:
            raise MissingExtraError("A local composer", "train") from None
        self._model = CausalModel(path)
        self._section = section
        self._lock = threading.Lock()

    def compose(self, question: str, passages: Sequence[str]) -> str:
        """Raises ComposerError when not even the best passage fits, or another answer is being composed too long."""
        room = self._model.max_tokens - self._section.max_tokens
        for kept in range(len(passages), 0, -1):
            prompt = self._model.tokenise(messages(question, passages[:kept]))
            if len(prompt) <= room:
                break
        else:
            raise ComposerError(
                f"the best passage does not fit the model, which takes {self._model.max_tokens} tokens."
            )
        if not self._lock.acquire(timeout=self._section.timeout_seconds):
            raise ComposerError(f"the model was busy for {self._section.timeout_seconds} s.")
        try:
            text, ended = self._model.write(prompt, self._section.max_tokens, self._section.timeout_seconds)
        finally:
            self._lock.release()
        if not ended:
            raise ComposerError(
                f"the model did not end within {self._section.timeout_seconds} s and {self._section.max_tokens} tokens."
            )
        return text

    def close(self) -> None:
        """Nothing to close: the model goes with its last user."""
