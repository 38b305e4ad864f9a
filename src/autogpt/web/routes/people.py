"""`/people`: who may sign in, and what they may do. For admins."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from autogpt.errors import UsageError
from autogpt.services import people
from autogpt.services.people import Role
from autogpt.web.access import VisitorDep, needs
from autogpt.web.rendering import back_to, page
from autogpt.web.state import ServerDep

router = APIRouter(prefix="/people", include_in_schema=False, dependencies=[needs(Role.ADMIN)])

Text = Annotated[str, Form(max_length=people.LONGEST_PASSWORD + 1)]


@router.get("")
def list_people(request: Request, server: ServerDep) -> Response:
    return _page(request, server)


@router.post("")
def add(
    request: Request, server: ServerDep, visitor: VisitorDep, person: Text = "", password: Text = "", role: Text = ""
) -> Response:
    """Give somebody an account."""
    try:
        people.add_person(server.store, person, password, people.role_of(role), by=visitor.name)
    except UsageError as error:
        return _page(request, server, error, {"person": person, "role": role})
    return back_to("/people")


@router.post("/change")
def change(
    request: Request,
    server: ServerDep,
    visitor: VisitorDep,
    person: Text = "",
    what: Text = "",
    role: Text = "",
    password: Text = "",
    version: Text = "",
) -> Response:
    """Change somebody's role or password, or whether they may sign in; not what another admin changed since."""
    try:
        if what == "role":
            people.set_role(server.store, person, people.role_of(role), by=visitor.name, version=version)
        elif what == "password":
            people.set_password(server.store, person, password, by=visitor.name, version=version)
        elif what in {"disable", "enable"}:
            people.set_disabled(server.store, person, what == "disable", by=visitor.name, version=version)
        else:
            raise UsageError(f"There is no change '{what}'.")
    except UsageError as error:
        return _page(request, server, error)
    return back_to("/people")


def _page(
    request: Request, server: ServerDep, error: UsageError | None = None, typed: dict[str, str] | None = None
) -> Response:
    told = {
        "people": people.list_people(server.store),
        "roles": list(Role),
        "shortest": people.SHORTEST_PASSWORD,
        "error": error,
        "typed": typed or {"role": Role.ADMIN if server.access.open else Role.ANNOTATOR},
    }
    return page(request, "people.html", told, error.http_status if error else 200)
