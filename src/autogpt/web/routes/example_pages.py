"""`/datasets/examples`: the examples, found, judged one by one or several at once, each with what was changed in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from autogpt.errors import AutoGPTError, NotFoundError
from autogpt.records import AnswerSpan, Example, Span, Split, Status, Task
from autogpt.services import documents
from autogpt.services.events import history
from autogpt.services.examples import ListedExample, editing, list_examples, sealing
from autogpt.services.examples.describing import PARTS
from autogpt.services.examples.judging import Judged, judge
from autogpt.services.people import Role
from autogpt.web.access import Visitor, VisitorDep, needs
from autogpt.web.paths import inside
from autogpt.web.rendering import back_to, page
from autogpt.web.state import NO_LABELS, Server, ServerDep

router = APIRouter(prefix="/datasets", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])
#: Examples on one page, and code points of the document around an answer.
LISTED, AROUND = 100, 400
_REVIEWER = [needs(Role.REVIEWER)]

Word = Annotated[str, Query(max_length=64)]
Id = Annotated[str, Query(max_length=64)]
Field = Annotated[str, Form(max_length=2_000)]


@dataclass(frozen=True)
class Piece:
    """A piece of a document's text, `marked` where it answers."""

    text: str
    marked: bool


@router.get("/examples")
def list_(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    split: Word = "",
    status: Word = "",
    task: Word = "",
    language: Word = "",
    answerable: Word = "",
    document: Annotated[str, Query(max_length=200)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    at: Annotated[int, Query(ge=0)] = 0,
    judged: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    chosen = {
        "split": split,
        "status": status,
        "task": task,
        "language": language,
        "answerable": answerable,
        "document": document.strip(),
        "q": q.strip(),
    }
    return _list(request, server, visitor, chosen, at, judged=judged)


@router.post("/examples/judge", dependencies=_REVIEWER)
def judge_several(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    status: Field = "",
    back: Field = "/datasets/examples",
    chosen: Annotated[list[str] | None, Form(max_length=500)] = None,
) -> Response:
    """Accept or reject what was ticked: `version|id` each."""
    pairs = [one.partition("|") for one in chosen or ()]
    read = {id: version for version, sign, id in pairs if sign}
    opened = sealing.is_open(server.store, visitor.name)
    done = judge(server.store, read, _status(status), visitor.name, sealed=not opened)
    path = inside(back)
    if done.refused:
        told = {"done": done, "back": path, "named": _named(server, done)}
        return page(request, "judged.html", told, 409)
    return back_to(f"{path}{'&' if '?' in path else '?'}judged={done.changed}")


@router.get("/example")
def show(request: Request, server: ServerDep, visitor: VisitorDep, id: Id = "") -> Response:
    return _show(request, server, visitor, id)


@router.post("/example/judge", dependencies=_REVIEWER)
def judge_one(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    id: Field = "",
    status: Field = "",
    version: Field = "",
) -> Response:
    try:
        _require_visible(server, visitor, editing.find_example(server.store, id).example)
        editing.set_status(server.store, id, _status(status), visitor.name, version)
    except AutoGPTError as error:
        return _show(request, server, visitor, id, error)
    return back_to(f"/datasets/example?{urlencode({'id': id})}")


@router.post("/example/undo", dependencies=_REVIEWER)
def undo(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    id: Field = "",
    event: Annotated[int, Form()] = 0,
) -> Response:
    try:
        _require_visible(server, visitor, editing.find_example(server.store, id).example)
        left = editing.undo(server.store, event, visitor.name)
    except AutoGPTError as error:
        return _show(request, server, visitor, id, error)
    return back_to(f"/datasets/example?{urlencode({'id': id})}" if left else "/datasets/examples")


def _list(
    request: Request, server: Server, visitor: Visitor, chosen: Mapping[str, str], at: int, judged: int | None = None
) -> Response:
    opened = sealing.is_open(server.store, visitor.name)
    error: AutoGPTError | None = None
    found: list[ListedExample] = []
    total = hidden = 0
    filters: dict[str, Any] = {key: chosen[key] for key in ("split", "status", "task", "language", "document")}
    filters |= {"search": chosen["q"], "answerable": {"yes": True, "no": False}.get(chosen["answerable"])}
    try:
        found, total = list_examples(
            server.store, **filters, sealed=not opened, labels=NO_LABELS, limit=LISTED, offset=at
        )
        if not opened and not chosen["q"] and not chosen["document"]:
            # How many there are is no secret; by words one could feel the way to their texts.
            hidden = list_examples(server.store, **{**filters, "split": "test"}, limit=0)[1]
            hidden = hidden if chosen["split"] in {"", "test"} else 0
    except AutoGPTError as problem:
        error = problem
    kept = {key: value for key, value in chosen.items() if value}
    told = {
        "examples": found,
        "total": total,
        "hidden": hidden,
        "opened": opened,
        "chosen": chosen,
        "query": urlencode(kept),
        "at": at,
        "size": LISTED,
        "parts": PARTS,
        "statuses": [status.value for status in Status],
        "tasks": [Task.EXTRACTIVE.value, Task.CLASSIFY.value],
        "judged": judged,
        "error": error,
    }
    return page(request, "examples.html", told, error.http_status if error else 200)


def _show(request: Request, server: Server, visitor: Visitor, id: str, error: AutoGPTError | None = None) -> Response:
    found = editing.find_example(server.store, id)
    _require_visible(server, visitor, found.example)
    changes = history(server.store, editing.SUBJECT, id)
    told = {
        "found": found,
        "example": found.example,
        "pieces": _around(server, found.example),
        "changes": changes,
        "differences": [_difference(one.before, one.after) for one in changes],
        "error": error,
    }
    return page(request, "example.html", told, error.http_status if error else 200)


def _require_visible(server: Server, visitor: Visitor, example: Example) -> None:
    """Raises ForbiddenError for a sealed example, NotFoundError where its document is not for this visitor."""
    if example.split == Split.TEST:
        sealing.require_open(server.store, visitor.name)
    if example.document_id:
        try:
            documents.length_of(server.store, example.document_id, NO_LABELS)
        except NotFoundError:
            if example.status != Status.STALE:
                raise


def _around(server: Server, example: Example) -> list[Piece]:
    """The document around the first answer, with the answers marked; nothing where there is no text."""
    if not example.document_id or not example.version_id or not example.spans:
        return []
    first = example.spans[0]
    try:
        view = documents.source_view(
            server.store,
            example.document_id,
            Span(first.start, first.end),
            version_id=example.version_id,
            around=AROUND,
            labels=NO_LABELS,
        )
    except AutoGPTError:
        return []
    return _pieces(view.text, view.text_start, example.spans)


def _pieces(text: str, start: int, spans: tuple[AnswerSpan, ...]) -> list[Piece]:
    pieces, done = [], 0
    for span in sorted(spans, key=lambda one: one.start):
        begin, end = max(done, span.start - start), min(len(text), span.end - start)
        if begin >= end:
            continue
        pieces += [Piece(text[done:begin], False), Piece(text[begin:end], True)]
        done = end
    return [piece for piece in (*pieces, Piece(text[done:], False)) if piece.text]


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What an event changed, in words: what, from, to."""
    told = []
    for key in ("question", "status", "spans", "phrasings"):
        old, new = _said(before.get(key)), _said(after.get(key))
        if old != new:
            told.append((key, old, new))
    return told


def _said(value: Any) -> str:
    if isinstance(value, list):
        return " · ".join(str(one.get("text", "")) if isinstance(one, dict) else str(one) for one in value)
    return "" if value is None else str(value)


def _named(server: Server, done: Judged) -> list[tuple[str, str, str]]:
    """Id, question and reason of what was not changed; no question where the test part is sealed."""
    named = []
    for id, reason in done.refused.items():
        try:
            example = editing.find_example(server.store, id).example
            question = "" if example.split == Split.TEST else example.question
        except NotFoundError:
            question = ""
        named.append((id, question, reason))
    return named


def _status(name: str) -> Status:
    return Status.ACCEPTED if name == Status.ACCEPTED else Status.REJECTED
