"""The configuration: defaults, and problems named with their keys."""

from pathlib import Path

import pytest

from autogpt.config import Config, ReaderTrainingSection, load_config, override, parse_config
from autogpt.errors import ConfigError, NotFoundError


def test_an_empty_file_is_a_valid_configuration(tmp_path: Path) -> None:
    (tmp_path / "autogpt.toml").write_text("")
    assert load_config(tmp_path / "autogpt.toml") == Config()


def test_all_problems_are_reported_together_with_their_keys() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"train": {"reader": {"learning_rate": -1}}, "serve": {"porrt": 1}}, "autogpt.toml")
    assert set(caught.value.problems) == {
        "train.reader.learning_rate: expected >= 0, got -1",
        "serve.porrt: unknown key",
    }


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="autogpt new"):
        load_config(tmp_path / "autogpt.toml")


def test_broken_toml_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "autogpt.toml").write_text("[serve\n")
    with pytest.raises(ConfigError, match=r"autogpt\.toml"):
        load_config(tmp_path / "autogpt.toml")


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "autogpt.toml").write_text("format_version = 999\n")
    with pytest.raises(ConfigError, match="format_version"):
        load_config(tmp_path / "autogpt.toml")


def test_override_checks_what_it_changes() -> None:
    assert override(Config(), {"train.reader.epochs": 1}).train.reader.epochs == 1
    with pytest.raises(ConfigError, match="epochs") as refused:
        override(Config(), {"train.reader.epochs": -1})
    assert refused.value.hint == "Change what was given and try again."  # there is no file to edit


@pytest.mark.parametrize("language", ["", "_zh"])
def test_an_overlap_must_be_shorter_than_the_passage(language: str) -> None:
    with pytest.raises(ConfigError) as refused:
        override(Config(), {f"ingest.passage_characters{language}": 50, f"ingest.passage_overlap{language}": 50})
    assert f"passage_overlap{language}: expected less than passage_characters{language} (50), got 50" in str(
        refused.value
    )
    with pytest.raises(ConfigError, match="expected less than"):
        override(Config(), {f"ingest.passage_characters{language}": 50})


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"kind": "endpoint", "model": "m"}, "compose.endpoint: expected a URL such as"),
        ({"kind": "endpoint", "endpoint": "http://127.0.0.1:1"}, "compose.model: expected the name of a model"),
        ({"kind": "local"}, "compose.model: expected the name of a model"),
        ({"kind": "endpoint", "endpoint": "ftp://host", "model": "m"}, "compose.endpoint: expected a URL that begins"),
        ({"endpoint": "https://me:secret@host"}, "compose.endpoint: expected a URL without user"),
        ({"kind": "magic"}, "compose.kind: expected"),
        ({"api_key_env": "sk-123"}, "compose.api_key_env: "),
    ],
)
def test_a_composer_is_named_whole_or_not_at_all(section: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config({"compose": section}, "autogpt.toml")
    assert any(one.startswith(problem) for one in refused.value.problems), refused.value.problems
    assert Config().compose.kind == ""


@pytest.mark.parametrize(
    ("given", "windows", "planned"),
    [
        ({}, 100_000, (3, 16)),
        ({}, 320, (3, 16)),
        ({}, 160, (3, 8)),
        ({}, 40, (6, 4)),
        ({}, 5, (10, 4)),
        ({}, 0, (10, 4)),
        ({"gradient_accumulation": 2}, 80, (6, 4)),
        ({"epochs": 1}, 40, (1, 4)),
        ({"batch_size": 16}, 200, (5, 16)),
        ({"epochs": 0.5, "batch_size": 16}, 5, (0.5, 16)),
    ],
)
def test_few_windows_are_read_in_smaller_steps_and_more_often(
    given: dict[str, float], windows: int, planned: tuple[float, int]
) -> None:
    settings = ReaderTrainingSection.model_validate(given).planned(windows)
    assert (settings.epochs, settings.batch_size) == planned
