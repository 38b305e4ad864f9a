"""`/jobs`: long work as a page: what runs, how far it is, why it failed; stop it, begin it again, read its log."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from autogpt.errors import UsageError
from autogpt.services import jobs
from autogpt.services.events import history
from autogpt.services.ingest_status import files_of
from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.routes.jobs import may, require_may
from autogpt.web.state import NO_LABELS, ServerDep

router = APIRouter(prefix="/jobs", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])

#: Jobs on one page.
LISTED = 50


@router.get("")
def list_jobs(
    request: Request, server: ServerDep, visitor: VisitorDep, at: Annotated[int, Query(ge=0)] = 0
) -> Response:
    listed = jobs.list_jobs(server.store, LISTED, at)
    shown = {
        "jobs": [told(job) for job in listed],
        "may": {job.id: may(visitor, job) for job in listed},
        "total": jobs.count_jobs(server.store),
        "at": at,
        "size": LISTED,
    }
    return page(request, "jobs.html", shown)


@router.get("/{job_id}")
def show(request: Request, server: ServerDep, visitor: VisitorDep, job_id: str) -> Response:
    job = jobs.get(server.store, job_id)
    log = jobs.log_of(server.store, job_id) if visitor.role.may(Role.REVIEWER) else None
    files = files_of(server.store, job, NO_LABELS)
    stopped = next((one for one in history(server.store, jobs.SUBJECT, job_id) if one.action == "cancel"), None)
    shown = {"job": told(job), "may": {job.id: may(visitor, job)}, "log": log, "files": files, "stopped": stopped}
    return page(request, "job.html", shown)


@router.post("/{job_id}/cancel")
def cancel(server: ServerDep, visitor: VisitorDep, job_id: str) -> Response:
    require_may(visitor, jobs.get(server.store, job_id))
    with suppress(UsageError):  # it ended while the button was pressed; the page says how
        jobs.cancel(server.store, job_id, visitor.name)
    server.wake_worker.set()
    return back_to(f"/jobs/{job_id}")


@router.post("/{job_id}/retry")
def retry(server: ServerDep, visitor: VisitorDep, job_id: str) -> Response:
    require_may(visitor, jobs.get(server.store, job_id))
    again = jobs.retry(server.store, job_id, visitor.name)
    server.wake_worker.set()
    return back_to(f"/jobs/{again.id}")


def told(job: jobs.Job) -> dict[str, Any]:
    """A job as the page shows it."""
    ended = job.finished_at or datetime.now(UTC)
    return {
        "id": job.id,
        "kind": job.kind,
        "about": _about(job),
        "state": job.state,
        "stage": job.stage,
        "share": min(100, round(100 * job.done / job.total)) if job.total else None,
        "message": job.message,
        "reason": job.reason,
        "person": job.person,
        "created_at": job.created_at,
        "seconds": round((ended - job.started_at).total_seconds()) if job.started_at else None,
        "metrics": {name: value for name, value in job.metrics.items() if isinstance(value, int | float)},
        "result": job.result,
        "finished": job.finished,
    }


def _about(job: jobs.Job) -> str:
    """What the work is done on: the names of files, a training, a release."""
    payload = job.payload
    if job.kind == "ingest":
        names = [str(source).rpartition("/")[2] for source in payload.get("sources", ())]
        return ", ".join(names[:3]) + (f" (+{len(names) - 3})" if len(names) > 3 else "")
    return str(
        payload.get("name")
        or payload.get("what")
        or payload.get("version")
        or payload.get("release")
        or payload.get("source")
        or ""
    )
