"""The people of a workspace: their names, roles and passwords.

In: names, roles, passwords. Out: `Person`s. Every change is an event. Who is signed in where is for
`services.sign_in`; what a role may do is said where it is done. Knows nothing about HTTP.
"""

import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from autogpt.errors import ConflictError, MissingExtraError, NotFoundError, UsageError, unknown_name
from autogpt.services.events import Event, changed_again, note
from autogpt.store import Store
from autogpt.store.store import new_id
from autogpt.store.tables import PersonRow, SignInRow, now

if TYPE_CHECKING:
    from argon2 import PasswordHasher

#: Characters of a password. Length is what makes it hard to guess (NIST SP 800-63B), so nothing else is asked of it.
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 1_000
LONGEST_NAME = 64
#: Subject of the events.
SUBJECT = "person"


class Role(StrEnum):
    """What somebody may do: each role may also do what those before it may."""

    ASKER = "asker"
    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    ADMIN = "admin"

    def may(self, least: "Role") -> bool:
        """Whether this role can do what `least` can."""
        order = list(Role)
        return order.index(self) >= order.index(least)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in, unless `disabled`. `version` is another word after each change."""

    id: str
    name: str
    role: Role
    created_at: datetime
    disabled: bool = False
    version: str = ""


def role_of(name: str) -> Role:
    """Raises UsageError for a role that there is not."""
    try:
        return Role(name)
    except ValueError:
        raise unknown_name("role", name, Role) from None


def list_people(store: Store) -> list[Person]:
    """Everybody, by name; those who may no longer sign in at the end."""
    with store.session() as session:
        rows = session.scalars(select(PersonRow).order_by(PersonRow.disabled_at.is_not(None), PersonRow.key))
        return [person_of(row) for row in rows]


def has_people(store: Store) -> bool:
    """Whether anybody has an account."""
    with store.session() as session:
        return session.scalar(select(PersonRow.id).limit(1)) is not None


def add_person(store: Store, name: str, password: str, role: Role, by: str) -> Person:
    """Give somebody an account.

    Args:
        by: name of who does it.

    Raises UsageError for a name that is taken or can be none, for a password that is too short or too long, and for a
    first account that may not do everything.
    """
    name, hashed = checked_name(name), hashed_password(password)
    with store.session() as session:
        if session.scalar(select(PersonRow.id).where(PersonRow.key == key_of(name))):
            raise UsageError(f"There is somebody called '{name}' already.", "Choose another name.")
        row = PersonRow(
            id=new_id(), name=name, key=key_of(name), password_hash=hashed, role=role.value, created_at=now()
        )
        session.add(row)
        _require_an_admin(session)
        note(session, by, "add", (SUBJECT, row.id), after={"name": name, "role": role.value})
        return person_of(row)


def set_role(store: Store, name: str, role: Role, by: str, *, version: str = "", action: str = "set role") -> Person:
    """Change what somebody may do.

    Args:
        version: `Person.version` of what was seen; empty changes whatever is stored now.
        action: what the event is called.

    Raises NotFoundError for an unknown name, ConflictError when somebody changed the person since, UsageError when
    nobody would be left who may do everything.
    """
    with store.session() as session:
        row = _row(session, name, version)
        before, row.role = row.role, role.value
        _require_an_admin(session)
        if before != row.role:
            note(session, by, action, (SUBJECT, row.id), {"role": before}, {"role": row.role})
        return person_of(row)


def set_password(store: Store, name: str, password: str, by: str, *, version: str = "", keep: str = "") -> Person:
    """Change a password, and sign the person out everywhere but in `keep`, the checksum of a sign-in's token.

    Args:
        version: as `set_role` takes it.

    Raises NotFoundError for an unknown name, ConflictError when somebody changed the person since, UsageError for a
    password that is too short or too long.
    """
    hashed = hashed_password(password)
    with store.session() as session:
        row = _row(session, name, version)
        row.password_hash = hashed
        _sign_out(session, row, keep)
        note(session, by, "set password", (SUBJECT, row.id))
        return person_of(row)


def set_disabled(store: Store, name: str, disabled: bool, by: str, *, version: str = "", action: str = "") -> Person:
    """Let somebody sign in no more, or again. What they did keeps their name.

    Args:
        version: as `set_role` takes it.
        action: what the event is called; empty: disable or enable.

    Raises NotFoundError for an unknown name, ConflictError when somebody changed the person since, UsageError when
    nobody would be left who may do everything.
    """
    with store.session() as session:
        row = _row(session, name, version)
        before = row.disabled_at is not None
        row.disabled_at = now() if disabled else None
        _require_an_admin(session)
        if disabled:
            _sign_out(session, row)
        if before != disabled:
            told = {"disabled": before}, {"disabled": disabled}
            note(session, by, action or ("disable" if disabled else "enable"), (SUBJECT, row.id), *told)
        return person_of(row)


def undo_change(store: Store, event: Event, by: str) -> None:
    """Take a change of somebody's role, or of whether they may sign in, back.

    Raises NotFoundError when they are there no more, ConflictError when it was changed again since, UsageError when
    nobody would be left who may do everything.
    """
    with store.session() as session:
        row = session.get(PersonRow, event.subject_id)
        if row is None:
            raise NotFoundError("There is no such person any more.")
        person = person_of(row)
    ((key, was),) = event.before.items()
    if getattr(person, key) != event.after[key]:
        raise changed_again()
    if key == "role":
        set_role(store, person.name, Role(was), by, version=person.version, action="undo")
    else:
        set_disabled(store, person.name, bool(was), by, version=person.version, action="undo")


def person_of(row: PersonRow) -> Person:
    """A row, for those who know nothing about tables."""
    disabled = row.disabled_at is not None
    version = sha256(f"{row.role}\0{disabled}\0{row.password_hash}".encode()).hexdigest()[:16]
    return Person(row.id, row.name, Role(row.role), row.created_at, disabled, version)


def key_of(name: str) -> str:
    """A name as it is compared: `ANNA ` is anna, and full-width letters are letters."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def checked_name(name: str) -> str:
    """A name without what stands around it. Raises UsageError for what can be none."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name or not any(one.isalnum() for one in name):
        raise UsageError("A person needs a name with a letter or a digit in it.")
    if len(name) > LONGEST_NAME or not all(one.isprintable() for one in name):
        raise UsageError(f"A name has at most {LONGEST_NAME} characters, all of which can be seen.")
    return name


def hashed_password(password: str) -> str:
    """Argon2id (RFC 9106) of a password. Raises UsageError when it is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UsageError(
            f"The password has {len(password):,} characters; {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} are allowed.",
            "Take several words that belong together for you alone.",
        )
    with _HASHING:
        return _hasher().hash(_plain(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether a password is the one that was hashed. Takes as long when it is not."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        with _HASHING:
            return _hasher().verify(password_hash, _plain(password))
    except (VerificationError, InvalidHashError):
        return False


@cache
def nobodys_hash() -> str:
    """What is compared where a name is unknown, so that nobody finds out by the time it takes."""
    return hashed_password("nobody has this password")


#: One at a time: each takes 64 MiB, and who tries many must not fill the memory.
_HASHING = threading.Lock()


@cache
def _hasher() -> "PasswordHasher":
    try:
        from argon2 import PasswordHasher
    except ModuleNotFoundError:
        raise MissingExtraError("Signing in", "serve") from None
    return PasswordHasher()


def _plain(password: str) -> str:
    """The same password from any keyboard: composed and decomposed letters are one."""
    return unicodedata.normalize("NFC", password)


def _row(session: Session, name: str, version: str) -> PersonRow:
    """Somebody, who is this transaction's until it ends, as they were seen in `version`."""
    mine = PersonRow.key == key_of(name)
    # A write that changes nothing comes first: from here on nobody else writes.
    session.execute(update(PersonRow).where(mine).values(key=PersonRow.key))
    row = session.scalar(select(PersonRow).where(mine))
    if row is None:
        names: Sequence[str] = session.scalars(select(PersonRow.name).order_by(PersonRow.key)).all()
        raise NotFoundError(f"There is nobody called '{name}'.", f"There are: {', '.join(names) or 'no people yet'}.")
    if version and version != person_of(row).version:
        raise ConflictError(f"{row.name} was changed since you opened the page.", "Look at what is set now.")
    return row


def _require_an_admin(session: Session) -> None:
    """Called after a change and before it is kept. Raises UsageError when it would leave nobody."""
    session.flush()
    able = select(func.count()).where(PersonRow.role == Role.ADMIN.value, PersonRow.disabled_at.is_(None))
    if not session.scalar(able):
        raise UsageError("There would be nobody who may do everything.", "Make somebody an admin first.")


def _sign_out(session: Session, row: PersonRow, keep: str = "") -> None:
    session.execute(delete(SignInRow).where(SignInRow.person_id == row.id, SignInRow.token_checksum != keep))
