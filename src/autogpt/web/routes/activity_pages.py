"""`/activity`: what people did, who, when, from what to what; and taking it back. For admins."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from autogpt.errors import AutoGPTError
from autogpt.services import activity, jobs
from autogpt.services.events import told_of
from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.paths import inside
from autogpt.web.rendering import back_to, page
from autogpt.web.state import Server, ServerDep

router = APIRouter(prefix="/activity", include_in_schema=False, dependencies=[needs(Role.ADMIN)])
#: Changes on one page.
LISTED = 50
#: Where a subject is shown, by its kind.
PLACES = {
    "answer": "/review",
    "assignment": "/annotate/{id}/adjudicate",
    "data set": "/datasets",
    "document": "/documents/{id}/about",
    "evaluation": "/evaluate",
    "example": "/datasets/example?id={id}",
    "faq": "/documents",
    "gold set": "/evaluate",
    "guidelines": "/annotate/guidelines",
    "job": "/jobs/{id}",
    "person": "/people",
    "release": "/releases/{id}",
    "review": "/review/{id}",
    "setting": "/settings",
    "source": "/documents",
}

Word = Annotated[str, Query(max_length=64)]
Start = Annotated[int, Query(ge=0)]


@dataclass(frozen=True)
class Filter:
    """Which changes are shown: by whom, of what kind, from which on."""

    person: str
    kind: str
    at: int

    def query(self, at: int) -> str:
        """The part of an address that shows these from another one on."""
        given = {"person": self.person, "kind": self.kind, "at": at or ""}
        return urlencode({key: value for key, value in given.items() if value})


@router.get("")
def show(request: Request, server: ServerDep, person: Word = "", kind: Word = "", at: Start = 0) -> Response:
    return _page(request, server, Filter(person, kind, at))


@router.post("/undo")
def undo(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    event: Annotated[int, Form()] = 0,
    back: Annotated[str, Form(max_length=500)] = "/activity",
    person: Word = "",
    kind: Word = "",
    at: Start = 0,
) -> Response:
    """Take a change back. What has to follow is a job, which is shown where it is the change itself."""
    try:
        follows = activity.undo(server.store, event, visitor.name)
    except AutoGPTError as error:
        return _page(request, server, Filter(person, kind, at), error)
    server.drawn_pages.forget()
    server.engine.refresh()
    if follows is not None:
        what, payload = follows
        job = jobs.latest(server.store, what, "queued") if not any(payload.values()) else None
        job = job or server.begin(what, payload, visitor.name)
        if what == "undo":
            return back_to(f"/jobs/{job.id}")
    return back_to(inside(back))


def _page(request: Request, server: Server, chosen: Filter, error: AutoGPTError | None = None) -> Response:
    found, total = activity.done(server.store, chosen.person, chosen.kind, LISTED, chosen.at)
    people, kinds = told_of(server.store)
    told = {
        "done": found,
        "places": [_place(one.event.subject, one.event.subject_id) for one in found],
        "total": total,
        "people": people,
        "kinds": kinds,
        "chosen": chosen,
        "here_again": chosen.query(chosen.at),
        "size": LISTED,
        "error": error,
    }
    return page(request, "activity.html", told, error.http_status if error else 200)


def _place(kind: str, id: str) -> str:
    return PLACES.get(kind, "").format(id=quote(id, safe=""))
