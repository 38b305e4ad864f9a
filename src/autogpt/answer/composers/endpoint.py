"""Composes by a chat model that somebody serves: any server with OpenAI's `/v1/chat/completions`.

In: question and passages. Out: the text of the first choice. Asks once, follows no redirect, and takes the key from the
environment alone. Knows nothing about what is made of the text.
"""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from autogpt.answer.composer import ComposerError, messages
from autogpt.config import ComposeSection
from autogpt.errors import UsageError

_PATH = "/chat/completions"
#: Longest response, in bytes.
_MOST = 1_000_000


class EndpointComposer:
    """Asks the server that `compose.endpoint` names.

    Raises UsageError when the environment variable with the key is not set.
    """

    def __init__(self, section: ComposeSection, folder: Path) -> None:
        self._section = section
        self._url = chat_url(section.endpoint)
        self._client = httpx.Client(
            headers=_headers(section.api_key_env),
            timeout=section.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )

    def compose(self, question: str, passages: Sequence[str]) -> str:
        """Raises ComposerError for a server that is away, slow, refuses, redirects or answers in another form."""
        body = {
            "model": self._section.model,
            "messages": messages(question, passages),
            "max_tokens": self._section.max_tokens,
            "temperature": 0,
            "stream": False,
        }
        try:
            return _text(self._post(body))
        except httpx.TimeoutException:
            raise self._late() from None
        except httpx.HTTPError as error:
            raise ComposerError(f"the endpoint could not be asked ({type(error).__name__}).") from None

    def close(self) -> None:
        self._client.close()

    def _post(self, body: dict[str, Any]) -> bytes:
        ends = time.monotonic() + self._section.timeout_seconds
        with self._client.stream("POST", self._url, json=body) as response:
            if response.is_redirect:
                raise ComposerError("the endpoint redirects, which is not followed.")
            if response.status_code != httpx.codes.OK:
                raise ComposerError(f"the endpoint answered with status {response.status_code}.")
            read = bytearray()
            for part in response.iter_bytes():
                read += part
                if len(read) > _MOST:
                    raise ComposerError("the endpoint's answer is too long.")
                if time.monotonic() > ends:
                    raise self._late()
            return bytes(read)

    def _late(self) -> ComposerError:
        return ComposerError(f"the endpoint took longer than {self._section.timeout_seconds} s.")


def chat_url(endpoint: str) -> str:
    """Where to ask, from the URL of a server with or without the end of its path.

    >>> chat_url("http://127.0.0.1:8080"), chat_url("https://llm.example/v1/")
    ('http://127.0.0.1:8080/v1/chat/completions', 'https://llm.example/v1/chat/completions')
    """
    base = endpoint.rstrip("/")
    if base.endswith(_PATH):
        return base
    return f"{base}{_PATH}" if base.endswith("/v1") else f"{base}/v1{_PATH}"


def _headers(variable: str) -> dict[str, str]:
    if not variable:
        return {}
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UsageError(
            f"The environment variable {variable} is not set; compose.api_key_env takes the endpoint's key from it.",
            f"Set it, or empty compose.api_key_env where the endpoint wants no key: export {variable}=…",
        )
    if not (key.isascii() and key.isprintable()):
        raise UsageError(
            f"The key in the environment variable {variable} holds characters that no key has.", "Set it again."
        )
    return {"Authorization": f"Bearer {key}"}


def _text(response: bytes) -> str:
    try:
        text = json.loads(response)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise ComposerError("the endpoint's answer is not of the form of chat completions.")
    return text
