"""Answers HEAD wherever GET is answered, as RFC 9110 asks of servers: the same headers without a body.

In: ASGI messages. Out: the same, with an empty body. Knows nothing about routes.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Head:
    """The middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        as_get = {**scope, "method": "GET"}
        try:
            await self._app(as_get, receive, send_without_body)
        finally:
            scope["route"] = as_get.get("route")
