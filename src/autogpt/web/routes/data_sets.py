"""`/v1/datasets`: the examples of the workspace for programs: in numbers, taken out, brought in."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, UploadFile
from fastapi.responses import FileResponse, Response

from autogpt.errors import DataError
from autogpt.services.examples import describing, incoming
from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.data_set_schemas import DataSetsOut
from autogpt.web.routes.data_set_pages import exported
from autogpt.web.routes.documents import UPLOAD_ERRORS
from autogpt.web.routes.jobs import accepted
from autogpt.web.schemas import ErrorOut, JobOut, Responses
from autogpt.web.state import ServerDep
from autogpt.web.uploads import MEGABYTE, keep_in

FormatName = Literal["squad", "csv", "jsonl", "labelled", "doccano", "label-studio", "labelbox"]
SEALED: Responses = {403: {"model": ErrorOut, "description": "The test part is sealed, or the role is too low."}}


def router(max_file_mb: int) -> APIRouter:
    """The routes. A file of more than `max_file_mb` is refused."""
    api = APIRouter(prefix="/v1/datasets", tags=["data sets"])

    @api.get("", response_model=DataSetsOut, dependencies=[needs(Role.ANNOTATOR)])
    def numbers(server: ServerDep) -> describing.Description:
        """Numbers of examples by status, part, task, language and class, and how long they are; never a text."""
        return describing.describe(server.store)

    @api.get(
        "/export",
        response_class=FileResponse,
        responses={**SEALED, 422: {"model": ErrorOut, "description": "Unknown filters, or no such example."}},
        dependencies=[needs(Role.REVIEWER)],
    )
    def export(
        server: ServerDep,
        visitor: VisitorDep,
        format: Annotated[FormatName, Query(description="Format of the file.")] = "jsonl",
        split: Annotated[str, Query(description="train, validation, test or none; empty: all.")] = "",
        status: Annotated[str, Query(description="accepted, suggested, rejected, stale; empty: all.")] = "accepted",
        task: Annotated[str, Query(description="extractive or classify; empty: what the format is for.")] = "",
    ) -> Response:
        """A file of examples. The test part is in it only for an admin who has opened it on the page of data sets."""
        return exported(server, visitor, format, split, status, task)

    @api.post(
        "/imports", status_code=202, response_model=JobOut, responses=UPLOAD_ERRORS, dependencies=[needs(Role.REVIEWER)]
    )
    def bring_in(
        server: ServerDep,
        visitor: VisitorDep,
        file: UploadFile,
        format: Annotated[FormatName | Literal[""], Form(description="Format; empty: told by the content.")] = "",
        document: Annotated[str, Form(description="Document of the examples that name none.")] = "",
        columns: Annotated[str, Form(description="Which column is which, one a line: question=Frage")] = "",
    ) -> Response:
        """Bring in a file of examples by a job, whose result tells what was put right. Location leads to the job."""
        if not file.filename:
            raise DataError("The file has no name.", "Send it as a file of a form.")
        asked = {"format": format, "document": document, "columns": incoming.columns_of(columns)}
        id, place = incoming.new_place(server.store)
        path = keep_in(place, file.filename, file.file.read, max_file_mb * MEGABYTE)
        return accepted(server.begin("import", {"upload": id, "name": path.name, **asked}, visitor.name))

    return api
