"""Connects to the public internet, and in time.

In: requests of httpx. Out: answers. Every address is checked at the moment of the connection, after each redirect too,
so that no name can lead into a private network. Knows nothing about documents.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpcore
import httpx

from autogpt.errors import DataError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Resolves host and port to addresses, as text. Raises OSError.
Resolver = Callable[[str, int], list[str]]

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Clock:
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


class Transport(httpx.BaseTransport):
    """httpx on a pool with our own network: Host header and TLS name stay those of the URL.

    Args:
        resolve: stands in for the system's resolver.
        allow_private: whether addresses outside the public internet are allowed.
        clock: when everything has to be done.
    """

    def __init__(self, resolve: Resolver | None, allow_private: bool, clock: Clock) -> None:
        network = _Network(resolve or _resolve, allow_private, clock)
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


class _Network(httpcore.NetworkBackend):
    """Connects to an address that was checked, not to a name that may change its mind."""

    def __init__(self, resolve: Resolver, allow_private: bool, clock: Clock) -> None:
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


class _Connection(httpcore.NetworkStream):
    """A connection whose every step ends in time: a server that sends byte after byte holds nobody up."""

    def __init__(self, inner: httpcore.NetworkStream, clock: Clock) -> None:
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


class _Stream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))
