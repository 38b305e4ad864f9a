"""`/releases`: what answers, what could, what is different, what the gate says; measure, promote and go back."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from autogpt.errors import AutoGPTError, NotFoundError
from autogpt.services import jobs
from autogpt.services.bundles import BASE, find_release
from autogpt.services.evaluations import list_evaluations
from autogpt.services.people import Role
from autogpt.services.release_changes import scored, trained_on
from autogpt.services.release_gate import newest_verdicts, verdicts
from autogpt.services.release_history import beside, compared, promotions
from autogpt.web.access import VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.routes.job_pages import told
from autogpt.web.state import NO_LABELS, Server, ServerDep

router = APIRouter(prefix="/releases", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])
_ADMIN = [needs(Role.ADMIN)]
#: Jobs among which that of a release is looked for.
_LOOKED_AT = 20


@router.get("")
def list_releases(request: Request, server: ServerDep) -> Response:
    return _page(request, server)


@router.get("/{version}")
def show(
    request: Request, server: ServerDep, version: str, other: Annotated[str, Query(alias="beside", max_length=64)] = ""
) -> Response:
    """A release: the gate's verdicts on it, and what is different beside another one, `base` or what answers now."""
    from autogpt.services.releasing import list_releases

    store = server.store
    listed = {one.version: one for one in list_releases(store)}
    if version not in listed:
        raise NotFoundError(f"There is no release '{version}'.", "The page Releases lists them.")
    current = next((one.version for one in listed.values() if one.current), "")
    choices = [*(one.version for one in reversed(listed.values()) if not one.problem and one.version != version), BASE]
    other = other if other in choices else beside(store, version, current)
    if other not in choices:  # what answers is damaged
        other = BASE
    judged = verdicts(store, version, NO_LABELS)
    shown = {
        "facts": compared(store, version, other),
        "release": listed[version],
        "current": current,
        "other": other,
        "choices": choices,
        "scores": scored(store, version, other),
        "trained": trained_on(store, version, other, NO_LABELS),
        "verdicts": judged,
        "kept": {one.id for one in list_evaluations(store)},
        "job": _latest_job(server, version, judged[0].when if judged else None),
        "margin": store.config.promote.margin,
    }
    return page(request, "release.html", shown)


@router.post("/{version}/measure", dependencies=[needs(Role.REVIEWER)])
def measure(server: ServerDep, visitor: VisitorDep, version: str) -> Response:
    """A job that says what the gate says of the release, and switches nothing."""
    find_release(server.store, version)
    server.begin("measure", {"version": version}, visitor.name)
    return back_to(f"/releases/{version}")


@router.post("/{version}/promote", dependencies=_ADMIN)
def promote(
    server: ServerDep, visitor: VisitorDep, version: str, force: Annotated[str, Form(max_length=8)] = ""
) -> Response:
    """A job that puts the release through the gate; `force` promotes it whatever the gate says."""
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
    shown = {
        "releases": list(reversed(list_releases(server.store))),
        "serving": server.engine.release,
        "history": history,
        "earlier": {one.version for one in history},
        "verdicts": newest_verdicts(server.store, NO_LABELS),
        "error": error,
    }
    return page(request, "releases.html", shown, error.http_status if error else 200)


def _latest_job(server: Server, version: str, judged: datetime | None) -> dict[str, Any] | None:
    """The newest job that puts a release through the gate, while it waits or works, or where it came to no verdict."""
    found = [one for kind in ("measure", "promote") for one in jobs.jobs_of(server.store, kind, _LOOKED_AT)]
    of_release = [one for one in found if one.payload.get("version") == version]
    newest = max(of_release, key=lambda one: one.created_at, default=None)
    if newest is None or newest.state == "done" or (judged and newest.finished and newest.created_at < judged):
        return None
    return told(newest)
