"""The glossary of a workspace: read from its file, and told of where the index has another."""

import pytest

from autogpt.config import override
from autogpt.errors import ConfigError, NotFoundError, UsageError
from autogpt.services.glossary import outdated, read_glossary, size, usable_glossary
from autogpt.store import Store
from autogpt.text.glossary import NO_GLOSSARY


def test_a_workspace_without_the_file_has_none(store: Store) -> None:
    assert read_glossary(store) == NO_GLOSSARY
    assert outdated(store, NO_GLOSSARY) == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_file_is_read_and_read_anew_when_it_changes(store: Store, encoding: str) -> None:
    store.glossary.write_text("网银U盾 = 電子密鑰, U key\n", encoding=encoding)
    used = read_glossary(store)
    assert size(used) == "1 terms, 2 other names"
    assert outdated(store, used) == ""
    store.glossary.write_text("大额存单\nPay Later\n", encoding=encoding)
    assert size(read_glossary(store)) == "2 terms"
    assert "autogpt doctor --repair" in outdated(store, used)


def test_the_configuration_may_name_another_file_which_has_to_be_there(store: Store) -> None:
    named = Store(store.folder, override(store.config, {"workspace.glossary": "terms/bank.txt"}))
    with pytest.raises(NotFoundError, match=r"no glossary .*bank\.txt"):
        read_glossary(named)
    named.glossary.parent.mkdir()
    named.glossary.write_text("Pay Later\n")
    assert size(read_glossary(named)) == "1 terms"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"ok\nterm =\n", "line 2: expected a term"),
        ("好\n大额存单\n".encode("gb18030"), "line 1: expected UTF-8"),
        (b"Pay Later\nfine\n\xff\n", "line 3: expected UTF-8"),
        ("Pay Later".encode("utf-16"), "line 1: expected UTF-8"),
    ],
)
def test_what_cannot_be_read_is_told_with_file_and_line(store: Store, data: bytes, problem: str) -> None:
    store.glossary.write_bytes(data)
    with pytest.raises(ConfigError) as raised:
        read_glossary(store)
    assert raised.value.message.startswith(f"{store.glossary} has 1 problem(s):\n  {problem}")
    assert usable_glossary(store) is None
    assert outdated(store, NO_GLOSSARY) == (
        "The glossary cannot be read, so the search goes on with an earlier one: autogpt doctor says why."
    )


def test_a_folder_in_its_place_is_a_wrong_use(store: Store) -> None:
    store.glossary.mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        read_glossary(store)
