"""`/datasets`: the examples in numbers; take them out, divide them, look for what is wrong with them."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from autogpt.errors import AutoGPTError, UsageError
from autogpt.records import Split, Status
from autogpt.services import jobs
from autogpt.services.events import find, history
from autogpt.services.examples import export_examples, sealing, split_examples, undoing
from autogpt.services.examples.alike import side_by_side
from autogpt.services.examples.describing import PARTS, describe
from autogpt.services.examples.splitting import SPLIT
from autogpt.services.people import Role
from autogpt.web.access import Visitor, VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.routes.jobs import require_admin
from autogpt.web.state import NO_LABELS, Server, ServerDep

#: Endings of exported files.
ENDINGS = {"squad": "json", "csv": "csv", "label-studio": "json", "labelbox": "ndjson"}
#: What formats are called.
FORMATS = {
    "squad": "SQuAD",
    "csv": "CSV",
    "jsonl": "JSON lines",
    "labelled": "Labelled questions",
    "doccano": "doccano",
    "label-studio": "Label Studio",
    "labelbox": "Labelbox",
}
#: What languages are called; others by their code.
LANGUAGES = {"en": "English", "zh": "Chinese", "und": "unknown"}
_REVIEWER, _ADMIN = [needs(Role.REVIEWER)], [needs(Role.ADMIN)]

Text = Annotated[str, Form(max_length=4_000)]
Short = Annotated[str, Form(max_length=32)]
#: Readers that are trained to look for label errors, where that is asked for.
FOLDS = 3
#: Findings that are shown with two examples side by side.
COMPARED = 20

router = APIRouter(prefix="/datasets", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])


@router.get("")
def overview(request: Request, server: ServerDep, visitor: VisitorDep) -> Response:
    return overview_page(request, server, visitor)


@router.get("/export", dependencies=_REVIEWER)
def export(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    format: Annotated[str, Query(max_length=32)] = "squad",
    split: Annotated[str, Query(max_length=32)] = "",
    status: Annotated[str, Query(max_length=32)] = Status.ACCEPTED.value,
    task: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """A file of examples; the test part is in it only for who opened it."""
    try:
        return exported(server, visitor, format, split, status, task)
    except AutoGPTError as error:
        return overview_page(request, server, visitor, error)


@router.post("/split", dependencies=_ADMIN)
def divide(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    test: Text = "",
    train: Text = "",
    seed: Text = "",
    anew: Text = "",
) -> Response:
    """Divide new examples, or all of them anew."""
    typed = {"test": test, "train": train, "seed": seed, "anew": anew}
    try:
        shares: dict[str, Any] = {}
        if anew:
            shares = {"test": _number(test) / 100, "train": _number(train) / 100, "seed": int(_number(seed))}
        split_examples(server.store, **shares, force=bool(anew), by=visitor.name)
    except AutoGPTError as error:
        return overview_page(request, server, visitor, error, typed)
    return back_to("/datasets#parts")


@router.post("/undo", dependencies=_REVIEWER)
def undo(request: Request, server: ServerDep, visitor: VisitorDep, event: Annotated[int, Form()] = 0) -> Response:
    """A job that takes back an import, or the newest division: that is for admins, as dividing is."""
    try:
        if event not in undoing.can_be_undone(server.store):
            raise UsageError("This cannot be undone, or no longer.", "Reload the page to see what can be.")
        if find(server.store, event).action == SPLIT:
            require_admin(visitor)
    except UsageError as error:
        return overview_page(request, server, visitor, error)
    return back_to(f"/jobs/{server.begin('undo', {'event': event}, visitor.name).id}")


@router.post("/test-part", dependencies=_ADMIN)
def open_or_seal(server: ServerDep, visitor: VisitorDep, what: Text = "open") -> Response:
    """Show the texts of the test part to this admin for an hour, or hide them again; either is an event."""
    (sealing.open_test_part if what == "open" else sealing.seal_test_part)(server.store, visitor.name)
    return back_to("/datasets/examples?split=test" if what == "open" else "/datasets")


@router.get("/findings")
def findings(request: Request, server: ServerDep, visitor: VisitorDep) -> Response:
    """What is wrong with the examples, as the newest jobs found it."""
    told = {
        kind: {"newest": jobs.latest(server.store, kind), "found": jobs.latest(server.store, kind, "done")}
        for kind in ("check", "suspects")
    }
    found = told["check"]["found"]
    pairs = [one["pair"] for one in found.result["findings"] if one.get("pair")] if found else []
    alike = {" ".join(pair): side_by_side(server.store, pair, visitor.name, NO_LABELS) for pair in pairs[:COMPARED]}
    return page(request, "findings.html", {"looks": told, "folds": FOLDS, "alike": alike})


@router.post("/findings/{kind}", dependencies=_REVIEWER)
def look_for(server: ServerDep, visitor: VisitorDep, kind: str, folds: Short = "") -> Response:
    """A job that looks for what is wrong; `folds`: with readers that are trained for it."""
    if kind not in {"check", "suspects"}:
        raise UsageError(f"There is nothing to look for called '{kind}'.")
    by_folds = bool(folds) and kind == "suspects"
    if by_folds:
        require_admin(visitor)
    running = jobs.latest(server.store, kind, "queued", "running")
    job = running or server.begin(kind, {"folds": FOLDS} if by_folds else {}, visitor.name)
    return back_to(f"/jobs/{job.id}")


def exported(server: Server, visitor: Visitor, format: str, split: str, status: str, task: str) -> Response:
    """A file of examples as a download. Raises UsageError for unknown filters, DataError where none passes them."""
    opened = sealing.is_open(server.store, visitor.name)
    if split == Split.TEST:
        sealing.require_open(server.store, visitor.name)
    folder = TemporaryDirectory(prefix="autogpt-export-")
    try:
        name = f"examples{f'-{split}' if split else ''}.{ENDINGS.get(format, 'jsonl')}"
        path = Path(folder.name) / name
        export_examples(server.store, path, format=format, split=split, status=status, task=task, sealed=not opened)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(path, filename=name, background=BackgroundTask(folder.cleanup))


def overview_page(
    request: Request,
    server: Server,
    visitor: Visitor,
    error: AutoGPTError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    split = server.store.config.split
    usual = {"test": f"{split.test * 100:g}", "train": f"{split.train * 100:g}", "seed": str(split.seed)}
    about = describe(server.store)
    told = {
        "about": about,
        "languages_held": [(LANGUAGES.get(code, code), count) for code, count in about.languages],
        "parts": PARTS,
        "statuses": [status.value for status in Status],
        "readers": FORMATS,
        "writers": FORMATS,
        "opened": sealing.is_open(server.store, visitor.name),
        "changes": history(server.store, sealing.SUBJECT, limit=20),
        "undoable": undoing.can_be_undone(server.store),
        "typed": {**usual, **(typed or {})},
        "error": error,
    }
    return page(request, "datasets.html", told, error.http_status if error else 200)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"'{text}' is no number.") from None
