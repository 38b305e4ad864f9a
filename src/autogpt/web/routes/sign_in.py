"""Signing in and out, the first account, and one's own password.

The cookie can be read by no script and is sent by no other site; requests of other sites that change something are
refused before they come here (`web.gate`), forms of sign-in included.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from autogpt.errors import OverloadedError, UsageError
from autogpt.services import people, sign_in
from autogpt.web.access import VisitorDep
from autogpt.web.auth import COOKIE, SESSION
from autogpt.web.paths import inside
from autogpt.web.rendering import back_to, page
from autogpt.web.state import ServerDep

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Form(max_length=people.LONGEST_PASSWORD + 1)]


@router.get("/login")
def form(request: Request, server: ServerDep) -> Response:
    return back_to("/") if server.access.open else _form(request)


@router.post("/login")
def login(request: Request, server: ServerDep, key: Text = "", person: Text = "", password: Text = "") -> Response:
    """Exchange name and password, or the key where nobody has an account, for a cookie."""
    access = server.access
    if access.open:
        return back_to("/")
    if access.takes_key:
        assert server.key is not None
        if not server.key.matches(key.strip()):
            return _form(request, 401, failed=True)
        return _let_in(request, server.key.session())
    try:
        found = sign_in.person_by_password(server.store, person, password, server.attempts)
    except OverloadedError as error:
        return _form(request, 429, person, error=error)
    if found is None:
        return _form(request, 401, person, failed=True)
    return _let_in(request, sign_in.sign_in(server.store, found))


@router.post("/logout")
def logout(request: Request, server: ServerDep) -> Response:
    sign_in.sign_out(server.store, request.cookies.get(COOKIE, ""))
    response = back_to("/login")
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


@router.get("/set-up")
def set_up_form(request: Request, server: ServerDep, token: str = "") -> Response:
    """What the link opens that the first start wrote into a file."""
    if not sign_in.is_set_up_token(server.store, token):
        return page(request, "set-up.html", {"counts": False}, 403)
    return page(request, "set-up.html", {"counts": True, "token": token, "shortest": people.SHORTEST_PASSWORD})


@router.post("/set-up")
def set_up(request: Request, server: ServerDep, token: Text = "", person: Text = "", password: Text = "") -> Response:
    """Make the first account, and sign it in."""
    try:
        first = sign_in.set_up(server.store, token, person, password)
    except UsageError as error:
        counts = sign_in.is_set_up_token(server.store, token)
        told = {
            "counts": counts,
            "token": token,
            "person": person,
            "shortest": people.SHORTEST_PASSWORD,
            "error": error,
        }
        return page(request, "set-up.html", told, 422 if counts else 403)
    return _let_in(request, sign_in.sign_in(server.store, first))


@router.get("/account")
def account(request: Request, visitor: VisitorDep, done: bool = False) -> Response:
    return _account(request, visitor.person, done=done) if visitor.person else back_to("/")


@router.post("/account")
def change_password(
    request: Request, server: ServerDep, visitor: VisitorDep, password: Text = "", new: Text = ""
) -> Response:
    """Change one's own password; other browsers are signed out."""
    if visitor.person is None:
        return back_to("/")
    name = visitor.person.name
    try:
        if sign_in.person_by_password(server.store, name, password, server.attempts) is None:
            raise UsageError("The present password is not right.")
        here = sign_in.checksum(request.cookies.get(COOKIE, ""))
        people.set_password(server.store, name, new, by=name, keep=here)
    except (UsageError, OverloadedError) as error:
        return _account(request, visitor.person, error=error, status=error.http_status)
    return back_to("/account?done=true")


def _form(
    request: Request, status: int = 200, person: str = "", *, failed: bool = False, error: OverloadedError | None = None
) -> Response:
    access = request.app.state.server.access
    told = {
        "by_key": access.takes_key,
        "nobody": not access.takes_key and not access.has_people,
        "person": person,
        "failed": failed,
        "error": error,
        "next": inside(request.query_params.get("next", "/")),
    }
    return page(request, "login.html", told, status)


def _account(
    request: Request,
    person: people.Person,
    *,
    done: bool = False,
    error: UsageError | OverloadedError | None = None,
    status: int = 200,
) -> Response:
    told = {"person": person, "done": done, "error": error, "shortest": people.SHORTEST_PASSWORD}
    return page(request, "account.html", told, status)


def _let_in(request: Request, token: str) -> Response:
    response = back_to(inside(request.query_params.get("next", "/")))
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, max_age=SESSION, httponly=True, samesite="strict", secure=secure)
    return response
