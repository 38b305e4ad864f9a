"""Long work asked for over HTTP, as rows: queue it, watch it, stop it, take it up again after a crash.

In: a kind of job and its payload. Out: `Job`s. Knows nothing about processes: `services.working` runs a job, the web
server watches over that process.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from autogpt.errors import NotFoundError, UsageError
from autogpt.progress import Progress
from autogpt.registry import Registry
from autogpt.services.events import note as note_event
from autogpt.store import Store
from autogpt.store.store import new_id
from autogpt.store.tables import JobRow, now

#: Kind → function of (store, payload, sink) that does the work and returns the result, both plain JSON.
KINDS = Registry(
    "kind of job",
    {
        "ingest": "autogpt.services.working:ingest",
        "reparse": "autogpt.services.working:reparse",
        "train": "autogpt.services.working:train",
        "evaluate": "autogpt.services.working:evaluate",
        "release": "autogpt.services.working:release",
        "promote": "autogpt.services.working:promote",
        "measure": "autogpt.services.working:measure",
        "index": "autogpt.services.working:index",
        "preview": "autogpt.services.working_examples:preview",
        "import": "autogpt.services.working_examples:bring_in",
        "undo": "autogpt.services.working_examples:undo",
        "check": "autogpt.services.working_examples:check",
        "suspects": "autogpt.services.working_examples:suspects",
        "suggest": "autogpt.services.working_examples:suggest",
        "compare": "autogpt.services.working:compare",
    },
)

#: Kinds that train, or bring what was trained into other forms, on all cores and for up to hours. So does `suspects`
#: where it trains readers.
HEAVY = frozenset({"train", "compare", "release"})
#: Subject of the events.
SUBJECT = "job"
#: A running job whose process gave no sign for so long is taken for dead.
STALE = timedelta(seconds=20)
#: How often a job is begun before it is given up.
ATTEMPTS = 3
FINISHED = frozenset({"done", "failed", "cancelled"})
#: Folder of the workspace with what the processes of jobs wrote, and how many of the newest files are kept there.
LOGS, KEPT_LOGS = "jobs", 200


@dataclass(frozen=True, slots=True)
class Job:
    """State of one job: `queued`, `running`, `done`, `failed` or `cancelled`.

    `done` of `total` units of `stage` are finished; `message` says what is being worked on; `reason` says why a job
    failed, was cancelled or waits again; `metrics` are numbers of a running one, such as a training's loss; `result` is
    what a finished job returned. `person` asked for it, and `payload` says what was asked.
    """

    id: str
    kind: str
    state: str
    stage: str
    done: float
    total: float | None
    message: str
    result: Mapping[str, Any]
    reason: str
    created_at: datetime
    finished_at: datetime | None
    started_at: datetime | None = None
    person: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


def enqueue(store: Store, kind: str, payload: Mapping[str, Any], person: str = "") -> Job:
    """Put a job at the end of the queue, for `person`. Raises UsageError for an unknown kind."""
    _ = KINDS[kind]
    with store.session() as session:
        row = JobRow(id=new_id(), kind=kind, state="queued", payload=dict(payload), result={}, created_at=now())
        row.person = person
        session.add(row)
        session.flush()
        return _job(row)


def get(store: Store, job_id: str) -> Job:
    """Raises NotFoundError when there is no such job."""
    with store.session() as session:
        return _job(_row(session, job_id))


def list_jobs(store: Store, limit: int = 50, offset: int = 0) -> list[Job]:
    """The newest jobs but for the first `offset` of them, newest first."""
    asked = select(JobRow).order_by(JobRow.created_at.desc(), JobRow.id).limit(limit).offset(offset)
    with store.session() as session:
        return [_job(row) for row in session.scalars(asked)]


def count_jobs(store: Store) -> int:
    """How many jobs there are, those that have ended among them."""
    with store.session() as session:
        return session.scalar(select(func.count()).select_from(JobRow)) or 0


def latest(store: Store, kind: str, *states: str) -> Job | None:
    """The newest job of a kind, of these states only where any are given."""
    asked = select(JobRow).where(JobRow.kind == kind).order_by(JobRow.created_at.desc(), JobRow.id).limit(1)
    if states:
        asked = asked.where(JobRow.state.in_(states))
    with store.session() as session:
        row = session.scalar(asked)
        return _job(row) if row is not None else None


def cancel(store: Store, job_id: str, by: str = "") -> Job:
    """Stop a job: a queued one at once, a running one where it next reports. What it finished is kept.

    Args:
        by: name of who asked for it, for the events; without one none is written.

    Raises:
        NotFoundError: there is no such job.
        UsageError: it has ended already.
    """
    with store.session() as session:
        row = _row(session, job_id)
        before = row.state
        changed = session.execute(
            update(JobRow)
            .where(JobRow.id == job_id, JobRow.state.in_(("queued", "running")))
            .values(state="cancelled", reason="It was cancelled.", finished_at=now())
            .returning(JobRow.id)
        ).first()
        if changed is None:
            raise UsageError(f"The job has ended already: it is {row.state}.")
        session.refresh(row)
        if by:
            told = ({"kind": row.kind, "state": state} for state in (before, row.state))
            note_event(session, by, "cancel", (SUBJECT, job_id), *told)
        return _job(row)


def retry(store: Store, job_id: str, person: str = "") -> Job:
    """Ask for the same again, as a new job.

    Raises:
        NotFoundError: there is no such job.
        UsageError: it neither failed nor was cancelled.
    """
    with store.session() as session:
        row = _row(session, job_id)
        kind, state, payload = row.kind, row.state, dict(row.payload)
    if state not in {"failed", "cancelled"}:
        raise UsageError(f"The job is {state}; only one that failed or was cancelled is begun again.")
    payload.pop("attempts", None)
    return enqueue(store, kind, payload, person)


def claim(store: Store) -> str | None:
    """Mark the oldest queued job that may begin as running and return its id; None where none may.

    Heavy jobs (`HEAVY`) take turns among themselves, and so do all others beside them: as many run at once as the
    configuration's `jobs.heavy` and `jobs.light` say. What is brought in first is there for what was asked for later:
    a heavy job begins when the others have ended that were asked for before it.
    """
    limits = store.config.jobs
    return _claim(store, heavy=False, limit=limits.light) or _claim(store, heavy=True, limit=limits.heavy)


def _claim(store: Store, *, heavy: bool, limit: int) -> str | None:
    waiting, other, earlier = aliased(JobRow), aliased(JobRow), aliased(JobRow)
    oldest = select(waiting.id).where(waiting.state == "queued", _is_heavy(waiting, heavy))
    if heavy:
        before = earlier.created_at < waiting.created_at
        unfinished = earlier.state.in_(("queued", "running"))
        oldest = oldest.where(~select(earlier.id).where(before, unfinished, _is_heavy(earlier, False)).exists())
    oldest = oldest.order_by(waiting.created_at, waiting.id).limit(1)
    running = select(func.count()).select_from(other).where(other.state == "running", _is_heavy(other, heavy))
    with store.session() as session:
        claimed = session.execute(
            update(JobRow)
            .where(JobRow.id == oldest.scalar_subquery(), JobRow.state == "queued", running.scalar_subquery() < limit)
            .values(state="running", heartbeat_at=now(), started_at=now(), reason="")
            .returning(JobRow.id)
            .execution_options(synchronize_session=False)
        ).scalar()
        if claimed is not None:
            row = _row(session, claimed)
            row.payload = {**row.payload, "attempts": int(row.payload.get("attempts", 0)) + 1}
        return claimed


def _is_heavy(row: type[JobRow], heavy: bool) -> ColumnElement[bool]:
    """Whether a job is a heavy one, or is none."""
    trains = func.coalesce(row.payload["folds"].as_integer(), 0) > 0
    found = or_(row.kind.in_(HEAVY), and_(row.kind == "suspects", trains))
    return found if heavy else ~found


def heartbeat(store: Store, job_id: str, progress: Progress | None = None) -> bool:
    """Say that a running job is alive and how far it is; False when it should stop."""
    values: dict[str, Any] = {"heartbeat_at": now()}
    if progress is not None:
        values |= {"stage": progress.stage[:64], "done": float(progress.done), "total": progress.total}
        values["result"] = {"message": progress.message, "metrics": dict(progress.metrics)}
    with store.session() as session:
        alive = session.execute(
            update(JobRow).where(JobRow.id == job_id, JobRow.state == "running").values(**values).returning(JobRow.id)
        ).first()
        return alive is not None


def finish(store: Store, job_id: str, result: Mapping[str, Any]) -> None:
    """Mark a running job as done; a job cancelled meanwhile stays so."""
    _leave(store, job_id, state="done", result=dict(result), reason="", finished_at=now())


def fail(store: Store, job_id: str, reason: str) -> None:
    """Mark a running job as failed, with a reason for people."""
    _leave(store, job_id, state="failed", result={}, reason=reason, finished_at=now())


def put_back(store: Store, job_id: str, reason: str) -> None:
    """Return an interrupted job to the queue; after `ATTEMPTS` beginnings it fails."""
    with store.session() as session:
        row = _row(session, job_id)
        attempts = int(row.payload.get("attempts", 0))
    if attempts >= ATTEMPTS:
        fail(store, job_id, f"{reason} It was begun {attempts} times and is given up.")
    else:
        _leave(store, job_id, state="queued", result={}, reason=reason, stage="", done=0, total=None)


def release_claim(store: Store, job_id: str, reason: str) -> None:
    """Return a job to the queue that was stopped on purpose; it does not count as an attempt."""
    with store.session() as session:
        row = _row(session, job_id)
        row.payload = {**row.payload, "attempts": max(0, int(row.payload.get("attempts", 1)) - 1)}
    _leave(store, job_id, state="queued", result={}, reason=reason, stage="", done=0, total=None)


def recover(store: Store, except_for: Collection[str] = ()) -> list[str]:
    """Return running jobs without a sign of life to the queue, but for those that somebody watches over. Returns their
    ids.
    """
    with store.session() as session:
        stale = select(JobRow.id).where(JobRow.state == "running", JobRow.heartbeat_at < now() - STALE)
        found = [one for one in session.scalars(stale) if one not in except_for]
    for job_id in found:
        put_back(store, job_id, "The process that worked on it ended.")
    return found


def payload_of(store: Store, job_id: str) -> tuple[str, dict[str, Any]]:
    """Kind and payload of a job, for whoever runs it."""
    with store.session() as session:
        row = _row(session, job_id)
        return row.kind, dict(row.payload)


def note(store: Store, job_id: str, **told: Any) -> None:
    """Add to what a job was asked what became known of it: the run that a training is, for example."""
    with store.session() as session:
        row = _row(session, job_id)
        row.payload = {**row.payload, **told}


def jobs_of(store: Store, kind: str, limit: int = 200) -> list[Job]:
    """The newest jobs of one kind, newest first."""
    asked = select(JobRow).where(JobRow.kind == kind).order_by(JobRow.created_at.desc(), JobRow.id).limit(limit)
    with store.session() as session:
        return [_job(row) for row in session.scalars(asked)]


def log_file(store: Store, job_id: str) -> Path:
    """Where the process of a job writes; the folder is made, and old files are dropped."""
    folder = store.folder / LOGS
    folder.mkdir(exist_ok=True)
    kept = sorted(folder.glob("*.log"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in kept[KEPT_LOGS:]:
        old.unlink(missing_ok=True)
    return folder / f"{job_id}.log"


def log_of(store: Store, job_id: str, last: int = 20_000) -> str:
    """The end of what the process of a job wrote: at most `last` bytes of it, in whole lines. Empty without any.

    Raises NotFoundError when there is no such job.
    """
    with store.session() as session:
        _row(session, job_id)
    path = store.folder / LOGS / f"{job_id}.log"
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - last))
        text = file.read().decode(errors="replace")
    return text if size <= last else text.partition("\n")[2]


def _leave(store: Store, job_id: str, **values: Any) -> None:
    """Take a job out of `running`."""
    with store.session() as session:
        session.execute(update(JobRow).where(JobRow.id == job_id, JobRow.state == "running").values(**values))


def _row(session: Session, job_id: str) -> JobRow:
    row = session.get(JobRow, job_id)
    if row is None:
        raise NotFoundError(f"There is no job '{job_id}'.", "List them with: GET /v1/jobs")
    return row


def _job(row: JobRow) -> Job:
    ended = row.state == "done"
    return Job(
        id=row.id,
        kind=row.kind,
        state=row.state,
        stage=row.stage,
        done=row.done,
        total=row.total,
        message="" if ended else str(row.result.get("message", "")),
        result=row.result if ended else {},
        reason=row.reason,
        created_at=row.created_at,
        finished_at=row.finished_at,
        started_at=row.started_at,
        person=row.person,
        payload={key: value for key, value in row.payload.items() if key != "attempts"},
        metrics={} if ended else dict(row.result.get("metrics", {})),
    )
