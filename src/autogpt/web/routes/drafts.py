"""`/v1/drafts`: what the page for annotating keeps while somebody writes, and what the model would mark.

For that page alone, so it stands in no reference.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse, Response

from autogpt.records import Span
from autogpt.services import documents
from autogpt.services.annotating import drafts, reading
from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.errors import body_of
from autogpt.web.example_schemas import AskedIn, DraftIn
from autogpt.web.state import NO_LABELS, ServerDep

router = APIRouter(prefix="/v1/drafts", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])


@router.get("/{document_id}")
def draft(server: ServerDep, visitor: VisitorDep, document_id: str) -> Response:
    """The draft as JSON, for windows that come back."""
    return JSONResponse(draft_to_json(drafts.read_draft(server.store, visitor.name, document_id)))


@router.put("/{document_id}")
def keep(server: ServerDep, visitor: VisitorDep, document_id: str, body: Annotated[DraftIn, Body()]) -> Response:
    """Keep a draft; 409 with what it is when another window kept one since."""
    content = body.model_dump(exclude={"version", "version_id"})
    empty = not any(content[key] for key in ("question", "phrasings", "spans", "unanswerable", "read_at", "review"))
    try:
        kept = drafts.keep_draft(
            server.store, visitor.name, document_id, body.version_id, {} if empty else content, body.version
        )
    except drafts.DraftConflictError as error:
        return JSONResponse(body_of(error) | {"draft": draft_to_json(error.draft)}, 409)
    return JSONResponse(draft_to_json(kept))


@router.post("/{document_id}/answer")
def ask(server: ServerDep, document_id: str, body: Annotated[AskedIn, Body()]) -> Response:
    """The current reader's answer to a question in this document, or none."""
    documents.length_of(server.store, document_id, NO_LABELS)
    near = [
        Span(one.passage.start, one.passage.end)
        for one in server.engine.retrieve(body.question, 50, NO_LABELS).passages
        if one.passage.document_id == document_id
    ]
    found = reading.read_document(
        server.store, document_id, body.question, server.engine.read, near[:8], labels=NO_LABELS
    )
    told = (
        {"start": found.start, "end": found.end, "text": found.text, "confidence": found.confidence} if found else None
    )
    return JSONResponse({"found": told, "release": server.engine.release})


def draft_to_json(draft: drafts.Draft) -> dict[str, Any]:
    """The form of a draft outside this program."""
    content = dict(draft.content)
    return {"version": draft.version, "content": content, "version_id": draft.version_id, "lost": draft.lost}
