"""`/v1/review`: what waits for a person, most instructive first, and decisions about it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from autogpt.errors import NotFoundError
from autogpt.services import feedback, reviewing
from autogpt.services.people import Role
from autogpt.services.reviewing.requests import Wanted, decide
from autogpt.web.access import VisitorDep, needs
from autogpt.web.review_schemas import DecisionIn, ReviewIn, ReviewItemOut, ReviewListOut, ReviewOut, ReviewSentOut
from autogpt.web.schemas import ErrorOut, Responses
from autogpt.web.state import NO_LABELS, ServerDep

router = APIRouter(prefix="/v1/review", tags=["review"])
MISSING: Responses = {404: {"model": ErrorOut, "description": "There is no such question."}}
CHANGED: Responses = MISSING | {409: {"model": ErrorOut, "description": "Somebody decided, or changed it, before."}}


@router.post(
    "",
    response_model=ReviewSentOut,
    responses={404: {"model": ErrorOut, "description": "There is no such answer."}},
)
def send_to_review(body: ReviewIn, server: ServerDep, visitor: VisitorDep) -> ReviewSentOut:
    """Have a person look at the question of an answer."""
    feedback.send_to_review(server.store, body.audit_id, by=visitor.name)
    return ReviewSentOut(audit_id=body.audit_id)


@router.get("", response_model=ReviewListOut, dependencies=[needs(Role.ANNOTATOR)])
def list_review(server: ServerDep, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> ReviewListOut:
    """What waits: questions that ask the same are one item, and the item that teaches most comes first."""
    items = reviewing.review_items(server.store, server.engine.encoder, NO_LABELS)
    return ReviewListOut(items=[ReviewItemOut.of(one) for one in items[:limit]], total=len(items))


@router.get("/{row_id}", response_model=ReviewOut, responses=MISSING, dependencies=[needs(Role.ANNOTATOR)])
def get_review(row_id: str, server: ServerDep) -> ReviewOut:
    """What was answered and why, the nearest passages and vetted answers of now, and what became of it."""
    store, engine = server.store, server.engine
    row = reviewing.find_row(store, row_id, NO_LABELS)
    if row is None:
        raise NotFoundError("There is no such question.", "List what waits: GET /v1/review")
    item = reviewing.item_with(reviewing.review_items(store, engine.encoder, NO_LABELS), row_id)
    near, vetted = [], []
    if item is not None:
        near = reviewing.nearest(store, engine if engine.ready else None, item.text, NO_LABELS)
        vetted = reviewing.vetted_near(store, engine.encoder, item.text, "", NO_LABELS)
    first = item.rows[0] if item is not None else row
    return ReviewOut.of(row, item, reviewing.given(store, first, NO_LABELS), near, vetted)


@router.post("/{row_id}", responses=CHANGED, dependencies=[needs(Role.REVIEWER)])
def decide_review(row_id: str, body: DecisionIn, server: ServerDep, visitor: VisitorDep) -> dict[str, Any]:
    """Decide what becomes of an item, or take that back; says what became of it.

    `accept` makes an accepted example of the answer, `unanswerable` one without an answer; `answer` writes a vetted
    answer and `phrase` adds to one, which both count for the next question.
    """
    engine = server.engine
    told = decide(
        server.store,
        Wanted(**body.model_dump(exclude={"rows"})),
        row_id,
        visitor.name,
        encoder=engine.encoder,
        searches=engine if engine.ready else None,
        seen=body.rows,
        labels=NO_LABELS,
    )
    engine.refresh()
    return told
