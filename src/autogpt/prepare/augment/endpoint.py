"""Translates through an OpenAI-compatible endpoint that the user names.

In: texts and their language. Out: what comes back from another language. The questions leave this machine for the
endpoint, which is why only a person may name one. Knows nothing about examples.
"""

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from autogpt.errors import AutoGPTError, UsageError
from autogpt.text.language import LANGUAGES

#: Environment variable that holds the endpoint's key, where it asks for one.
KEY_VARIABLE = "AUTOGPT_ENDPOINT_KEY"
_AT_ONCE = 4


class EndpointTranslator:
    """Asks `model` at `url` (the part before /chat/completions) for each translation: through English, and English
    through Chinese.

    Raises UsageError when `url` is none or no model is named.
    """

    def __init__(self, url: str, model: str, *, timeout: float = 60.0, client: httpx.Client | None = None) -> None:
        if not re.match(r"https?://\w", url):
            raise UsageError(f"'{url}' is no address of an endpoint.", "For example: http://localhost:11434/v1")
        if not model:
            raise UsageError("The endpoint needs the name of a model.", "Name it with --endpoint-model NAME.")
        self._url = url.rstrip("/") + "/chat/completions"
        self._model = model
        key = os.environ.get(KEY_VARIABLE, "")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = client or httpx.Client(timeout=timeout)
        self._client.headers.update(headers)

    def round_trip(self, texts: Sequence[str], language: str) -> list[str]:
        """Raises AutoGPTError when the endpoint cannot be reached or answers with something else."""
        other = "zh" if language == "en" else "en"

        def there_and_back(text: str) -> str:
            return self._ask(_wanted(other, language), self._ask(_wanted(language, other), text))

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(there_and_back, texts))

    def _ask(self, wanted: str, text: str) -> str:
        messages = [{"role": "system", "content": wanted}, {"role": "user", "content": text}]
        asked = {"model": self._model, "temperature": 0, "messages": messages}
        try:
            reply = self._client.post(self._url, json=asked)
            reply.raise_for_status()
            said = reply.json()["choices"][0]["message"]["content"]
        except httpx.HTTPStatusError as error:
            raise AutoGPTError(
                f"The endpoint {self._url} answered {error.response.status_code}.",
                f"Check the address, the model's name ('{self._model}') and the key in {KEY_VARIABLE}.",
            ) from None
        except httpx.HTTPError as error:
            raise AutoGPTError(
                f"The endpoint {self._url} cannot be reached ({type(error).__name__}).",
                "Check the address and that it is running.",
            ) from None
        except (ValueError, LookupError, TypeError):
            raise AutoGPTError(
                f"The endpoint {self._url} answers, but not as an OpenAI-compatible one.",
                "Name the part of its address before /chat/completions.",
            ) from None
        return str(said or "").strip().strip('"')


def _wanted(source: str, target: str) -> str:
    return (
        f"Translate the user's question from {LANGUAGES[source]} to {LANGUAGES[target]}. Keep names and numbers as "
        "they are. Reply with the translation alone; do not answer the question."
    )
