"""Asks a chat model that somebody serves: any server with OpenAI's `/v1/chat/completions`.

In: messages. Out: the text of the first choice. Asks once, follows no redirect, and takes the key from the environment
alone. What is asked leaves this machine for the endpoint, so only a person may name one. Knows nothing about what is
made of the text.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from autogpt.errors import AutoGPTError, UsageError

_PATH = "/chat/completions"
#: Longest response, in bytes.
_MOST = 1_000_000

Message = Mapping[str, str]


class ChatError(AutoGPTError):
    """A server is away, slow, refuses, redirects or answers in another form; the message begins with "the endpoint",
    and holds neither the key nor what was asked.
    """


class ChatEndpoint:
    """A chat model behind an address. May be shared between threads.

    Args:
        address: of the server, with or without the end of its path.
        key: sent as a bearer token; empty for none.
        timeout: seconds that one answer may take.
    """

    def __init__(self, address: str, model: str, *, key: str = "", timeout: float = 60.0) -> None:
        self._url, self._model, self._timeout = chat_url(address), model, timeout
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
        )

    def ask(self, messages: Sequence[Message], max_tokens: int | None = None) -> str:
        """The answer to `messages`, the likeliest. Raises ChatError."""
        body: dict[str, Any] = {"model": self._model, "messages": list(messages), "temperature": 0, "stream": False}
        if max_tokens is not None:
            body["max_tokens"] = max_tokens
        try:
            return _text(self._post(body))
        except httpx.TimeoutException:
            raise self._late() from None
        except httpx.HTTPError as error:
            raise ChatError(f"the endpoint could not be asked ({type(error).__name__}).") from None

    def close(self) -> None:
        self._client.close()

    def _post(self, body: dict[str, Any]) -> bytes:
        ends = time.monotonic() + self._timeout
        with self._client.stream("POST", self._url, json=body) as response:
            if response.is_redirect:
                raise ChatError("the endpoint redirects, which is not followed.")
            if response.status_code != httpx.codes.OK:
                raise ChatError(f"the endpoint answered with status {response.status_code}.")
            read = bytearray()
            for part in response.iter_bytes():
                read += part
                if len(read) > _MOST:
                    raise ChatError("the endpoint's answer is too long.")
                if time.monotonic() > ends:
                    raise self._late()
            return bytes(read)

    def _late(self) -> ChatError:
        return ChatError(f"the endpoint took longer than {self._timeout:g} s.")


def chat_url(address: str) -> str:
    """Where to ask, from the URL of a server with or without the end of its path.

    >>> chat_url("http://127.0.0.1:8080"), chat_url("https://llm.example/v1/")
    ('http://127.0.0.1:8080/v1/chat/completions', 'https://llm.example/v1/chat/completions')
    """
    base = address.rstrip("/")
    if base.endswith(_PATH):
        return base
    return f"{base}{_PATH}" if base.endswith("/v1") else f"{base}/v1{_PATH}"


def key_from(variable: str) -> str:
    """The key in an environment variable; empty where it is not set. Raises UsageError for what no key can be."""
    key = os.environ.get(variable, "").strip() if variable else ""
    if not (key.isascii() and key.isprintable()):
        raise UsageError(
            f"The key in the environment variable {variable} holds characters that no key has.", "Set it again."
        )
    return key


def _text(response: bytes) -> str:
    try:
        text = json.loads(response)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise ChatError("the endpoint's answer is not of the form of chat completions.")
    return text
