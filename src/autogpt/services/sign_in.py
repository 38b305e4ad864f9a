"""Signing in: who somebody is by name and password, by what their browser holds, and how the first one gets in.

In: names, passwords, tokens. Out: `Person`s and tokens. Only checksums of tokens are kept. Knows nothing about cookies.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import delete, select

from autogpt.errors import OverloadedError, UsageError
from autogpt.services.people import (
    Person,
    Role,
    add_person,
    has_people,
    key_of,
    matches,
    nobodys_hash,
    person_of,
)
from autogpt.store import Store
from autogpt.store.tables import PersonRow, SettingRow, SignInRow, now

#: How long somebody stays signed in.
LASTS = timedelta(days=30)
#: Environment variable with the password of the first admin, who is called `FIRST`.
ENVIRONMENT = "AUTOGPT_ADMIN_PASSWORD"
FIRST = "admin"
#: File of the workspace with the link by which the first admin comes in.
LINK_FILE = "set-up-link"
_SETTING = "set_up"


class Attempts:
    """Counts wrong passwords of each name, and makes those who guess wait.

    Args:
        allowed: wrong ones in a row before that.
        wait: seconds to wait then; twice as long for every further one, up to `longest`.
    """

    def __init__(
        self, allowed: int = 5, wait: float = 15, longest: float = 900, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowed, self._wait, self._longest, self._clock = allowed, wait, longest, clock
        self._lock = threading.Lock()
        self._wrong: dict[str, tuple[int, float]] = {}

    def require(self, name: str) -> None:
        """Raises OverloadedError while this name has to wait."""
        with self._lock:
            _, until = self._wrong.get(key_of(name), (0, 0.0))
            left = until - self._clock()
        if left > 0:
            raise OverloadedError("Too many wrong passwords.", max(1.0, left))

    def note(self, name: str, right: bool) -> None:
        with self._lock:
            count = 0 if right else self._wrong.get(key_of(name), (0, 0.0))[0] + 1
            if not count:
                self._wrong.pop(key_of(name), None)
                return
            over = count - self._allowed
            waits = min(self._longest, self._wait * 2.0**over) if over >= 0 else 0.0
            now_ = self._clock()
            if len(self._wrong) >= _NAMES:  # somebody tries names: those that need not wait are forgotten
                self._wrong = {one: kept for one, kept in self._wrong.items() if kept[1] > now_}
            self._wrong[key_of(name)] = (count, now_ + waits)


#: Names with wrong passwords that are kept at once.
_NAMES = 10_000


def person_by_password(store: Store, name: str, password: str, attempts: Attempts) -> Person | None:
    """Who has this name and password and may sign in, else None. Raises OverloadedError for who guesses."""
    attempts.require(name)
    with store.session() as session:
        row = session.scalar(select(PersonRow).where(PersonRow.key == key_of(name)))
    right = matches(row.password_hash if row else nobodys_hash(), password)
    found = person_of(row) if row is not None and right and row.disabled_at is None else None
    attempts.note(name, found is not None)
    return found


def sign_in(store: Store, person: Person) -> str:
    """A token for the browser of somebody who was let in. Drops what has ended."""
    token = secrets.token_urlsafe(32)
    with store.session() as session:
        session.execute(delete(SignInRow).where(SignInRow.expires_at < now()))
        session.add(SignInRow(token_checksum=checksum(token), person_id=person.id, expires_at=now() + LASTS))
    return token


def sign_out(store: Store, token: str) -> None:
    with store.session() as session:
        session.execute(delete(SignInRow).where(SignInRow.token_checksum == checksum(token)))


def person_by_token(store: Store, token: str) -> Person | None:
    """Who is signed in with a token, else None."""
    if not token:
        return None
    asked = (
        select(PersonRow)
        .join(SignInRow, SignInRow.person_id == PersonRow.id)
        .where(SignInRow.token_checksum == checksum(token), SignInRow.expires_at > now())
        .where(PersonRow.disabled_at.is_(None))
    )
    with store.session() as session:
        row = session.scalar(asked)
        return None if row is None else person_of(row)


def checksum(token: str) -> str:
    """What is kept of a token; it is long and random, so that one hash is enough."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def prepare_first(store: Store, url: str) -> Path | None:
    """Let the first admin in, where there are no people: by the password of the environment, or else by a link.

    Args:
        url: address of the server.

    Returns the file that holds the link, which only its owner may read; None where nobody needs it.
    Raises UsageError for a password that is too short.
    """
    file = store.folder / LINK_FILE
    if not has_people(store):
        password = os.environ.get(ENVIRONMENT, "")
        if not password:
            token = secrets.token_urlsafe(32)
            with store.session() as session:
                session.merge(SettingRow(key=_SETTING, value={"checksum": checksum(token)}))
            file.unlink(missing_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
                opened.write(f"{url}/set-up?token={token}\n")
            return file
        try:
            add_person(store, FIRST, password, Role.ADMIN, by=ENVIRONMENT)
        except UsageError as error:
            raise UsageError(f"{ENVIRONMENT}: {error.message}", error.hint) from None
    _close_set_up(store)
    return None


def is_set_up_token(store: Store, token: str) -> bool:
    """Whether a token is that of the link, and the link still counts."""
    with store.session() as session:
        row = session.get(SettingRow, _SETTING)
        kept = str(row.value.get("checksum", "")) if row else ""
    return bool(kept) and secrets.compare_digest(kept, checksum(token)) and not has_people(store)


def set_up(store: Store, token: str, name: str, password: str) -> Person:
    """Make the first admin, by the token of the link, which then counts no more.

    Raises UsageError for a link that does not count, and for a name or a password that can be none.
    """
    if not is_set_up_token(store, token):
        raise UsageError(
            "This link does not count any more.",
            "Start the server again: it writes a new one while nobody has an account.",
        )
    person = add_person(store, name, password, Role.ADMIN, by=name)
    _close_set_up(store)
    return person


def _close_set_up(store: Store) -> None:
    (store.folder / LINK_FILE).unlink(missing_ok=True)
    with store.session() as session:
        session.execute(delete(SettingRow).where(SettingRow.key == _SETTING))
