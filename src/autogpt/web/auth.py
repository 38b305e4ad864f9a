"""The API key: a bearer header for programs, a signed cookie for the pages.

In: headers and cookies. Out: whether the key was known. Knows nothing about routes.
"""

import hmac
import os
import stat
import time
from hashlib import sha256
from pathlib import Path

from autogpt.errors import NotFoundError, UsageError

COOKIE = "autogpt_session"
#: Seconds a login lasts.
SESSION = 30 * 24 * 3600
#: Shorter keys are refused: they can be guessed.
MIN_LENGTH = 16
ENVIRONMENT = "AUTOGPT_API_KEY"


class ApiKey:
    """One key. Comparisons take the same time whatever is compared.

    Raises UsageError for a key shorter than `MIN_LENGTH`.
    """

    def __init__(self, key: str) -> None:
        if len(key) < MIN_LENGTH:
            raise UsageError(
                f"The API key has {len(key)} characters; at least {MIN_LENGTH} are needed.",
                "Make one with: openssl rand -hex 32",
            )
        self._key = key.encode()

    def matches(self, given: str) -> bool:
        return hmac.compare_digest(self._key, given.encode("utf-8", "surrogatepass"))

    def matches_header(self, authorization: str) -> bool:
        """Whether an Authorization header carries the key."""
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and self.matches(given.strip())

    def session(self, at: float | None = None) -> str:
        """Value of the login cookie: when it ends, signed with the key."""
        expires = str(int(time.time() if at is None else at) + SESSION)
        return f"{expires}.{self._sign(expires)}"

    def matches_session(self, value: str) -> bool:
        expires, _, signature = value.partition(".")
        signed = hmac.compare_digest(self._sign(expires).encode(), signature.encode("utf-8", "surrogatepass"))
        return signed and expires.isdigit() and int(expires) > time.time()

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, b"session:" + text.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def find_key(key_file: Path | None = None) -> ApiKey | None:
    """The key from a file, else from the environment variable AUTOGPT_API_KEY, else None.

    Raises:
        NotFoundError: the file does not exist.
        UsageError: the key is too short, or others may read the file.
    """
    if key_file is not None:
        try:
            text = key_file.read_text(encoding="utf-8").strip()
            mode = key_file.stat().st_mode
        except (OSError, UnicodeDecodeError):
            raise NotFoundError(f"The key file {key_file} cannot be read.", "Give another --api-key-file.") from None
        if mode & (stat.S_IRGRP | stat.S_IROTH):
            raise UsageError(f"Others may read the key file {key_file}.", f"Run: chmod 600 {key_file}")
        return ApiKey(text)
    text = os.environ.get(ENVIRONMENT, "").strip()
    return ApiKey(text) if text else None
