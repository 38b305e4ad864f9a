"""`/v1/documents`: list, upload, remove; the text around a citation, and the page it stands on."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, UploadFile
from fastapi.responses import Response

from autogpt.prepare.page_images import WIDEST
from autogpt.records import Span
from autogpt.services import documents
from autogpt.services.failures import dismiss, failed_sources
from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.routes.jobs import accepted
from autogpt.web.schemas import DocumentOut, DocumentsOut, ErrorOut, FailureOut, JobOut, PageOut, Responses, SourceOut
from autogpt.web.state import NO_LABELS, ServerDep
from autogpt.web.uploads import MEGABYTE, keep_all

#: Bytes of an upload's form beside its files.
FORM_BYTES = 1 << 20

MISSING: Responses = {404: {"model": ErrorOut, "description": "There is no such document, or it has changed since."}}
UNKNOWN_FAILURE: Responses = {404: {"model": ErrorOut, "description": "There is no such failed source."}}
DRAWING_ERRORS: Responses = {
    422: {"model": ErrorOut, "description": "The page is damaged, or cannot be drawn within the limits."},
}
UPLOAD_ERRORS: Responses = {
    413: {"model": ErrorOut, "description": "More than serve.max_upload_mb."},
    422: {"model": ErrorOut, "description": "A file is empty or too large, or two have the same name."},
}


class PngImage(Response):
    """A picture."""

    media_type = "image/png"


def max_body(max_upload_mb: int) -> int:
    """Most bytes of a request; a longer upload is cut off while it comes in."""
    return max_upload_mb * MEGABYTE + FORM_BYTES


def router(max_file_mb: int) -> APIRouter:
    """The routes. A single file of more than `max_file_mb` is refused."""
    api = APIRouter(prefix="/v1/documents", tags=["documents"])

    @api.get("", response_model=DocumentsOut)
    def list_documents(
        server: ServerDep,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> DocumentsOut:
        """The documents by name, and the sources that could not be brought in."""
        listed, total = documents.list_documents(server.store, NO_LABELS, limit, offset)
        failures = failed_sources(server.store, NO_LABELS)
        return DocumentsOut(
            documents=[DocumentOut.model_validate(one) for one in listed],
            total=total,
            failures=[FailureOut.model_validate(one) for one in failures],
        )

    @api.post("", status_code=202, response_model=JobOut, responses=UPLOAD_ERRORS, dependencies=[needs(Role.REVIEWER)])
    def upload(files: list[UploadFile], server: ServerDep, visitor: VisitorDep) -> Response:
        """Upload files. They are brought in by a job; the header Location leads to it.

        A file with the name of an earlier one becomes a new version of that document.
        """
        kept = keep_all(server.store.folder, files, max_file_mb)
        payload = {"sources": [str(path) for path in kept]}
        return accepted(server.begin("ingest", payload, visitor.name))

    @api.delete(
        "/failures/{source_id}", status_code=204, responses=UNKNOWN_FAILURE, dependencies=[needs(Role.REVIEWER)]
    )
    def dismiss_failure(source_id: str, server: ServerDep, visitor: VisitorDep) -> Response:
        """Dismiss a source that could not be brought in. What was read of it before stays.

        It is listed no more until it changes; an uploaded file of which nothing was read is deleted.
        """
        dismiss(server.store, source_id, NO_LABELS, by=visitor.name)
        return Response(status_code=204)

    @api.delete("/{document_id}", status_code=204, responses=MISSING, dependencies=[needs(Role.REVIEWER)])
    def remove(document_id: str, server: ServerDep, visitor: VisitorDep) -> Response:
        """Remove a document: its text is erased and can never be cited again."""
        documents.remove_document(server.store, document_id, NO_LABELS, by=visitor.name)
        server.drawn_pages.forget()
        server.engine.refresh()
        return Response(status_code=204)

    @api.post(
        "/{document_id}/reparse",
        status_code=202,
        response_model=JobOut,
        responses=MISSING,
        dependencies=[needs(Role.REVIEWER)],
    )
    def reparse(document_id: str, server: ServerDep, visitor: VisitorDep) -> Response:
        """Read a document again from its stored original, as a job; the header Location leads to it."""
        document = documents.visible_document(server.store, document_id, NO_LABELS)
        payload = {"document_id": document_id, "source": document.name}
        return accepted(server.begin("reparse", payload, visitor.name))

    @api.get("/{document_id}/text", response_model=SourceOut, responses=MISSING)
    def text(
        document_id: str,
        server: ServerDep,
        start: Annotated[int, Query(ge=0, description="Offset of the place, in code points.")] = 0,
        end: Annotated[int | None, Query(ge=0, description="Its end; by default its start.")] = None,
        around: Annotated[int, Query(ge=0, le=50_000, description="Code points on either side.")] = 2_000,
        version_id: Annotated[str, Query(description="Version the offsets belong to.")] = "",
    ) -> documents.SourceView:
        """The text around a place in a document, with page and headings: what a citation points at."""
        span = Span(start, max(start, end if end is not None else start))
        return documents.source_view(
            server.store, document_id, span, version_id=version_id, around=around, labels=NO_LABELS
        )

    @api.get("/{document_id}/pages/{number}.png", response_class=PngImage, responses=MISSING | DRAWING_ERRORS)
    def page_image(
        document_id: str,
        number: int,
        request: Request,
        server: ServerDep,
        start: Annotated[int, Query(ge=0, description="Offset of a place to box, in code points.")] = 0,
        end: Annotated[int, Query(ge=0, description="Its end; without one nothing is boxed.")] = 0,
        width: Annotated[int, Query(ge=100, le=WIDEST, description="Pixels.")] = 1_200,
        version_id: Annotated[str, Query(description="Version the offsets belong to.")] = "",
    ) -> Response:
        """A page of a PDF as a picture, with a place on it boxed: what a citation points at."""
        span = Span(start, end) if end > start else None
        page = server.drawn_pages.find(document_id, number, span, version_id=version_id, width=width, labels=NO_LABELS)
        headers = {"ETag": f'"{page.tag}"', "Cache-Control": "private, no-cache"}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return PngImage(server.drawn_pages.draw(page), headers=headers)

    @api.get("/{document_id}/pages/{number}", response_model=PageOut, responses=MISSING)
    def page_text(
        document_id: str,
        number: int,
        server: ServerDep,
        start: Annotated[int, Query(ge=0, description="Offset of a place, in code points.")] = 0,
        end: Annotated[int, Query(ge=0, description="Its end.")] = 0,
        version_id: Annotated[str, Query(description="Version the offsets belong to.")] = "",
    ) -> PageOut:
        """The text of a page, and where on it a place stands."""
        view = documents.page_view(server.store, document_id, number, version_id=version_id, labels=NO_LABELS)
        told = PageOut.model_validate(view)
        if view.drawn and start < end:
            drawn = server.drawn_pages.find(document_id, number, Span(start, end), labels=NO_LABELS)
            told.boxes = drawn.shares
        return told

    return api
