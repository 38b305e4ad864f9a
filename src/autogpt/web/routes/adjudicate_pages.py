"""Who annotates a document, how far they agree, which answer counts, and the guidelines they follow."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from autogpt.errors import AutoGPTError, UsageError
from autogpt.services import activity, documents
from autogpt.services.annotating import adjudicating, assigning, guidelines
from autogpt.services.events import history
from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.markdown import shown
from autogpt.web.rendering import back_to, page
from autogpt.web.state import NO_LABELS, Server, ServerDep

router = APIRouter(prefix="/annotate", include_in_schema=False)
_DECIDES = [needs(Role.REVIEWER)]
Short = Annotated[str, Form(max_length=64)]
Names = Annotated[list[str] | None, Form()]


@router.get("/guidelines", dependencies=[needs(Role.ANNOTATOR)])
def read_guidelines(request: Request, server: ServerDep) -> Response:
    return _guidelines(request, server)


@router.post("/guidelines", dependencies=_DECIDES)
def write_guidelines(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    text: Annotated[str, Form(max_length=guidelines.LONGEST + 1)] = "",
    version: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Put another text in place of the guidelines; where somebody else did since, both are shown."""
    try:
        guidelines.write_guidelines(server.store, text, version, visitor.name)
    except AutoGPTError as error:
        return _guidelines(request, server, error, text)
    return back_to("/annotate/guidelines")


@router.post("/guidelines/undo", dependencies=_DECIDES)
def undo_guidelines(
    request: Request, server: ServerDep, visitor: VisitorDep, event: Annotated[int, Form()] = 0
) -> Response:
    """Put the text from before the newest change back."""
    try:
        activity.undo(server.store, event, visitor.name, guidelines.SUBJECT)
    except AutoGPTError as error:
        return _guidelines(request, server, error)
    return back_to("/annotate/guidelines")


@router.get("/{document_id}/adjudicate", dependencies=_DECIDES)
def show(request: Request, server: ServerDep, document_id: str) -> Response:
    return _page(request, server, document_id)


@router.post("/{document_id}/adjudicate", dependencies=_DECIDES)
def decide(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    document_id: str,
    action: Short = "",
    example: Short = "",
    read_at: Short = "",
    person: Names = None,
    seen: Names = None,
    event: Annotated[int, Form()] = 0,
) -> Response:
    """Let an answer count, or none; let all count that agree; say that all is decided; change who annotates; take such
    a change back.
    """
    store, by = server.store, visitor.name
    try:
        if action == "choose":
            adjudicating.choose(store, example, by, read_at)
        elif action == "none":
            adjudicating.reject_case(store, example, by)
        elif action == "agreed":
            adjudicating.choose_agreed(store, document_id, by)
        elif action == "settle":
            adjudicating.settle(store, document_id, by)
        elif action == "undo":
            activity.undo(store, event, by, assigning.SUBJECT)
        elif action == "assign":
            assigning.assign(store, document_id, person or [], by, seen=seen or [])
        else:
            raise UsageError(f"There is no decision '{action}'.")
    except AutoGPTError as error:
        return _page(request, server, document_id, error)
    return back_to(f"/annotate/{document_id}/adjudicate")


def _page(request: Request, server: Server, document_id: str, error: AutoGPTError | None = None) -> Response:
    documents.length_of(server.store, document_id, NO_LABELS)
    found = adjudicating.cases(server.store, document_id)
    assigned = assigning.assignments(server.store, document_id)
    changes = history(server.store, assigning.SUBJECT, document_id, 20)
    told = {
        "document": documents.named(server.store, document_id, NO_LABELS),
        "cases": found,
        "agreed": sum(one.agreed for one in found),
        "pairs": adjudicating.pairs(server.store, document_id),
        "assigned": {one.person: one for one in assigned},
        "settled": bool(assigned) and all(one.state == assigning.SETTLED for one in assigned),
        "annotators": assigning.annotators(server.store),
        "changes": changes,
        "undoable": activity.newest_undoable(server.store, changes),
        "error": error,
    }
    return page(request, "adjudicate.html", told, error.http_status if error else 200)


def _guidelines(
    request: Request, server: Server, error: AutoGPTError | None = None, typed: str | None = None
) -> Response:
    kept = guidelines.read_guidelines(server.store)
    told = {
        "kept": kept,
        "shown": shown(kept.text),
        "typed": kept.text if typed is None else typed,
        "changes": history(server.store, guidelines.SUBJECT, limit=20),
        "error": error,
    }
    return page(request, "guidelines.html", told, error.http_status if error else 200)
