"""What was forgotten is told by paired differences, and kept."""

from pathlib import Path

import pytest

from autogpt.errors import DataError
from autogpt.evaluate.forgetting import FILE_NAME, Forgetting, Scored, forgetting


def test_what_fell_more_than_by_luck_is_forgotten() -> None:
    worse = Scored("old", "F1", [100.0] * 60 + [0.0] * 40, [100.0] * 40 + [0.0] * 60)
    same = Scored("other", "F1", [100.0, 0.0] * 50, [0.0, 100.0] * 50)
    better = Scored("third", "accuracy", [0.0] * 100, [100.0] * 50 + [0.0] * 50)
    found = forgetting([worse, same, better])
    assert [one.verdict for one in found.sets] == ["forgotten", "no difference shown", "gained"]
    assert [round(one.difference) for one in found.sets] == [-20, 0, 50]
    assert found.backward_transfer == pytest.approx(10)
    first = found.sets[0]
    assert first.lower < -20 < first.upper < 0
    assert "on old (100): F1 60.0 → 40.0 (-20.0, 95% interval -" in first.summary


def test_documents_are_drawn_anew_where_they_are_given() -> None:
    before, after = [100.0] * 40, [100.0] * 20 + [50.0] * 20
    apart = forgetting([Scored("old", "F1", before, after)]).sets[0]
    together = forgetting([Scored("old", "F1", before, after, [at // 20 for at in range(40)])]).sets[0]
    assert together.upper - together.lower > apart.upper - apart.lower


def test_it_is_kept_in_the_folder_of_a_run(tmp_path: Path) -> None:
    found = forgetting([Scored("旧题", "F1", [1.0, 2.0], [3.0, 4.0])])
    assert Forgetting.load(tmp_path) is None
    found.save(tmp_path)
    assert Forgetting.load(tmp_path) == found
    (tmp_path / FILE_NAME).write_text("{}")
    with pytest.raises(DataError, match="cannot be read"):
        Forgetting.load(tmp_path)


def test_there_has_to_be_something_to_forget() -> None:
    with pytest.raises(ValueError, match="no earlier set"):
        forgetting([])
