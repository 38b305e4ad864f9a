"""`/datasets/imports`: a file of examples is looked at before it is brought in."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import Response

from autogpt.annotate.formats import READERS
from autogpt.errors import AutoGPTError, UsageError
from autogpt.services import jobs
from autogpt.services.examples import incoming
from autogpt.services.examples.incoming import Options, Preview
from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.routes.data_set_pages import FORMATS, overview_page
from autogpt.web.state import Server, ServerDep
from autogpt.web.uploads import MEGABYTE, keep_in

Text = Annotated[str, Form(max_length=4_000)]


def router(max_file_mb: int) -> APIRouter:
    """The routes. A file of more than `max_file_mb` is refused."""
    api = APIRouter(prefix="/datasets/imports", include_in_schema=False, dependencies=[needs(Role.REVIEWER)])

    @api.post("")
    def upload(
        request: Request,
        server: ServerDep,
        visitor: VisitorDep,
        file: UploadFile,
        format: Text = "",
        document: Text = "",
        columns: Text = "",
    ) -> Response:
        """Keep a file and look at it; nothing of it is brought in yet."""
        typed = {"format": format, "document": document, "columns": columns}
        try:
            if not file.filename:
                raise UsageError("No file was chosen.", "Choose a file of examples.")
            options = _options(format, document, columns)
            id, place = incoming.new_place(server.store)
            keep_in(place, file.filename, file.file.read, max_file_mb * MEGABYTE)
        except AutoGPTError as error:
            return overview_page(request, server, visitor, error, typed)
        _look(server, id, options, visitor.name)
        return back_to(f"/datasets/imports/{id}")

    @api.get("/{upload_id}")
    def preview(request: Request, server: ServerDep, upload_id: str) -> Response:
        return _preview(request, server, upload_id)

    @api.post("/{upload_id}/look")
    def look_again(
        request: Request,
        server: ServerDep,
        visitor: VisitorDep,
        upload_id: str,
        format: Text = "",
        document: Text = "",
        columns: Text = "",
    ) -> Response:
        """Look at the file again, read in another way."""
        try:
            options = _options(format, document, columns)
        except AutoGPTError as error:
            return _preview(
                request, server, upload_id, error, {"format": format, "document": document, "columns": columns}
            )
        _look(server, upload_id, options, visitor.name)
        return back_to(f"/datasets/imports/{upload_id}")

    @api.post("/{upload_id}")
    def bring_in(server: ServerDep, visitor: VisitorDep, upload_id: str) -> Response:
        """A job that brings the file in, read as the preview was."""
        file = incoming.find_incoming(server.store, upload_id)
        found = incoming.read_preview(file)
        options = found.options if found else Options()
        return back_to(f"/jobs/{_begin(server, 'import', file, options, visitor.name).id}")

    @api.post("/{upload_id}/discard")
    def discard(server: ServerDep, upload_id: str) -> Response:
        incoming.discard(incoming.find_incoming(server.store, upload_id))
        return back_to("/datasets")

    return api


def _preview(
    request: Request,
    server: Server,
    upload_id: str,
    error: AutoGPTError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    file = incoming.find_incoming(server.store, upload_id)
    found = incoming.read_preview(file) or Preview(Options())
    job = jobs.get(server.store, found.job) if found.job else None
    if job is not None and job.state == "done":
        job = None
    options = found.options
    listed = "\n".join(f"{ours}={theirs}" for ours, theirs in options.columns.items())
    told = {
        "file": file,
        "preview": found,
        "job": job,
        "readers": FORMATS,
        "typed": typed or {"format": options.format, "document": options.document, "columns": listed},
        "error": error,
    }
    return page(request, "import.html", told, error.http_status if error else 200)


def _look(server: Server, upload_id: str, options: Options, person: str) -> None:
    """Look at a file: a small one now, a large one by a job."""
    file = incoming.find_incoming(server.store, upload_id)
    if file.large:
        job = _begin(server, "preview", file, options, person)
        incoming.keep_preview(file, Preview(options, job=job.id))
    else:
        incoming.look_at(server.store, file, options)


def _begin(server: Server, kind: str, file: incoming.Incoming, options: Options, person: str) -> jobs.Job:
    asked = {"format": options.format, "document": options.document, "columns": dict(options.columns)}
    return server.begin(kind, {"upload": file.id, "name": file.name, **asked}, person)


def _options(format: str, document: str, columns: str) -> Options:
    if format and format not in list(READERS):
        raise UsageError(f"Unknown format '{format}'.", f"Available: {', '.join(READERS)}.")
    return Options(format, document.strip(), incoming.columns_of(columns))
