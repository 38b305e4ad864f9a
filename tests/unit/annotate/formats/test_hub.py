"""Data sets on disk through the `datasets` library: read without a copy, and broken ones told in a line."""

import shutil
from pathlib import Path

import datasets
import pytest

from autogpt.annotate.formats import hub
from autogpt.errors import DataError

ROW = {
    "id": ["1"],
    "context": ["The card costs 5 euros."],
    "question": ["Fee?"],
    "answers": [{"text": ["5 euros"], "answer_start": [15]}],
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set in all forms; the cache of `datasets` is `cache`."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    made = datasets.Dataset.from_dict(ROW)
    made.to_parquet(str(tmp_path / "a.parquet"))
    made.save_to_disk(str(tmp_path / "saved"))
    (arrow,) = (tmp_path / "saved").glob("*.arrow")
    shutil.copyfile(arrow, tmp_path / "a.arrow")
    (tmp_path / "folder").mkdir()
    made.to_json(str(tmp_path / "folder" / "train.jsonl"))
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    return tmp_path


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "saved", "folder"])
def test_what_lies_here_is_read_and_not_copied(data: Path, name: str) -> None:
    (found,) = hub.read(str(data / name), {}, "", "")
    assert (found.question, found.answers[0].text, found.answers[0].start) == ("Fee?", "5 euros", 15)
    assert list((data / "cache").rglob("*.arrow")) == []


def test_a_broken_data_set_is_one_clear_line(data: Path) -> None:
    (data / "cut.parquet").write_bytes((data / "a.parquet").read_bytes()[:200])
    (data / "noise.arrow").write_bytes(b"x" * 60)
    (data / "saved" / "state.json").write_text("{}")
    (data / "empty").mkdir()
    for name in ("cut.parquet", "noise.arrow", "saved", "empty"):
        with pytest.raises(DataError, match=f"{name} cannot be read as a data set: .+\\(\\w+\\)"):
            list(hub.read(str(data / name), {}, "", ""))
