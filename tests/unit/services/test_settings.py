"""Settings from a page: the file keeps its comments, problems stand at their fields, nothing is overwritten unseen."""

from pathlib import Path

import pytest

from answers import workspace
from autogpt.config import load_config
from autogpt.errors import ConflictError, NotFoundError, UsageError
from autogpt.services.events import history
from autogpt.services.live_settings import LiveSettings
from autogpt.services.settings import (
    SUBJECT,
    SettingsError,
    change_glossary,
    change_settings,
    glossary_text,
    kept_glossary,
    kept_settings,
    undo_setting,
)
from autogpt.store import Store

FILE = """# Ours.
[workspace]
name = "Bank"  # shown on the pages

[answer]
# agreed with compliance
risk = 0.1
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return workspace(tmp_path, FILE)


def file_of(store: Store) -> str:
    return (store.folder / "autogpt.toml").read_text(encoding="utf-8")


def test_a_change_keeps_comments_and_is_an_event(store: Store) -> None:
    kept = kept_settings(store, "refusals")
    typed = {**kept.values, "answer.refusal_zh": "这个问题\n请咨询柜台。"}
    assert change_settings(store, "refusals", typed, "Anna", kept.version) == ["answer.refusal_zh"]
    assert load_config(store.folder / "autogpt.toml").answer.refusal_zh == "这个问题 请咨询柜台。"
    assert file_of(store).startswith(FILE.rstrip("\n"))
    (event,) = history(store, SUBJECT)
    assert (event.person, event.subject_id, event.after) == (
        "Anna",
        "answer.refusal_zh",
        {"value": "这个问题 请咨询柜台。"},
    )
    again = kept_settings(store, "refusals")
    assert change_settings(store, "refusals", again.values, "Anna", again.version) == []


def test_what_is_the_default_is_taken_out_of_the_file(store: Store) -> None:
    kept = kept_settings(store, "thresholds")
    assert kept.values == {"answer.threshold": "0", "answer.risk": "0.1"}
    typed = {"answer.threshold": "0,7", "answer.risk": ""}
    assert change_settings(store, "thresholds", typed, "Anna", kept.version) == ["answer.threshold", "answer.risk"]
    config = load_config(store.folder / "autogpt.toml")
    assert (config.answer.threshold, config.answer.risk, "risk" in file_of(store)) == (0.7, 0.2, False)


def test_all_problems_are_told_at_their_fields_and_nothing_is_stored(store: Store) -> None:
    kept = kept_settings(store, "thresholds")
    with pytest.raises(SettingsError) as caught:
        change_settings(store, "thresholds", {"answer.threshold": "much", "answer.risk": "2"}, "Anna", kept.version)
    assert caught.value.by_key == {
        "answer.threshold": "expected a number from 0 to 1",
        "answer.risk": "expected <= 1, got 2.0",
    }
    languages = kept_settings(store, "languages")
    with pytest.raises(SettingsError, match="expected one of en, zh, auto"):
        change_settings(store, "languages", {"workspace.language": "xx"}, "Anna", languages.version)
    with pytest.raises(SettingsError, match="at most 2,000"):
        change_settings(
            store, "refusals", {"answer.refusal": "x" * 2_001}, "Anna", kept_settings(store, "refusals").version
        )
    assert (file_of(store), history(store, SUBJECT)) == (FILE, [])


def test_two_people_do_not_overwrite_each_other(store: Store) -> None:
    kept = kept_settings(store, "thresholds")
    change_settings(store, "thresholds", {"answer.risk": "0.3"}, "Anna", kept.version)
    with pytest.raises(ConflictError):
        change_settings(store, "thresholds", {"answer.risk": "0.4"}, "Ben", kept.version)
    refusals = kept_settings(store, "refusals")  # another part of the page is nobody's business
    change_settings(store, "refusals", {"answer.refusal": "No."}, "Ben", refusals.version)


def test_a_change_is_taken_back_unless_it_was_changed_again(store: Store) -> None:
    kept = kept_settings(store, "thresholds")
    change_settings(store, "thresholds", {"answer.risk": "0.3"}, "Anna", kept.version)
    (event,) = history(store, SUBJECT)
    assert undo_setting(store, event.id, "Ben") == "answer.risk"
    assert (load_config(store.folder / "autogpt.toml").answer.risk, history(store, SUBJECT)[0].action) == (0.1, "undo")
    with pytest.raises(ConflictError):
        undo_setting(store, event.id, "Ben")
    with pytest.raises(NotFoundError):
        undo_setting(store, 99, "Ben")


def test_the_glossary_is_checked_stored_and_taken_back(store: Store) -> None:
    kept = kept_glossary(store)
    with pytest.raises(SettingsError) as caught:
        change_glossary(store, "a = b = c\nfine\n,", "Anna", kept.version)
    assert caught.value.by_key["glossary"].startswith("line 1: expected one '='")
    assert "line 3" in caught.value.by_key["glossary"]
    assert change_glossary(store, "网银U盾 = 电子密钥\r\n# ours\r\n", "Anna", kept.version)
    assert glossary_text(store) == "网银U盾 = 电子密钥\n# ours\n"
    with pytest.raises(ConflictError):
        change_glossary(store, "other", "Ben", kept.version)
    assert not change_glossary(
        store, "网银U盾 = 电子密钥\n", "Ben", kept_glossary(store).version
    )  # a comment says nothing
    last, first = history(store, SUBJECT)
    with pytest.raises(ConflictError):
        undo_setting(store, first.id, "Ben")
    assert undo_setting(store, last.id, "Ben") == "glossary"
    assert glossary_text(store) == "网银U盾 = 电子密钥\n# ours\n"


def test_a_broken_file_is_not_written_to(store: Store) -> None:
    kept = kept_settings(store, "thresholds")
    (store.folder / "autogpt.toml").write_text("[answer\n", encoding="utf-8")
    with pytest.raises(UsageError, match="not valid TOML"):
        change_settings(store, "thresholds", {"answer.risk": "0.3"}, "Anna", kept.version)
    assert file_of(store) == "[answer\n"


def test_a_running_server_takes_up_what_it_can(store: Store) -> None:
    live = LiveSettings(store)
    assert not live.take_up()
    kept = kept_settings(store, "refusals")
    change_settings(store, "refusals", {"answer.refusal": "Ask the desk."}, "Anna", kept.version)
    assert live.take_up()
    assert store.config.answer.refusal == "Ask the desk."
    assert not live.take_up()
    languages = kept_settings(store, "languages")
    change_settings(store, "languages", {"workspace.language": "zh"}, "Anna", languages.version)
    assert not live.take_up()
    assert store.config.workspace.language == "en"
    (store.folder / "autogpt.toml").write_text("[answer\n", encoding="utf-8")
    assert not live.take_up()
    assert store.config.answer.refusal == "Ask the desk."
