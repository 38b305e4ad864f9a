"""Cuts off request bodies that are too long, while they come in.

In: ASGI messages and a limit for each path. Out: the same, or status 413. Knows nothing about what bodies hold.
"""

from collections.abc import Mapping

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from autogpt.web.errors import HINTS, error_body

#: Bytes of a body where nothing else is said.
DEFAULT = 64 * 1024


class BodyLimit:
    """The middleware.

    Args:
        limits: path → most bytes of its bodies; others have `DEFAULT`.
    """

    def __init__(self, app: ASGIApp, limits: Mapping[str, int]) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limits.get(scope["path"], DEFAULT)
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > limit:
            await JSONResponse(_body(limit), 413, headers={"Connection": "close"})(scope, receive, send)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, _words(limit))
            return message

        await self._app(scope, receive_within_limit, send)


def _words(limit: int) -> str:
    size = f"{limit / 1e6:,.0f} MB" if limit >= 1e6 else f"{limit / 1e3:,.0f} kB"
    return f"The request has more than {size}"


def _body(limit: int) -> dict[str, object]:
    return error_body("HTTPError", f"{_words(limit)}.", HINTS[413])
