"""Tables that are filled cell by cell."""

import json
import os
from pathlib import Path

import pytest
from cells import Row, alone, kept, markdown, over


def measured(value: float) -> Row:
    return {"f1": value}


def test_what_was_measured_is_kept_and_what_failed_is_measured_again(tmp_path: Path) -> None:
    def fails() -> Row:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kept(tmp_path / "work", "one", fails)
    assert kept(tmp_path / "work", "one", lambda: measured(1.0)) == {"f1": 1.0}
    assert kept(tmp_path / "work", "one", fails) == {"f1": 1.0}
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["one.json"]
    (tmp_path / "work" / "two.part").write_text('{"f1":')  # of a run that was killed
    assert kept(tmp_path / "work", "two", lambda: measured(2.0)) == {"f1": 2.0}
    assert json.loads((tmp_path / "work" / "two.json").read_text()) == {"f1": 2.0}


def test_a_cell_has_a_process_of_its_own() -> None:
    assert alone(os.getpid) != os.getpid()


def test_means_and_deviations_stand_in_a_table() -> None:
    rows = [measured(1.0), measured(3.0), {}]
    assert over(rows, "f1") == "2.0 ± 1.4"
    assert over(rows[:1], "f1", "{:.2f}") == "1.00"
    assert over(rows, "exact_match") == ""
    assert markdown(["a", "b"], [(1, 2)]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
