"""`/v1/runs` and `/v1/evaluations`: trainings with their curves, measurements with their scores; go on with one."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from autogpt.services.evaluation_views import view
from autogpt.services.evaluations import list_evaluations
from autogpt.services.people import Role
from autogpt.services.trainings import find_training, list_trainings, resumed
from autogpt.web.access import VisitorDep, needs
from autogpt.web.measured_schemas import (
    EvaluationDetailsOut,
    EvaluationOut,
    EvaluationsOut,
    RunDetailsOut,
    RunOut,
    RunsOut,
)
from autogpt.web.routes.jobs import accepted
from autogpt.web.schemas import ErrorOut, JobOut, Responses
from autogpt.web.state import NO_LABELS, ServerDep

router = APIRouter(prefix="/v1", dependencies=[needs(Role.ANNOTATOR)])
MISSING: Responses = {404: {"model": ErrorOut, "description": "There is none of that id."}}


@router.get("/runs", response_model=RunsOut, tags=["runs"])
def list_runs(server: ServerDep, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> RunsOut:
    """The newest trainings, newest first."""
    return RunsOut(runs=[RunOut.of(one) for one in list_trainings(server.store, limit)])


@router.get("/runs/{run_id}", response_model=RunDetailsOut, responses=MISSING, tags=["runs"])
def get_run(run_id: str, server: ServerDep) -> RunDetailsOut:
    """A training with all that it logged."""
    return RunDetailsOut.of(find_training(server.store, run_id))


@router.post(
    "/runs/{run_id}/resume",
    status_code=202,
    response_model=JobOut,
    responses=MISSING,
    tags=["runs"],
    dependencies=[needs(Role.ADMIN)],
)
def resume_run(run_id: str, server: ServerDep, visitor: VisitorDep) -> Response:
    """Go on with a training that was stopped or failed, from its last checkpoint. A job, which fails and says why where
    its examples or its base have changed since.
    """
    return accepted(server.begin("train", resumed(server.store, run_id), visitor.name))


@router.get("/evaluations", response_model=EvaluationsOut, tags=["evaluations"])
def evaluations(server: ServerDep) -> EvaluationsOut:
    """All measurements that were kept, newest first. `POST /v1/jobs` makes one."""
    return EvaluationsOut(evaluations=[EvaluationOut.of(one) for one in list_evaluations(server.store)])


@router.get(
    "/evaluations/{evaluation_id}", response_model=EvaluationDetailsOut, responses=MISSING, tags=["evaluations"]
)
def get_evaluation(evaluation_id: str, server: ServerDep) -> EvaluationDetailsOut:
    """Scores with intervals, what each threshold would give, and how many misses each stage caused; no texts."""
    return EvaluationDetailsOut.of_view(view(server.store, evaluation_id, NO_LABELS, opens_sealed=False))
