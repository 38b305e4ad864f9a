"""`/train`: trainings as pages: begin one, watch it, stop it and go on, compare, make a release of it."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from autogpt.config import AdaptedTrainingSection
from autogpt.errors import AutoGPTError, ConfigError, UsageError
from autogpt.services import jobs, trainings
from autogpt.services.base_choices import base_choices, runs_with_lineage
from autogpt.services.people import Role
from autogpt.services.requested import TRAININGS, changed_settings, read_settings, section_of, with_settings
from autogpt.services.training_data import ENOUGH_TRAIN, ENOUGH_VALIDATION, REASONS, choices, training_data
from autogpt.services.training_estimates import estimate, planned
from autogpt.services.trainings import (
    TRAINING_PART,
    VALIDATION_PART,
    Training,
    find_training,
    list_trainings,
    resumed,
    run_of_job,
)
from autogpt.web.access import VisitorDep, needs
from autogpt.web.chosen_examples import SINCE, SOURCES, boxes, sent_fields, typed_settings
from autogpt.web.measured_words import KINDS, METHODS
from autogpt.web.plots import plot
from autogpt.web.rendering import back_to, page
from autogpt.web.routes.job_pages import told
from autogpt.web.settings_form import FIRST, by_field, fields_of
from autogpt.web.state import Server, ServerDep

router = APIRouter(prefix="/train", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])
_ADMIN = [needs(Role.ADMIN)]

#: Trainings on one page, rows of the table of a chart, and suspected label errors that are listed.
LISTED, ROWS, SUSPECTS = 100, 40, 20


@router.get("")
def show_list(request: Request, server: ServerDep) -> Response:
    return _list(request, server)


@router.post("/compare", dependencies=_ADMIN)
def compare(
    request: Request, server: ServerDep, visitor: VisitorDep, run: Annotated[list[str] | None, Form()] = None
) -> Response:
    """A job that sets the chosen trainings side by side."""
    chosen = list(dict.fromkeys(run or ()))
    try:
        kinds = {find_training(server.store, one).kind for one in chosen}
        if len(chosen) < 2:
            raise UsageError("There is nothing to compare with.", "Choose two finished trainings or more.")
        if len(kinds) > 1:
            raise UsageError(f"These train different things: {', '.join(sorted(kinds))}.", "Choose some of one kind.")
    except AutoGPTError as error:
        return _list(request, server, error, chosen)
    return back_to(f"/train/comparisons/{server.begin('compare', {'runs': chosen}, visitor.name).id}")


@router.get("/comparisons/{job_id}")
def show_comparison(request: Request, server: ServerDep, job_id: str) -> Response:
    job = jobs.get(server.store, job_id)
    names = [str(one) for one in job.payload.get("runs", ())]
    context = {"job": told(job), "runs": names, "comparison": job.result.get("comparison")}
    return page(request, "runs_compared.html", context)


@router.get("/new", dependencies=_ADMIN)
def new(request: Request, server: ServerDep, what: Annotated[str, Query(max_length=32)] = "reader") -> Response:
    return _form(request, server, what, {})


async def _sent(request: Request) -> dict[str, str]:
    """The fields of a form, whatever they are called."""
    form = await request.form(max_fields=1_000)
    return sent_fields((key, value) for key, value in form.multi_items() if isinstance(value, str))


@router.post("/new", dependencies=_ADMIN)
def begin(
    request: Request, server: ServerDep, visitor: VisitorDep, sent: Annotated[dict[str, str], Depends(_sent)]
) -> Response:
    """Begin a training, or, where `do` is `estimate`, only tell again what it is likely to take."""
    what, typed = _typed(sent)
    return _begun(request, server, visitor.name, what, typed, only_tell=sent.get("do") == "estimate")


@router.post("/estimate", dependencies=_ADMIN)
def tell(request: Request, server: ServerDep, sent: Annotated[dict[str, str], Depends(_sent)]) -> Response:
    """What a training with these settings is likely to take, to be put into the page of the form."""
    what, typed = _typed(sent)
    settings = _asked(server, what, typed).settings
    taken = training_data(server.store, what, settings) if settings is not None else None
    told_of = estimate(server.store, settings, taken) if settings is not None and taken is not None else None
    return page(request, "estimate.html", {"estimate": told_of, "taken": taken})


@router.get("/{run_id}")
def show(request: Request, server: ServerDep, run_id: str) -> Response:
    """A training; by the id of its job too, before it is known which run that is."""
    job = _job_of(server, run_id)
    if job is not None:
        if run := run_of_job(job):
            return back_to(f"/train/{run}")
        return page(request, "run_waiting.html", {"job": told(job)})
    return page(request, "run.html", _shown(server, find_training(server.store, run_id)))


@router.post("/{run_id}/stop", dependencies=_ADMIN)
def stop(server: ServerDep, visitor: VisitorDep, run_id: str) -> Response:
    job = find_training(server.store, run_id).job
    if job is not None and not job.finished:
        jobs.cancel(server.store, job.id, visitor.name)
        server.wake_worker.set()
    return back_to(f"/train/{run_id}")


@router.post("/{run_id}/resume", dependencies=_ADMIN)
def resume(request: Request, server: ServerDep, visitor: VisitorDep, run_id: str) -> Response:
    """A job that goes on with a training from its last checkpoint."""
    try:
        server.begin("train", resumed(server.store, run_id), visitor.name)
    except UsageError as error:
        shown = _shown(server, find_training(server.store, run_id))
        return page(request, "run.html", {**shown, "error": error}, error.http_status)
    return back_to(f"/train/{run_id}")


@router.post("/{run_id}/release", dependencies=_ADMIN)
def make_release(request: Request, server: ServerDep, visitor: VisitorDep, run_id: str) -> Response:
    """A job that makes a release of a finished training, with the other models as they answer now."""
    training = find_training(server.store, run_id)
    part = PARTS.get(training.kind)
    if part is None or training.state != "done":
        error = UsageError(
            f"No release can be made of a {training.kind} that is {training.state}.",
            "Finished readers, retrievers, rerankers and classifiers become parts of a release.",
        )
        return page(request, "run.html", {**_shown(server, training), "error": error}, error.http_status)
    return back_to(f"/jobs/{server.begin('release', _release_payload(server, part, run_id), visitor.name).id}")


#: What a run of a kind is in a release.
PARTS = {"reader": "source", "retriever": "encoder", "reranker": "reranker", "classifier": "classifier"}


def _release_payload(server: Server, part: str, run_id: str) -> dict[str, str]:
    """With another part than the reader, the reader stays the one that answers now."""
    payload = {"source": "", "encoder": "", "reranker": "", "classifier": "", part: run_id}
    if part != "source":
        from autogpt.services.bundles import current_version, find_release

        version = current_version(server.store)
        run = str(find_release(server.store, version).manifest.get("run") or "") if version else ""
        payload["source"] = run or "base"
    return payload


def _job_of(server: Server, id: str) -> jobs.Job | None:
    """The job of a training with this id, if there is one."""
    try:
        job = jobs.get(server.store, id)
    except AutoGPTError:
        return None
    return job if job.kind == "train" else None


def _list(
    request: Request, server: Server, error: AutoGPTError | None = None, chosen: list[str] | None = None
) -> Response:
    context = {
        "trainings": list_trainings(server.store, LISTED),
        "waiting": [told(job) for job in trainings.waiting_jobs(server.store)],
        "comparisons": [told(job) for job in jobs.jobs_of(server.store, "compare", 5)],
        "error": error,
        "chosen": chosen or [],
    }
    return page(request, "train.html", context, error.http_status if error else 200)


def _begun(
    request: Request, server: Server, person: str, what: str, typed: dict[str, str], *, only_tell: bool
) -> Response:
    asked = _asked(server, what, typed)
    if asked.settings is None:
        return _form(request, server, what, typed, asked)
    if what == "generator" and not typed.get("base") and not server.store.config.train.generator.base:
        asked.problems["base"] = "a generator has to be started from a model that writes text"
    if only_tell or asked.problems or training_data(server.store, what, asked.settings).lacks:
        return _form(request, server, what, typed, asked, status=200 if only_tell else 422)
    settings = changed_settings(server.store, what, asked.read)
    return back_to(f"/train/{server.begin('train', {'what': what, 'settings': settings}, person).id}")


def _typed(sent: dict[str, str]) -> tuple[str, dict[str, str]]:
    """What is to be trained, and the settings as they were typed."""
    typed = {key: value for key, value in sent.items() if key not in {"what", "do", "other_base"}}
    if other := sent.get("other_base", "").strip():
        typed["base"] = other
    return sent.get("what", "reader"), typed


@dataclass(frozen=True)
class _Asked:
    """Settings as they were read from the form, and with the workspace's; None where they are not right."""

    read: dict[str, Any]
    settings: AdaptedTrainingSection | None
    problems: dict[str, str]


