"""The pages of questions: chat, search, and the API reference."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from autogpt import __version__
from autogpt.services import documents
from autogpt.web.paths import inside
from autogpt.web.rendering import back_to, page
from autogpt.web.schemas import MAX_PASSAGES
from autogpt.web.state import ServerDep
from autogpt.web.translations import COOKIE, LANGUAGES

router = APIRouter(include_in_schema=False)


@router.get("/")
def chat(request: Request, server: ServerDep) -> Response:
    """The chat page."""
    documents_held, vetted = documents.count_sources(server.store)
    context = {
        "max_question": server.store.config.answer.max_question_characters,
        "documents": documents_held,
        "vetted": vetted,
        "suggestions": documents.sample_questions(server.store),
        "release": server.engine.release,
        "version": __version__,
    }
    return page(request, "chat.html", context)


@router.get("/retrieval")
def retrieval(request: Request, server: ServerDep) -> Response:
    """The test page of the search."""
    config = server.store.config
    context = {
        "max_question": config.answer.max_question_characters,
        "max_passages": MAX_PASSAGES,
        "passages": min(config.retrieve.passages, MAX_PASSAGES),
        "documents": documents.count_sources(server.store)[0],
        "suggestions": documents.sample_questions(server.store),
    }
    return page(request, "retrieval.html", context)


@router.get("/docs")
def reference(request: Request) -> Response:
    """The API reference, drawn from /openapi.json by Swagger UI from this package."""
    return page(request, "docs.html")


@router.post("/language")
async def choose_language(request: Request, to: Annotated[str, Form(max_length=8)] = "") -> Response:
    """Keep the language that the switch was set to, in a cookie of a year."""
    response = back_to(inside(request.query_params.get("next", "/")))
    if to in LANGUAGES:
        response.set_cookie(COOKIE, to, max_age=365 * 24 * 3600, httponly=True, samesite="lax")
    return response


@router.get("/favicon.ico")
async def favicon() -> Response:
    return RedirectResponse("/static/icon.svg", 301)
