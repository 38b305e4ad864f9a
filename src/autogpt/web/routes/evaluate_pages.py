"""`/evaluate`: measurements as pages: measure a release, see where it misses, choose a threshold, compare two."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.responses import Response

from autogpt.errors import AutoGPTError, UsageError
from autogpt.records import Split
from autogpt.services import evaluations, gold_sets, jobs
from autogpt.services.evaluation_views import View, seen_changes, view
from autogpt.services.people import Role
from autogpt.services.training_data import training_data
from autogpt.web.access import Visitor, VisitorDep, needs
from autogpt.web.measured_words import MEASURES
from autogpt.web.plots import Points, plot
from autogpt.web.rendering import back_to, page
from autogpt.web.routes.job_pages import told
from autogpt.web.routes.jobs import require_may_evaluate
from autogpt.web.state import NO_LABELS, Server, ServerDep
from autogpt.web.uploads import MEGABYTE, safe_name

#: Misses on one page, evaluations in the list, values of a slice.
SHOWN, LISTED, VALUES = 50, 100, 40
#: Before the id of a gold set on which the reader alone is measured.
_ALONE = "alone:"
_REVIEWER = [needs(Role.REVIEWER)]


def router(max_file_mb: int) -> APIRouter:
    """The routes. A gold set of more than `max_file_mb` is refused."""
    api = APIRouter(prefix="/evaluate", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])

    @api.get("")
    def show_list(request: Request, server: ServerDep) -> Response:
        return _list(request, server)

    @api.post("", dependencies=_REVIEWER)
    def begin(
        request: Request,
        server: ServerDep,
        visitor: VisitorDep,
        release: Annotated[str, Form(max_length=64)] = "",
        on: Annotated[str, Form(max_length=64)] = Split.VALIDATION,
    ) -> Response:
        """A job that measures a release; `on` is a part of the workspace, or the id of a gold set, after `alone:` with
        the reader alone.
        """
        try:
            payload = _asked(server, visitor, release, on)
        except AutoGPTError as error:
            return _list(request, server, error)
        return back_to(f"/evaluate/{server.begin('evaluate', payload, visitor.name).id}")

    @api.post("/gold", dependencies=_REVIEWER)
    def add_gold(request: Request, server: ServerDep, visitor: VisitorDep, file: UploadFile) -> Response:
        try:
            name = safe_name(file.filename or "")
            if not file.filename:
                raise UsageError("No file was chosen.", "Choose a file of questions.")
            gold_sets.add_gold_set(server.store, name, file.file.read, max_file_mb * MEGABYTE, visitor.name)
        except AutoGPTError as error:
            return _list(request, server, error)
        return back_to("/evaluate")

    @api.post("/gold/{gold_id}/remove", dependencies=_REVIEWER)
    def remove_gold(server: ServerDep, visitor: VisitorDep, gold_id: str) -> Response:
        gold_sets.remove_gold_set(server.store, gold_id, visitor.name)
        return back_to("/evaluate")

    @api.post("/gold/{gold_id}/restore", dependencies=_REVIEWER)
    def restore_gold(request: Request, server: ServerDep, visitor: VisitorDep, gold_id: str) -> Response:
        """Bring a gold set back that was removed."""
        try:
            gold_sets.restore_gold_set(server.store, gold_id, visitor.name)
        except AutoGPTError as error:
            return _list(request, server, error)
        return back_to("/evaluate")

    @api.get("/compare")
    def compare(
        request: Request,
        server: ServerDep,
        visitor: VisitorDep,
        before: Annotated[str, Query(max_length=64)] = "",
        after: Annotated[str, Query(max_length=64)] = "",
    ) -> Response:
        """Two measurements side by side, by the rule of the promotion gate."""
        try:
            if not before or not after or before == after:
                raise UsageError("There is nothing to compare with.", "Choose two different evaluations.")
            compared = evaluations.compare_evaluations(server.store, before, after)
        except UsageError as error:
            return _list(request, server, error)
        opens = visitor.role.may(Role.ADMIN)
        changes = seen_changes(server.store, compared, (before, after), NO_LABELS, opens)
        context = {
            "compared": compared,
            "parts": [one for one in (compared.verdict.overall, *compared.verdict.slices) if one is not None],
            "before": evaluations.find_evaluation(server.store, before),
            "after": evaluations.find_evaluation(server.store, after),
            "changes": changes[:SHOWN],
            "hidden": len(compared.changes) - min(SHOWN, len(changes)),
            "measures": MEASURES,
            "margin": server.store.config.promote.margin,
        }
        return page(request, "evaluations_compared.html", context)

    @api.get("/{evaluation_id}")
    def show(
        request: Request,
        server: ServerDep,
        visitor: VisitorDep,
        evaluation_id: str,
        cause: Annotated[str, Query(max_length=32)] = "",
        threshold: Annotated[int | None, Query(ge=0, le=100)] = None,
        at: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        """A measurement; while it is made, its job. `threshold` is a confidence in percent."""
        try:
            shown = view(server.store, evaluation_id, NO_LABELS, visitor.role.may(Role.ADMIN))
        except AutoGPTError:
            job = jobs.get(server.store, evaluation_id)
            if job.kind != "evaluate":
                raise
            return page(request, "evaluation_waiting.html", {"job": told(job)})
        return page(request, "evaluation.html", _shown(shown, cause, threshold, at))

    @api.post("/{evaluation_id}/remove", dependencies=[needs(Role.ADMIN)])
    def remove(server: ServerDep, visitor: VisitorDep, evaluation_id: str) -> Response:
        evaluations.remove_evaluation(server.store, evaluation_id, visitor.name)
        return back_to("/evaluate")

    @api.post("/{evaluation_id}/restore", dependencies=[needs(Role.ADMIN)])
    def restore(request: Request, server: ServerDep, visitor: VisitorDep, evaluation_id: str) -> Response:
        """Bring an evaluation back that was removed."""
        try:
            evaluations.restore_evaluation(server.store, evaluation_id, visitor.name)
        except AutoGPTError as error:
            return _list(request, server, error)
        return back_to("/evaluate")

    return api


def _asked(server: Server, visitor: Visitor, release: str, on: str) -> dict[str, str | bool]:
    """The payload of a job that measures. Raises what is wrong with it, before it is queued."""
    from autogpt.services.bundles import BASE
    from autogpt.services.releasing import list_releases

    if release not in {"", BASE, *(one.version for one in list_releases(server.store) if not one.problem)}:
        raise UsageError(f"There is no release '{release}' that could be measured.", "Choose one of the list.")
    if on not in {Split.VALIDATION, Split.TEST}:
        id = on.removeprefix(_ALONE)
        return {"release": release, "gold": gold_sets.find_gold_set(server.store, id).id, "alone": id != on}
    require_may_evaluate(visitor, on)
    if not training_data(server.store, "reader").parts.get(on):
        raise UsageError(
            f"The {on} part has no questions with answers that stand in documents.",
            "Write or import some, then divide them into parts.",
        )
    return {"release": release, "part": on}


def _list(request: Request, server: Server, error: AutoGPTError | None = None) -> Response:
    from autogpt.services.releasing import list_releases

    kept = evaluations.list_evaluations(server.store)
    known = {one.id for one in kept}
    context = {
        "evaluations": kept[:LISTED],
        "waiting": [told(job) for job in jobs.jobs_of(server.store, "evaluate", 20) if not job.finished],
        "failed": [told(job) for job in jobs.jobs_of(server.store, "evaluate", 3) if job.state == "failed"],
        "known": known,
        "gold": gold_sets.list_gold_sets(server.store),
        "removed_gold": gold_sets.removed_gold_sets(server.store),
        "removed": evaluations.removed_evaluations(server.store),
        "parts": training_data(server.store, "reader").parts,
        "releases": [one for one in reversed(list_releases(server.store)) if not one.problem],
        "serving": server.engine.release,
        "error": error,
    }
    return page(request, "evaluate.html", context, error.http_status if error else 200)


def _shown(shown: View, cause: str, threshold: int | None, at: int) -> dict[str, object]:
    """A measurement as its page shows it, at a threshold and for a cause."""
    used = shown.about.threshold
    step = threshold if threshold is not None else round(100 * min(1.0, used)) if used is not None else 50
    misses = [one for one in shown.misses if not cause or one.cause == cause]
    misses.sort(key=lambda one: (not one.given, -one.confidence))
    curve: Points = [(one.coverage(shown.questions), one.error) for one in reversed(shown.points) if one.answered]
    highest = max((error for _, error in curve), default=0.0)
    return {
        "shown": shown,
        "about": shown.about,
        "step": step,
        "point": shown.points[step],
        "points": [[one.answered, one.wrong, one.withheld] for one in shown.points],
        "plot": plot({"error": curve}, x_range=(0, 1), y_range=(0, max(0.1, highest * 1.05)), percent=True),
        "misses": misses[at : at + SHOWN],
        "found": len(misses),
        "cause": cause,
        "at": at,
        "size": SHOWN,
        "values": VALUES,
    }
