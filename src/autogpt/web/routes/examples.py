"""`/v1/examples`: examples, one at a time; whole files go through the command line."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from autogpt.errors import UsageError
from autogpt.records import AnswerSpan, Example, Status
from autogpt.services.annotating.suggesting import suggest_questions
from autogpt.services.examples import (
    Edited,
    Written,
    change_example,
    create_example,
    find_example,
    list_examples,
    set_status,
)
from autogpt.services.examples.sealing import is_open, require_seen
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.web.access import VisitorDep, needs
from autogpt.web.example_schemas import ExampleIn, ExampleOut, ExamplesOut, NewExampleIn, StatusIn, SuggestionsOut
from autogpt.web.schemas import ErrorOut, Responses
from autogpt.web.state import NO_LABELS, ServerDep

router = APIRouter(prefix="/v1/examples", tags=["examples"], dependencies=[needs(Role.ANNOTATOR)])
MISSING: Responses = {404: {"model": ErrorOut, "description": "There is no such example, or no such document."}}
CHANGED: Responses = MISSING | {409: {"model": ErrorOut, "description": "It was changed since it was read."}}


@router.get("", response_model=ExamplesOut, dependencies=[needs(Role.REVIEWER)])
def list_(
    server: ServerDep,
    visitor: VisitorDep,
    status: Annotated[str, Query(description="suggested, accepted, rejected or stale.")] = "",
    split: Annotated[str, Query(description="train, validation, test, or none.")] = "",
    document: Annotated[str, Query(description="Name or address of a document, or a part of it.")] = "",
    search: Annotated[str, Query(description="Words in the question or the answer.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> ExamplesOut:
    """Examples that pass every filter, oldest first; none of the test part while it is sealed."""
    found, total = list_examples(
        server.store,
        status=status,
        split=split,
        document=document,
        search=search,
        sealed=not is_open(server.store, visitor.name),
        labels=NO_LABELS,
        limit=limit,
        offset=offset,
    )
    return ExamplesOut(examples=[_out(one.example) for one in found], total=total)


@router.post("", status_code=201, response_model=ExampleOut, responses=CHANGED, dependencies=[needs(Role.REVIEWER)])
def create(body: Annotated[NewExampleIn, Body()], server: ServerDep, visitor: VisitorDep) -> ExampleOut:
    """Write an example. With an id of your own, sending it twice makes one."""
    made = create_example(
        server.store,
        body.document_id,
        _written(body),
        visitor.name,
        version_id=body.version_id,
        id=body.id,
        labels=NO_LABELS,
    )
    return _edited(made)


@router.get("/{example_id}", response_model=ExampleOut, responses=MISSING, dependencies=[needs(Role.REVIEWER)])
def get(example_id: str, server: ServerDep, visitor: VisitorDep) -> ExampleOut:
    """One example, with its other phrasings and the version to send when it is changed."""
    return _edited(_seen(server.store, example_id, visitor.name))


@router.put("/{example_id}", response_model=ExampleOut, responses=CHANGED, dependencies=[needs(Role.REVIEWER)])
def change(example_id: str, body: Annotated[ExampleIn, Body()], server: ServerDep, visitor: VisitorDep) -> ExampleOut:
    """Put something else in an example's place; `version` is that of what was read."""
    _seen(server.store, example_id, visitor.name)
    changed = change_example(
        server.store,
        example_id,
        _written(body),
        visitor.name,
        body.version,
        version_id=body.version_id,
        labels=NO_LABELS,
    )
    return _edited(changed)


@router.post("/{example_id}/status", response_model=ExampleOut, responses=CHANGED, dependencies=[needs(Role.REVIEWER)])
def judge(example_id: str, body: Annotated[StatusIn, Body()], server: ServerDep, visitor: VisitorDep) -> ExampleOut:
    """Accept or reject an example."""
    if body.status not in {Status.ACCEPTED, Status.REJECTED}:
        raise UsageError(f"Nobody can make an example {body.status}.", "Accept or reject it.")
    _seen(server.store, example_id, visitor.name)
    return _edited(set_status(server.store, example_id, Status(body.status), visitor.name, body.version))


@router.post("/suggest/{document_id}", response_model=SuggestionsOut, responses=MISSING)
def suggest(
    document_id: str, server: ServerDep, limit: Annotated[int, Query(ge=1, le=500)] = 50, keep: bool = True
) -> SuggestionsOut:
    """Suggest questions that a document answers, by rules and the language model of the section `compose`, where one
    is configured; `keep=false` only tells them.
    """
    report = suggest_questions(
        server.store, document_id, limit=limit, keep=keep, labels=NO_LABELS, composer=server.engine.composer
    )
    return SuggestionsOut.of(report)


def _seen(store: Store, id: str, by: str) -> Edited:
    """Raises NotFoundError without it, ForbiddenError where it is in the sealed test part and another's."""
    found = find_example(store, id)
    require_seen(store, found.example, by)
    return found


def _written(body: ExampleIn) -> Written:
    return Written(body.question, tuple(AnswerSpan(one.text, one.start) for one in body.spans), tuple(body.phrasings))


def _edited(edited: Edited) -> ExampleOut:
    return _out(edited.example, edited.phrasings, edited.version)


def _out(example: Example, phrasings: tuple[str, ...] = (), version: str = "") -> ExampleOut:
    return ExampleOut.of(example, phrasings, version)
