"""`/documents/ID`: one document as pages: its text, its pages as pictures, how it was cut; who sees it; remove it.

In: an id, offsets of its current version. Out: pages that need no script.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from autogpt.errors import AutoGPTError
from autogpt.prepare.sources import is_outdated
from autogpt.records import Span
from autogpt.retrieve.access import may_see
from autogpt.services import document_changes, document_reading, documents
from autogpt.services.activity import newest_undoable
from autogpt.services.events import history
from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.state import NO_LABELS, Server, ServerDep

#: Code points of the text on one page, passages on one, places found on one.
SHOWN, PASSAGES, PLACES = 20_000, 25, 50

router = APIRouter(prefix="/documents/{document_id}", include_in_schema=False)
_REVIEWER, _ADMIN = [needs(Role.REVIEWER)], [needs(Role.ADMIN)]


@dataclass(frozen=True)
class Part:
    """A piece of a document's text; of a heading with its level, else 0. `marked` is the place that was asked for."""

    text: str
    level: int = 0
    marked: bool = False


@router.get("")
def show(
    request: Request,
    server: ServerDep,
    document_id: str,
    at: Annotated[int, Query(ge=0)] = 0,
    start: Annotated[int, Query(ge=0)] = 0,
    end: Annotated[int, Query(ge=0)] = 0,
    q: str = "",
) -> Response:
    """A part of the text: that which begins at offset `at`, or holds the place from `start` to `end`, which is marked;
    or the places that hold `q`.
    """
    if words := " ".join(q.split()):
        return _found(request, server, document_id, words, at)
    length = documents.length_of(server.store, document_id, NO_LABELS)
    mark = Span(start, min(end, length)) if start < min(end, length) else None
    first = min(mark.start if mark else at, max(0, length - 1)) // SHOWN * SHOWN
    span = Span(first, min(length, first + SHOWN))
    view = documents.source_view(server.store, document_id, span, around=0, labels=NO_LABELS)
    told = {"view": view, "parts": parts_of(view, mark), "start": first, "size": SHOWN, "tab": "text"}
    return page(request, "document.html", told)


@router.get("/pages/{number}")
def show_page(
    request: Request,
    server: ServerDep,
    document_id: str,
    number: int,
    start: Annotated[int, Query(ge=0)] = 0,
    end: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """A page as a picture, where it is one of a PDF, with its text beneath; the place asked for is boxed and marked."""
    view = documents.page_view(server.store, document_id, number, labels=NO_LABELS)
    mark = Span(start, end) if start < end else None
    query = f"?start={start}&end={end}" if mark else ""
    told = {"view": view, "parts": parts_of(view, mark), "query": query, "tab": "pages"}
    return page(request, "document-page.html", told)


@router.get("/passages")
def show_passages(
    request: Request, server: ServerDep, document_id: str, at: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """How the document was cut for the index."""
    view = _view(server, document_id)
    cut, total = document_reading.cut_passages(server.store, document_id, NO_LABELS, PASSAGES, at)
    version = documents.current_version(server.store, document_id, NO_LABELS)
    lengths = server.store.config.ingest.passage_lengths(version.language)
    told = {"view": view, "passages": cut, "total": total, "at": at, "size": PASSAGES, "lengths": lengths}
    return page(request, "document-passages.html", told | {"tab": "passages"})


@router.get("/about")
def about(request: Request, server: ServerDep, visitor: VisitorDep, document_id: str) -> Response:
    """Where it comes from, who sees it, what was done with it; read it again, remove it."""
    return _about(request, server, visitor, document_id)


@router.post("/labels", dependencies=_ADMIN)
def set_labels(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    document_id: str,
    labels: Annotated[str, Form(max_length=2_000)] = "",
    expected: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """Say who sees it: `labels` separated by commas, in place of those that the form showed."""
    try:
        wanted = document_changes.label_list(labels)
        behind = document_changes.set_labels(
            server.store, document_id, wanted, expected=document_changes.label_list(expected), by=visitor.name
        )
    except AutoGPTError as error:
        return _about(request, server, visitor, document_id, error, labels)
    if behind:
        server.begin("ingest", {"sources": []}, visitor.name)
    server.drawn_pages.forget()
    server.engine.refresh()
    return back_to(f"/documents/{document_id}/about")


@router.post("/reparse", dependencies=_REVIEWER)
def reparse(server: ServerDep, visitor: VisitorDep, document_id: str) -> Response:
    """A job that reads the stored original again."""
    document = documents.visible_document(server.store, document_id, _labels(visitor))
    payload = {"document_id": document_id, "source": document.name}
    return back_to(f"/jobs/{server.begin('reparse', payload, visitor.name).id}")


@router.post("/remove", dependencies=_REVIEWER)
def remove(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    document_id: str,
    version_id: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    try:
        documents.remove_document(server.store, document_id, _labels(visitor), by=visitor.name, version_id=version_id)
    except AutoGPTError as error:
        return _about(request, server, visitor, document_id, error)
    server.drawn_pages.forget()
    server.engine.refresh()
    return back_to("/documents")


def parts_of(view: documents.SourceView, mark: Span | None = None) -> list[Part]:
    """The shown text, cut at its headings and at the marked place."""
    end = view.text_start + len(view.text)
    borders = {view.text_start, end}
    for one in view.headings:
        borders |= {one.start, one.end}
    if mark is not None:
        borders |= {mark.start, mark.end}
    places = sorted(one for one in borders if view.text_start <= one <= end)
    parts = []
    for first, last in pairwise(places):
        text = view.text[first - view.text_start : last - view.text_start]
        level = next((one.level for one in view.headings if one.start <= first and last <= one.end), 0)
        parts.append(Part(text, level, mark is not None and mark.start <= first and last <= mark.end))
    return parts


def _found(request: Request, server: Server, document_id: str, words: str, at: int) -> Response:
    view = _view(server, document_id)
    try:
        found, total = document_reading.find_in(server.store, document_id, words, NO_LABELS, PLACES, at)
        error = None
    except AutoGPTError as refused:
        found, total, error = [], 0, refused
    told: dict[str, Any] = {"view": view, "words": words, "quoted": quote(words), "found": found, "total": total}
    told |= {"at": at, "size": PLACES, "tab": "text", "error": error}
    return page(request, "document-found.html", told, error.http_status if error else 200)


def _about(
    request: Request,
    server: Server,
    visitor: VisitorDep,
    document_id: str,
    error: AutoGPTError | None = None,
    typed: str | None = None,
) -> Response:
    facts = documents.about(server.store, document_id, _labels(visitor))
    events = history(server.store, document_changes.SUBJECT, document_id, 20)
    told = {
        "facts": facts,
        "outdated": is_outdated(facts.parser),
        "hidden": not may_see(facts.labels, NO_LABELS),
        "labels": ", ".join(facts.labels),
        "typed": typed,
        "events": events,
        "undoable": newest_undoable(server.store, events),
        "tab": "about",
        "error": error,
    }
    return page(request, "document-about.html", told, error.http_status if error else 200)


def _view(server: Server, document_id: str) -> documents.SourceView:
    """What the head of a page shows: the document, without its text."""
    return documents.source_view(server.store, document_id, Span(0, 0), around=0, labels=NO_LABELS)


def _labels(visitor: VisitorDep) -> frozenset[str] | None:
    """Admins say who sees what, so they see what nobody reads here, but for its text."""
    return None if visitor.role.may(Role.ADMIN) else NO_LABELS
