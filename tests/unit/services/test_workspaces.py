"""Making workspaces."""

from pathlib import Path

import pytest

from autogpt.config import Config, load_config
from autogpt.errors import ConfigError, UsageError
from autogpt.services.workspaces import create


def test_a_new_workspace_holds_its_name_and_what_differs_from_the_defaults(tmp_path: Path) -> None:
    store = create(tmp_path / "bank", name='The "North" 银行', domain="finance")
    store.close()
    text = (tmp_path / "bank" / "autogpt.toml").read_text(encoding="utf-8")
    settings = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert settings == ["format_version = 1", "[workspace]", 'name = "The \\"North\\" 银行"', 'domain = "finance"']
    config = load_config(tmp_path / "bank" / "autogpt.toml")
    assert (config.workspace.name, config.workspace.domain) == ('The "North" 银行', "finance")
    assert config.ingest == Config().ingest
    assert sorted(path.name for path in (tmp_path / "bank").iterdir() if "autogpt.db" not in path.name) == [
        "autogpt.toml"
    ]


def test_a_workspace_is_not_written_over(tmp_path: Path) -> None:
    create(tmp_path, name="first").close()
    before = (tmp_path / "autogpt.toml").read_bytes()
    with pytest.raises(UsageError, match="a workspace there already"):
        create(tmp_path, name="second")
    assert (tmp_path / "autogpt.toml").read_bytes() == before


def test_a_wrong_value_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"workspace\.language"):
        create(tmp_path / "bank", language="klingon")
    assert not (tmp_path / "bank").exists()


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "bank").write_text("a file")
    with pytest.raises(UsageError, match="A file is in its place"):
        create(tmp_path / "bank")
