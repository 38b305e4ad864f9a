"""`POST /v1/retrieve`: a question in, the passages out that answering would read, and where each ranking put them."""

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request

from autogpt.services.searching import search
from autogpt.web.questions import ERRORS, checked, while_connected
from autogpt.web.said import errors
from autogpt.web.schemas import RetrieveIn, SearchOut
from autogpt.web.state import NO_LABELS, ServerDep
from autogpt.web.translations import of_a_page


def router(max_question_characters: int) -> APIRouter:
    """The route. Longer questions are refused before they wait in line."""
    api = APIRouter(tags=["retrieve"])

    @api.post("/v1/retrieve", response_model=SearchOut, responses=ERRORS)
    async def retrieve(body: RetrieveIn, request: Request, server: ServerDep) -> SearchOut:
        """Search the documents as answering does, and show how each passage stood in each ranking.

        Nothing is read, answered or recorded.
        """
        question = checked(body.question, max_question_characters)
        work = partial(search, server.store, server.engine, question, body.k, NO_LABELS)
        made = await while_connected(request, server.admission.run(work))
        notices = tuple(map(errors(of_a_page(request)).said, made.notices))
        return SearchOut.of(replace(made, notices=notices), server.engine.release)

    return api
