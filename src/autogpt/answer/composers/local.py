"""Composes by a causal language model on this machine.

In: question and passages. Out: what the model writes. One question at a time; passages that do not fit are left out,
the last first. Knows nothing about what is made of the text.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

from autogpt.answer.composer import ComposerError, Message, messages
from autogpt.config import ComposeSection
from autogpt.errors import MissingExtraError, NotFoundError
from autogpt.models.layout import ADAPTER
from autogpt.models.sources import generator_in


class LocalComposer:
    """Runs the model that `compose.model` names: a folder of weights or of a training, or a GGUF file.

    Raises:
        NotFoundError: there is no such model.
        UsageError: the GGUF file is broken.
        MissingExtraError: PyTorch, transformers or what reads GGUF is not installed.
    """

    def __init__(self, section: ComposeSection, folder: Path) -> None:
        given = folder / section.model
        path = generator_in(
            given.parent if given.name == ADAPTER else given
        )  # what a method trained alone lacks its base
        if path is None:
            raise NotFoundError(
                f"There is no language model in {given}: compose.model wants a run of autogpt train "
                "generator, a folder with config.json and safetensors, or a GGUF file.",
                "Give one of these, or set compose.kind to an empty text.",
            )
        try:
            from autogpt.read.backends.causal import CausalModel
        except ModuleNotFoundError:
            raise MissingExtraError("A local composer", "train") from None
        self._model = CausalModel.open(path)
        self._section = section
        self._lock = threading.Lock()

    def compose(self, question: str, passages: Sequence[str]) -> str:
        """Raises ComposerError when not even the best passage fits, the model does not end, or is busy for too long."""
        for kept in range(len(passages), 0, -1):
            prompt = self._model.tokenise(messages(question, passages[:kept]))
            if self._fits(prompt):
                break
        else:
            raise ComposerError(
                f"the best passage does not fit the model, which takes {self._model.max_tokens} tokens."
            )
        text, ended = self._written(prompt)
        if not ended:
            raise ComposerError(
                f"the model did not end within {self._section.timeout_seconds} s and {self._section.max_tokens} tokens."
            )
        return text

    def write(self, told: Sequence[Message]) -> str:
        """What the model says within time and length. Raises ComposerError when the messages do not fit, or it is busy
        for too long.
        """
        prompt = self._model.tokenise(told)
        if not self._fits(prompt):
            raise ComposerError(f"the text does not fit the model, which takes {self._model.max_tokens} tokens.")
        return self._written(prompt)[0]

    def _fits(self, prompt: Sequence[int]) -> bool:
        return len(prompt) + self._section.max_tokens <= self._model.max_tokens

    def _written(self, prompt: Sequence[int]) -> tuple[str, bool]:
        """The text, and whether the model ended it."""
        if not self._lock.acquire(timeout=self._section.timeout_seconds):
            raise ComposerError(f"the model was busy for {self._section.timeout_seconds} s.")
        try:
            return self._model.write(prompt, self._section.max_tokens, self._section.timeout_seconds)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Nothing to close: the model goes with its last user."""
