"""The pages: chat, search, login, API reference. Templates and modules come from this package alone."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from autogpt import __version__
from autogpt.services import documents
from autogpt.web.auth import COOKIE, SESSION
from autogpt.web.gate import PAGES
from autogpt.web.schemas import MAX_PASSAGES
from autogpt.web.state import ServerDep

WEB = Path(__file__).parent.parent
templates = Jinja2Templates(WEB / "templates")
router = APIRouter(include_in_schema=False)


@router.get("/")
def chat(request: Request, server: ServerDep) -> Response:
    """The chat page."""
    config = server.store.config
    documents_held, vetted = documents.count_sources(server.store)
    context = {
        "name": config.workspace.name,
        "max_question": config.answer.max_question_characters,
        "documents": documents_held,
        "vetted": vetted,
        "sources": _in_words(documents_held, vetted),
        "suggestions": documents.sample_questions(server.store),
        "release": server.engine.release,
        "login": server.key is not None,
        "version": __version__,
    }
    return templates.TemplateResponse(request, "chat.html", context)


@router.get("/retrieval")
def retrieval(request: Request, server: ServerDep) -> Response:
    """The test page of the search."""
    config = server.store.config
    context = {
        "name": config.workspace.name,
        "max_question": config.answer.max_question_characters,
        "max_passages": MAX_PASSAGES,
        "passages": min(config.retrieve.passages, MAX_PASSAGES),
        "documents": documents.count_sources(server.store)[0],
        "suggestions": documents.sample_questions(server.store),
        "login": server.key is not None,
    }
    return templates.TemplateResponse(request, "retrieval.html", context)


@router.get("/docs")
async def reference(request: Request, server: ServerDep) -> Response:
    """The API reference, drawn from /openapi.json by Swagger UI from this package."""
    return templates.TemplateResponse(request, "docs.html", {"name": server.store.config.workspace.name})


@router.get("/login")
async def login_form(request: Request, server: ServerDep) -> Response:
    if server.key is None:
        return RedirectResponse("/", 303)
    return _login_page(request, server.store.config.workspace.name, 200)


@router.post("/login")
async def login(request: Request, server: ServerDep, key: Annotated[str, Form(max_length=1000)] = "") -> Response:
    """Exchange the key for a cookie that scripts cannot read and other sites cannot send."""
    if server.key is None:
        return RedirectResponse("/", 303)
    if not server.key.matches(key.strip()):
        return _login_page(request, server.store.config.workspace.name, 401)
    response = RedirectResponse(_inside(request.query_params.get("next", "/")), 303)
    response.set_cookie(
        COOKIE,
        server.key.session(),
        max_age=SESSION,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout")
async def logout() -> Response:
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


@router.get("/favicon.ico")
async def favicon() -> Response:
    return RedirectResponse("/static/icon.svg", 301)


def _in_words(held: int, vetted: int) -> str:
    """`25 documents and 120 vetted answers`."""
    parts = [(held, "document"), (vetted, "vetted answer")]
    return " and ".join(f"{count:,} {word}{'s' if count != 1 else ''}" for count, word in parts if count)


def _login_page(request: Request, name: str, status: int) -> Response:
    context = {"name": name, "failed": status == 401, "next": _inside(request.query_params.get("next", "/"))}
    return templates.TemplateResponse(request, "login.html", context, status_code=status)


def _inside(path: str) -> str:
    """The address of a page of this server, never another site's."""
    return path if path.partition("?")[0] in PAGES else "/"
