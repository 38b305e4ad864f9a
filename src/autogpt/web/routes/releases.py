"""`/v1/releases`: what answers, what could, and going back."""

from fastapi import APIRouter
from fastapi.responses import Response

from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.routes.jobs import accepted
from autogpt.web.schemas import (
    ErrorOut,
    JobOut,
    PromoteIn,
    PromotionOut,
    ReleaseOut,
    ReleasesOut,
    Responses,
    RollbackIn,
)
from autogpt.web.state import ServerDep

router = APIRouter(prefix="/v1/releases", tags=["releases"], dependencies=[needs(Role.ANNOTATOR)])
MISSING: Responses = {404: {"model": ErrorOut, "description": "There is no such release."}}


@router.get("", response_model=ReleasesOut)
def list_releases(server: ServerDep) -> ReleasesOut:
    """All releases, oldest first, and the one that answers now."""
    from autogpt.services import releasing

    listed = [ReleaseOut.model_validate(one) for one in releasing.list_releases(server.store)]
    return ReleasesOut(releases=listed, serving=server.engine.release)


@router.get("/current", response_model=ReleaseOut, responses=MISSING)
def current_release(server: ServerDep) -> ReleaseOut:
    """The promoted release."""
    from autogpt.errors import NotFoundError
    from autogpt.services import releasing

    for one in releasing.list_releases(server.store):
        if one.current:
            return ReleaseOut.model_validate(one)
    raise NotFoundError("No release was promoted yet; the base models answer.", "See: autogpt release create --help")


@router.post(
    "/{version}/promote", status_code=202, response_model=JobOut, responses=MISSING, dependencies=[needs(Role.ADMIN)]
)
def promote(version: str, server: ServerDep, visitor: VisitorDep, body: PromoteIn | None = None) -> Response:
    """Measure a release against the one that answers now and make it current if the gate lets it pass. A job."""
    from autogpt.services.bundles import find_release

    find_release(server.store, version)
    force = body.force if body is not None else False
    payload = {"version": version, "force": force}
    return accepted(server.begin("promote", payload, visitor.name))


@router.post("/rollback", response_model=PromotionOut, responses=MISSING, dependencies=[needs(Role.ADMIN)])
def rollback(server: ServerDep, visitor: VisitorDep, body: RollbackIn | None = None) -> PromotionOut:
    """Make an earlier release current again: the one named, or the one before. Documents stay as they are."""
    from autogpt.services import releasing

    done = releasing.rollback(server.store, body.version if body is not None else "", by=visitor.name)
    server.engine.refresh()
    return PromotionOut.model_validate(done)
