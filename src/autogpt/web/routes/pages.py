"""The pages of questions: chat, search, and the API reference."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from autogpt import __version__
from autogpt.services import documents
from autogpt.web.rendering import page
from autogpt.web.schemas import MAX_PASSAGES
from autogpt.web.state import ServerDep

router = APIRouter(include_in_schema=False)


@router.get("/")
def chat(request: Request, server: ServerDep) -> Response:
    """The chat page."""
    documents_held, vetted = documents.count_sources(server.store)
    context = {
        "max_question": server.store.config.answer.max_question_characters,
        "documents": documents_held,
        "vetted": vetted,
        "sources": _in_words(documents_held, vetted),
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


@router.get("/favicon.ico")
async def favicon() -> Response:
    return RedirectResponse("/static/icon.svg", 301)


def _in_words(held: int, vetted: int) -> str:
    """`25 documents and 120 vetted answers`."""
    parts = [(held, "document"), (vetted, "vetted answer")]
    return " and ".join(f"{count:,} {word}{'s' if count != 1 else ''}" for count, word in parts if count)
