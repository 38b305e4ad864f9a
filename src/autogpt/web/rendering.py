"""Draws pages: a template with what all of them show, in the visitor's language.

In: a request, the name of a template, its context. Out: a response. Templates come from this package alone.
"""

from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, select_autoescape

from autogpt.services.people import Role
from autogpt.web.doing import doing
from autogpt.web.measured_words import measure
from autogpt.web.said import errors
from autogpt.web.state import Server
from autogpt.web.translations import LANGUAGES, catalogue, language_of

TEMPLATES = Path(__file__).parent / "templates"


def page(request: Request, template: str, context: dict[str, Any] | None = None, status: int = 200) -> Response:
    """A page of the workspace, for whoever asks for it."""
    server: Server = request.app.state.server
    visitor = getattr(request.state, "visitor", None)
    language = language_of(request)
    shared = {
        "name": server.store.config.workspace.name,
        "visitor": visitor,
        "may_admit": visitor is not None and visitor.role.may(Role.ADMIN),
        "may_annotate": visitor is not None and visitor.role.may(Role.ANNOTATOR),
        "may_bring": visitor is not None and visitor.role.may(Role.REVIEWER),
        "signed_in": visitor is not None and not server.access.open,
        "open_to_all": server.access.open,
        "language": language,
        "languages": LANGUAGES,
        "translations": catalogue(language).of_modules,
        "here": f"{request.url.path}?{request.url.query}".rstrip("?"),
    }
    return templates(language).TemplateResponse(request, template, {**shared, **(context or {})}, status_code=status)


def back_to(path: str) -> Response:
    """What a form that was taken answers: go on to a page, which a reload does not send again."""
    return RedirectResponse(path, 303)


@cache
def templates(language: str) -> Jinja2Templates:
    """The templates of this package, with the words of a language."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(), extensions=["jinja2.ext.i18n"]
    )
    words = catalogue(language)
    known = errors(language)
    environment.filters |= {"said": known.said, "linked": known.linked, "doing": partial(doing, language)}
    environment.filters["measure"] = partial(measure, words)
    environment.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return Jinja2Templates(env=environment)
