"""Turns errors into JSON, in one place: `{"error": {"kind", "message", "hint"}}`; on a page into words for people.

In: exceptions of the routes. Out: responses. A traceback goes to the log only.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from autogpt.errors import AutoGPTError, OverloadedError
from autogpt.web.headers import HEADERS
from autogpt.web.paths import is_page
from autogpt.web.said import errors
from autogpt.web.translations import of_a_page

#: What to do about a status that no error of ours explains.
HINTS = {
    404: "See /docs for what there is.",
    405: "See /docs for the methods of this path.",
    413: "Send less at once; for uploads serve.max_upload_mb can be raised.",
    415: "Send JSON with the header Content-Type: application/json.",
}


def error_body(kind: str, message: str, hint: str = "") -> dict[str, Any]:
    """The form of every error."""
    return {"error": {"kind": kind, "message": message, "hint": hint}}


def body_of(error: AutoGPTError) -> dict[str, Any]:
    return error_body(type(error).__name__, error.message, error.hint)


def details_in(error: AutoGPTError, language: str) -> dict[str, Any]:
    """What an error says, in the language of the page that asked; for a program, without one, as it was raised."""
    return _in_words(body_of(error)["error"], language)


def response_of(error: AutoGPTError) -> JSONResponse:
    """The response for one of our errors; an overload says when to come back."""
    headers: Mapping[str, str] | None = None
    if isinstance(error, OverloadedError):
        headers = {"Retry-After": str(math.ceil(error.retry_after))}
    elif error.http_status == 503:
        headers = {"Retry-After": "5"}
    return JSONResponse(body_of(error), error.http_status, headers=headers)


def in_language(response: JSONResponse, language: str) -> JSONResponse:
    """The same response with what it says in the language of the page that asked; a program's, without one, stays."""
    told = json.loads(bytes(response.body))
    details = told["error"]
    told["error"] = _in_words(details, language)
    if told["error"] == details:
        return response
    kept = {name: value for name, value in response.headers.items() if name not in {"content-length", "content-type"}}
    return JSONResponse(told, response.status_code, headers=kept)


def _in_words(details: dict[str, Any], language: str) -> dict[str, Any]:
    known = errors(language)
    return details | {one: known.said(details[one]) for one in ("message", "hint")}


def install(app: FastAPI, draw: Callable[..., Response]) -> None:
    """Give `app` the handlers for every kind of error; `draw` makes a page of a template (`rendering.page`)."""

    def respond(request: Request, response: JSONResponse, message: str, hint: str) -> Response:
        if not is_page(request.url.path) or "text/html" not in request.headers.get("accept", ""):
            return in_language(response, of_a_page(request))
        return draw(request, "error.html", {"message": message, "hint": hint}, response.status_code)

    @app.exception_handler(AutoGPTError)
    async def ours(request: Request, error: AutoGPTError) -> Response:
        return respond(request, response_of(error), error.message, error.hint)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        problems = "; ".join(_problem(one) for one in error.errors())
        message = f"The request is not valid: {problems}."
        body = error_body("ValidationError", message, "See /docs.")
        return respond(request, JSONResponse(body, 422), message, "")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        hint = HINTS.get(error.status_code, "")
        message = f"{str(error.detail).rstrip('.')}."
        response = JSONResponse(error_body("HTTPError", message, hint), error.status_code, headers=error.headers)
        return respond(request, response, message, hint)

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> JSONResponse:
        # Starlette answers faults outside of our middleware, so the headers are set here.
        body = error_body("InternalError", "Something went wrong inside Auto-GPT.", "The server's log has the details.")
        return JSONResponse(body, 500, headers=HEADERS | {"Cache-Control": "no-store"})


def _problem(error: Mapping[str, Any]) -> str:
    """`question: field required`; the value itself is not repeated."""
    if error["type"] == "json_invalid":
        return f"it is no JSON from character {error['loc'][-1]} on"
    where = ".".join(str(part) for part in error["loc"] if part not in {"body", "query", "path"})
    message = error["msg"]
    return f"{where or 'body'}: {message[:1].lower()}{message[1:]}"
