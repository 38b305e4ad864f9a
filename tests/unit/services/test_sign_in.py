"""Who is let in: by a password, by a token, by the link for the first account."""

import stat
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from autogpt.errors import OverloadedError, UsageError
from autogpt.services import people, sign_in
from autogpt.services.people import Role
from autogpt.services.sign_in import Attempts
from autogpt.store import Store
from autogpt.store.tables import SettingRow, SignInRow, now

PASSWORD = "correct horse battery"
URL = "http://127.0.0.1:8000"


@pytest.fixture
def anna(store: Store) -> people.Person:
    return people.add_person(store, "Anna", PASSWORD, Role.ADMIN, by="test")


def test_name_and_password_have_to_belong_together(store: Store, anna: people.Person) -> None:
    attempts = Attempts()
    assert sign_in.person_by_password(store, " ANNA ", PASSWORD, attempts) == anna
    assert sign_in.person_by_password(store, "anna", PASSWORD.upper(), attempts) is None
    assert sign_in.person_by_password(store, "bo", PASSWORD, attempts) is None
    assert sign_in.person_by_password(store, "bo", "nobody has this password", attempts) is None


def test_a_token_lasts_until_it_ends_and_is_not_kept(store: Store, anna: people.Person) -> None:
    token = sign_in.sign_in(store, anna)
    assert sign_in.person_by_token(store, token) == anna
    for wrong in ("", "x", token + "x", token[:-1], "\ud800"):
        assert sign_in.person_by_token(store, wrong) is None
    with store.session() as session:
        assert [row.token_checksum for row in session.scalars(select(SignInRow))] == [sign_in.checksum(token)]
        session.execute(update(SignInRow).values(expires_at=now() - timedelta(seconds=1)))
    assert sign_in.person_by_token(store, token) is None
    sign_in.sign_in(store, anna)  # drops the one that has ended
    with store.session() as session:
        assert len(session.scalars(select(SignInRow)).all()) == 1


def test_signing_out_a_new_password_and_being_shut_out_end_it(store: Store, anna: people.Person) -> None:
    first, second = (sign_in.sign_in(store, anna) for _ in range(2))
    sign_in.sign_out(store, first)
    assert sign_in.person_by_token(store, first) is None
    assert sign_in.person_by_token(store, second) == anna
    third = sign_in.sign_in(store, anna)
    people.set_password(store, "anna", "another one entirely", by="Anna", keep=sign_in.checksum(third))
    assert sign_in.person_by_token(store, second) is None
    kept = sign_in.person_by_token(store, third)
    assert kept is not None
    assert kept.id == anna.id
    people.add_person(store, "Bo", PASSWORD, Role.ADMIN, by="Anna")
    people.set_disabled(store, "anna", True, by="Bo")
    assert sign_in.person_by_token(store, third) is None
    assert sign_in.person_by_password(store, "anna", "another one entirely", Attempts()) is None
    people.set_disabled(store, "anna", False, by="Bo")
    assert sign_in.person_by_token(store, third) is None  # has to sign in again


def test_who_guesses_has_to_wait_longer_and_longer() -> None:
    time = [0.0]
    attempts = Attempts(allowed=3, wait=10, longest=60, clock=lambda: time[0])
    waits = []
    for _ in range(7):
        attempts.note("Anna", right=False)
        try:
            attempts.require("anna ")
            waits.append(0.0)
        except OverloadedError as error:
            waits.append(error.retry_after)
    assert waits == [0, 0, 10, 20, 40, 60, 60]
    attempts.require("Bo")
    time[0] = 61
    attempts.require("Anna")
    attempts.note("Anna", right=True)
    attempts.note("Anna", right=False)
    attempts.require("Anna")


def token_of(link: Path) -> str:
    return parse_qs(urlsplit(link.read_text().strip()).query)["token"][0]


def test_the_first_start_leaves_a_link_that_counts_once(store: Store) -> None:
    link = sign_in.prepare_first(store, URL)
    assert link == store.folder / "set-up-link"
    assert stat.S_IMODE(link.stat().st_mode) == 0o600
    assert link.read_text().startswith(f"{URL}/set-up?token=")
    before = token_of(link)
    assert sign_in.prepare_first(store, URL) == link
    token = token_of(link)
    assert not sign_in.is_set_up_token(store, before)  # each start writes a new one
    with store.session() as session:
        assert token not in str([row.value for row in session.scalars(select(SettingRow))])
    with pytest.raises(UsageError, match="does not count"):
        sign_in.set_up(store, before, "Anna", PASSWORD)
    with pytest.raises(UsageError, match="10 to 1,000"):
        sign_in.set_up(store, token, "Anna", "short")
    first = sign_in.set_up(store, token, "Anna", PASSWORD)
    assert first.role is Role.ADMIN
    assert not link.exists()
    with pytest.raises(UsageError, match="does not count"):
        sign_in.set_up(store, token, "Bo", PASSWORD)
    assert sign_in.prepare_first(store, URL) is None
    assert not link.exists()


def test_a_link_ends_when_an_account_is_made_otherwise(store: Store) -> None:
    link = sign_in.prepare_first(store, URL)
    assert link is not None
    token = token_of(link)
    people.add_person(store, "Anna", PASSWORD, Role.ADMIN, by="terminal")
    assert not sign_in.is_set_up_token(store, token)
    assert sign_in.prepare_first(store, URL) is None
    assert not link.exists()


def test_the_password_of_the_first_admin_may_come_from_the_environment(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sign_in.ENVIRONMENT, "short")
    with pytest.raises(UsageError, match="AUTOGPT_ADMIN_PASSWORD: The password has 5 characters"):
        sign_in.prepare_first(store, URL)
    monkeypatch.setenv(sign_in.ENVIRONMENT, PASSWORD)
    assert sign_in.prepare_first(store, URL) is None
    found = sign_in.person_by_password(store, "admin", PASSWORD, Attempts())
    assert found is not None
    assert found.role is Role.ADMIN
    monkeypatch.setenv(sign_in.ENVIRONMENT, "another one entirely")
    assert sign_in.prepare_first(store, URL) is None  # the accounts that there are stay as they are
    assert sign_in.person_by_password(store, "admin", PASSWORD, Attempts()) == found
