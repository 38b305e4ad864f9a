"""`/annotate/…`: a document to annotate, with its examples, a draft and a form."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from autogpt.annotate.anchor import Hints, Text
from autogpt.errors import AutoGPTError, ConflictError, UsageError
from autogpt.records import AnswerSpan, Example, Span, Status
from autogpt.services import documents, events, reviewing
from autogpt.services.annotating import assigning, drafts, guidelines, suggesting, work
from autogpt.services.examples.editing import SUBJECT, SUGGESTED, find_example, undo
from autogpt.services.examples.sealing import is_open, require_seen
from autogpt.services.examples.written import Written
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.store.documents import load_versions
from autogpt.store.store import new_id
from autogpt.web.access import Visitor, VisitorDep, needs
from autogpt.web.document_parts import Place, pieces
from autogpt.web.example_schemas import MOST_REVIEWS
from autogpt.web.markdown import shown
from autogpt.web.rendering import back_to, page
from autogpt.web.routes.annotate_list import annotator
from autogpt.web.routes.drafts import draft_to_json
from autogpt.web.state import NO_LABELS, Server, ServerDep

#: Code points of a document's text on one page, and how many of the next part are shown with it.
SHOWN, BEYOND = 20_000, 400

router = APIRouter(prefix="/annotate", include_in_schema=False, dependencies=[needs(Role.ANNOTATOR)])
Typed = Annotated[str, Form(max_length=60_000)]
Short = Annotated[str, Form(max_length=64)]
Place_ = Annotated[int | None, Query(ge=0)]


@router.get("/{document_id}")
def show(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    document_id: str,
    at: Place_ = None,
    number: Annotated[int | None, Query(ge=1, alias="page")] = None,
    question: Annotated[str, Query(max_length=2_000)] = "",
    start: Place_ = None,
    end: Place_ = None,
    review: Annotated[str, Query(max_length=MOST_REVIEWS)] = "",
    example: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """A part of a document. `start` and `end` say which answer is marked, `at` or `page` which part is shown."""
    content: dict[str, Any] = {}
    if question or review or (start is not None and end is not None):
        spans = [[start, end]] if start is not None and end is not None and start < end else []
        content = {"question": question, "spans": spans, "review": review}
    elif example:
        content = _content_of(server.store, example, visitor.name)
        start = content["spans"][0][0] if content["spans"] else None
    place = at if at is not None else start if start is not None else _page_start(server.store, document_id, number)
    return _page(request, server, visitor, document_id, place, content)


@router.post("/{document_id}")
def save(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    document_id: str,
    question: Typed = "",
    phrasings: Typed = "",
    spans: Typed = "",
    quoted: Typed = "",
    unanswerable: Short = "",
    version_id: Short = "",
    example: Short = "",
    read_at: Short = "",
    review: Annotated[str, Form(max_length=MOST_REVIEWS)] = "",
    draft_version: Annotated[int, Form(ge=0)] = 0,
    at: Annotated[int, Form(ge=0)] = 0,
    later: Short = "",
) -> Response:
    """Save what was written, or with `later` keep it as a draft. What cannot be saved stands in the form again.

    Questions of the review queue that `review` names are decided with it, by who may.
    """
    content = {
        "question": question,
        "phrasings": phrasings.replace("\r\n", "\n"),
        "spans": [],
        "unanswerable": bool(unanswerable),
        "example": example,
        "read_at": read_at,
        "review": review,
        "quoted": quoted,
        "version_id": version_id,
    }
    try:
        content["spans"] = _pairs(spans)
        if later:
            drafts.keep_draft(server.store, visitor.name, document_id, version_id, content, draft_version)
            return back_to(f"/annotate/{document_id}?at={at}")
        answers = () if unanswerable else _answers(server.store, document_id, version_id, content)
        if not answers and not unanswerable:
            raise UsageError(
                "No answer is marked.",
                "Mark it in the document, or say that the document does not answer the question.",
            )
        written = Written(question, answers, tuple(phrasings.splitlines()))
        edited = work.save(
            server.store,
            document_id,
            written,
            annotator(visitor),
            version_id=version_id,
            id=example,
            read_at=read_at,
            labels=NO_LABELS,
        )
    except AutoGPTError as error:
        return _page(request, server, visitor, document_id, at, content, error)
    if review and edited.example.status == Status.ACCEPTED and visitor.role.may(Role.REVIEWER):
        resolution = "corrected" if edited.example.answerable else "unanswerable"
        reviewing.close(server.store, [review], resolution, visitor.name, example=edited.example.id)
    drafts.clear_draft(server.store, visitor.name, document_id, draft_version)
    told = {"at": at, "saved": edited.example.id, "sent": example}
    return back_to(f"/annotate/{document_id}?{urlencode(told)}")


@router.post("/{document_id}/judge")
def judge(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    document_id: str,
    example: Short = "",
    read_at: Short = "",
    accept: Short = "",
    at: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Accept or reject a suggestion; `read_at` is the state that was shown."""
    try:
        seen = find_example(server.store, example)
        require_seen(server.store, seen.example, visitor.name)
        if read_at != seen.version:
            raise ConflictError("This suggestion was changed since you opened it.", "It is shown as it is now.")
        judged = work.judge(server.store, seen, bool(accept), annotator(visitor))
    except AutoGPTError as error:
        return _page(request, server, visitor, document_id, at, {}, error)
    if judged.example.status == Status.ACCEPTED and visitor.role.may(Role.REVIEWER):
        waiting = _asked(server.store, seen.example)
        reviewing.close(server.store, waiting, "accepted", visitor.name, example=judged.example.id)
    return back_to(f"/annotate/{document_id}?{urlencode({'at': at, 'saved': judged.example.id})}")


