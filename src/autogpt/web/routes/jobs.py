"""`/v1/jobs`: long work: ask for it, see its progress as JSON or as events, stop it, ask again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from autogpt.errors import ForbiddenError, UsageError
from autogpt.records import Split
from autogpt.services import jobs
from autogpt.services.gold_sets import find_gold_set
from autogpt.services.ingest_status import files_of
from autogpt.services.people import Role
from autogpt.services.requested import with_settings
from autogpt.web.access import Visitor, VisitorDep, needs
from autogpt.web.doing import in_words
from autogpt.web.said import errors
from autogpt.web.schemas import (
    ErrorOut,
    EvaluateIn,
    FileOut,
    FilesOut,
    JobIn,
    JobOut,
    JobsOut,
    ReleaseIn,
    Responses,
    SuggestIn,
    TrainIn,
)
from autogpt.web.sse import KEEP_ALIVE, EventStream, event
from autogpt.web.state import NO_LABELS, Server, ServerDep
from autogpt.web.translations import of_a_page

#: Seconds between two looks at a job's row.
LOOK = 0.3
KEEP_ALIVE_LOOKS = 30

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], dependencies=[needs(Role.ANNOTATOR)])
MISSING: Responses = {404: {"model": ErrorOut, "description": "There is no such job."}}
#: Kinds of jobs that somebody with this role may begin, stop and begin again; others take an admin.
_ROLES = dict.fromkeys(
    ("ingest", "reparse", "preview", "import", "undo", "check", "suspects", "suggest", "evaluate", "measure"),
    Role.REVIEWER,
)


@router.get("", response_model=JobsOut)
def list_jobs(
    server: ServerDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> JobsOut:
    """The newest jobs but for the first `offset` of them, newest first."""
    listed = jobs.list_jobs(server.store, limit, offset)
    return JobsOut(jobs=[JobOut.model_validate(job) for job in listed], total=jobs.count_jobs(server.store))


@router.post("", status_code=202, response_model=JobOut, dependencies=[needs(Role.REVIEWER)])
def begin(body: Annotated[JobIn, Body()], server: ServerDep, visitor: VisitorDep) -> Response:
    """Ask for a training, an evaluation, a release or suggested questions. The header Location leads to the job. All
    but suggestions and an evaluation on the validation part or a gold set takes the role admin.
    """
    payload = body.model_dump(exclude={"kind"})
    if isinstance(body, EvaluateIn) and body.gold:
        find_gold_set(server.store, body.gold)
        del payload["part"]
    elif isinstance(body, EvaluateIn):
        require_may_evaluate(visitor, body.part)
        del payload["gold"], payload["alone"]
    elif not isinstance(body, SuggestIn):
        _require(visitor, Role.ADMIN)
    if isinstance(body, TrainIn):
        with_settings(server.store, body.what, body.settings).close()
    if isinstance(body, ReleaseIn):
        require_no_folders(payload)
    return accepted(server.begin(body.kind, payload, visitor.name))


@router.get("/{job_id}", response_model=JobOut, responses=MISSING)
def get_job(job_id: str, server: ServerDep) -> jobs.Job:
    """How far a job is."""
    return _seen(server, job_id)


@router.post("/{job_id}/cancel", response_model=JobOut, responses=MISSING)
def cancel_job(job_id: str, server: ServerDep, visitor: VisitorDep) -> jobs.Job:
    """Stop a job. What it finished is kept."""
    require_may(visitor, jobs.get(server.store, job_id))
    cancelled = jobs.cancel(server.store, job_id, visitor.name)
    server.wake_worker.set()
    return cancelled


@router.post("/{job_id}/retry", status_code=202, response_model=JobOut, responses=MISSING)
def retry_job(job_id: str, server: ServerDep, visitor: VisitorDep) -> Response:
    """Ask for the same again, where a job failed or was cancelled. A training goes on where it was."""
    require_may(visitor, jobs.get(server.store, job_id))
    again = jobs.retry(server.store, job_id, visitor.name)
    server.wake_worker.set()
    return accepted(again)


@router.get("/{job_id}/log", response_class=PlainTextResponse, responses=MISSING, dependencies=[needs(Role.REVIEWER)])
def job_log(job_id: str, server: ServerDep) -> str:
    """The end of what the job's process wrote."""
    return jobs.log_of(server.store, job_id)


