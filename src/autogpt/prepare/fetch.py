"""Fetches documents from the web.

In: a URL. Out: its bytes, with limits of size, time and redirects. Every address is checked at the moment of the
connection, after each redirect too, so that no name can lead into a private network. Knows nothing about parsing.
"""

import ipaddress
import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import httpcore
import httpx

from autogpt.config import IngestSection
from autogpt.errors import DataError, UsageError

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 30.0
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"User-Agent": "Auto-GPT ingest", "Accept": "*/*", "Accept-Encoding": "identity"}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Resolves host and port to addresses, as text. Raises OSError.
Resolver = Callable[[str, int], list[str]]


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


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet; addresses that carry another are judged by that, too."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_is_public(one) for one in _carried(found))


def _is_public(address: Address) -> bool:
    local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or local)


def fetch(url: str, limits: IngestSection, resolve: Resolver | None = None) -> Fetched:
    """Fetch a document.

    Args:
        limits: size, redirects, whole time, and whether private addresses are allowed.
        resolve: stands in for the system's resolver.

    Raises:
        UsageError: the URL is none that can be fetched.
        DataError: the server refuses, is not allowed, or sends too much.
    """
    clock = _Clock(time.monotonic() + limits.timeout_seconds, limits.timeout_seconds)
    transport = _Transport(_Network(resolve or _resolve, limits.allow_private_addresses, clock))
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


def _carried(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 address inside it, if it carries one (mapped, 6to4, Teredo, NAT64)."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            yield address.ipv4_mapped
        if address.sixtofour:
            yield address.sixtofour
        if address.teredo:
            yield from address.teredo
        if address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class _Network(httpcore.NetworkBackend):
    """Connects to an address that was checked, not to a name that may change its mind."""

    def __init__(self, resolve: Resolver, allow_private: bool, clock: "_Clock") -> None:
        self._resolve, self._allow_private, self._clock = resolve, allow_private, clock
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError):
            raise DataError(f"The host '{host}' is not known.", "Check the address and the network.") from None
        refused = [one for one in addresses if not (self._allow_private or is_public(one))]
        if refused or not addresses:
            raise DataError(
                f"The host '{host}' is at a private address.",
                "To fetch from your own network, set ingest.allow_private_addresses = true.",
            )
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(
                    address, port, self._clock.left(timeout), local_address, socket_options
                )
                return _Connection(stream, self._clock)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


@dataclass(frozen=True, slots=True)
class _Clock:
    """The moment (monotonic, seconds) at which a fetch has taken too long, however little is missing."""

    end: float
    limit: int

    def left(self, timeout: float | None) -> float:
        """The timeout of one step, seconds. Raises DataError when no time is left."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise DataError(
                f"Fetching it took longer than {self.limit} s.", "Try again, or raise ingest.timeout_seconds."
            )
        return left if timeout is None else min(timeout, left)


class _Connection(httpcore.NetworkStream):
    """A connection whose every step ends in time: a server that sends byte after byte holds nobody up."""

    def __init__(self, inner: httpcore.NetworkStream, clock: _Clock) -> None:
        self._inner, self._clock = inner, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, self._clock.left(timeout))
        return _Connection(secured, self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Transport(httpx.BaseTransport):
    """httpx on a pool with our own network: Host header and TLS name stay those of the URL."""

    def __init__(self, network: httpcore.NetworkBackend) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), network_backend=network, http1=True, retries=0
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=target,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        kept = {key: value for key, value in answer.extensions.items() if key in {"http_version", "reason_phrase"}}
        return httpx.Response(answer.status, headers=answer.headers, stream=_Stream(answer), extensions=kept)

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
