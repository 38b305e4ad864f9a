"""`POST /v1/ask`: a question in, an answer out, whole or as a stream of events."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from autogpt.errors import AutoGPTError, InternalError
from autogpt.records import Answer
from autogpt.web.errors import details_in
from autogpt.web.questions import ERRORS, checked, while_connected
from autogpt.web.said import errors
from autogpt.web.schemas import AnswerOut, AskIn
from autogpt.web.sse import KEEP_ALIVE, EventStream, event
from autogpt.web.state import NO_LABELS, Server, ServerDep
from autogpt.web.translations import of_a_page

log = logging.getLogger("autogpt.web")

STREAM = "text/event-stream"
#: Seconds between two signs of life in a stream.
KEEP_ALIVE_SECONDS = 10.0


def router(max_question_characters: int) -> APIRouter:
    """The routes. Longer questions are refused before they wait in line."""
    api = APIRouter(tags=["ask"])

    @api.post(
        "/v1/ask",
        response_model=AnswerOut,
        responses=ERRORS | {200: {"content": {STREAM: {}}, "description": "The answer, or events as they come."}},
    )
    async def ask(body: AskIn, request: Request, server: ServerDep) -> Response | AnswerOut:
        """Answer a question from the documents.

        Not knowing is an answer too: `kind` is then `abstain`. With `Accept: text/event-stream` the stages come as
        events `stage`, then one event `answer` or `error`.
        """
        question = checked(body.question, max_question_characters)
        if STREAM in request.headers.get("accept", ""):
            return _stream(server, question, of_a_page(request))
        try:
            answer = await while_connected(
                request, server.admission.run(partial(server.engine.ask, question, NO_LABELS))
            )
        except AutoGPTError as error:
            server.metrics.failure(type(error).__name__)
            raise
        server.metrics.answer(answer)
        return AnswerOut.of(answer)

    @api.post("/v1/ask/stream", response_class=EventStream, responses=ERRORS)
    async def ask_stream(body: AskIn, request: Request, server: ServerDep) -> Response:
        """Answer a question as a stream: events `stage` with `{"stage"}`, then one `answer` or `error`."""
        return _stream(server, checked(body.question, max_question_characters), of_a_page(request))

    return api


def _stream(server: Server, question: str, language: str) -> EventStream:
    """Begin to answer; an overload is still a plain 429, as nothing was sent yet. `language`: of the
    page that asks, for errors and notices; empty for a program.
    """
    loop = asyncio.get_running_loop()
    stages: asyncio.Queue[str | None] = asyncio.Queue()

    def put(stage: str | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stages.put_nowait, stage)

    try:
        future = server.admission.submit(partial(server.engine.ask, question, NO_LABELS, put))
    except AutoGPTError as error:
        server.metrics.failure(type(error).__name__)
        raise
    future.add_done_callback(lambda _: put(None))

    async def events() -> AsyncIterator[str]:
        ends = loop.time() + server.admission.timeout
        try:
            yield event("stage", {"stage": "wait"})
            while True:
                remaining = ends - loop.time()
                if remaining <= 0:
                    raise server.admission.timed_out()
                try:
                    stage = await asyncio.wait_for(stages.get(), min(KEEP_ALIVE_SECONDS, remaining))
                except TimeoutError:
                    yield KEEP_ALIVE
                    continue
                if stage is None:
                    break
                yield event("stage", {"stage": stage})
            answer: Answer = future.result()
            server.metrics.answer(answer)
            notices = tuple(map(errors(language).said, answer.notices))
            yield event("answer", AnswerOut.of(replace(answer, notices=notices)).model_dump(mode="json"))
        except AutoGPTError as error:
            server.metrics.failure(type(error).__name__)
            yield event("error", details_in(error, language))
        except Exception as error:
            server.metrics.failure("InternalError")
            log.exception("a question failed", exc_info=error)
            fault = InternalError("Something went wrong inside Auto-GPT.", "The server's log has the details.")
            yield event("error", details_in(fault, language))
        finally:
            future.cancel()

    return EventStream(events())
