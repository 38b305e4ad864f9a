"""`/documents`: what the workspace holds, as pages: bring in, search, read, remove; why a file could not be read."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.responses import Response

from autogpt.errors import AutoGPTError, UsageError
from autogpt.records import Span
from autogpt.services import documents
from autogpt.services.failures import dismiss, failed_sources
from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.state import NO_LABELS, Server, ServerDep
from autogpt.web.uploads import keep_all

#: Documents on one page, and code points of a document's text on one.
LISTED, SHOWN = 50, 20_000


@dataclass(frozen=True)
class Part:
    """A piece of a document's text; of a heading with its level, else 0."""

    text: str
    level: int


def router(max_file_mb: int) -> APIRouter:
    """The routes. A single file of more than `max_file_mb` is refused."""
    api = APIRouter(prefix="/documents", include_in_schema=False)
    may_bring = [needs(Role.REVIEWER)]

    @api.get("")
    def list_documents(
        request: Request,
        server: ServerDep,
        q: Annotated[str, Query(max_length=200)] = "",
        at: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        return _page(request, server, q.strip(), at)

    @api.post("", dependencies=may_bring)
    def upload(request: Request, server: ServerDep, visitor: VisitorDep, files: list[UploadFile]) -> Response:
        """Files of the form; where scripts run, `js/documents.js` sends them to `/v1/documents` instead."""
        chosen = [one for one in files if one.filename]
        try:
            if not chosen:
                raise UsageError("No file was chosen.", "Choose one or several files.")
            kept = keep_all(server.store.folder, chosen, max_file_mb)
        except AutoGPTError as error:
            return _page(request, server, error=error)
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
            return _page(request, server, error=error, address=address)
        return _begun(server, {"sources": [address.strip()]}, visitor.name)

    @api.post("/retry", dependencies=may_bring)
    def retry(server: ServerDep, visitor: VisitorDep) -> Response:
        """Try all again that could not be brought in."""
        return _begun(server, {"sources": [], "failed": True}, visitor.name)

    @api.post("/failures/{source_id}", dependencies=may_bring)
    def forget(server: ServerDep, source_id: str) -> Response:
        dismiss(server.store, source_id, NO_LABELS)
        return back_to("/documents")

    @api.get("/{document_id}")
    def show(request: Request, server: ServerDep, document_id: str, at: Annotated[int, Query(ge=0)] = 0) -> Response:
        """A part of a document's text, which begins at offset `at`."""
        length = documents.length_of(server.store, document_id, NO_LABELS)
        start = min(at, max(0, length - 1)) // SHOWN * SHOWN
        span = Span(start, min(length, start + SHOWN))
        view = documents.source_view(server.store, document_id, span, around=0, labels=NO_LABELS)
        told = {"view": view, "parts": _parts(view), "start": start, "size": SHOWN}
        return page(request, "document.html", told)

    @api.post("/{document_id}/remove", dependencies=may_bring)
    def remove(server: ServerDep, document_id: str) -> Response:
        documents.remove_document(server.store, document_id, NO_LABELS)
        server.engine.refresh()
        return back_to("/documents")

    return api


def _page(
    request: Request,
    server: Server,
    words: str = "",
    at: int = 0,
    *,
    error: AutoGPTError | None = None,
    address: str = "",
) -> Response:
    listed, total = documents.list_documents(server.store, NO_LABELS, LISTED, at, words)
    told = {
        "documents": listed,
        "total": total,
        "failures": failed_sources(server.store, NO_LABELS),
        "words": words,
        "quoted": quote(words),
        "at": at,
        "size": LISTED,
        "error": error,
        "address": address,
    }
    return page(request, "documents.html", told, error.http_status if error else 200)


def _begun(server: Server, payload: dict[str, object], person: str) -> Response:
    return back_to(f"/jobs/{server.begin('ingest', payload, person).id}")


def _parts(view: documents.SourceView) -> list[Part]:
    """The shown text, cut at its headings."""
    parts, done = [], view.text_start
    end = view.text_start + len(view.text)
    for one in view.headings:
        start, stop = max(done, one.start), min(end, one.end)
        if start >= stop:
            continue
        parts += [Part(view.text[done - view.text_start : start - view.text_start], 0)] if start > done else []
        parts.append(Part(view.text[start - view.text_start : stop - view.text_start], one.level))
        done = stop
    return [*parts, Part(view.text[done - view.text_start :], 0)]
