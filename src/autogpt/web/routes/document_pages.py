"""`/documents`: what the workspace holds, as a page: bring in, search; why a file could not be read."""

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.responses import Response

from autogpt.errors import AutoGPTError, UsageError
from autogpt.services import documents, faq_files
from autogpt.services.document_changes import label_list
from autogpt.services.failures import dismiss, failed_sources
from autogpt.services.people import Role
from autogpt.web.access import Visitor, VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.state import NO_LABELS, Server, ServerDep
from autogpt.web.uploads import keep_all

#: Documents on one page.
LISTED = 50


def router(max_file_mb: int) -> APIRouter:
    """The routes. A single file of more than `max_file_mb` is refused."""
    api = APIRouter(prefix="/documents", include_in_schema=False)
    may_bring = [needs(Role.REVIEWER)]

    @api.get("")
    def list_documents(
        request: Request,
        server: ServerDep,
        visitor: VisitorDep,
        q: Annotated[str, Query(max_length=200)] = "",
        at: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        return _page(request, server, visitor, q.strip(), at)

    @api.post("", dependencies=may_bring)
    def upload(request: Request, server: ServerDep, visitor: VisitorDep, files: list[UploadFile]) -> Response:
        """Files of the form; where scripts run, `js/documents.js` sends them to `/v1/documents` instead."""
        chosen = [one for one in files if one.filename]
        try:
            if not chosen:
                raise UsageError("No file was chosen.", "Choose one or several files.")
            kept = keep_all(server.store.folder, chosen, max_file_mb)
        except AutoGPTError as error:
            return _page(request, server, visitor, error=error)
        return _begun(server, {"sources": [str(path) for path in kept]}, visitor.name)

    @api.post("/address", dependencies=may_bring)
    def add_address(
        request: Request, server: ServerDep, visitor: VisitorDep, address: Annotated[str, Form(max_length=2048)] = ""
    ) -> Response:
        """A page of the web, fetched by a job; addresses of private networks are refused by it."""
        try:
            asked = urlsplit(address.strip())
        except ValueError:
            asked = urlsplit("")
        if asked.scheme not in {"http", "https"} or not asked.hostname:
            error = UsageError("This is no address of the web.", "It begins with https:// or http://.")
            return _page(request, server, visitor, error=error, address=address)
        return _begun(server, {"sources": [address.strip()]}, visitor.name)

    @api.post("/retry", dependencies=may_bring)
    def retry(server: ServerDep, visitor: VisitorDep) -> Response:
        """Try all again that could not be brought in."""
        return _begun(server, {"sources": [], "failed": True}, visitor.name)

    @api.post("/faq/{file_id}/labels", dependencies=[needs(Role.ADMIN)])
    def set_faq_labels(
        request: Request,
        server: ServerDep,
        visitor: VisitorDep,
        file_id: str,
        labels: Annotated[str, Form(max_length=2_000)] = "",
        expected: Annotated[str, Form(max_length=2_000)] = "",
    ) -> Response:
        """Say who gets the vetted answers of a file."""
        try:
            wanted, seen = label_list(labels), label_list(expected)
            faq_files.set_file_labels(server.store, file_id, wanted, expected=seen, by=visitor.name)
        except AutoGPTError as error:
            return _page(request, server, visitor, error=error, typed={file_id: labels})
        server.engine.refresh()
        return back_to("/documents")

    @api.post("/faq/{file_id}/remove", dependencies=may_bring)
    def remove_faq(request: Request, server: ServerDep, visitor: VisitorDep, file_id: str) -> Response:
        try:
            faq_files.remove_file(server.store, file_id, by=visitor.name)
        except AutoGPTError as error:
            return _page(request, server, visitor, error=error)
        server.engine.refresh()
        return back_to("/documents")

    @api.post("/failures/{source_id}", dependencies=may_bring)
    def forget(server: ServerDep, visitor: VisitorDep, source_id: str) -> Response:
        dismiss(server.store, source_id, NO_LABELS, by=visitor.name)
        return back_to("/documents")

    return api


def _page(
    request: Request,
    server: Server,
    visitor: Visitor,
    words: str = "",
    at: int = 0,
    *,
    error: AutoGPTError | None = None,
    address: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    # Admins say who sees what, so they see the names of what nobody reads here.
    labels = None if visitor.role.may(Role.ADMIN) else NO_LABELS
    listed, total = documents.list_documents(server.store, labels, LISTED, at, words)
    told = {
        "documents": listed,
        "total": total,
        "faq_files": faq_files.faq_files(server.store, labels),
        "typed": typed or {},
        "failures": failed_sources(server.store, NO_LABELS),
        "words": words,
        "quoted": quote(words),
        "at": at,
        "size": LISTED,
        "error": error,
        "address": address,
        "most_megabytes": server.store.config.serve.max_upload_mb,
    }
    return page(request, "documents.html", told, error.http_status if error else 200)


def _begun(server: Server, payload: dict[str, object], person: str) -> Response:
    return back_to(f"/jobs/{server.begin('ingest', payload, person).id}")
