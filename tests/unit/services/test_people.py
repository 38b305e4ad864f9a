"""Who has an account, and what of it can be changed."""

import pytest

from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.services import people
from autogpt.services.events import history
from autogpt.services.people import Role
from autogpt.store import Store
from autogpt.store.tables import PersonRow

PASSWORD = "correct horse battery"


@pytest.fixture
def anna(store: Store) -> people.Person:
    return people.add_person(store, "Anna Li", PASSWORD, Role.ADMIN, by="test")


def hash_of(store: Store, person: people.Person) -> str:
    with store.session() as session:
        row = session.get(PersonRow, person.id)
        assert row is not None
        return row.password_hash


def test_a_password_is_kept_as_argon2id_alone(store: Store, anna: people.Person) -> None:
    kept = hash_of(store, anna)
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert people.matches(kept, PASSWORD)
    assert not people.matches(kept, PASSWORD + " ")
    assert not people.matches(kept, "x" * 1_000_000)
    assert not people.matches("no hash", PASSWORD)


def test_composed_and_decomposed_letters_are_one(store: Store) -> None:
    jose = people.add_person(store, "José", "contraseña así", Role.ADMIN, by="test")
    assert people.matches(hash_of(store, jose), "contraseña así")
    with pytest.raises(UsageError, match="already"):
        people.add_person(store, "JOSÉ ", PASSWORD, Role.ASKER, by="test")


@pytest.mark.parametrize("name", ["", "  ", "!?", "a" * 65, "an\x00na", "a\u202enna"])
def test_what_can_be_no_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        people.add_person(store, name, PASSWORD, Role.ADMIN, by="test")


@pytest.mark.parametrize("password", ["", "short", "x" * 1_001])
def test_what_can_be_no_password_is_refused(store: Store, password: str) -> None:
    with pytest.raises(UsageError, match="10 to 1,000"):
        people.add_person(store, "anna", password, Role.ADMIN, by="test")
    assert not people.has_people(store)


@pytest.mark.usefixtures("anna")
def test_somebody_who_may_do_everything_is_always_left(store: Store) -> None:
    for change in (
        lambda: people.set_role(store, "anna li", Role.REVIEWER, by="test"),
        lambda: people.set_disabled(store, "anna li", True, by="test"),
    ):
        with pytest.raises(UsageError, match="nobody who may do everything"):
            change()
    assert [(one.role, one.disabled) for one in people.list_people(store)] == [(Role.ADMIN, False)]
    people.add_person(store, "王芳", PASSWORD, Role.ADMIN, by="test")
    people.set_disabled(store, "Anna Li", True, by="王芳")
    assert [(one.name, one.disabled) for one in people.list_people(store)] == [("王芳", False), ("Anna Li", True)]


def test_the_first_account_may_do_everything(store: Store) -> None:
    with pytest.raises(UsageError, match="nobody who may do everything"):
        people.add_person(store, "anna", PASSWORD, Role.ANNOTATOR, by="test")
    assert not people.has_people(store)


def test_every_change_says_who_made_it_and_none_tells_a_password(store: Store, anna: people.Person) -> None:
    bo = people.add_person(store, "Bo", PASSWORD, Role.ASKER, by=anna.name)
    people.set_role(store, "bo", Role.REVIEWER, by=anna.name)
    people.set_role(store, "bo", Role.REVIEWER, by=anna.name)  # changes nothing
    people.set_password(store, "bo", "another one entirely", by="Bo")
    people.set_disabled(store, "bo", True, by=anna.name)
    events = history(store, people.SUBJECT, bo.id)
    assert [(one.person, one.action) for one in events] == [
        ("Anna Li", "disable"),
        ("Bo", "set password"),
        ("Anna Li", "set role"),
        ("Anna Li", "add"),
    ]
    assert (events[2].before, events[2].after) == ({"role": "asker"}, {"role": "reviewer"})
    assert "argon2" not in str(events)
    assert "another" not in str(events)
    assert len(history(store, people.SUBJECT)) == 5


def test_two_admins_do_not_overwrite_each_other(store: Store, anna: people.Person) -> None:
    seen = people.add_person(store, "Bo", PASSWORD, Role.ASKER, by="Anna Li").version
    people.set_role(store, "Bo", Role.REVIEWER, by="Anna Li", version=seen)
    for change in (
        lambda: people.set_role(store, "Bo", Role.ANNOTATOR, by="王芳", version=seen),
        lambda: people.set_disabled(store, "Bo", True, by="王芳", version=seen),
        lambda: people.set_password(store, "Bo", "another one entirely", by="王芳", version=seen),
    ):
        with pytest.raises(ConflictError, match="Bo was changed since"):
            change()
    bo = next(one for one in people.list_people(store) if one.name == "Bo")
    assert (bo.role, bo.disabled) == (Role.REVIEWER, False)
    changed = people.set_password(store, "Bo", "another one entirely", by="王芳", version=bo.version)
    assert changed.version != bo.version
    assert anna.version not in {seen, bo.version, changed.version}


def test_a_change_is_taken_back_unless_it_was_changed_again(store: Store, anna: people.Person) -> None:
    bo = people.add_person(store, "Bo", PASSWORD, Role.ADMIN, by=anna.name)
    people.set_role(store, "Bo", Role.ASKER, by=anna.name)
    people.set_disabled(store, "Bo", True, by=anna.name)
    shut_out, changed, _ = history(store, people.SUBJECT, bo.id)
    people.undo_change(store, changed, anna.name)  # what is beside it stays
    people.undo_change(store, shut_out, anna.name)
    assert next((one.role, one.disabled) for one in people.list_people(store) if one.id == bo.id) == ("admin", False)
    with pytest.raises(ConflictError, match="changed again"):
        people.undo_change(store, changed, anna.name)
    back = history(store, people.SUBJECT, bo.id)[1]
    assert (back.action, back.before, back.after) == ("undo", {"role": "asker"}, {"role": "admin"})
    people.set_role(store, anna.name, Role.ASKER, by="Bo")
    with pytest.raises(UsageError, match="nobody who may do everything"):
        people.undo_change(store, back, "Bo")


def test_roles_include_what_those_before_them_may() -> None:
    assert [role.may(Role.ANNOTATOR) for role in Role] == [False, True, True, True]
    with pytest.raises(UsageError, match=r"Unknown role 'boss'. Available: admin, annotator, asker, reviewer"):
        people.role_of("boss")


@pytest.mark.usefixtures("anna")
def test_an_unknown_name_is_told_with_those_that_there_are(store: Store) -> None:
    with pytest.raises(NotFoundError, match="There are: Anna Li"):
        people.set_password(store, "ann", PASSWORD, by="test")
