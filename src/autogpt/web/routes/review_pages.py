"""`/review`: questions that wait for a person, as pages: look at one, decide what becomes of it, take that back."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from autogpt.errors import AutoGPTError, NotFoundError, UsageError
from autogpt.records import Answer
from autogpt.services import reviewing
from autogpt.services.examples.written import LONGEST_QUESTION
from autogpt.services.people import Role, list_people
from autogpt.services.reviewing import Item, Waiting
from autogpt.store import Store
from autogpt.web.access import VisitorDep, needs
from autogpt.web.engine import Engine
from autogpt.web.rendering import back_to, page
from autogpt.web.state import NO_LABELS, Server, ServerDep

router = APIRouter(prefix="/review", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])
_DECIDES = [needs(Role.REVIEWER)]

#: Items on one page, characters of a question in a list, and rows that an address for annotating holds.
LISTED, SHOWN, MARKED = 30, 300, 200

#: Rows of the form: `ID:VERSION`.
Rows = Annotated[list[str] | None, Form(max_length=500)]
Text = Annotated[str, Form(max_length=100_000)]
Short = Annotated[str, Form(max_length=500)]


@router.get("")
def list_items(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    mine: Annotated[bool, Query()] = False,
    at: Annotated[int, Query(ge=0)] = 0,
    done: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    items = _items(server, visitor.name if mine else "")
    told = {
        "items": items[at : at + LISTED],
        "total": len(items),
        "questions": sum(item.times for item in items),
        "at": at,
        "size": LISTED,
        "mine": mine,
        "decided": reviewing.decided(server.store, NO_LABELS),
        "done": _done(server.store, done),
        "shown": SHOWN,
    }
    return page(request, "review.html", told)


@router.get("/{row_id}")
def show(
    request: Request,
    server: ServerDep,
    row_id: str,
    words: Annotated[str, Query(max_length=200)] = "",
    done: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    return _page(request, server, row_id, words=words, done=done)


@router.post("/{row_id}/accept", dependencies=_DECIDES)
def accept(request: Request, server: ServerDep, visitor: VisitorDep, row_id: str, rows: Rows = None) -> Response:
    def decide() -> None:
        reviewing.accept(server.store, _seen(rows, row_id), visitor.name, NO_LABELS)

    return _decided(request, server, row_id, decide)


@router.post("/{row_id}/unanswerable", dependencies=_DECIDES)
def mark_unanswerable(
    request: Request, server: ServerDep, visitor: VisitorDep, row_id: str, rows: Rows = None, document_id: Short = ""
) -> Response:
    def decide() -> None:
        if not document_id:
            raise UsageError("No document comes near the question.", "Dismiss it, or write a vetted answer.")
        reviewing.mark_unanswerable(server.store, _seen(rows, row_id), document_id, visitor.name, NO_LABELS)

    return _decided(request, server, row_id, decide)


@router.post("/{row_id}/answer", dependencies=_DECIDES)
def answer(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    row_id: str,
    rows: Rows = None,
    phrasings: Text = "",
    answer: Text = "",
) -> Response:
    def decide() -> None:
        reviewing.answer(server.store, _seen(rows, row_id), phrasings.splitlines(), answer, visitor.name, NO_LABELS)

    return _decided(request, server, row_id, decide, phrasings=phrasings, answer=answer)


@router.post("/{row_id}/phrasing", dependencies=_DECIDES)
def add_phrasing(
    request: Request, server: ServerDep, visitor: VisitorDep, row_id: str, rows: Rows = None, faq: Short = ""
) -> Response:
    def decide() -> None:
        if not faq:
            raise UsageError("No vetted answer was chosen.", "Choose the one that answers.")
        seen = _seen(rows, row_id)
        questions = [one.question for id in seen if (one := reviewing.find_row(server.store, id, NO_LABELS))]
        reviewing.add_phrasing(server.store, seen, faq, questions, visitor.name, NO_LABELS)

    return _decided(request, server, row_id, decide)


@router.post("/{row_id}/dismiss", dependencies=_DECIDES)
def dismiss(request: Request, server: ServerDep, visitor: VisitorDep, row_id: str, rows: Rows = None) -> Response:
    def decide() -> None:
        reviewing.dismiss(server.store, _seen(rows, row_id), visitor.name, NO_LABELS)

    return _decided(request, server, row_id, decide)


@router.post("/{row_id}/assign", dependencies=_DECIDES)
def assign(
    request: Request, server: ServerDep, visitor: VisitorDep, row_id: str, rows: Rows = None, person: Short = ""
) -> Response:
    try:
        reviewing.assign(server.store, _seen(rows, row_id), person, visitor.name, NO_LABELS)
    except AutoGPTError as error:
        return _page(request, server, row_id, error=error)
    return back_to(f"/review/{row_id}")


@router.post("/{row_id}/undo", dependencies=_DECIDES)
def undo(request: Request, server: ServerDep, visitor: VisitorDep, row_id: str) -> Response:
    try:
        reviewing.undo(server.store, row_id, visitor.name, NO_LABELS)
    except AutoGPTError as error:
        return _page(request, server, row_id, error=error)
    server.engine.refresh()
    return back_to(f"/review/{row_id}")


def _decided(request: Request, server: Server, row_id: str, decide: Callable[[], None], **typed: str) -> Response:
    """Decide, and go on to the next item; where that cannot be, show why, with what was typed."""
    before = _items(server)
    try:
        decide()
    except AutoGPTError as error:
        return _page(request, server, row_id, error=error, **typed)
    server.engine.refresh()
    left = {row.id for question in reviewing.open_questions(server.store, NO_LABELS) for row in question.rows}
    ids = [item.id for item in before]
    place = next((at for at, item in enumerate(before) if any(row.id == row_id for row in item.rows)), 0)
    following = next((id for id in [*ids[place + 1 :], *ids[:place]] if id in left), "")
    return back_to(f"/review{'/' if following else ''}{following}?{urlencode({'done': row_id})}")


def _page(
    request: Request,
    server: Server,
    row_id: str,
    *,
    words: str = "",
    done: str = "",
    error: AutoGPTError | None = None,
    **typed: str,
) -> Response:
    store, engine = server.store, server.engine
    row = reviewing.find_row(store, row_id, NO_LABELS)
    if row is None:
        raise NotFoundError("There is no such question.", "Look at what waits now.")
    items = _items(server)
    item = reviewing.item_with(items, row_id)
    ids = [one.id for one in items]
    place = ids.index(item.id) if item is not None else 0
    asked = item.text if item is not None else row.question
    first = item.rows[0] if item is not None else row
    near = reviewing.nearest(store, engine if engine.ready else None, asked, NO_LABELS) if item is not None else []
    told: dict[str, Any] = {
        "item": item,
        "row": row,
        "asked": asked,
        "given": reviewing.given(store, first, NO_LABELS),
        "now": _answered_now(engine, asked) if item is not None else None,
        "nearest": [(one, _marking(one.document_id, item, at=one.start) if item is not None else "") for one in near],
        "vetted": reviewing.vetted_near(store, engine.encoder, asked, words, NO_LABELS) if item is not None else [],
        "words": words,
        "correct": _annotating(store, item, near) if item is not None else "",
        "people": [one.name for one in list_people(store) if not one.disabled],
        "previous": ids[place - 1] if item is not None and place else "",
        "next": ids[place + 1] if item is not None and place + 1 < len(ids) else "",
        "number": place + 1,
        "total": len(items),
        "decided": next((one for one in reviewing.decided(store, NO_LABELS, 1_000) if row in one), [row]),
        "done": _done(store, done),
        "error": error,
        "typed": typed,
        "shown": SHOWN,
    }
    return page(request, "review-item.html", told, error.http_status if error else 200)


def _answered_now(engine: Engine, question: str) -> Answer | None:
    """What would be answered at this moment, and why; None while nothing answers."""
    if not engine.ready:
        return None
    try:
        return engine.explain(question, NO_LABELS)
    except AutoGPTError:  # nothing that could be looked up, or nothing to look in
        return None


def _items(server: Server, assignee: str = "") -> list[Item]:
    items = reviewing.review_items(server.store, server.engine.encoder, NO_LABELS)
    return [item for item in items if not assignee or item.assignee == assignee]


def _annotating(store: Store, item: Item, near: Sequence[reviewing.Near]) -> str:
    """The address where the right words are marked: those that were cited, else nothing yet in the nearest passage."""
    told = reviewing.given(store, item.rows[0], NO_LABELS)
    if told is not None and told.evidence and told.acceptable:
        best = told.evidence[0]
        return _marking(best.document_id, item, start=best.start, end=best.end)
    return _marking(near[0].document_id, item, at=near[0].start) if near else ""


def _marking(document_id: str, item: Item, **place: int) -> str:
    """Where a document is annotated, with the item's question; what is saved there decides its rows."""
    asked = {"question": item.text[:LONGEST_QUESTION], "review": ",".join(row.id for row in item.rows[:MARKED])}
    return f"/annotate/{document_id}?{urlencode({**asked, **place})}"


def _done(store: Store, row_id: str) -> Waiting | None:
    """What was decided a moment ago."""
    row = reviewing.find_row(store, row_id, NO_LABELS) if row_id else None
    return row if row is not None and row.state == "decided" else None


def _seen(rows: Sequence[str] | None, first: str) -> dict[str, int]:
    """Rows of the form with the versions they were seen in, the one that names the item first."""
    seen = {}
    for one in rows or ():
        id, _, version = one.partition(":")
        if not version.isdecimal():
            raise UsageError("The form is not whole.", "Load the page again.")
        seen[id] = int(version)
    return dict(sorted(seen.items(), key=lambda one: one[0] != first))
