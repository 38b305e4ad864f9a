"""`/annotate`: documents to annotate, how far each is, who annotates them; questions suggested about many at once."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from autogpt.errors import AutoGPTError, UsageError
from autogpt.services.annotating import assigning, work
from autogpt.services.people import Role
from autogpt.web.access import Visitor, VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.state import NO_LABELS, Server, ServerDep

#: Documents on one page.
LISTED = 50

router = APIRouter(prefix="/annotate", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])
Words = Annotated[str, Query(max_length=200)]
Start = Annotated[int, Query(ge=0)]
Names = Annotated[list[str] | None, Form()]


def annotator(visitor: Visitor) -> work.Annotator:
    """Who annotates, as the services see them."""
    return work.Annotator(visitor.name, visitor.role.may(Role.REVIEWER))


@router.get("")
def list_documents(
    request: Request, server: ServerDep, visitor: VisitorDep, q: Words = "", at: Start = 0, mine: bool = False
) -> Response:
    return _page(request, server, visitor, (q, at, mine))


@router.post("/assign", dependencies=[needs(Role.REVIEWER)])
def assign(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    q: Words = "",
    at: Start = 0,
    mine: bool = False,
    document: Names = None,
    person: Names = None,
    overlap: Annotated[int, Form(ge=1, le=100)] = 1,
) -> Response:
    """Give the chosen documents to people, each to so many of them. What was chosen stays so where that cannot be."""
    shown = (q, at, mine)
    try:
        if not document or not person:
            raise UsageError("Choose documents and people.", "Tick at least one of each.")
        assigning.assign_evenly(server.store, document, person, overlap, visitor.name)
    except AutoGPTError as error:
        return _page(request, server, visitor, shown, (document or (), person or (), overlap), error)
    return back_to(f"/annotate?{_query(*shown)}")


@router.post("/suggest", dependencies=[needs(Role.REVIEWER)])
def suggest(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    q: Words = "",
    at: Start = 0,
    mine: bool = False,
    document: Names = None,
) -> Response:
    """A job that suggests questions about the chosen documents."""
    if not document:
        error = UsageError("Choose documents.", "Tick at least one of the list.")
        return _page(request, server, visitor, (q, at, mine), error=error)
    return back_to(f"/jobs/{server.begin('suggest', {'documents': document}, visitor.name).id}")


def _page(
    request: Request,
    server: Server,
    visitor: Visitor,
    shown: tuple[str, int, bool],
    chosen: tuple[Sequence[str], Sequence[str], int] = ((), (), 1),
    error: AutoGPTError | None = None,
) -> Response:
    """The list from where it is `shown`: words, offset, only one's own; with documents, people, overlap `chosen`."""
    words, at, mine = shown
    found, total = work.list_work(
        server.store, annotator(visitor), NO_LABELS, words=words.strip(), only_mine=mine, limit=LISTED, offset=at
    )
    told = {
        "found": found,
        "total": total,
        "words": words,
        "at": at,
        "size": LISTED,
        "mine": mine,
        "here_again": _query(*shown),
        "annotators": assigning.annotators(server.store),
        "chosen": chosen,
        "error": error,
    }
    return page(request, "annotate.html", told, error.http_status if error else 200)


def _query(words: str, at: int, mine: bool) -> str:
    given = {"q": words, "at": at or "", "mine": "true" if mine else ""}
    return urlencode({key: value for key, value in given.items() if value})