def _asked(server: Server, what: str, typed: dict[str, str]) -> _Asked:
    section = section_of(what)
    present = getattr(server.store.config.train, what.replace("-", "_"))
    there = asdict(choices(server.store, what))
    typed, problems = typed_settings(typed, present, there)
    read = read_settings(what, typed)
    try:
        asked = with_settings(server.store, what, read)
    except ConfigError as error:
        wrong = by_field(error.problems, f"train.{what.replace('-', '_')}", section.model_fields)
        return _Asked(read, None, wrong | problems)
    asked.close()
    return _Asked(read, None if problems else getattr(asked.config.train, what.replace("-", "_")), problems)


def _form(
    request: Request,
    server: Server,
    what: str,
    typed: dict[str, str],
    asked: _Asked | None = None,
    status: int = 0,
) -> Response:
    """The form of a new training, with what was typed, and what is wrong at its fields."""
    asked = asked or _asked(server, what, typed)
    section, wrong = section_of(what), asked.problems
    data = training_data(server.store, what, asked.settings)
    there = choices(server.store, what)
    workspace = getattr(server.store.config.train, what.replace("-", "_"))
    present = planned(workspace, data)
    told_of = estimate(server.store, asked.settings, data) if asked.settings is not None and not wrong else None
    fields = {one.key: one for one in fields_of(section, present, typed, wrong)}
    bases = base_choices(server.store, what)
    context = {
        "what": what,
        "kinds": KINDS,
        "methods": METHODS,
        "data": data,
        "taken": data if asked.settings is not None else None,
        "lacking": training_data(server.store, what).lacks,
        "since": runs_with_lineage(server.store, what),
        "chosen_since": typed.get(SINCE, ""),
        "languages_there": boxes("languages", there.languages, workspace, typed),
        "sources_there": boxes("sources", there.sources, workspace, typed),
        "source_words": SOURCES,
        "reasons": REASONS,
        "enough": (ENOUGH_TRAIN, ENOUGH_VALIDATION),
        "bases": bases,
        "base_listed": any(one.value == typed.get("base", "") for one in bases),
        "fields": fields,
        "further": [one for key, one in fields.items() if key not in FIRST],
        "folded": not any(one.value and one.key not in FIRST for one in fields.values()),
        "problems": wrong,
        "pack": server.store.config.workspace.pack,
        "estimate": told_of,
    }
    return page(request, "new_training.html", context, status or (422 if wrong else 200))


