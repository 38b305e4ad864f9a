"""What every request passes first: Host, Origin and who sends it in, security headers out.

In: ASGI messages. Out: the same with the visitor in their state, or a refusal. Host names are checked against DNS
rebinding, Origin and Sec-Fetch-Site against requests that other sites make in a visitor's name.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from autogpt.web.access import Access
from autogpt.web.errors import error_body, in_language
from autogpt.web.headers import HEADERS
from autogpt.web.listening import is_loopback
from autogpt.web.paths import is_page
from autogpt.web.translations import of_a_page

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Paths that answer everybody.
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/login", "/set-up", "/language", "/favicon.ico"})
OPEN_FOLDER = "/static/"


class Gate:
    """The middleware.

    Args:
        listen_host: address the server listens on.
        allowed_hosts: names accepted besides loopback's and `listen_host`; `*.example.org` takes in subdomains.
        access: says who a visitor is; who is nobody gets `OPEN_PATHS` alone.
    """

    def __init__(self, app: ASGIApp, access: Access, listen_host: str, allowed_hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._names = {name.lower() for name in allowed_hosts} | LOOPBACK | {listen_host.lower()}
        self._any_address = not is_loopback(listen_host)
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # Our own files are asked for again by their ETag, so that an update never mixes old modules with new.
                static = scope["path"].startswith(OPEN_FOLDER)
                headers.setdefault("Cache-Control", "no-cache" if static else "no-store")
            await send(message)

        refusal = self._refusal(scope) or await self._unknown(scope)
        if isinstance(refusal, JSONResponse):
            refusal = in_language(refusal, of_a_page(HTTPConnection(scope)))
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._known_host(host):
            return _refuse(
                400,
                f"This server does not go by the name '{host[:100]}'.",
                "Add the name to serve.allowed_hosts in autogpt.toml.",
            )
        if scope["method"] not in SAFE_METHODS and not _same_origin(headers, host):
            return _refuse(403, "Requests from other sites are refused.", "Send it from the server's own pages.")
        return None

    async def _unknown(self, scope: Scope) -> Response | None:
        """Note who sends a request; a refusal when it is nobody we know."""
        path = scope["path"]
        if path.startswith(OPEN_FOLDER):
            return None
        visitor = await run_in_threadpool(self._access.visitor, Headers(scope=scope), HTTPConnection(scope).cookies)
        scope.setdefault("state", {})["visitor"] = visitor
        if visitor is not None or path in OPEN_PATHS:
            return None
        if is_page(path) and scope["method"] == "GET":
            return RedirectResponse(f"/login?next={quote(_address(scope))}", 303)
        refusal = _refuse(
            401, "Who you are is not known.", "Sign in on the page, or send the header Authorization: Bearer KEY."
        )
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal

    def _known_host(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower().rstrip(".")
        except ValueError:
            return False
        if name in self._names or any(one.startswith("*.") and name.endswith(one[1:]) for one in self._names):
            return True
        return self._any_address and _is_address(name)


def _address(scope: Scope) -> str:
    """Path and query, as a browser shows them: a search that was shared is still there after the login."""
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])


def _is_address(name: str) -> bool:
    """Whether a host is written as a number; a name that another site controls never is."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _same_origin(headers: Headers, host: str) -> bool:
    """Whether a request that changes something comes from our own pages, or from no page at all."""
    if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # no address at all
        return False


def _refuse(status: int, message: str, hint: str) -> JSONResponse:
    kinds = {400: "HostError", 401: "SignInError", 403: "OriginError"}
    return JSONResponse(error_body(kinds[status], message, hint), status)
