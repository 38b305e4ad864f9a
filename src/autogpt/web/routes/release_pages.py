"""`/releases`: what answers, what could, what is different; promote and go back."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from autogpt.errors import AutoGPTError
from autogpt.services.people import Role
from autogpt.services.release_history import compared, promotions
from autogpt.web.access import VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.state import Server, ServerDep

router = APIRouter(prefix="/releases", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])
_ADMIN = [needs(Role.ADMIN)]


@router.get("")
def list_releases(request: Request, server: ServerDep) -> Response:
    return _page(request, server)


@router.get("/{version}")
def show(request: Request, server: ServerDep, version: str) -> Response:
    from autogpt.services.releasing import list_releases

    listed = {one.version: one for one in list_releases(server.store)}
    current = next((one.version for one in listed.values() if one.current), "")
    told = {"facts": compared(server.store, version, current), "release": listed.get(version), "current": current}
    return page(request, "release.html", told)


@router.post("/{version}/promote", dependencies=_ADMIN)
def promote(
    server: ServerDep, visitor: VisitorDep, version: str, force: Annotated[str, Form(max_length=8)] = ""
) -> Response:
    """A job that puts the release through the gate; `force` promotes it whatever the gate says."""
    from autogpt.services.bundles import find_release

    find_release(server.store, version)
    job = server.begin("promote", {"version": version, "force": bool(force)}, visitor.name)
    return back_to(f"/jobs/{job.id}")


@router.post("/rollback", dependencies=_ADMIN)
def rollback(
    request: Request, server: ServerDep, visitor: VisitorDep, version: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    from autogpt.services import releasing

    try:
        releasing.rollback(server.store, version, by=visitor.name)
    except AutoGPTError as error:
        return _page(request, server, error)
    server.engine.refresh()
    return back_to("/releases")


def _page(request: Request, server: Server, error: AutoGPTError | None = None) -> Response:
    from autogpt.services.releasing import list_releases

    history = promotions(server.store)
    told = {
        "releases": list(reversed(list_releases(server.store))),
        "serving": server.engine.release,
        "history": history,
        "earlier": {one.version for one in history},
        "error": error,
    }
    return page(request, "releases.html", told, error.http_status if error else 200)