def _shown(server: Server, training: Training) -> dict[str, Any]:
    """A training as its page shows it."""
    losses, curves = training.loss_curves, training.score_curves
    metrics = training.job.metrics if training.job else {}
    return {
        "training": training,
        "job": told(training.job) if training.job else None,
        "speed": next((value for name, value in metrics.items() if name.endswith("_per_second")), None),
        "speed_of": next((name.removesuffix("_per_second") for name in metrics if name.endswith("_per_second")), ""),
        "seconds_left": metrics.get("seconds_left"),
        "loss": losses.get(TRAINING_PART),
        "held_loss": VALIDATION_PART in losses,
        "loss_plot": plot(losses),
        "curves": curves,
        "score_plot": plot(curves),
        "rows": _rows(training),
        "changed": _changed(server, training),
        "part": PARTS.get(training.kind),
        "suspects": training.suspects,
        "named": SUSPECTS,
        "error": None,
    }


def _rows(training: Training) -> list[dict[str, Any]]:
    """The numbers behind the charts: steps with a loss or a score, not more than are read."""
    name, _ = training.score
    entries = [one for one in training.history if "loss" in one or f"eval_{name}" in one]
    kept = entries[:: max(1, len(entries) // ROWS)]
    scored = [one for one in entries if f"eval_{name}" in one]
    held = dict(training.loss_curves.get(VALIDATION_PART, ()))
    both = sorted({id(one): one for one in (*kept, *scored)}.values(), key=lambda one: one["step"])
    return [
        {
            "step": int(one["step"]),
            "loss": one.get("loss"),
            "held_loss": held.get(one["step"]) if f"eval_{name}" in one else None,
            "score": one.get(f"eval_{name}"),
            "epoch": one.get("epoch"),
        }
        for one in both
    ]


def _changed(server: Server, training: Training) -> dict[str, Any]:
    """Settings of a training that are other than those of a section without any."""
    if training.kind not in set(TRAININGS):
        return {}
    standard = section_of(training.kind)().model_dump(mode="json")
    told_of = training.settings
    return {key: told_of[key] for key in standard if key != "base" and key in told_of and told_of[key] != standard[key]}
