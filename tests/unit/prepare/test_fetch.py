"""Fetching documents: which addresses are allowed, and what is too much."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from autogpt.config import IngestSection
from autogpt.errors import DataError, UsageError
from autogpt.prepare.fetch import Fetched, fetch, is_url, normalised
from autogpt.prepare.network import is_public

#: Unpacked once 3 kB, twice 3 MB.
BOMB = gzip.compress(gzip.compress(bytes(3_000_000)))
PACKED = {
    "/packed": ("gzip", gzip.compress(b"fees")),
    "/bomb": ("gzip", gzip.compress(bytes(3_000_000))),
    "/bomb-in-bomb": ("gzip, gzip", BOMB),
    "/torn": ("gzip", b"no gzip"),
}


class Pages(BaseHTTPRequestHandler):
    """`/page` is a page, `/to?URL` redirects there, `/loop` to itself, `/large` is 3 MB, `/endless` does not say so.

    Those of `PACKED` are packed; `/drip` never ends its head.
    """

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path in {"/to", "/loop"}:
            self.send_response(302)
            self.send_header("Location", query or "/loop")
            self.end_headers()
            return
        if path == "/missing":
            self.send_error(404)
            return
        if path == "/drip":
            self.drip()
            return
        if path in PACKED:
            encoding, packed = PACKED[path]
            self.send_response(200)
            self.send_header("Content-Encoding", encoding)
            self.end_headers()
            self.wfile.write(packed)
            return
        body = b"x" * 3_000_000 if path in {"/large", "/endless"} else f"<p>{self.headers['Host']}</p>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if path != "/endless":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def drip(self) -> None:
        """Send a byte now and then until nobody listens any more."""
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not threading.Event().wait(0.05):
                self.wfile.write(b"x")
        except OSError:
            self.close_connection = True

    def log_message(self, *arguments: Any) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


LIMITS = IngestSection(max_file_mb=1, max_redirects=3)
PRIVATE = LIMITS.model_copy(update={"allow_private_addresses": True})


def test_a_page_is_fetched_under_its_own_name(port: int) -> None:
    asked: list[str] = []

    def resolve(host: str, at: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    found = fetch(f"http://bank.example:{port}/page#fees", PRIVATE, resolve)
    assert found == Fetched(
        f"<p>bank.example:{port}</p>".encode(), "text/html; charset=utf-8", f"http://bank.example:{port}/page"
    )
    assert asked == ["bank.example"]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_private_addresses_are_refused(port: int, address: str) -> None:
    with pytest.raises(DataError, match="private address"):
        fetch(f"http://bank.example:{port}/page", LIMITS, lambda host, at: [address])


def test_one_private_address_among_public_ones_is_refused(port: int) -> None:
    with pytest.raises(DataError, match="private address"):
        fetch(f"http://bank.example:{port}/page", LIMITS, lambda host, at: ["93.184.215.14", "127.0.0.1"])


def test_a_name_that_changes_its_mind_is_caught(port: int) -> None:
    """The address that is checked is the one that is connected to: there is no second look-up to lie to."""
    answers = iter([["127.0.0.1"], ["93.184.215.14"]])
    with pytest.raises(DataError, match="private address"):
        fetch(f"http://bank.example:{port}/page", LIMITS, lambda host, at: next(answers))


def test_every_redirect_is_checked(port: int) -> None:
    def resolve(host: str, at: int) -> list[str]:
        return ["127.0.0.1"] if host == "bank.example" else ["192.168.0.1"]

    start = f"http://bank.example:{port}/to"
    with pytest.raises(DataError, match="not fetched"):
        fetch(f"{start}?file:///etc/passwd", PRIVATE, resolve)
    with pytest.raises(DataError, match="redirects more than 3 times"):
        fetch(f"http://bank.example:{port}/loop", PRIVATE, resolve)
    assert fetch(f"{start}?/page", PRIVATE, resolve).final_url == f"http://bank.example:{port}/page"

    def public_first(host: str, at: int) -> list[str]:
        # Only the connection of the first name is allowed to reach the test's own server.
        return ["127.0.0.1"]

    seen: list[str] = []

    def note(host: str, at: int) -> list[str]:
        seen.append(host)
        return public_first(host, at)

    fetch(f"{start}?http://other.example:{port}/page", PRIVATE, note)
    assert seen == ["bank.example", "other.example"]


@pytest.mark.parametrize("page", ["large", "endless"])
def test_what_is_too_large_is_refused(port: int, page: str) -> None:
    with pytest.raises(DataError, match="larger than 1 MB"):
        fetch(f"http://bank.example:{port}/{page}", PRIVATE, lambda host, at: ["127.0.0.1"])


def test_a_packed_answer_is_unpacked_within_the_limits(port: int) -> None:
    def get(page: str) -> bytes:
        return fetch(f"http://bank.example:{port}/{page}", PRIVATE, lambda host, at: ["127.0.0.1"]).data

    assert get("packed") == b"fees"
    with pytest.raises(DataError, match="larger than 1 MB"):
        get("bomb")
    with pytest.raises(DataError, match="packed as 'gzip, gzip'"):
        get("bomb-in-bomb")
    with pytest.raises(DataError, match="damaged"):
        get("torn")


def test_a_server_that_never_ends_its_head_is_left(port: int) -> None:
    hasty = PRIVATE.model_copy(update={"timeout_seconds": 1})
    with pytest.raises(DataError, match="longer than 1 s"):
        fetch(f"http://bank.example:{port}/drip", hasty, lambda host, at: ["127.0.0.1"])


@pytest.mark.parametrize("target", ["http://xn--a/", "http://[::1", "http://a:b/"])
def test_a_redirect_to_no_url_is_one_sentence(port: int, target: str) -> None:
    with pytest.raises(DataError):
        fetch(f"http://bank.example:{port}/to?{target}", PRIVATE, lambda host, at: ["127.0.0.1"])


def test_failures_say_what_failed(port: int) -> None:
    def unknown(host: str, at: int) -> list[str]:
        raise OSError

    with pytest.raises(DataError, match="404 Not Found"):
        fetch(f"http://bank.example:{port}/missing", PRIVATE, lambda host, at: ["127.0.0.1"])
    with pytest.raises(DataError, match=r"'bank\.example' is not known"):
        fetch("http://bank.example/", LIMITS, unknown)
    with pytest.raises(DataError, match="does not answer"):
        fetch("http://bank.example:1/", PRIVATE, lambda host, at: ["127.0.0.1"])


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.example/x",
        "http://",
        "http://user:secret@a.example/",
        "http://a:b:c/",
        "http://[::1",
        "http://xn--a/",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    assert is_url(url)
    with pytest.raises(UsageError):
        normalised(url)


def test_urls_are_normalised() -> None:
    assert normalised(" HTTP://Bank.Example#top ") == "http://bank.example/"
    assert normalised("https://[2001:DB8::1]:8443/a?b=c#d") == "https://[2001:db8::1]:8443/a?b=c"
    assert is_url("https://a.example")
    assert not is_url("C:\\documents\\a.txt")
    assert not is_url("documents/a.txt")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f::1", True),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("no address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public
