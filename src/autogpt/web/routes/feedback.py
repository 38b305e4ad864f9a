"""`POST /v1/feedback`: a thumb on an answer."""

from fastapi import APIRouter

from autogpt.services import feedback
from autogpt.web.access import VisitorDep
from autogpt.web.schemas import ErrorOut, FeedbackIn, FeedbackOut
from autogpt.web.state import ServerDep

router = APIRouter(tags=["feedback"])


@router.post(
    "/v1/feedback",
    response_model=FeedbackOut,
    responses={404: {"model": ErrorOut, "description": "There is no such answer."}},
)
def give_feedback(body: FeedbackIn, server: ServerDep, visitor: VisitorDep) -> feedback.Feedback:
    """Give an answer a thumb up or down, in place of an earlier one. A thumb down queues the question for review."""
    given = feedback.give(server.store, body.audit_id, body.thumb, body.comment, by=visitor.name)
    server.metrics.thumb(body.thumb)
    return given
