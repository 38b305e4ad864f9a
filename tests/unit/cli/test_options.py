"""Options that several commands share."""

from pathlib import Path

import pytest

from autogpt.cli.options import open_store, parse_settings
from autogpt.errors import ConfigError, NotFoundError, UsageError


def test_settings_are_toml_or_plain_words() -> None:
    given = ["train.reader.epochs=1.5", "split.seed = 7", "read.backend=onnx", 'train.reader.trackers=["wandb"]']
    assert parse_settings(given) == {
        "train.reader.epochs": 1.5,
        "split.seed": 7,
        "read.backend": "onnx",
        "train.reader.trackers": ["wandb"],
    }


def test_a_setting_without_a_value_is_refused() -> None:
    with pytest.raises(UsageError, match="KEY=VALUE"):
        parse_settings(["epochs"])


def test_settings_override_the_file(tmp_path: Path) -> None:
    (tmp_path / "autogpt.toml").write_text("[split]\nseed = 1\n")
    with open_store(tmp_path, ["split.seed=2"]) as store:
        assert store.config.split.seed == 2
    with pytest.raises(ConfigError, match="split\\.sead"), open_store(tmp_path, ["split.sead=2"]):
        pass


def test_a_folder_without_a_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="autogpt new"), open_store(tmp_path):
        pass
