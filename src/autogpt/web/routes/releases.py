"""`/v1/releases`: what answers, what could, what the gate says of it, and going back."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import Response

from autogpt.services.people import Role
from autogpt.services.release_gate import GateReport, newest_verdicts
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
from autogpt.web.state import NO_LABELS, ServerDep

if TYPE_CHECKING:
    from autogpt.services.releasing import ReleaseSummary

router = APIRouter(prefix="/v1/releases", tags=["releases"], dependencies=[needs(Role.ANNOTATOR)])
MISSING: Responses = {404: {"model": ErrorOut, "description": "There is no such release."}}


@router.get("", response_model=ReleasesOut)
def list_releases(server: ServerDep) -> ReleasesOut:
    """All releases, oldest first, each with the gate's newest verdict, and the one that answers now."""
    from autogpt.services import releasing

    judged = newest_verdicts(server.store, NO_LABELS)
    listed = [_out(one, judged.get(one.version)) for one in releasing.list_releases(server.store)]
    return ReleasesOut(releases=listed, serving=server.engine.release)


@router.get("/current", response_model=ReleaseOut, responses=MISSING)
def current_release(server: ServerDep) -> ReleaseOut:
    """The promoted release."""
    from autogpt.errors import NotFoundError
    from autogpt.services import releasing

    for one in releasing.list_releases(server.store):
        if one.current:
            return _out(one, newest_verdicts(server.store, NO_LABELS).get(one.version))
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


@router.post(
    "/{version}/measure", status_code=202, response_model=JobOut, responses=MISSING, dependencies=[needs(Role.REVIEWER)]
)
def measure(version: str, server: ServerDep, visitor: VisitorDep) -> Response:
    """Put a release through the gate, beside the one that answers now, and switch nothing. A job; its result is the
    verdict, which is kept with the release.
    """
    from autogpt.services.bundles import find_release

    find_release(server.store, version)
    return accepted(server.begin("measure", {"version": version}, visitor.name))


@router.post("/rollback", response_model=PromotionOut, responses=MISSING, dependencies=[needs(Role.ADMIN)])
def rollback(server: ServerDep, visitor: VisitorDep, body: RollbackIn | None = None) -> PromotionOut:
    """Make an earlier release current again: the one named, or the one before. Documents stay as they are."""
    from autogpt.services import releasing

    done = releasing.rollback(server.store, body.version if body is not None else "", by=visitor.name)
    server.engine.refresh()
    return PromotionOut.model_validate(done)


def _out(release: "ReleaseSummary", judged: GateReport | None) -> ReleaseOut:
    return ReleaseOut.model_validate({**asdict(release), "gate": judged.to_json() if judged else None})
