"""Fetches documents from the web.

In: a URL. Out: its bytes, with limits of size, time and redirects. Knows nothing about parsing, nor about which
addresses are allowed: that is checked where connections are made.
"""

import re
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

import httpcore
import httpx

from autogpt.config import IngestSection
from autogpt.errors import DataError, UsageError
from autogpt.prepare.network import Clock, Resolver, Transport

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 30.0
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"User-Agent": "Auto-GPT ingest", "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched document. `media_type` as served, charset included; `final_url` after redirects."""

    data: bytes
    media_type: str
    final_url: str


def is_url(source: str) -> bool:
    """Whether a source is meant as a URL: it has a scheme that is no drive letter."""
    return bool(_URL.match(source.strip()))


def normalised(url: str) -> str:
    """The URL without fragment, host in lower case. Raises UsageError for one that cannot be fetched."""
    try:
        parts = urlsplit(urldefrag(url.strip()).url)
        port = parts.port
        _ = httpx.URL(parts.geturl()).host
    except (ValueError, httpx.InvalidURL) as error:
        raise UsageError(f"'{url}' is no URL: {error}.", "Example: https://example.org/terms.html") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"'{url}' cannot be fetched.", "Only http:// and https:// URLs are.")
    if parts.username or parts.password:
        raise UsageError("URLs with a user name or password are not fetched.", "Download the file and ingest it.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts._replace(netloc=host if port is None else f"{host}:{port}", path=parts.path or "/").geturl()


def fetch(url: str, limits: IngestSection, resolve: Resolver | None = None) -> Fetched:
    """Fetch a document.

    Args:
        limits: size, redirects, whole time, and whether private addresses are allowed.
        resolve: stands in for the system's resolver.

    Raises:
        UsageError: the URL is none that can be fetched.
        DataError: the server refuses, is not allowed, or sends too much.
    """
    clock = Clock(time.monotonic() + limits.timeout_seconds, limits.timeout_seconds)
    transport = Transport(resolve, limits.allow_private_addresses, clock)
    current = normalised(url)
    with httpx.Client(transport=transport, headers=_HEADERS, follow_redirects=False, trust_env=False) as client:
        for _ in range(limits.max_redirects + 1):
            try:
                found = _step(client, current, limits)
            except (httpx.HTTPError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
                clock.left(None)
                raise DataError(
                    f"The server does not answer ({type(error).__name__}).", "Check the address and the network."
                ) from error
            except (httpx.InvalidURL, UnicodeError) as error:
                raise DataError(f"It redirects to what is no URL: {error}.", "Check the address.") from error
            if isinstance(found, Fetched):
                return found
            current = found
    raise DataError(
        f"It redirects more than {limits.max_redirects} times.",
        "Give the final address, or raise ingest.max_redirects.",
    )


def _step(client: httpx.Client, url: str, limits: IngestSection) -> Fetched | str:
    """The document, or the URL that the server redirects to."""
    with client.stream("GET", url, timeout=httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)) as answer:
        target = answer.headers.get("location")
        if answer.status_code not in _REDIRECTS or not target:
            return _received(answer, url, limits)
    try:
        return normalised(urljoin(url, target))
    except UsageError as error:
        raise DataError(f"It redirects to what is not fetched: {error.message}", error.hint) from None


def _received(answer: httpx.Response, url: str, limits: IngestSection) -> Fetched:
    if answer.status_code != 200:
        status = f"{answer.status_code} {answer.reason_phrase}".strip()
        raise DataError(f"The server answers {status}.", "Check the address.")
    largest = limits.max_file_mb * 2**20
    announced = answer.headers.get("content-length", "")
    received = bytearray()
    too_large = announced.isdigit() and int(announced) > largest
    decode = _decoder(answer.headers.get("content-encoding", ""))
    for chunk in () if too_large else answer.iter_raw():
        received += decode(chunk, largest + 1 - len(received))
        if too_large := len(received) > largest:
            break
    if too_large:
        raise DataError(
            f"The document is larger than {limits.max_file_mb} MB.",
            "Download a part of it, or raise ingest.max_file_mb.",
        )
    return Fetched(bytes(received), answer.headers.get("content-type", ""), url)


def _decoder(encoding: str) -> Callable[[bytes, int], bytes]:
    """What unpacks the pieces of a body, to at most so many bytes each. Packed twice, as bombs are, is refused."""
    stated = encoding.strip().lower()
    if stated in {"", "identity"}:
        return lambda chunk, room: chunk
    if stated not in {"gzip", "x-gzip", "deflate"}:
        raise DataError(f"The server sends it packed as '{stated[:40]}'.", "Download the file and ingest it.")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def unpack(chunk: bytes, room: int) -> bytes:
        try:
            return unpacker.decompress(chunk, room)
        except zlib.error:
            raise DataError("What the server sends is damaged.", "Try again, or download the file.") from None

    return unpack
