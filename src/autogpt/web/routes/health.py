"""`/healthz`, `/readyz`, `/metrics`: for load balancers and operators."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from autogpt import __version__
from autogpt.monitor.metrics import Metrics
from autogpt.services.people import Role
from autogpt.web.access import needs
from autogpt.web.schemas import HealthOut, ReadyOut
from autogpt.web.state import ServerDep

router = APIRouter(tags=["operations"])


@router.get("/healthz", response_model=HealthOut)
async def healthz() -> HealthOut:
    """The process runs."""
    return HealthOut(version=__version__)


@router.get("/readyz", response_model=ReadyOut, responses={503: {"model": ReadyOut, "description": "Not ready."}})
async def readyz(server: ServerDep) -> JSONResponse:
    """Questions can be answered: a release or the base models are open, and the server is not shutting down."""
    if server.draining.is_set():
        state = ReadyOut(ready=False, release=server.engine.release, reason="The server is shutting down.")
    elif server.engine.ready:
        state = ReadyOut(ready=True, release=server.engine.release)
    else:
        reason, hint = server.engine.why_not
        state = ReadyOut(ready=False, reason=reason, hint=hint)
    return JSONResponse(state.model_dump(), 200 if state.ready else 503)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
    dependencies=[needs(Role.ADMIN)],
)
def metrics(server: ServerDep) -> Response:
    """Counters and histograms in Prometheus' text form."""
    return Response(server.metrics.exposition(), media_type=Metrics.content_type)
