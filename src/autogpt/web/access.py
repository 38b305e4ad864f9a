"""Tells who sends a request: a person who signed in, a program with the key, or whoever sits at this machine.

In: headers and cookies. Out: a `Visitor`, or None for who has to sign in first. What a visitor may do is asked for by
the routes, with `needs`. Knows nothing about pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from starlette.datastructures import Headers

from autogpt.errors import ForbiddenError
from autogpt.services.people import Person, Role, has_people
from autogpt.services.sign_in import person_by_token
from autogpt.store import Store
from autogpt.web.auth import COOKIE, ApiKey

#: Names in events of who has no account.
PROGRAM, OWNER = "API key", "this machine"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sends a request.

    Attributes:
        name: stands in events.
        person: who signed in; None for a program, and for who needs no account.
    """

    name: str
    role: Role
    person: Person | None = None


class Access:
    """The accounts of a workspace, seen from requests.

    As long as nobody has an account, the key alone lets in; without a key everybody who reaches `local` addresses.

    Args:
        key: lets programs in.
        local: the server can be reached from this machine alone.
    """

    def __init__(self, store: Store, key: ApiKey | None, local: bool) -> None:
        self._store = store
        self._key = key
        self._local = local
        self._people = False

    @property
    def has_people(self) -> bool:
        """Whether there are accounts; once there are, there always are."""
        self._people = self._people or has_people(self._store)
        return self._people

    @property
    def open(self) -> bool:
        """Whether everybody who reaches the server may do everything."""
        return self._local and self._key is None and not self.has_people

    @property
    def takes_key(self) -> bool:
        """Whether the key lets a browser in."""
        return self._key is not None and not self.has_people

    def visitor(self, headers: Headers, cookies: Mapping[str, str]) -> Visitor | None:
        """Who sends these. An Authorization header counts alone, as who sends one means it."""
        if "authorization" in headers and self._key is not None:
            return Visitor(PROGRAM, Role.ADMIN) if self._key.matches_header(headers["authorization"]) else None
        held = cookies.get(COOKIE, "")
        if self.has_people:
            person = person_by_token(self._store, held)
            return Visitor(person.name, person.role, person) if person else None
        if self._key is not None:
            return Visitor(PROGRAM, Role.ADMIN) if self._key.matches_session(held) else None
        return Visitor(OWNER, Role.ADMIN) if self._local else None


def visitor_of(request: Request) -> Visitor:
    """Who sends a request that was let in."""
    return cast(Visitor, request.state.visitor)


VisitorDep = Annotated[Visitor, Depends(visitor_of)]


def needs(least: Role) -> Any:
    """A dependency of routes: raises ForbiddenError for visitors whose role may not what `least` may."""

    def check(visitor: VisitorDep) -> None:
        if not visitor.role.may(least):
            raise ForbiddenError(
                f"This takes the role {least}; yours is {visitor.role}.", "Ask an admin of this workspace for it."
            )

    return Depends(check)
