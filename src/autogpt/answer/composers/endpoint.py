"""Composes by a chat model that somebody serves (`autogpt.chat`).

In: question and passages. Out: the text of the first choice. Knows nothing about what is made of the text.
"""

from collections.abc import Sequence
from pathlib import Path

from autogpt.answer.composer import ComposerError, Message, messages
from autogpt.chat import ChatEndpoint, ChatError, key_from
from autogpt.config import ComposeSection
from autogpt.errors import UsageError


class EndpointComposer:
    """Asks the server that `compose.endpoint` names.

    Raises UsageError when the environment variable with the key is not set.
    """

    def __init__(self, section: ComposeSection, folder: Path) -> None:
        self._most = section.max_tokens
        key = key_from(section.api_key_env)
        if section.api_key_env and not key:
            raise UsageError(
                f"The environment variable {section.api_key_env} is not set; compose.api_key_env takes the endpoint's "
                "key from it.",
                f"Set it, or empty compose.api_key_env where the endpoint wants no key: export {section.api_key_env}=…",
            )
        self._chat = ChatEndpoint(section.endpoint, section.model, key=key, timeout=section.timeout_seconds)

    def compose(self, question: str, passages: Sequence[str]) -> str:
        """Raises what `write` does."""
        return self.write(messages(question, passages))

    def write(self, told: Sequence[Message]) -> str:
        """Raises ComposerError for a server that is away, slow, refuses, redirects or answers in another form."""
        try:
            return self._chat.ask(told, self._most)
        except ChatError as error:
            raise ComposerError(error.message) from None

    def close(self) -> None:
        self._chat.close()
