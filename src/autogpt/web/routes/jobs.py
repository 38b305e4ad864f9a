"""`/v1/jobs`: long work, its progress as JSON or as events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from autogpt.services import jobs
from autogpt.services.people import Role
from autogpt.web.access import needs
from autogpt.web.schemas import ErrorOut, JobOut, JobsOut, Responses
from autogpt.web.sse import KEEP_ALIVE, EventStream, event
from autogpt.web.state import Server, ServerDep

#: Seconds between two looks at a job's row.
LOOK = 0.3
KEEP_ALIVE_LOOKS = 30

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], dependencies=[needs(Role.ANNOTATOR)])
MISSING: Responses = {404: {"model": ErrorOut, "description": "There is no such job."}}


@router.get("", response_model=JobsOut)
def list_jobs(server: ServerDep, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> JobsOut:
    """The newest jobs, newest first."""
    return JobsOut(jobs=[JobOut.model_validate(job) for job in jobs.list_jobs(server.store, limit)])


@router.get("/{job_id}", response_model=JobOut, responses=MISSING)
def get_job(job_id: str, server: ServerDep) -> jobs.Job:
    """How far a job is."""
    return _seen(server, job_id)


@router.post("/{job_id}/cancel", response_model=JobOut, responses=MISSING, dependencies=[needs(Role.REVIEWER)])
def cancel_job(job_id: str, server: ServerDep) -> jobs.Job:
    """Stop a job. What it finished is kept."""
    cancelled = jobs.cancel(server.store, job_id)
    server.wake_worker.set()
    return cancelled


@router.get("/{job_id}/events", response_class=EventStream, responses=MISSING)
async def job_events(job_id: str, server: ServerDep) -> Response:
    """Events `job` whenever the job changes, until it has ended."""
    first = await run_in_threadpool(_seen, server, job_id)
    return EventStream(_follow(server, first))


def _seen(server: Server, job_id: str) -> jobs.Job:
    """A job as it is; before it is shown as done, what it changed is served."""
    job = jobs.get(server.store, job_id)
    if job.state == "done":
        server.engine.refresh()
    return job


async def _follow(server: Server, job: jobs.Job) -> AsyncIterator[str]:
    yield _event(job)
    quiet = 0
    while not job.finished and not server.draining.is_set():
        await asyncio.sleep(LOOK)
        latest = await run_in_threadpool(_seen, server, job.id)
        quiet += 1
        if latest != job:
            job, quiet = latest, 0
            yield _event(job)
        elif quiet % KEEP_ALIVE_LOOKS == 0:
            yield KEEP_ALIVE


def _event(job: jobs.Job) -> str:
    return event("job", JobOut.model_validate(job).model_dump(mode="json"))