@router.post("/{document_id}/undo")
def take_back(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    document_id: str,
    event: Annotated[int, Form(ge=1)],
    at: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Undo a change of an example: one's own, or anybody's for who decides."""
    try:
        _require_own(server.store, event, visitor)
        undo(server.store, event, visitor.name)
    except AutoGPTError as error:
        return _page(request, server, visitor, document_id, at, {}, error)
    return back_to(f"/annotate/{document_id}?at={at}")


@router.post("/{document_id}/suggest")
def suggest(server: ServerDep, document_id: str, at: Annotated[int, Form(ge=0)] = 0) -> Response:
    """Suggest questions for the part that is shown, with what the reader that answers now says to each."""
    length = documents.length_of(server.store, document_id, NO_LABELS)
    part = Span(min(at, length), min(length, at + SHOWN + BEYOND))
    engine = server.engine
    report = suggesting.suggest_questions(
        server.store,
        document_id,
        within=part,
        labels=NO_LABELS,
        reads=engine.read if engine.ready else None,
        composer=engine.composer,
    )
    told = {"at": at, "suggested": report.added, "marked": report.marked, **({"cut": "yes"} if report.notice else {})}
    return back_to(f"/annotate/{document_id}?{urlencode(told)}")


@router.post("/{document_id}/done")
def done(server: ServerDep, visitor: VisitorDep, document_id: str, reopen: Short = "") -> Response:
    """The person is through with the document, or not."""
    assigning.set_done(server.store, document_id, visitor.name, not reopen)
    return back_to("/annotate?mine=true" if not reopen else f"/annotate/{document_id}")


def _page(
    request: Request,
    server: Server,
    visitor: Visitor,
    document_id: str,
    at: int,
    content: dict[str, Any],
    error: AutoGPTError | None = None,
) -> Response:
    store, who = server.store, annotator(visitor)
    length = documents.length_of(store, document_id, NO_LABELS)
    start = min(at, max(0, length - 1)) // SHOWN * SHOWN
    span = Span(start, min(length, start + SHOWN + BEYOND))
    view = documents.source_view(store, document_id, span, around=0, labels=NO_LABELS)
    seen = work.examples_seen(store, document_id, who, sealed=not is_open(store, visitor.name))
    kept = drafts.read_draft(store, visitor.name, document_id)
    brought = content.get("version_id", view.version_id)
    typed = dict(drafts.moved(store, document_id, brought, content).content) if content else dict(kept.content)
    typed.setdefault("example", "")
    typed["example"] = typed["example"] or new_id()
    assigned = assigning.assignments(store, document_id)
    own = next((one for one in assigned if one.person == visitor.name), None)
    told = {
        "view": view,
        "pieces": pieces(view, _places(seen)),
        "at": at,
        "start": start,
        "size": SHOWN,
        "pages": _pages(store, view.version_id),
        "examples": seen,
        "shown": {one.example.id for one in seen if _in_part(one, span)},
        "typed": typed,
        "answers": _quotes(store, view.version_id, typed.get("spans", ())),
        "draft": draft_to_json(kept),
        "given": bool(content),
        "assigned": assigned,
        "own": own,
        "overlap": len(assigned) > 1 and any(one.state != assigning.SETTLED for one in assigned),
        "guidelines": shown(guidelines.read_guidelines(store).text),
        "last": _last(store, seen, request.query_params.get("saved", ""), who),
        "saved": request.query_params.get("saved", ""),
        "sent": request.query_params.get("sent", ""),
        "suggested": request.query_params.get("suggested", ""),
        "marked": request.query_params.get("marked", ""),
        "cut": "cut" in request.query_params,
        "person": visitor.name,
        "error": error,
    }
    return page(request, "annotate_document.html", told, error.http_status if error else 200)


def _places(seen: Sequence[work.Seen]) -> list[Place]:
    return [
        Place(span.start, span.end, one.example.id, "proposed" if one.suggested else "answered")
        for one in seen
        for span in one.example.spans
    ]


def _in_part(one: work.Seen, part: Span) -> bool:
    return any(part.start <= span.start < part.end for span in one.example.spans)


def _pairs(spans: str) -> list[list[int]]:
    """`10-14 20-31` → [[10, 14], [20, 31]]. Raises UsageError."""
    try:
        found = [[int(one) for one in part.split("-")] for part in spans.split()]
        if any(len(one) != 2 or one[0] > one[1] for one in found):
            raise ValueError
    except ValueError:
        raise UsageError("The marked answers could not be read.", "Mark them again.") from None
    return found


def _answers(store: Store, document_id: str, version_id: str, content: dict[str, Any]) -> tuple[AnswerSpan, ...]:
    """What was marked; without scripts what was typed, found in the document."""
    length = documents.length_of(store, document_id, NO_LABELS)
    with store.session() as session:
        version = load_versions(session, [version_id]).get(version_id)
    if version is None or version.document_id != document_id:
        raise ConflictError("The document was brought in anew since.", "Open it again and mark the answer there.")
    marked = [AnswerSpan(version.text[start:end], start) for start, end in content["spans"] if end <= length]
    if len(marked) < len(content["spans"]):
        raise UsageError("A marked answer lies beyond the end of the document.", "Mark it again.")
    typed = content["quoted"].strip()
    if typed and not marked:
        found = Text(version.text, version.outline).locate(typed, Hints(question=content["question"]))
        if found is None:
            raise UsageError("The typed answer does not stand in the document.", "Copy it from there.")
        marked = [found]
    return tuple(marked)


def _content_of(store: Store, id: str, by: str) -> dict[str, Any]:
    """An example as the form holds it. Raises ForbiddenError for one of the sealed test part."""
    found = find_example(store, id)
    require_seen(store, found.example, by)
    return {
        "question": found.example.question,
        "phrasings": "\n".join(found.phrasings),
        "spans": [[span.start, span.end] for span in found.example.spans],
        "unanswerable": not found.example.answerable,
        "example": id,
        "read_at": found.version,
        "review": ",".join(_asked(store, found.example)),
    }


def _asked(store: Store, example: Example) -> list[str]:
    """Rows of the review queue that a suggestion answers, while it is one."""
    if example.status != Status.SUGGESTED or example.provenance != f"{SUGGESTED}{suggesting.ASKED}":
        return []
    return reviewing.rows_asking(store, example.question, NO_LABELS)


def _quotes(store: Store, version_id: str, spans: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    with store.session() as session:
        text = load_versions(session, [version_id])[version_id].text
    return [{"start": start, "end": end, "text": text[start:end]} for start, end in spans]


def _pages(store: Store, version_id: str) -> int:
    with store.session() as session:
        return len(load_versions(session, [version_id])[version_id].outline.pages)


def _page_start(store: Store, document_id: str, number: int | None) -> int:
    """Where a page of the document begins; 0 without one."""
    if number is None:
        return 0
    view = documents.source_view(store, document_id, Span(0, 0), around=0, labels=NO_LABELS)
    with store.session() as session:
        outline = load_versions(session, [view.version_id])[view.version_id].outline
    return next((one.span.start for one in outline.pages if one.number == number), 0)


def _last(store: Store, seen: Sequence[work.Seen], id: str, who: work.Annotator) -> events.Event | None:
    """The newest change of the example that was saved just now, if it was this person's."""
    found = events.history(store, SUBJECT, id, 1) if id else []
    return found[0] if found and found[0].person == who.name else None


def _require_own(store: Store, event_id: int, visitor: Visitor) -> None:
    event = events.find(store, event_id)
    if event.person != visitor.name and not visitor.role.may(Role.REVIEWER):
        raise UsageError("Somebody else made this change.", "A reviewer can undo it.")
