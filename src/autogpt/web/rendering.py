"""Draws pages: a template with what all of them show.

In: a request, the name of a template, its context. Out: a response. Templates come from this package alone.
"""

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from autogpt.services.people import Role
from autogpt.web.state import Server

_TEMPLATES = Jinja2Templates(Path(__file__).parent / "templates")


def page(request: Request, template: str, context: dict[str, Any] | None = None, status: int = 200) -> Response:
    """A page of the workspace, for whoever asks for it."""
    server: Server = request.app.state.server
    visitor = getattr(request.state, "visitor", None)
    shared = {
        "name": server.store.config.workspace.name,
        "visitor": visitor,
        "may_admit": visitor is not None and visitor.role.may(Role.ADMIN),
        "may_bring": visitor is not None and visitor.role.may(Role.REVIEWER),
        "signed_in": visitor is not None and not server.access.open,
        "open_to_all": server.access.open,
    }
    return _TEMPLATES.TemplateResponse(request, template, {**shared, **(context or {})}, status_code=status)


def back_to(path: str) -> Response:
    """What a form that was taken answers: go on to a page, which a reload does not send again."""
    return RedirectResponse(path, 303)
