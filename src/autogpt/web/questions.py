"""What every route that takes a question does with it: checks it before it waits, and lets go when nobody waits.

In: questions and requests. Out: the same, or an error. Knows nothing about what is done with a question.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from autogpt.errors import AutoGPTError, UsageError
from autogpt.web.schemas import ErrorOut, Responses

T = TypeVar("T")

ERRORS: Responses = {
    422: {"model": ErrorOut, "description": "The question is empty or too long."},
    429: {"model": ErrorOut, "description": "Too many questions wait; see the header Retry-After."},
    503: {"model": ErrorOut, "description": "Nothing was ingested yet, or the models are being opened."},
    504: {"model": ErrorOut, "description": "The question took too long."},
}


class HungUpError(AutoGPTError):
    """Whoever asked closed the connection; nobody reads this."""

    http_status = 499


def max_body(max_question_characters: int) -> int:
    """Most bytes of a request: JSON takes up to twelve for a character."""
    return 4_096 + 24 * max_question_characters


def checked(question: str, most: int) -> str:
    """Refuse a question that can be none before it waits in line."""
    if len(question) > most:
        raise UsageError(
            f"The question has {len(question):,} characters; {most:,} are allowed.",
            "Shorten it, or raise answer.max_question_characters.",
        )
    if not question.strip():
        raise UsageError("The question is empty.", "Type a question.")
    return question


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. It is cancelled when the caller hangs up, so that nobody waits behind a question that
    nobody waits for. Raises HungUpError then."""
    answering = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            raise HungUpError("The connection was closed before the answer came.")
        return answering.result()
    finally:
        answering.cancel()
        leaving.cancel()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
