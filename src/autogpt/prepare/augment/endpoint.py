"""Translates through an OpenAI-compatible endpoint that the user names (`autogpt.chat`).

In: texts and their language. Out: what comes back from another language. Knows nothing about examples.
"""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from autogpt.chat import ChatEndpoint, ChatError, key_from
from autogpt.errors import AutoGPTError, UsageError
from autogpt.text.language import LANGUAGES

#: Environment variable that holds the endpoint's key, where it asks for one.
KEY_VARIABLE = "AUTOGPT_ENDPOINT_KEY"
_AT_ONCE = 4


class EndpointTranslator:
    """Asks `model` at `url` for each translation: through English, and English through Chinese.

    Raises UsageError when `url` is none or no model is named.
    """

    def __init__(self, url: str, model: str) -> None:
        if not re.match(r"https?://\w", url):
            raise UsageError(f"'{url}' is no address of an endpoint.", "For example: http://localhost:11434/v1")
        if not model:
            raise UsageError("The endpoint needs the name of a model.", "Name it with --endpoint-model NAME.")
        self._chat = ChatEndpoint(url, model, key=key_from(KEY_VARIABLE))

    def round_trip(self, texts: Sequence[str], language: str) -> list[str]:
        """Raises AutoGPTError when the endpoint cannot be reached or answers with something else."""
        other = "zh" if language == "en" else "en"

        def there_and_back(text: str) -> str:
            return self._ask(_wanted(other, language), self._ask(_wanted(language, other), text))

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(there_and_back, texts))

    def _ask(self, wanted: str, text: str) -> str:
        try:
            said = self._chat.ask([{"role": "system", "content": wanted}, {"role": "user", "content": text}])
        except ChatError as error:
            raise AutoGPTError(
                f"Back-translation failed: {error.message}",
                f"Check the address, that it runs, the model's name, and the key in {KEY_VARIABLE}.",
            ) from None
        return said.strip().strip('"')


def _wanted(source: str, target: str) -> str:
    return (
        f"Translate the user's question from {LANGUAGES[source]} to {LANGUAGES[target]}. Keep names and numbers as "
        "they are. Reply with the translation alone; do not answer the question."
    )