@router.get("/{job_id}/files", response_model=FilesOut, responses=MISSING)
def job_files(job_id: str, request: Request, server: ServerDep) -> FilesOut:
    """What has become of each file that a job of the kind `ingest` brings in."""
    said = errors(of_a_page(request)).said
    told = files_of(server.store, _seen(server, job_id), NO_LABELS)
    return FilesOut(files=[FileOut.model_validate(replace(one, reason=said(one.reason))) for one in told])


@router.get("/{job_id}/events", response_class=EventStream, responses=MISSING)
async def job_events(job_id: str, request: Request, server: ServerDep) -> Response:
    """Events `job` whenever the job changes, until it has ended. Beside the job's fields stands `doing`: stage and
    message in the language of the page that asks.
    """
    first = await run_in_threadpool(_seen, server, job_id)
    return EventStream(_follow(server, first, of_a_page(request)))


def accepted(job: jobs.Job) -> Response:
    """The answer to a request that became a job."""
    out = JobOut.model_validate(job).model_dump(mode="json")
    return JSONResponse(out, 202, headers={"Location": f"/v1/jobs/{job.id}"})


def may(visitor: Visitor, job: jobs.Job) -> bool:
    """Whether a visitor may begin and stop a job of this kind."""
    return visitor.role.may(_least(job))


def require_may(visitor: Visitor, job: jobs.Job) -> None:
    """Raises ForbiddenError for who may neither begin nor stop a job of this kind."""
    _require(visitor, _least(job))


def require_may_evaluate(visitor: Visitor, part: str) -> None:
    """Raises ForbiddenError for who may not measure on a part: the test part is sealed for all but admins."""
    _require(visitor, Role.ADMIN if part == Split.TEST else Role.REVIEWER)


def require_admin(visitor: Visitor) -> None:
    """Raises ForbiddenError for who may neither train, also as a part of something else, nor divide the examples."""
    _require(visitor, Role.ADMIN)


def _least(job: jobs.Job) -> Role:
    if job.kind == "suspects" and job.payload.get("folds"):  # it trains
        return Role.ADMIN
    if job.kind == "evaluate" and job.payload.get("part") == Split.TEST:
        return Role.ADMIN
    return _ROLES.get(job.kind, Role.ADMIN)


def _require(visitor: Visitor, least: Role) -> None:
    if not visitor.role.may(least):
        raise ForbiddenError(f"This takes the role {least}; yours is {visitor.role}.")


def require_no_folders(payload: dict[str, str]) -> None:
    """Raises UsageError where a part of a release is named by a path: over HTTP only runs of the workspace are."""
    for part, named in payload.items():
        if any(sign in named for sign in "/\\~"):
            raise UsageError(f"{part}: '{named}' is a path.", "Name a run of this workspace: autogpt models list")


def _seen(server: Server, job_id: str) -> jobs.Job:
    """A job as it is; before it is shown as done, what it changed is served."""
    job = jobs.get(server.store, job_id)
    if job.state == "done":
        server.engine.refresh()
    return job


async def _follow(server: Server, job: jobs.Job, language: str) -> AsyncIterator[str]:
    yield _event(job, language)
    quiet = 0
    while not job.finished and not server.draining.is_set():
        await asyncio.sleep(LOOK)
        latest = await run_in_threadpool(_seen, server, job.id)
        quiet += 1
        if latest != job:
            job, quiet = latest, 0
            yield _event(job, language)
        elif quiet % KEEP_ALIVE_LOOKS == 0:
            yield KEEP_ALIVE


def _event(job: jobs.Job, language: str) -> str:
    return event("job", in_words(JobOut.model_validate(job).model_dump(mode="json"), language))
