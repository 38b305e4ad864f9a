"""`/settings`: glossary, texts of refusals, thresholds and language. For admins."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from autogpt.errors import AutoGPTError, ConfigError, ConflictError, NotFoundError
from autogpt.services import jobs, settings
from autogpt.services.events import history
from autogpt.services.people import Role
from autogpt.services.settings import GLOSSARY, SETTINGS, Kept, SettingsError
from autogpt.web.access import VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.state import Server, ServerDep

router = APIRouter(prefix="/settings", include_in_schema=False, dependencies=[needs(Role.ADMIN)])
#: Bytes of a form with a glossary.
MAX_BODY = 4 * settings.LONGEST_GLOSSARY * 3

Text = Annotated[str, Form()]


@router.get("")
def show(request: Request, server: ServerDep, saved: str = "") -> Response:
    return _page(request, server, saved=saved)


@router.post("/glossary")
def save_glossary(
    request: Request, server: ServerDep, visitor: VisitorDep, text: Text = "", version: Text = ""
) -> Response:
    """Store the glossary; the index follows by a job where it means something else."""
    try:
        follows = settings.change_glossary(server.store, text, visitor.name, version)
    except SettingsError as problems:
        return _page(request, server, typed={GLOSSARY: text}, problems=problems.by_key)
    except AutoGPTError as error:
        return _page(request, server, typed={GLOSSARY: text}, error=error)
    if follows:
        _index(server, visitor.name)
    return back_to("/settings?saved=glossary#glossary")


@router.post("/undo")
def undo(request: Request, server: ServerDep, visitor: VisitorDep, event: Annotated[int, Form()] = 0) -> Response:
    try:
        key = settings.undo_setting(server.store, event, visitor.name)
    except SettingsError as problems:
        return _page(request, server, problems=problems.by_key)
    except AutoGPTError as error:
        return _page(request, server, error=error)
    if key == GLOSSARY:
        _index(server, visitor.name)
    server.engine.refresh()
    return back_to("/settings?saved=undo")


@router.post("/{part}")
async def save(request: Request, server: ServerDep, visitor: VisitorDep, part: str) -> Response:
    """Store one part of the page."""
    form = await request.form()
    typed = {key: str(value) for key, value in form.items() if isinstance(value, str)}
    return await run_in_threadpool(_save, request, server, visitor.name, part, typed)


def _save(request: Request, server: Server, by: str, part: str, typed: dict[str, str]) -> Response:
    if part not in SETTINGS:
        raise NotFoundError(f"There are no settings called '{part}'.")
    version = typed.pop("version", "")
    try:
        settings.change_settings(server.store, part, typed, by, version)
    except SettingsError as problems:
        return _page(request, server, typed=typed, problems=problems.by_key)
    except AutoGPTError as error:
        return _page(request, server, typed=typed, error=error)
    server.engine.refresh()
    return back_to(f"/settings?saved={part}#{part}")


def _index(server: Server, person: str) -> None:
    """Bring the index in line with the glossary, by one job however often it is asked for."""
    if jobs.latest(server.store, "index", "queued") is None:
        server.begin("index", {}, person)


def _page(
    request: Request,
    server: Server,
    *,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    error: AutoGPTError | None = None,
    saved: str = "",
) -> Response:
    """The page with what is stored, or in the place of it what was typed.

    In a conflict both are shown, and saving again means what was typed: the form then carries the newest version.
    """
    typed = typed or {}
    broken: ConfigError | None = None
    parts: dict[str, Kept] = {}
    try:
        parts = {part: settings.kept_settings(server.store, part) for part in SETTINGS}
    except ConfigError as problem:
        broken = problem
    try:
        glossary = settings.kept_glossary(server.store)
    except AutoGPTError as problem:
        glossary, error = Kept({GLOSSARY: ""}, ""), error or problem
    index = jobs.latest(server.store, "index")
    changes = history(server.store, settings.SUBJECT, limit=30)
    newest: dict[str, int] = {}
    for one in changes:
        newest.setdefault(one.subject_id, one.id)
    told = {
        "parts": parts,
        "settings": SETTINGS,
        "glossary": glossary,
        "typed": typed,
        "conflict": isinstance(error, ConflictError) and bool(typed),
        "problems": problems or {},
        "others": {key: words for key, words in (problems or {}).items() if key not in _shown()},
        "fitted": _fitted(server),
        "index_job": index if index is not None and (not index.finished or index.state == "failed") else None,
        "changes": changes,
        "undoable": set(newest.values()),
        "saved": saved,
        "error": error or broken,
        "longest": settings.LONGEST_VALUE,
    }
    return page(request, "settings.html", told, _status(error, problems))


def _status(error: AutoGPTError | None, problems: Mapping[str, str] | None) -> int:
    if error is not None:
        return error.http_status
    return SettingsError.http_status if problems else 200


def _shown() -> set[str]:
    return {GLOSSARY, *(one.key for some in SETTINGS.values() for one in some)}


def _fitted(server: Server) -> tuple[str, float] | None:
    """The release that answers, and the threshold it was fitted with."""
    from autogpt.services.bundles import BASE, current_version, find_release

    version = current_version(server.store)
    if version is None:
        return None
    try:
        return version, find_release(server.store, version or BASE).policy.threshold
    except AutoGPTError:
        return None
